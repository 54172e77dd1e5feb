def encrypt(text, shift):
    result = ""
    for letter in text:
        if letter.isalpha():
            last = "z" if letter.islower() else "Z"
            code = ord(letter) + shift
            if code > ord(last):
                code -= 26
            result += chr(code)
        else:
            result += letter
    return result
