ages = {"Ada": 12, "Tom"}
