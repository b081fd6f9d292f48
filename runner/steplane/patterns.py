"""Regular expressions from data: matched in linear time, whatever they are; the only user of re2."""

from typing import Any


def compile_pattern(pattern: str) -> Any:
    """The compiled pattern, with the methods of `re.Pattern`.

    Raises `ValueError`, in words, where it is broken or would need more than linear time (back-references and
    look-around do).
    """
    import re2

    options = re2.Options()
    options.log_errors = False  # what is wrong is in the exception; nothing goes to standard error
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else error
        raise ValueError(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from None
