open("/dev", "w")
