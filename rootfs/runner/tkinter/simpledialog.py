"""Questions of a program: turtle's textinput and numinput. They are asked on standard output and answered on
standard input."""

from . import _picture


def ask(title, prompt):
    """One line of input; None at its end, as when a dialog is closed."""
    _picture.finish()
    words = " - ".join(str(part).strip() for part in (title, prompt) if str(part).strip())
    try:
        return input(words + " " if words else "")
    except EOFError:
        return None


def askstring(title, prompt, **options):
    answer = ask(title, prompt)
    return options.get("initialvalue") if answer == "" and options.get("initialvalue") is not None else answer


def askfloat(title, prompt, **options):
    return ask_number(float, "That is no number. Please try again.", title, prompt, **options)


def askinteger(title, prompt, **options):
    return ask_number(int, "That is no whole number. Please try again.", title, prompt, **options)


def ask_number(kind, complaint, title, prompt, initialvalue=None, minvalue=None, maxvalue=None, **_):
    while True:
        answer = ask(title, prompt)
        if answer is None:
            return None
        if not answer.strip() and initialvalue is not None:
            return kind(initialvalue)
        try:
            number = kind(answer)
        except ValueError:
            print(complaint)
            continue
        if minvalue is not None and number < minvalue:
            print(f"The number must be {minvalue} or more. Please try again.")
        elif maxvalue is not None and number > maxvalue:
            print(f"The number must be {maxvalue} or less. Please try again.")
        else:
            return number
