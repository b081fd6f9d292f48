"""What has failed in a run: which failures count at its end, and how each is shown."""

import os

from steplane.diagnostics import Diagnostic, Span
from steplane.events import OK, StepEnded
from steplane.plan.nodes import Node, Plan
from steplane.plan.step_names import Instances
from steplane.reporters.paint import Paint, visible
from steplane.reporters.words import clean, count

TAIL = 20
"""Lines of the log that are shown of a failed step."""

_MOST = 5
_READ = 64 << 10


class Failures:
    """The failed steps that nothing has caught, in the order of failing."""

    def __init__(self) -> None:
        self._found: dict[str, StepEnded] = {}

    def ended(self, event: StepEnded) -> None:
        """A step has ended: remember its own failure, or forget those that it has survived."""
        self._found.pop(event.path, None)
        if event.status in OK:
            self.forget_below(event.path)
        elif event.status == "failed" and event.error is not None and self._is_own(event):
            self._found[event.path] = event

    def forget_below(self, path: str) -> None:
        """What is inside begins anew, or was caught."""
        inside = [one for one in self._found if one.startswith((f"{path}/", f"{path}["))]
        for one in inside:
            del self._found[one]

    def below(self, path: str) -> list[StepEnded]:
        """Those inside of the step."""
        inside = (f"{path}/", f"{path}[")
        return [one for place, one in self._found.items() if place.startswith(inside)]

    def __len__(self) -> int:
        return len(self._found)

    def _is_own(self, event: StepEnded) -> bool:
        """Whether the step has failed by itself, and not because of one inside."""
        assert event.error is not None
        if event.error.type == "loop.failures":
            return not any(one.startswith(f"{event.path}[") for one in self._found)
        return event.error.step in {"", event.path}

    @property
    def all(self) -> list[StepEnded]:
        """Every one of them."""
        return list(self._found.values())

    @property
    def first(self) -> list[StepEnded]:
        """Those to show in full."""
        return self.all[:_MOST]

    @property
    def more(self) -> int:
        """How many others there are."""
        return max(0, len(self._found) - _MOST)


def describe(event: StepEnded, node: Node | None, plan: Plan, log: str, paint: Paint) -> str:
    """A failed step: its error, its place in the file, the end of its log (the file `log`)."""
    error = event.error
    assert error is not None
    first, *rest = [visible(line) for line in (error.message or error.type).splitlines()] or [error.type]
    title = (
        f"{paint.severity('error', f'error[{error.type}]')}{paint.bold(f': `{visible(event.path)}` failed: {first}')}"
    )
    lines = [title, *(f"  {line}" for line in rest)]
    if node is not None and node.line:
        lines += _place(event, node, plan, paint)
    elif node is not None:  # a called workflow itself, for its outputs or its time
        lines.append(f" {paint.rule('-->')} {visible(Instances(plan).file(event.path))}")
    tail = last_lines(log)
    if tail:
        lines += ["", f"The end of its log ({shown_path(log)}):", *(f"{paint.rule('|')} {line}" for line in tail)]
    return "\n".join(lines) + "\n"


def _place(event: StepEnded, node: Node, plan: Plan, paint: Paint) -> list[str]:
    """The step in its file, as the checker shows a mistake."""
    from steplane.reporters.diagnostics import split
    from steplane.reporters.frames import frame

    plan = plan.of_file(Instances(plan).file(event.path))
    source = split(plan.text)
    text = source[node.line - 1] if node.line <= len(source) else ""
    end = max(len(text.rstrip()), node.column) + 1
    label = f"failed after {count(event.attempts, 'attempt')}" if event.attempts > 1 else "this step"
    place = Diagnostic("failed", "", Span(plan.file, node.line, node.column, node.line, end), label=label)
    return frame(place, {plan.file: source}, [], paint)


def last_lines(path: str, most: int = TAIL) -> list[str]:
    """The last lines of a log file, made harmless; none if there is no file."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _READ))
            data = file.read(_READ)
    except OSError:
        return []
    lines = data.decode("utf-8", "replace").removesuffix("\n").split("\n") if data else []
    if size > _READ and len(lines) > 1:
        lines = lines[1:]
    return [clean(line) for line in lines[-most:]]


def shown_path(path: str) -> str:
    """A path as one would type it here: relative where that is shorter."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        return path
    return relative if len(relative) < len(path) else path
