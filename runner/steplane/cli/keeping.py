"""Kept files as text and as JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from steplane.cli.table import table
from steplane.parts import Artifact
from steplane.reporters.paint import Paint, visible
from steplane.reporters.words import count

if TYPE_CHECKING:
    from steplane.app.kept import Kept

UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def files_text(files: "Sequence[Kept]", color: bool) -> str:
    """A table; the name of an instance stands at its first file only."""
    paint = Paint(color)
    rows = [["STEP", "FILE", "SIZE", "SHA-256"]]
    before = None
    for one in files:
        rows.append(
            ["" if one.path == before else visible(one.path), visible(one.name), size(one.size), one.sha256[:12]]
        )
        before = one.path
    lines = table(rows).splitlines()
    return "\n".join([paint.faint(lines[0]), *lines[1:]]) + "\n"


def files_json(run_id: str, files: "Sequence[Kept]") -> str:
    """All that is known of them."""
    data = {"run": run_id, "artifacts": [msgspec.to_builtins(one) for one in files]}
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n"


def size(value: float) -> str:
    """Bytes in the largest unit that leaves a whole number before the point: `1.4 MiB`."""
    unit = 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit else f"{value:.0f} {UNITS[0]}"


def amount(files: "Sequence[Kept | Artifact]") -> str:
    """How many, and how much: `3 files, 1.4 MiB`."""
    return f"{count(len(files), 'file')}, {size(sum(one.size for one in files))}"
