print("{:d}".format("Ada"))
