"""Rows as text for a terminal, coloured and cut to its width. The only module that imports rich."""

from collections.abc import Sequence
from functools import lru_cache
from io import StringIO

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.text import Text

from steplane.reporters.live.rows import Row
from steplane.reporters.paint import escaped
from steplane.reporters.signs import ASCII_SIGNS, SIGNS
from steplane.reporters.words import running_clock

WIDEST = 100
"""Columns that a row takes at most: a time at the far end of a wide window belongs to nothing."""

_SPINNER, _ASCII_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"
_BARS = ((80, 24), (56, 14), (40, 8))  # from that width on a bar has so many columns
_TIMES_FROM = 24  # columns
_NARROWEST = 3
_LABELS = 24  # columns that labels are padded to at most
_ASCII = str.maketrans({"…": "~", "›": ">", "│": "|", "·": "."})

_STYLES = {
    "running": "cyan", "retry": "yellow", "failed": "red", "warning": "yellow", "succeeded": "green",
    "reused": "green", "blocked": "red", "cancelled": "yellow",
}  # fmt: skip
_PLAIN = frozenset({"running", "retry", "failed"})  # the others may be overlooked

Piece = tuple[str, str]
"""A text and the name of its style, as rich reads it."""


class Drawing:
    """Draws rows. `color`: with escape sequences; `unicode`: with signs beyond ASCII."""

    def __init__(self, *, color: bool, unicode: bool) -> None:
        self._color = ColorSystem.STANDARD if color else None
        self._unicode = unicode
        waiting = {"coming": "·", "ready": "·"} if unicode else {"coming": ".", "ready": "."}
        self._signs = {**(SIGNS if unicode else ASCII_SIGNS), **waiting}
        self._spinner = _SPINNER if unicode else _ASCII_SPINNER
        self._console = Console(
            file=StringIO(), force_terminal=True, color_system="standard" if color else None, width=WIDEST,
            no_color=not color, legacy_windows=False, _environ={},
        )  # fmt: skip
        self._body = lru_cache(maxsize=512)(self._drawn_body)
        self._bar = lru_cache(maxsize=256)(self._drawn_bar)

    def rows(self, rows: Sequence[Row], columns: int, turn: int) -> list[str]:
        """The rows for a window of so many columns; `turn` counts the frames."""
        wide = min(columns - 1, WIDEST)  # nothing in the last column: terminals differ in what comes of it
        spinner = self._spinner[turn % len(self._spinner)]
        return [self._row(row, wide, spinner) for row in rows]

    def foot(self, bar: float, parts: Sequence[Piece], seconds: float, columns: int) -> str:
        """The last row: the bar of the whole run, and how it stands, each part in the colour of a status."""
        wide = min(columns - 1, WIDEST)
        room = wide - _room_of_time(wide)
        words: list[Piece] = []
        for number, (text, status) in enumerate(parts):
            words += [(", " if number else "", "dim"), (text, _STYLES.get(status, ""))]
        drawn = self._drawn(self._with_bar([], bar, words, room, wide), room)
        return self._with_time(drawn, seconds, wide)

    def _with_bar(
        self, before: list[Piece], part: float | None, after: list[Piece], room: int, wide: int
    ) -> list[Piece]:
        """The pieces with a bar between, unless it would take the room that the words need."""
        bar = self._bar(round(part, 2), wide) if part is not None else []
        used = sum(cell_len(text) for text, _ in (*before, *bar, *after))
        if not bar or used + 4 > room:
            return [*before, *([("  ", "")] if before and after else []), *after]
        return [*before, *([("  ", "")] if before else []), *bar, ("  ", ""), *after]

    def _row(self, row: Row, wide: int, spinner: str) -> str:
        if row.status in {"line", "more"}:
            return self._body(row, wide, wide)
        if wide < _NARROWEST:
            return ""
        sign = spinner if row.status == "running" else self._signs[row.status]
        indent = min(2 * row.depth, wide // 3)
        head = " " * indent + self._drawn([(sign, _STYLES.get(row.status, "dim"))], 1) + " "
        body = self._body(row._replace(seconds=None), wide - indent - 2 - _room_of_time(wide), wide)
        return head + self._with_time(body, row.seconds, wide)

    def _with_time(self, text: str, seconds: float | None, wide: int) -> str:
        if not _room_of_time(wide) or seconds is None:
            return text
        return text + self._drawn([(f"{running_clock(seconds):>{_room_of_time(wide)}}", "dim")], _room_of_time(wide))

    def _drawn_body(self, row: Row, wide: int, full: int) -> str:
        """All of a row but its sign and its time, in so many columns of the `full` row."""
        if row.status == "line":
            return self._drawn([(f"{'  ' * row.depth}│ {row.words}", "dim")], wide)
        if row.status == "more":
            return self._drawn([(f"… {row.words}", "dim")], wide)
        padded = self._ascii(row.label)
        padded += " " * (min(row.wide, _LABELS, wide // 3) - cell_len(padded))
        words = [(row.words, "red" if row.status == "failed" else "dim")] if row.words else []
        return self._drawn(self._with_bar([(padded, _label_style(row.status))], row.bar, words, wide, full), wide)

    def _drawn_bar(self, part: float, wide: int) -> list[Piece]:
        """A bar, as wide as the row allows; none in a narrow one."""
        columns = next((bar for least, bar in _BARS if wide >= least), 0)
        if not columns:
            return []
        options = self._console.options.update(width=columns)
        options.encoding = "utf-8" if self._unicode else "ascii"
        style = "bright_black" if self._color else "none"
        bar = ProgressBar(total=1.0, completed=part, width=columns, style=style, complete_style="cyan",
                          finished_style="cyan")  # fmt: skip
        drawn = [(one.text, str(one.style or "")) for one in self._console.render(bar, options)]
        missing = columns - sum(cell_len(text) for text, _ in drawn)
        return [*drawn, (" " * missing, "")] if missing else drawn

    def _drawn(self, pieces: Sequence[Piece], wide: int) -> str:
        """The pieces as text of exactly that width."""
        if wide <= 0:
            return ""
        text = Text.assemble(*((self._ascii(words), style) for words, style in pieces), end="")
        text.truncate(wide, overflow="ellipsis", pad=True)
        drawn = "".join(
            one.style.render(one.text, color_system=self._color) if one.style else one.text
            for one in text.render(self._console)
        )
        return drawn if self._unicode else drawn.translate(_ASCII)

    def _ascii(self, text: str) -> str:
        """The text as it will be written: a stream that takes ASCII only gets the rest as escapes."""
        if self._unicode or text.isascii():
            return text
        return escaped(text.translate(_ASCII))


def _label_style(status: str) -> str:
    if status in _PLAIN:
        return "bold red" if status == "failed" else "bold"
    return "" if status in {"succeeded", "reused", "warning"} else "dim"


def _room_of_time(wide: int) -> int:
    return 8 if wide >= _TIMES_FROM else 0
