"""Undoing what was completed, the newest first."""

from typing import TYPE_CHECKING

from tests.reference.life import Error, Life, Process

if TYPE_CHECKING:
    from tests.reference.instance import Instance
    from tests.reference.interpreter import Reference
    from tests.reference.scope import Scope


def completed(life: Life, *, cut: bool = False) -> list["Instance"]:
    """What is to be undone of it: itself where it has `compensate`, else what is completed in it.

    With `cut` also what is completed in a step that was cancelled.
    """
    from tests.reference.instance import Instance
    from tests.reference.loop import Loop

    if isinstance(life, Loop):
        if not hasattr(life, "instances"):  # it has not begun again: what an earlier activation had done is done
            return completed(life.old, cut=cut) if life.old is not None and not life.forgotten else []
        return [done for one in life.instances for done in completed(one, cut=cut)]
    assert isinstance(life, Instance)
    if cut and life.begun and life.status == "cancelled" and not life.undone:
        return [done for scope in life.body.values() for done in completed_in(scope, cut=cut)]
    if life.status not in {"succeeded", "warning", "compensated"} or life.undone:
        return []
    if "compensate" in life.step.after:  # of what is compensated only what was left inside
        return [] if life.status == "compensated" else [life]
    return [done for scope in life.body.values() for done in completed_in(scope, cut=cut)]


def completed_in(scope: "Scope", *, cut: bool = False) -> list["Instance"]:
    """What is completed in a list."""
    return [done for life in scope.counting for done in completed(life, cut=cut)]


def undo(driver: "Instance", done: list["Instance"], *, mark: bool = True) -> Process[Error | None]:
    """Run the `compensate` lists one after the other; the error of the first that does not succeed.

    With `mark` what is undone becomes `compensated`, with what is around it.
    """
    error = None
    for one in done:
        one.undone = "claimed"
    for one in sorted(done, key=lambda life: -life.ended_as):
        scope = driver.here = driver.open(one.step.after["compensate"], one)
        yield lambda seen=scope: seen.over  # type: ignore[misc]
        driver.here = None
        one.undone = ""
        if scope.result != "succeeded":
            error = error or scope.error
            driver.reference.compensation_failed = True
        elif mark:
            compensated(one)
        else:
            one.undone = "undone"
    return error


def compensated(one: "Instance") -> None:
    """It is undone, and so are completed steps around it that are not ended otherwise: a resume does them again."""
    one.status = "compensated"
    if one.loop is not None and one.loop.status in {"succeeded", "warning"}:
        one.loop.status = "compensated"
    around = one.around()
    if around is not None and around.scope is not None and around.status in {"succeeded", "warning"}:
        compensated(around)


def release(driver: "Instance") -> None:
    """The driver is put down: what it had not undone may be undone by another."""
    for life in driver.reference.lives:
        if life.undone == "claimed" and life in driver.undoing:
            life.undone = ""


def on_demand(reference: "Reference", paths: tuple[str, ...]) -> None:
    """Somebody asks for it, of a run that has ended."""
    root = reference.root
    if not root.ended:
        return
    found: list[Instance] = [done for scope in root.body.values() for done in completed_in(scope)]
    if paths:
        latest = {life.path: life for life in reference.lives}
        found = [done for path in paths if path in latest for done in completed(latest[path])]
    before = root.status
    root.status, root.finishing = "running", True
    root.process, root.waits = demanded(root, list(dict.fromkeys(found)), before), lambda: True


def demanded(root: "Instance", done: list["Instance"], before: str) -> Process[None]:
    """Undo it; a run that had done its work has not any more."""
    root.undoing = done
    yield from undo(root, done)
    any_undone = any(one.status == "compensated" for one in done)
    root.end("cancelled" if any_undone and before in {"succeeded", "warning"} else before)
