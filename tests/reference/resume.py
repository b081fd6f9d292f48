"""Going on after the process died, or after the run had failed or was cancelled."""

from typing import TYPE_CHECKING, Any

from tests.reference.instance import Instance
from tests.reference.words import OK

if TYPE_CHECKING:
    from tests.reference.interpreter import Reference


def resumed(reference: "Reference", redo: tuple[str, ...], assume: dict[str, Any]) -> None:
    """What was in flight is made again, what was not ok begins anew, what succeeded stays."""
    if reference.root.status in OK:
        return
    reference.resuming = True  # what ends now is looked at below, with the list that it stands in
    for one in list(reference.everyone()):
        if isinstance(one, Instance):
            in_flight(reference, one, redo, assume)
    reference.resuming = False
    if reference.root.ended:
        old = reference.root
        reference.root = Instance(reference, reference.workflow, None, "")
        reference.root.old = old
        reference.root.ending, reference.root.ending_scope = old.ending, old.ending_scope
    else:
        reference.root.resume()


def in_flight(reference: "Reference", one: Instance, redo: tuple[str, ...], assume: dict[str, Any]) -> None:
    """An attempt that the crash interrupted, or that waited for its slot."""
    if one.stopping:
        one.has_slot = False
        one.outcome = ("cancelled", None)
        while one.advance():
            pass
    elif one.has_slot or one.lost:
        again(reference, one, redo, assume)
    elif one.queued:
        one.wanting_since = reference.moment


def again(reference: "Reference", one: Instance, redo: tuple[str, ...], assume: dict[str, Any]) -> None:
    """Make the attempt again; of an `at_most_once` step only if somebody says so."""
    one.has_slot = False
    one.timers.discard("timeout")
    once = one.step.raw.get("at_most_once")
    if once and one.path in assume:
        failed = assume[one.path].get("status") == "failed"
        one.lost = False
        one.outcome = ("failed", "assumed") if failed else ("succeeded", None)
    elif once and one.path not in redo:
        one.lost = True
        one.queued = False
    else:
        one.lost = False
        one.queued = True
        one.wanting_since = reference.moment
