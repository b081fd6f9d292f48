"""`python -m tally < TEXT`: the words of a text, the most frequent first."""

import sys

from tally import tally


def main() -> None:
    """Print each word with its number."""
    for word, count in sorted(tally(sys.stdin.read()).items(), key=lambda one: (-one[1], one[0])):
        print(count, word)


if __name__ == "__main__":
    main()
