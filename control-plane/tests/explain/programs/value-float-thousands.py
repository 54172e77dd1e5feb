print(float("1,000") * 2)
