print("hello".index("z"))
