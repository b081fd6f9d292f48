"""Columns of text."""

from collections.abc import Callable, Sequence

from steplane.reporters.paint import width

Paint = Callable[[str], str]


def table(rows: Sequence[Sequence[str]], paint: Sequence[Paint | None] | None = None, indent: str = "") -> str:
    """The rows under each other, two blanks between columns; the last column is not filled up.

    `paint` wraps the cells of a column once they are aligned (escape sequences have no width).
    """
    if not rows:
        return ""
    columns = max(len(row) for row in rows)
    wide = [max(width(row[at]) for row in rows if len(row) > at) for at in range(columns)]
    return "".join(indent + _row(row, wide, paint) + "\n" for row in rows)


def _row(row: Sequence[str], wide: Sequence[int], paint: Sequence[Paint | None] | None) -> str:
    cells = []
    for at, cell in enumerate(row):
        filled = cell + " " * (wide[at] - width(cell)) if at < len(row) - 1 else cell
        wrap = paint[at] if paint is not None and at < len(paint) else None
        cells.append(filled if wrap is None or not cell else wrap(filled))
    return "  ".join(cells).rstrip()
