for name in ["Ada", "Bob"]:
    queue.append(name)
