def encrypt(text, shift):
    result = ""
    for letter in text:
        result += letter
    return result
