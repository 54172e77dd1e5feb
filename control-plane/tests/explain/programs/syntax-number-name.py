1st = "Ada"
