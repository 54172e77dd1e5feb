def share(sweets, children):
    return sweets / children


def party():
    print(share(10, 0))


party()
