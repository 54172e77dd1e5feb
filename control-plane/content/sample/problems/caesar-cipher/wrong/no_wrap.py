def encrypt(text, shift):
    return "".join(
        chr(ord(letter) + shift) if letter.isalpha() else letter for letter in text
    )
