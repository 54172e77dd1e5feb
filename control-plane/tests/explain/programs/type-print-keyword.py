print("a", "b", seperator="-")
