text = """A long
story
print(text)
