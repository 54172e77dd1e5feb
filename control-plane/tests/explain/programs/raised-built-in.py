def set_age(age):
    if age < 0:
        raise ValueError("age must not be negative")
set_age(-1)
