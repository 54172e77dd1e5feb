colours = ["red"]
colours.remove("blue")
