"""Regular expressions from data: matched in linear time, whatever they are; the only user of re2."""

from collections.abc import Collection
from typing import Any

WORDS_MEMORY = 1 << 27
"""Bytes that the automaton of many words may take; that of 5,000 secrets begins with a tenth of it."""


LONGEST = 20_000
"""Characters of a pattern."""

MOST_GROUPS = 1000
"""Groups of a pattern: what it takes to look for them grows with their number, and where they nest with its square."""


def compile_pattern(pattern: str) -> Any:
    """The compiled pattern, with the methods of `re.Pattern`.

    Raises `ValueError`, in words, where it is broken, too large, or would need more than linear time (back-references
    and look-around do).
    """
    import re2

    if len(pattern) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST:,} characters")
    options = re2.Options()
    options.log_errors = False  # what is wrong is in the exception; nothing goes to standard error
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else error
        raise ValueError(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from None
    if compiled.groups > MOST_GROUPS:
        raise ValueError(f"it has more than {MOST_GROUPS:,} groups")
    return compiled


def compile_words(words: Collection[bytes]) -> Any:
    """A pattern that finds any of many byte strings in one pass over bytes."""
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes as they are
    options.max_mem = WORDS_MEMORY
    return re2.compile(b"|".join(map(re2.escape, sorted(words))), options)
