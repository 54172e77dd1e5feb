"""Adds things."""


def add(a, b):
    return a + b
