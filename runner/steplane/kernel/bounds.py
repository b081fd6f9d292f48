"""What of a step runs: by the selection of the run, and by that of the resume."""

from typing import Literal

from steplane.parts import Part

Outside = Literal["", "run", "resume"]
"""Whether something is left out, and by which of the two."""

NOT_SELECTED = "not selected"


class Bounds:
    """Two parts of one instance: `run` is that of the whole run, `resume` that of the latest resume; None is all."""

    __slots__ = ("resume", "run")

    def __init__(self, run: Part | None, resume: Part | None) -> None:
        self.run = run
        self.resume = resume

    def outside(self, number: int) -> Outside:
        """Whether the step of that number, in a list of the instance, is left out."""
        if self.run is not None and number not in self.run.steps:
            return "run"
        return "resume" if self.resume is not None and number not in self.resume.steps else ""

    def inner(self, number: int) -> "Bounds | None":
        """The bounds of a step in a list of the instance; None where nothing of it is left out."""
        return bounds(_step(self.run, number), _step(self.resume, number))

    def item_outside(self, key: str) -> Outside:
        """Whether that item of the loop is left out."""
        if _empty(self.run, key):
            return "run"
        return "resume" if _empty(self.resume, key) else ""

    def item(self, key: str) -> "Bounds | None":
        """The bounds of an item of the loop."""
        return bounds(self.run and self.run.item(key), self.resume and self.resume.item(key))


def bounds(run: Part | None, resume: Part | None) -> Bounds | None:
    """The bounds that these two give; None where both are all of it."""
    return None if run is None and resume is None else Bounds(run, resume)


def _step(part: Part | None, number: int) -> Part | None:
    return None if part is None else part.steps.get(number)


def _empty(part: Part | None, key: str) -> bool:
    if part is None:
        return False
    inner = part.item(key)
    return inner is not None and inner.nothing
