"""What a changed definition means for a run, told when a resume is refused for it."""

from collections.abc import Iterator
from os.path import basename
from typing import TYPE_CHECKING, Any

from steplane.app.step_texts import difference
from steplane.cli.table import table
from steplane.plan.recipes import Change
from steplane.reporters.paint import Paint, visible
from steplane.reporters.words import count

if TYPE_CHECKING:
    from steplane.app.redefining import Edit

_MOST = 40
_SHOWN = 12
_FATES = {"never": "has not begun", "gone": "stays in the history"}


def edit_text(edit: "Edit", color: bool) -> str:
    """A table of the steps concerned, what changed in the text of each, and what stays."""
    paint = Paint(color)
    rows = [["STEP", "CHANGE", "SO FAR"]]
    concerned = [(name, one) for name, one in edit.own.items() if name != _WHOLE or one.why]
    rows += [[visible(name), _why(one), fate(edit, name, one)] for name, one in concerned[:_MOST]]
    lines = table(rows, indent="  ").splitlines()
    text = "\n".join([paint.faint(lines[0]), *lines[1:]]) + "\n"
    if len(concerned) > _MOST:
        text += f"  and {count(len(concerned) - _MOST, 'step')} more\n"
    for block in _differences(edit, concerned, paint):
        text += f"\n{block}"
    return f"{text}\n  {_rest(edit)}\n"


_WHOLE = "the workflow"


def _why(change: Change) -> str:
    named = ", ".join(f"`{visible(one)}`" for one in change.why[:3])
    if change.word == "after":
        return f"after {named}" if named else "after another"
    if change.word in {"new", "gone"}:
        return change.word
    return f"changed: {', '.join(visible(one) for one in change.why[:3])}" if change.why else "changed"


def fate(edit: "Edit", name: str, change: Change) -> str:
    """What becomes of the results of the step."""
    from steplane.app.redefining import CANCELLED

    if change.word == "gone":
        return _FATES["gone"] if _of(edit.again, name) else _FATES["never"]
    if name == _WHOLE:
        return ""
    if again := _of(edit.again, name):
        return "runs again" if again == 1 else f"runs again ({count(again, 'result')})"
    if kept := _of(edit.kept, name):
        return "its result stays" if kept == 1 else f"{count(kept, 'result')} stay"
    stands = edit.begun.get(name)
    if stands == CANCELLED:
        return f"{stands}: ends so, without a `finally`"
    return f"{stands}: begins anew" if stands else _FATES["never"]


def _of(paths: tuple[str, ...], name: str) -> int:
    """How many of the paths are of the step, or in it."""
    step = name.rpartition(": ")[2]
    return sum(any(part.partition("[")[0] == step for part in path.split("/")) for path in paths)


def _differences(edit: "Edit", concerned: list[tuple[str, Change]], paint: Paint) -> Iterator[str]:
    shown = 0
    for name, change in concerned:
        if change.word == "after" or shown >= _SHOWN:
            continue
        file, _, step = name.rpartition(": ")
        before, after = (_plan(one, file) for one in (edit.before, edit.after))
        lines = list(difference(before, after, "" if step == _WHOLE else step)) if before and after else []
        if lines:
            shown += 1
            yield paint.bold(f"  {visible(name)}") + "\n" + "".join(f"  {_painted(line, paint)}\n" for line in lines)


def _plan(plan: Any, file: str) -> Any:
    return plan if not file else next((one for one in plan.with_callees() if basename(one.file) == file), None)


def _painted(line: str, paint: Paint) -> str:
    text = visible(line)
    if line.startswith("+"):
        return paint.good(text)
    return paint.severity("error", text) if line.startswith("-") else paint.faint(text)


def _rest(edit: "Edit") -> str:
    kept, again = len(edit.kept), len(edit.again)
    stay = f"{count(kept, 'recorded result')} {'stays' if kept == 1 else 'stay'}"
    return f"{stay}{f', {again} {_IS[again == 1]} of no use any more' if again else ''}."


_IS = {True: "is", False: "are"}


def edit_data(edit: "Edit") -> dict[str, Any]:
    """The same as data: `{"steps": {NAME: {"change", "why"}}, "kept": [...], "again": [...], "types": {...}}`."""
    steps = {name: {"change": one.word, "why": list(one.why)} for name, one in edit.own.items()}
    types = {name: {"before": old, "now": new} for name, (old, new) in edit.types.items()}
    return {"steps": steps, "kept": list(edit.kept), "again": list(edit.again), "types": types}


__all__ = ["edit_data", "edit_text", "fate"]
