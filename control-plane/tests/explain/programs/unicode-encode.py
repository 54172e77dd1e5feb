print("ä".encode("ascii"))
