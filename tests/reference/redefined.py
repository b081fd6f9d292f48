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
        was, life.step = life.step, step
        if isinstance(life, Instance):
            leave_late(life)
            late = {rank for rank, scope in life.body.items() if scope.late}
            inside = {one.id for each in (*was.body, *step.body) if each.rank not in late for one in each.steps}
            back = self.goes_back(life, file, inside)
            for scope in life.body.values() if back else ():
                scope.cancelled = scope.cut = scope.late and scope.cancelled
            for rank, scope in life.body.items():
                self.scope(life, rank, scope, file)
            self.after(life, file, back=back)
            if life.trying and step.kind in COMPOSITE and not life.timed_out:
                life.timers = {*(life.timers - {"timeout"}), *(["timeout"] if life.limited else [])}
        for one in getattr(life, "instances", ()):
            self.life(one, step, file)
        if life.old is not None and not life.begun and not life.old.forgotten:
            self.life(life.old, step, file)
        if self.words.get(file, {}).get("" if step.is_workflow else step.id) == "around":
            look_again(life)

    def goes_back(self, life: Instance, file: str, inside: set[str]) -> bool:
        """Whether it is in its `rescue` or `finally`, and something in its body is another now."""
        scope = life.here
        if scope is None or scope.owner is not life or life.ended or scope.branch.name == "compensate":
            return False
        found = self.words.get(str(life.step.raw.get("call")) if life.step.kind == "call" else file, {})
        late = any(scope.late for scope in life.body.values())
        gone = scope.branch.name not in life.step.after
        other = "" in found and not late if life.step.kind == "call" else any(found.get(name) for name in inside)
        return (gone or other) and bool(life.body) and life.ending is None and not life.cancelling

    def after(self, life: Instance, file: str, *, back: bool) -> None:
        """What comes after its body."""
        scope = life.here
        if scope is None or scope.owner is not life or life.ended:
            return
        branch = life.step.after.get(scope.branch.name)
        if back:
            parts.put_down_scope(scope)
            go_back(life)
        elif branch is not None:
            self.scope(life, branch.rank, scope, file)
        elif life.body:
            parts.put_down_scope(scope)
            go_back(life)
        else:
            parts.put_down(life, "cancelled" if life.cancelling else "failed")

    def scope(self, owner: Instance, rank: int, scope: Scope, file: str) -> None:
        """The list is that of the new definition."""
        if scope in self.seen:
            return
        self.seen.add(scope)
        if owner.step.kind == "call" and scope.branch.name == "call":
            file = str(owner.step.raw["call"])
            branch, found = child_of(owner.reference.workflow_at(file)), dict[str, str]()
        else:
            lists = [*owner.step.body, *owner.step.after.values()]
            branch, found = next(one for one in lists if one.rank == rank), self.words.get(file, {})
        ids = [one.id for one in scope.branch.steps]
        anew = [life for life in scope.lives if found.get(life.step.id) in ANEW]
        touched = bool(anew) or set(ids) != {one.id for one in branch.steps}
        joins = scope.joins
        often = arrives_often(scope, scope.branch) or arrives_often(scope, branch)
        if (touched or ids != [one.id for one in branch.steps]) and (scope.jumps or often):  # it is one
            anew, scope.jumps, scope.jump, scope.asked = list(scope.lives), {}, None, None
        for life in anew:
            put_down(scope, life)
        over = scope.over
        self.renew(scope, branch, file)
        keep(scope, {} if touched else joins)
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


def keep(scope: Scope, joins: dict[str, Join]) -> None:
    """What has arrived at the steps of a list of which nothing is another."""
    for name, join in joins.items():
        scope.joins[name].keep(join)


def arrives_often(scope: Scope, branch: Branch) -> bool:
    """Whether a step of the list can arrive more than once."""
    scope.joins = {step.id: Join(scope, step) for step in branch.steps}
    return any(join.arrives_often for join in scope.joins.values())


def leave_late(life: Instance) -> None:
    """A branch that went on late, and is over, goes on no more: what is another in it belongs to the body again."""
    for scope in life.late_scopes():
        if scope.over and not scope.cut_off:
            life.reference.late_failed |= scope.result == "failed"
            scope.late = False


def go_back(life: Instance) -> None:
    """It had come to what follows its body: it goes on in that."""
    life.here, life.recovered, life.in_body, life.going_back = None, False, True, True
    life.finishing, life.error, life.question, life.enough = False, None, None, False
    life.trying = True
    life.process, life.waits = life.live(), lambda: True


def look_again(life: Life) -> None:
    """Something in it is another: it goes on with that, also where it has ended, or is asked what follows its body."""
    asks = isinstance(life, Instance) and life.trying and life.question in {"ensure", "outputs"}
    if life.ended:
        reopen(life)
    elif isinstance(life, Instance) and asks and life.body and life.ending is None:
        go_back(life)


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
