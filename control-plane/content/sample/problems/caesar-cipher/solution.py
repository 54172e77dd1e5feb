def encrypt(text, shift):
    result = []
    for letter in text:
        if "a" <= letter <= "z":
            first = ord("a")
        elif "A" <= letter <= "Z":
            first = ord("A")
        else:
            result.append(letter)
            continue
        result.append(chr((ord(letter) - first + shift) % 26 + first))
    return "".join(result)
