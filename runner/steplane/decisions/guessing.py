"""What a cell was probably meant to be that is written as another language would."""

import re

from steplane.decisions.columns import Column

_ONE = r"[^\s<>=!,()\[\]]+|\"[^\"]*\""
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"\s*{pattern}\s*"), meant)
    for pattern, meant in (
        (rf"={{1,3}}\s*({_ONE})", r"\1"),
        (rf"(?:!={{1,2}}|<>)\s*({_ONE})", r"not(\1)"),
        (r"=<\s*(\S+)", r"<= \1"),
        (r"=>\s*(\S+)", r">= \1"),
        (r"≤\s*(\S+)", r"<= \1"),
        (r"≥\s*(\S+)", r">= \1"),
        (r"([\w.+-]+?)\s*\.\.\s*([\w+-][\w.+-]*)", r"[\1..\2]"),
        (r"([\[(\]])\s*([^\s,]+)\s*,\s*([^\s,]+)\s*([\])\[])", r"\1\2..\3\4"),
        (r">=\s*(\S+)\s+(?:and|&&)\s+<=\s*(\S+)", r"[\1..\2]"),
        (r">=\s*(\S+)\s+(?:and|&&)\s+<\s*(\S+)", r"[\1..\2)"),
        (r">\s*(\S+)\s+(?:and|&&)\s+<=\s*(\S+)", r"(\1..\2]"),
        (r">\s*(\S+)\s+(?:and|&&)\s+<\s*(\S+)", r"(\1..\2)"),
        (rf"(?:not\s+|!\s*)({_ONE})", r"not(\1)"),
        (r"\*", "-"),
    )
)
_OR = re.compile(r"\s+(?:or|\|\|?)\s+")
_SINGLE = re.compile(r"'([^'\"\\]*)'")
_BLANKS = re.compile(r"[^\s,()\[\]<>=!\"'.]+(?:\s+[^\s,()\[\]<>=!\"'.]+)+")


def meant_by(text: str, column: Column) -> str:
    """The whole cell as it should stand; empty where nobody knows."""
    for pattern, meant in _RULES:
        if pattern.fullmatch(text):
            return pattern.sub(meant, text).strip()
    if _OR.search(text):
        return ", ".join(part.strip() for part in _OR.split(text))
    if _SINGLE.search(text):
        return _SINGLE.sub(r'"\1"', text)
    if column.kind in {"text", "any"} and _BLANKS.fullmatch(text.strip()):
        return f'"{text.strip()}"'
    return ""


__all__ = ["meant_by"]
