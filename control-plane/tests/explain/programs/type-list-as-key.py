ages = {}
ages[["Ada"]] = 12
