seen = {1}
seen.remove(2)
