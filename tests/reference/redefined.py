"""Going on under another definition: what it says something else of counts no more, the rest is carried over.

What becomes of each step is given, by file and id, as it is recorded: `new`, `gone`, `changed`, `after` or `around`.
"""

from typing import TYPE_CHECKING, Any

from tests.reference import parts
from tests.reference.instance import Instance
from tests.reference.joins import Join
from tests.reference.life import Life
from tests.reference.reading import COMPOSITE, Branch, Step, child_of, read
from tests.reference.scope import Scope

if TYPE_CHECKING:
    from tests.reference.interpreter import Reference

Words = dict[str, dict[str, str]]
ANEW = frozenset({"changed", "after", "gone"})
OWN = "test.yaml"


def redefined(reference: "Reference", workflow: dict[str, Any], words: Words) -> None:
    """The workflow is this one from now on. A resume follows: no process runs anything now."""
    reference.written, reference.workflow = workflow, read(workflow)
    reference.files = workflow.get("x-files", {})
    reference.resuming = True
    Carrying(words).life(reference.root, reference.workflow, OWN)
    reference.resuming = False


class Carrying:
    """Goes through the run from outside in."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.seen: set[Life | Scope] = set()

    def life(self, life: Life, step: Step, file: str) -> None:
        """It is one of that step, with all that is in it; an earlier activation, if it goes on with that, too."""
        if life in self.seen:
            return
        self.seen.add(life)
        life.step = step
        if isinstance(life, Instance):
            for rank, scope in life.body.items():
                self.scope(life, rank, scope, file)
            if life.trying and step.kind in COMPOSITE and not life.timed_out:
                life.timers = {*(life.timers - {"timeout"}), *(["timeout"] if life.limited else [])}
        for one in getattr(life, "instances", ()):
            self.life(one, step, file)
        if life.old is not None and not life.begun and not life.old.forgotten:
            self.life(life.old, step, file)
        if life.ended and self.words.get(file, {}).get("" if step.is_workflow else step.id) == "around":
            reopen(life)

    def scope(self, owner: Instance, rank: int, scope: Scope, file: str) -> None:
        """The list is that of the new definition."""
        if scope in self.seen:
            return
        self.seen.add(scope)
        if owner.step.kind == "call":
            file = str(owner.step.raw["call"])
            branch, found = child_of(owner.reference.workflow_at(file)), dict[str, str]()
        else:
            branch, found = next(one for one in owner.step.body if one.rank == rank), self.words.get(file, {})
        anew = [life for life in scope.lives if found.get(life.step.id) in ANEW]
        touched = bool(anew) or {one.id for one in scope.branch.steps} != {one.id for one in branch.steps}
        for life in anew:
            put_down(scope, life)
        over = scope.over
        self.renew(scope, branch, file)
        if touched and over and owner.in_body and owner.interrupted:
            scope.cancelled, scope.cut = True, owner.unbegun == "skipped"
        if touched and scope.cancelled:
            for life in list(scope.lives):
                if life.status == "pending":
                    life.end("skipped" if scope.cut else "cancelled")
        elif touched and owner.ended:
            reopen(owner)

    def renew(self, scope: Scope, branch: Branch, file: str) -> None:
        """The steps as they are now; one without a life begins as pending."""
        scope.branch, scope.stopped = branch, None
        scope.joins = {step.id: Join(scope, step) for step in branch.steps}
        for step in branch.steps:
            lives = scope.lives_of(step.id)
            for life in lives or [scope.add(step)]:
                self.life(life, step, file)
                life.used = [name for name in life.used if name in scope.joins[step.id].taken]
                for name in life.used:
                    scope.joins[step.id].taken[name] += 1
        scope.lives.sort(key=lambda one: (one.step.position, one.born))


def reopen(life: Life) -> None:
    """Something in it is to do: it goes on with its lists, and so does what is around it."""
    one: Life | None = life
    while one is not None:
        if one.ended:
            one.reference.again.add(one)
        one = parts.next_around(one)


def put_down(scope: Scope, life: Life) -> None:
    """It ends at once, as if it had never been."""
    if life.status != "pending":
        parts.put_down(life)
        parts.put_down_late(life)
        life.forgotten = True
    life.process = None
    scope.lives.remove(life)
    scope.owner.reference.again.discard(life)


__all__ = ["redefined"]
