"""The workflows of a project as text and as JSON."""

from collections.abc import Sequence
from typing import Any

import msgspec

from steplane.app.listing import Listed
from steplane.reporters.jsonlines import iso
from steplane.reporters.paint import Paint, visible, width
from steplane.reporters.plan_data import input_data
from steplane.reporters.signs import ASCII_SIGNS, SIGNS, colored
from steplane.store import RunSummary, now

_LEAST = 12


def listed_json(found: Sequence[Listed]) -> str:
    """All of each workflow: `{"workflows": [...]}`."""
    data = {"workflows": [_data(one) for one in found]}
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n"


def listed_text(found: Sequence[Listed], columns: int, *, color: bool, unicode: bool) -> str:
    """A table; titles and inputs are cut where it would be wider than `columns` (0: nowhere)."""
    paint = Paint(color)
    signs = SIGNS if unicode else ASCII_SIGNS
    rows = [["NAME", "TITLE", "INPUTS", "LAST RUN"]]
    rows += [[visible(one.name), visible(one.title), _inputs(one), _last(one.last, signs)] for one in found]
    wide = _widths(rows, columns)
    lines = [
        paint.faint("  ".join(_fit(cell, size, unicode) for cell, size in zip(rows[0], wide, strict=True)).rstrip())
    ]
    for one, row in zip(found, rows[1:], strict=True):
        cells = [_fit(cell, size, unicode) for cell, size in zip(row, wide, strict=True)]
        if one.last is not None:
            cells[3] = cells[3].replace(row[3][:1], colored(paint, one.last.status, row[3][:1]), 1)
        else:
            cells[3] = paint.faint(cells[3])
        if one.error is not None:
            cells = [cells[0], _error(one, paint)]
        lines.append("  ".join([paint.bold(cells[0]), *cells[1:]]).rstrip())
    if any(spec.required for one in found for spec in one.inputs):
        lines += ["", paint.faint("* must be given: steplane run NAME -i INPUT=VALUE")]
    return "\n".join(lines) + "\n"


def _error(one: Listed, paint: Paint) -> str:
    assert one.error is not None
    span = one.error.span
    return (
        f"{paint.severity('error', 'error:')} {visible(f'{span.file}:{span.line}:{span.column}: {one.error.message}')}"
    )


def _inputs(one: Listed) -> str:
    """The names, those that must be given first, with a star."""
    ordered = sorted(one.inputs, key=lambda spec: not spec.required)
    return " ".join(f"{spec.name}*" if spec.required else spec.name for spec in ordered)


def _last(run: RunSummary | None, signs: dict[str, str]) -> str:
    if run is None:
        return "never"
    sign = signs.get({"running": "started"}.get(run.status, run.status), "?")
    return f"{sign} {run.status} {ago(now() - (run.ended_at or run.started_at))}"


def ago(microseconds: int) -> str:
    """How long ago, roughly: `just now`, `5m ago`, `3h ago`, `12d ago`."""
    seconds = microseconds / 1e6
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size:.0f}{unit} ago"
    return "just now"


def _widths(rows: Sequence[Sequence[str]], columns: int) -> list[int]:
    wide = [max(width(row[at]) for row in rows) for at in range(4)]
    over = sum(wide) + 6 - columns if columns else 0
    for at in (2, 1):
        cut = min(max(over, 0), max(wide[at] - _LEAST, 0))
        wide[at] -= cut
        over -= cut
    return wide


def _fit(text: str, size: int, unicode: bool) -> str:
    if width(text) > size:
        while width(text) > size - 1:
            text = text[:-1]
        text += "…" if unicode else "~"
    return text + " " * (size - width(text))


def _data(one: Listed) -> dict[str, Any]:
    error, last = one.error, one.last
    return {
        "name": one.name,
        "file": one.file,
        "workflow": one.workflow or None,
        "title": one.title or None,
        "version": one.version or None,
        "owner": one.owner or None,
        "inputs": [input_data(spec) for spec in one.inputs],
        "error": None
        if error is None
        else {"code": error.code, "message": error.message, "line": error.span.line, "column": error.span.column},
        "last_run": None if last is None else _run(last),
    }


def _run(one: RunSummary) -> dict[str, Any]:
    return {
        "id": one.id,
        "status": one.status,
        "started_at": iso(one.started_at) if one.started_at else None,
        "ended_at": iso(one.ended_at) if one.ended_at else None,
        "duration": (one.ended_at - one.started_at) / 1e6 if one.ended_at else None,
    }
