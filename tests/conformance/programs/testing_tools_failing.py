# about: a failing unit test is a failing program
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 1
# stderr-contains: AssertionError: 3 != 4
# stderr-contains: FAILED (failures=1)
import unittest


class AddTest(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual(1 + 2, 4)


unittest.main()
