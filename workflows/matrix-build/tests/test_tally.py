"""Tests of `tally`, for `python -m unittest`."""

import unittest

from tally import tally


class TallyTest(unittest.TestCase):
    """What is counted, and what is not."""

    def test_words_are_counted_in_lower_case(self) -> None:
        self.assertEqual(tally("To be or not to be"), {"to": 2, "be": 2, "or": 1, "not": 1})

    def test_nothing_is_counted_in_nothing(self) -> None:
        self.assertEqual(tally(" \n"), {})
