n = int(input())

for i in range(1, 3):
    print(f"{i} x {n} = {i * n}")
