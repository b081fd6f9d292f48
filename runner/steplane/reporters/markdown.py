"""Text from outside within Markdown (GitHub Flavored): it stays text, whatever it holds.

https://github.github.com/gfm/
"""

import re
from collections.abc import Sequence

from steplane.reporters.paint import visible

# A pipe ends a cell of a table even where a backslash stands before it that is escaped itself, so these are given as
# character references, which never are structure (section 6.2). A dollar sign begins a formula on GitHub.
_REFERENCES = {one: f"&#{ord(one)};" for one in "\\|<>&@"}
_ESCAPED = frozenset("`*_{}[]()#+!~$^=\"'")


def literal(text: str, limit: int = 500) -> str:
    """The text on one line, cut where it is long: no markup, no HTML, no cell, no mention."""
    line = visible(text.strip())
    line = line if len(line) <= limit else f"{line[:limit]} …"
    return "".join(_REFERENCES.get(one, f"\\{one}" if one in _ESCAPED else one) for one in line)


def code(text: str, limit: int = 500) -> str:
    """The text in the font of code, also in a table."""
    return f"<code>{literal(text, limit)}</code>" if text.strip() else ""


def block(lines: Sequence[str], language: str = "text") -> str:
    """Lines as a block of code; the fence is longer than any row of backticks in them."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([fence + language, *lines, fence]) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
