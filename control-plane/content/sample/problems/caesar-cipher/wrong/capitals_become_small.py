def encrypt(text, shift):
    result = ""
    for letter in text.lower():
        if "a" <= letter <= "z":
            result += chr((ord(letter) - 97 + shift) % 26 + 97)
        else:
            result += letter
    return result
