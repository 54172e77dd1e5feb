class Box:
    def __del__(self):
        print(1 / 0)
box = Box()
print(boxx)
