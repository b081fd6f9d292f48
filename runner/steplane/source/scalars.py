"""What an unquoted text means: the core schema of YAML 1.2 (chapter 10.3.2), and nothing else."""

import math
import re

from steplane.source.limits import NUMBER_CHARACTERS
from steplane.source.nodes import Scalar

_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NUMBER_START = frozenset("-+.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class BadNumber(ValueError):
    """An unquoted number that has no value here; the message says why."""


def resolve(text: str) -> bool | int | float | str | None:
    """The value of an unquoted text.

    Raises:
        BadNumber: infinity, not-a-number, a float beyond the range, or a number with too many digits.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START:
        return text
    return _number(text)


def _number(text: str) -> int | float | str:
    if len(text) > NUMBER_CHARACTERS:
        if _FLOAT.fullmatch(text) or _HEXADECIMAL.fullmatch(text) or _OCTAL.fullmatch(text):
            raise BadNumber(f"a number of {len(text):,} characters is longer than {NUMBER_CHARACTERS}")
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise BadNumber(f"`{text}` is beyond the range of numbers")
        return number
    if _OCTAL.fullmatch(text):
        return int(text, 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    if _NOT_FINITE.fullmatch(text):
        raise BadNumber(f"`{text}` is not a number that can be used here")
    return text


def canonical_text(scalar: Scalar) -> str | None:
    """The text that the scalar stands for where text is wanted, or None where it must be quoted first.

    Text is itself. A number in canonical spelling (`8080`, `1.5`) is that text; any other (`1.10`, `012`, `1e3`) is
    not, nor is a boolean or null.
    """
    value = scalar.value
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return None
    return scalar.text if repr(value) == scalar.text else None
