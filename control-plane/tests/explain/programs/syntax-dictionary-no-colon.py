ages = {"Ada": 12, "Tom" 13}
