print("ab" * "3")
