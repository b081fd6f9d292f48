"""Undoing what was completed, the newest first."""

from typing import TYPE_CHECKING

from tests.reference.life import Life, Process

if TYPE_CHECKING:
    from tests.reference.instance import Instance
    from tests.reference.interpreter import Reference
    from tests.reference.scope import Scope


def completed(life: Life) -> list["Instance"]:
    """What is to be undone of it: itself where it has `compensate`, else what is completed in it."""
    from tests.reference.instance import Instance
    from tests.reference.loop import Loop

    if isinstance(life, Loop):
        return [done for one in getattr(life, "instances", []) for done in completed(one)]
    assert isinstance(life, Instance)
    if life.status not in {"succeeded", "warning"}:
        return []
    if "compensate" in life.step.after:
        return [life]
    return [done for scope in life.body.values() for done in completed_in(scope)]


def completed_in(scope: "Scope") -> list["Instance"]:
    """What is completed in a list."""
    return [done for life in scope.counting for done in completed(life)]


def undo(reference: "Reference", done: list["Instance"]) -> Process[None]:
    """Run the `compensate` lists one after the other; one that does not succeed is reported."""
    for one in sorted(done, key=lambda life: -life.ended_as):
        scope = one.open(one.step.after["compensate"])
        yield lambda seen=scope: seen.over  # type: ignore[misc]
        if scope.result == "succeeded":
            compensated(one)
        else:
            reference.compensation_failed = True


def compensated(one: "Instance") -> None:
    """It is undone, and so are completed steps around it that are not ended otherwise: a resume does them again."""
    one.status = "compensated"
    if one.loop is not None and one.loop.status in {"succeeded", "warning"}:
        one.loop.status = "compensated"
    around = one.around()
    if around is not None and around.status in {"succeeded", "warning"}:
        compensated(around)
