data = "x" * 10 ** 18
