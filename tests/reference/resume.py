"""Going on after the process died, or after the run had failed or was cancelled."""

from typing import TYPE_CHECKING, Any

from tests.reference.bodies import after_resume
from tests.reference.instance import Instance
from tests.reference.parts import life_outside, mark
from tests.reference.selecting import Pattern
from tests.reference.words import OK

if TYPE_CHECKING:
    from tests.reference.interpreter import Reference


def resumed(  # noqa: C901 - slow and obvious, in one piece
    reference: "Reference", redo: tuple[str, ...], assume: dict[str, Any], focus: list[Pattern] | None = None
) -> None:
    """What was in flight is made again, what was not ok begins anew, what succeeded stays."""
    if reference.root.status in OK and not redo and not assume:
        return
    reference.resuming = True  # what ends now is looked at below, with the list that it stands in
    for one in list(reference.everyone()):
        if isinstance(one, Instance) and one.stopping:
            settle(one)
    reference.focus = focus
    for path in (*redo, *assume):
        for inner in [one for one in reference.assumed if one.startswith((f"{path}/", f"{path}["))]:
            del reference.assumed[inner]
    reference.assumed.update(assume)
    for path in (*redo, *assume):
        mark(reference, path, anew=path in redo)
    for one in list(reference.everyone()):
        if isinstance(one, Instance):
            in_flight(reference, one, redo)
    reference.resuming = False
    if reference.root.ended:
        old = reference.root
        reference.again.discard(old)
        reference.root = Instance(reference, reference.workflow, None, "")
        reference.root.old = old if old.begun else old.old
        reference.root.ending, reference.root.ending_scope = old.ending, old.ending_scope
        reference.root.ending_gives = old.ending_gives
    else:
        reference.root.resume()
        for scope in reference.root.scopes:
            after_resume(scope)


def settle(one: Instance) -> None:
    """An attempt that was being stopped counts as ended."""
    one.has_slot = False
    one.outcome = ("cancelled", None)
    while any(inner.advance() for inner in one.everyone()):
        pass


def in_flight(reference: "Reference", one: Instance, redo: tuple[str, ...]) -> None:
    """An attempt that the crash interrupted, or that waited for its slot."""
    one.lock_asked = False
    if one.has_slot or one.lost:
        again(reference, one, redo)
    elif one.queued:
        one.wanting_since = reference.moment


def again(reference: "Reference", one: Instance, redo: tuple[str, ...]) -> None:
    """Make the attempt again; of an `at_most_once` step only if somebody says so."""
    if life_outside(one) == "resume":
        return
    one.has_slot = False
    one.timers.discard("timeout")
    said = reference.assumed.pop(one.path, None)
    one.lost = one.queued = False
    if said is not None and said["status"] == "skipped":
        one.end("skipped")
    elif said is not None:
        one.outcome = ("failed", "assumed") if said["status"] == "failed" else ("succeeded", None)
    elif one.step.raw.get("at_most_once") and one.path not in redo:
        one.lost = True
    else:
        one.queued = True
        one.wanting_since = reference.moment
