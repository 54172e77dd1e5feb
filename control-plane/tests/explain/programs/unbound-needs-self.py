class Counter:
    count = 0

    def add(self):
        count += 1


Counter().add()
