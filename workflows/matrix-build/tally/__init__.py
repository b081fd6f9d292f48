"""Counts words."""

from collections import Counter


def tally(text: str) -> Counter[str]:
    """How often each word stands in the text, in lower case."""
    return Counter(text.lower().split())
