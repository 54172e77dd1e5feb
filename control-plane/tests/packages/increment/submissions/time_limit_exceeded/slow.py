n = int(input())
count = 0
while count <= n:
    count += 1
print(count)
