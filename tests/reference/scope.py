"""One life of a list of steps: order, failure policy, cancel, result."""

from typing import TYPE_CHECKING

from tests.reference import jumping, parts
from tests.reference.joins import Join
from tests.reference.life import Error, Life
from tests.reference.reading import Branch, Step
from tests.reference.words import NOT_OK

if TYPE_CHECKING:
    from tests.reference.instance import Instance


class Scope:
    """The lives of a list's steps, from entering the list to its end."""

    def __init__(self, owner: "Instance", branch: Branch, driver: "Instance | None" = None) -> None:
        self.owner = owner
        self.driver = driver  # of a `compensate` list: who undoes
        self.branch = branch
        self.lives: list[Life] = []
        self.adrift: list[tuple[int, Scope]] = []  # late branches of steps that a resume has renewed, by position
        self.cancelled = False
        self.cut = False
        self.stopped: Life | None = None
        self.jump: Step | None = None  # where the list goes on once nothing of what is superseded goes on
        self.asked: Life | None = None  # the `goto` that has ended and decides where the list goes on
        self.jumps: dict[str, int] = {}  # by the id of the `goto`
        self.late = False
        self.preparing = False
        self.cut_off = False  # a resume of something else has ended what was alive in it
        self.walked = 0  # the moment of the resume that was the last to go through it
        self.said: list[Life] = []  # what a resume was told to take as failed
        self.joins = {step.id: Join(self, step) for step in branch.steps}
        for step in branch.steps:
            self.add(step)
        for life in list(self.lives):
            parts.leave_out(life, parts.step_outside(self, life.step.id))

    # ------------------------------------------------------------ lives

    def add(self, step: Step, old: Life | None = None) -> Life:
        """A new activation of the step."""
        from tests.reference.instance import Instance
        from tests.reference.loop import Loop
        from tests.reference.rounds import Rounds

        prefix = f"{self.owner.path}/" if self.owner.path else ""
        kinds = {None: Instance, "while": Rounds, "until": Rounds}
        life = kinds.get(step.loop, Loop)(self.owner.reference, step, self, prefix + step.id)
        life.old = old
        if isinstance(old, Instance) and isinstance(life, Instance):  # what an `end` has decided stands
            life.ending, life.ending_scope, life.ending_gives = old.ending, old.ending_scope, old.ending_gives
        self.lives.append(life)
        self.lives.sort(key=lambda one: (one.step.position, one.born))
        return life

    def lives_of(self, name: str) -> list[Life]:
        """The activations of the step that still count."""
        return [life for life in self.lives if life.step.id == name and not life.superseded]

    def everyone(self) -> "list[Life | Scope]":
        """The list and all that is in it."""
        found: list[Life | Scope] = [self]
        for life in self.lives:
            found += life.everyone()
            for position, scope in self.adrift:
                if position == life.step.position:
                    found += scope.everyone()
        return found

    # ------------------------------------------------------------ order

    def verdict(self, life: Life) -> tuple[str, str] | None:
        """What can be said of a pending step: ready, skipped, or blocked and by whom; None: nothing yet."""
        if self.jump is not None and life.step.position >= self.jump.position:
            return None
        if self.owner.has_left(self):  # it came with another definition, after the attempt was over
            return None
        if self.stopped is not None and not life.step.handler:
            return "blocked", self.stopped.path
        found = ("ready", "") if life.forced or life.due else self.joins[life.step.id].verdict()
        if found is not None and found[0] == "ready":
            return self.held_back(life)
        return found

    def held_back(self, life: Life) -> tuple[str, str] | None:
        """What else a step waits for whose needs hold: its milestone, its turn."""
        milestone = life.step.raw.get("milestone") or {}
        after = milestone.get("after", "")
        for other in self.lives_of(after) if not after or not parts.step_outside(self, after) else ():
            if not other.ended or other.status in NOT_OK:
                return ("blocked", other.path) if other.ended else None
        if self.has_passed(life):
            return "skipped", ""
        if self.any_order and any(other.status != "pending" and not other.ended for other in self.lives):
            return None
        return "ready", ""

    @property
    def any_order(self) -> bool:
        """Whether the steps run one at a time."""
        return self.owner.step.raw.get("order") == "any" and self.branch in self.owner.step.body

    def blocks(self, step: Step) -> bool:
        """Whether a join with `rest: block`, at which it has arrived, keeps the step from starting again."""
        waiting = [join for join in self.joins.values() if join.rest == "block" and join.awaited]
        return any(step.id in join.named and step.id not in join.awaited for join in waiting)

    def unblock(self) -> bool:
        """Where nothing else can go on, a join with `rest: block` is reset; whether one was."""
        if any(not life.ended and (life.status != "pending" or self.verdict(life)) for life in self.lives):
            return False
        for step in self.branch.steps:
            join = self.joins[step.id]
            if join.rest == "block" and join.awaited and self.jump is None:
                join.awaited = set()
                return True
        return False

    def comes_back(self, name: str, join: Step) -> bool:
        """Whether a `goto` that does not itself wait for the join can bring the named step back."""
        position = next(step.position for step in self.branch.steps if step.id == name)
        for life in self.counting:
            if life.step.kind == "goto" and not life.ended and join.id not in self.upstream(life.step, set()):
                target = next(step for step in self.branch.steps if step.id == life.step.raw["goto"])
                if target.position <= position:
                    return True
        return False

    def upstream(self, step: Step, seen: set[str]) -> set[str]:
        """The ids of all steps that the step waits for, near and far; an active join for each `goto` behind it."""
        for one in self.branch.steps:
            near = one.id in step.named() or (step.raw.get("join") == "active" and self.leads_back(one, step))
            if near and one.id not in seen:
                seen.add(one.id)
                self.upstream(one, seen)
        return seen

    def leads_back(self, goto: Step, join: Step) -> bool:
        """Whether a `goto` leads to or before a step that the join names."""
        positions = {step.id: step.position for step in self.branch.steps}
        last = max((positions[name] for name in join.named()), default=-1)
        return goto.kind == "goto" and positions[str(goto.raw["goto"])] <= last

    def fired(self, life: Life) -> None:
        """The step's needs hold and are used up."""
        self.joins[life.step.id].fire(life)

    def advance(self) -> bool:
        """Begin a further activation where a join has fired again; whether there was one."""
        if self.cancelled or self.cut_off:
            self.jump = self.asked = None
            return False
        if self.owner.has_left(self):  # nothing begins there; a join that is reset is so at the next resume too
            self.jump = self.asked = None
            return any(join.swallow() for join in self.joins.values())
        if (self.asked is not None or self.jump is not None) and jumping.go_on(self):
            return True
        if self.withdraw() or any(join.swallow() for join in self.joins.values()):
            return True
        begun = (
            join.step.position for join in self.joins.values() if join.is_due() and not self.moves_above(join.step)
        )
        for position in begun:
            self.add(self.branch.steps[position]).due = True
            return True
        return self.unblock()

    def moves_above(self, step: Step) -> bool:
        """Whether something goes on with a step above it, and so comes first."""
        above = [life for life in self.lives if life.step.position < step.position]
        inside = [one for life in above for one in life.everyone() if isinstance(one, Life)]
        return any(one.process is not None and one.waits() for one in inside)

    def withdraw(self) -> bool:
        """Skip what has not begun though its milestone has passed."""
        for life in self.lives:
            if not life.begun and not life.ended and self.has_passed(life):
                life.end("skipped")
                return True
        return False

    def has_passed(self, life: Life) -> bool:
        """Whether the step has a milestone that has passed."""
        before = (life.step.raw.get("milestone") or {}).get("before", "")
        return any(other.begun for other in self.lives_of(before))

    # ------------------------------------------------------------ failure and cancel

    def step_ended(self, life: Life) -> None:
        """Apply the failure policy, unless it counts no more; keep that it is a `goto`."""
        if not life.superseded:
            self.asked = life if life.jumps else self.asked
            self.apply_policy(life)

    def apply_policy(self, life: Life) -> None:
        """What a failure does to the others."""
        policy = self.owner.step.policy
        if self.owner.reference.resuming:
            return
        if life.status != "failed" or policy == "continue" or self.stopped is not None or self.cancelled:
            return
        if self.preparing or parts.left(life):
            return
        self.stopped = life
        self.drop_due(handlers=False)
        for one in list(self.lives):
            if not one.ended and not one.begun and not one.step.handler:
                one.end("skipped" if self.has_passed(one) else "blocked", by=life.path)
        if policy == "cancel":
            for one in list(self.lives):
                if not one.ended and one.begun:
                    one.cancel()

    def drop_due(self, *, handlers: bool = True) -> None:
        """Arrivals that would start a step again, and wait for its turn, are dropped."""
        for life in list(self.lives):
            if life.is_due and (handlers or not life.step.handler):
                self.lives.remove(life)

    def cancel(self, unbegun: str = "cancelled") -> None:
        """Nothing more starts; what has begun is cancelled, what has not becomes `unbegun`."""
        if self.over:
            return
        self.cancelled = True
        self.cut = unbegun == "skipped"
        self.drop_due()
        for life in list(self.lives):
            life.cancel(unbegun)
            life.cancel_late(unbegun)
        for _, scope in self.adrift:
            scope.cancel(unbegun)

    # ------------------------------------------------------------ the end

    @property
    def over(self) -> bool:
        """Whether every step has ended and nothing of it goes on."""
        if self.owner.has_left(self):
            return True
        done = all(life.over for life in self.lives) and all(scope.over for _, scope in self.adrift)
        done = done and ((self.jump is None and self.asked is None) or self.cancelled)
        return done and (self.cancelled or not any(join.more() for join in self.joins.values()))

    @property
    def counting(self) -> list[Life]:
        """The activations that make the result."""
        return [life for life in self.lives if not life.superseded]

    @property
    def failed(self) -> Life | None:
        """The step that failed first."""
        failed = [life for life in self.counting if life.status == "failed"]
        return min(failed, key=lambda life: life.ended_as) if failed else None

    @property
    def result(self) -> str:
        """How the list has ended: succeeded, failed or cancelled."""
        if self.failed is not None:
            return "failed"
        if any(life.status == "blocked" for life in self.counting) or (self.cancelled and not self.cut):
            return "cancelled"
        if self.branch.name == "call" and self.counting[-1].status == "cancelled":
            return "cancelled"
        return "cancelled" if self.unfinished else "succeeded"

    @property
    def unfinished(self) -> bool:
        """Whether a resume of a part of it leaves something that is not ok, and has not failed."""
        partly = self.cut_off or parts.partly(self)
        left = [life for life in self.counting if life.status in NOT_OK and not parts.withdrawn(life)]
        kept = [life for life in left if life.status != "blocked" or parts.life_outside(life) == "resume"]
        unwell = any(life.status != "failed" for life in kept)
        return partly and (unwell or any(scope.cut_off for life in self.lives for scope in life.late_scopes()))

    @property
    def failed_anew(self) -> list[Life]:
        """The steps that have failed, but for those that a resume of a part leaves failed."""
        return [life for life in self.counting if life.status == "failed" and not parts.left(life)]

    @property
    def error(self) -> Error:
        """The error of the step that failed first."""
        failed = self.failed
        if failed is not None and failed.error is not None:
            return failed.error
        return Error("cancelled", self.owner.path)

    # ------------------------------------------------------------ resume

    def resume(self) -> None:
        """Go on, once a resume: a second time what was taken as ended would begin anew."""
        if not self.late or self.walked != self.owner.reference.moment:
            self.go_on()

    def go_on(self) -> None:
        """What was not ok gets a new activation; what is live goes on. A list being cancelled only goes on."""
        self.preparing, self.cut_off = True, False
        self.walked = self.owner.reference.moment
        if not self.cancelled:
            self.stopped = None
            self.hold_back()
            self.take_as_ended()
        for position, scope in self.adrift:
            if not self.left_behind(position) and (not scope.over or scope.cut_off):
                scope.resume()
        for life in sorted(self.lives, key=lambda one: (one.step.position, not one.forced, one.status != "pending")):
            if self.left_behind(life.step.position):
                continue
            if life.superseded:
                life.resume()
            elif life.status == "pending":
                life.born = self.owner.reference.next_birth()  # what a `goto` leads to begins before the others
            elif parts.to_do_again(life) and life not in self.said and not self.cancelled:
                self.renew(life)
            else:
                life.resume()
        self.preparing = False

    def renew(self, life: Life) -> None:
        """A new activation follows, with what the old one had begun, or without."""
        self.owner.reference.again.discard(life)
        self.lives.remove(life)
        if not life.forgotten:
            self.set_adrift(life)
        self.joins[life.step.id].give_back(life)
        before = life if life.begun else life.old  # what had not begun has nothing to go on with
        self.add(life.step, None if life.forgotten else before).forced = life.forced

    def left_behind(self, position: int) -> bool:
        """Whether the resume leaves the step out."""
        return not self.cancelled and parts.step_outside(self, self.branch.steps[position].id) == "resume"

    def hold_back(self) -> None:
        """What the resume leaves out does not go on."""
        for life in list(self.lives):
            if self.left_behind(life.step.position) and life.path not in self.owner.reference.assumed:
                parts.put_down(life)
        for position, scope in self.adrift:
            if self.left_behind(position):
                parts.put_down_scope(scope)

    def take_as_ended(self) -> None:
        """What was said to have ended has."""
        self.said = []
        latest = {life.path: life for life in self.counting}
        for life in latest.values():
            said = parts.said_of(life, self.left_behind(life.step.position))
            if said is None:
                continue
            one = life
            if life.ended:
                self.lives.remove(life)
                one = self.add(life.step)
                one.used = life.used
                one.forced = life.forced
            parts.put_down_late(life)
            parts.forget_late(life)
            parts.take(one, said)
            self.said.append(one)

    def go_by_policy(self) -> None:
        """What was said to have failed is a failure of the list."""
        for life in self.said:
            if life.status == "failed":
                self.step_ended(life)
        self.said = []

    def set_adrift(self, life: Life) -> None:
        """The step begins anew; its late branches go on meanwhile, until its new activation takes them again."""
        for scope in life.late_scopes():
            if not scope.over:
                scope.resume()
                self.adrift.append((life.step.position, scope))

    def take_again(self, scope: "Scope") -> bool:
        """A new activation takes a late branch; whether that goes on, or this very resume has gone through it."""
        fresh = scope.walked == self.owner.reference.moment
        live = any(one is scope and (fresh or not one.over) for _, one in self.adrift)
        self.adrift = [(position, one) for position, one in self.adrift if one is not scope]
        return live
