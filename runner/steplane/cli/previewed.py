"""What a resume would do, in words and as JSON."""

from typing import TYPE_CHECKING

import msgspec

from steplane.cli.edited import edit_data, edit_text
from steplane.cli.table import table
from steplane.cli.told import with_state
from steplane.reporters.paint import Paint, visible
from steplane.reporters.words import count

if TYPE_CHECKING:
    from steplane.app.previewing import Preview

_MOST = 40
_THEN = {
    "anew": "begins anew", "whole": "begins anew, with all that is in it", "again": "its attempt is made again",
    "undecided": "say --redo or --assume", "on": "goes on",
}  # fmt: skip


def preview_text(found: "Preview", color: bool) -> str:
    """For people."""
    if found.ended:
        words = {"warning": "ended with warnings"}.get(found.ended, found.ended)
        return f"run {found.run} has already {words}: nothing to do\n"
    if found.edit is not None:
        go_on = f"Go on so: steplane resume {found.run} --accept-changes. Go on as it was recorded: --recorded."
        return f"{edit_text(found.edit, color)}\n  {with_state(go_on)}\n"
    rows = [[visible(one.path) or "(the run itself)", f"{one.status}: {_THEN[one.then]}"] for one in found.steps]
    lines = table([["STEP", "SO FAR"], *rows[:_MOST]], indent="  ").splitlines()
    more = [f"  and {len(rows) - _MOST} more"] if len(rows) > _MOST else []
    stay = f"  {count(found.kept, 'recorded result')} {'stays' if found.kept == 1 else 'stay'}."
    return "\n".join([Paint(color).faint(lines[0]), *lines[1:], *more, "", stay]) + "\n"


def preview_json(found: "Preview") -> str:
    """`{"type": "resume", "run", "ended", "steps": [{"path", "status", "then"}], "kept"}`, or as a refusal tells it."""
    if found.edit is not None:
        data = {"type": "changed", "run": found.run, **edit_data(found.edit)}
    else:
        steps = [{"path": one.path, "status": one.status, "then": one.then} for one in found.steps]
        data = {"type": "resume", "run": found.run, "ended": found.ended or None, "steps": steps, "kept": found.kept}
    return msgspec.json.encode(data).decode() + "\n"


__all__ = ["preview_json", "preview_text"]
