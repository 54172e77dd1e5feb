price = float(input())
