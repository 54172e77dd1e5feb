# about: unittest with mocks, and doctest
# outcome: OUTCOME_OK
# exit-code: 0
# stderr-contains: Ran 3 tests
# stderr-contains: OK
# stdout: TestResults(failed=0, attempted=1)
"""Adds.

>>> add(2, 3)
5
"""
import doctest
import unittest
from unittest import mock


def add(a, b):
    return a + b


class AddTest(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual(add(1, 2), 3)

    def test_mock(self):
        with mock.patch("builtins.print") as fake:
            print("x")
        fake.assert_called_once_with("x")

    def test_error(self):
        with self.assertRaises(TypeError):
            add(1, "a")


print(doctest.testmod(), flush=True)
unittest.main()
