def make_list():
    items = []
items = make_list()
items.append(1)
