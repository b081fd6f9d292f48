"""When a step may start: its needs, its join, and how often."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.reference.parts import step_outside
from tests.reference.reading import Step
from tests.reference.words import NOT_OK, OK, Words, holds

if TYPE_CHECKING:
    from tests.reference.life import Life
    from tests.reference.scope import Scope


class Join:
    """The arrivals at one step of a list: each activation of a named step that ended as asked for is one."""

    def __init__(self, scope: "Scope", step: Step) -> None:
        self.scope = scope
        self.step = step
        self.taken = dict.fromkeys(step.named(), 0)
        self.awaited: set[str] = set()
        self.round: list[str] = []  # what the life that began last has used up, and what was swallowed since

    def keep(self, old: "Join") -> None:
        """Nothing of it is another under a changed definition: what has arrived, and is swallowed, stays so."""
        self.taken, self.awaited, self.round = dict(old.taken), set(old.awaited), list(old.round)

    @property
    def named(self) -> dict[str, Words]:
        """The steps that it waits for, but for those that do not run."""
        return {name: words for name, words in self.step.named().items() if not step_outside(self.scope, name)}

    # ------------------------------------------------------------ the form

    @cached_property
    def written(self) -> dict[str, Any]:
        """`join` in its long form; that of a `parallel` is about its branches."""
        join = "all" if self.step.kind == "parallel" else self.step.raw.get("join", "all")
        return join if isinstance(join, dict) else {"count": join}

    @cached_property
    def form(self) -> Any:
        """How many: `all`, `any`, `each`, `active` or a number."""
        return self.written["count"]

    @property
    def rest(self) -> str:
        """What becomes of the steps that have not arrived."""
        return str(self.written.get("rest", "run"))

    @property
    def wanted(self) -> int:
        """How many of the named steps must arrive."""
        many = {"all": len(self.named), "any": 1, "each": 1, "active": 1}
        number = many[self.form] if isinstance(self.form, str) else int(self.form)
        return min(number, len(self.named))

    @property
    def repeatable(self) -> bool:
        """Whether the step can start more than once in a scope, from the file alone."""
        if self.step.needs is None or step_outside(self.scope, self.step.id):
            return False
        again = [self.scope.joins[name].arrives_often for name in self.named]
        if self.form == "each":
            return len(again) > 1 or any(again)
        return bool(again) and (all(again) if self.form == "all" else any(again))

    @property
    def arrives_often(self) -> bool:
        """Whether the step can arrive more than once at others."""
        return self.repeatable or int(self.step.raw.get("split", 1)) > 1

    # ------------------------------------------------------------ arrivals

    def available(self, name: str) -> int:
        """How many arrivals from the named step are not used up; `collect` of them are one."""
        lives = self.scope.lives_of(name)
        if self.step.needs is None:
            return int(self.final(name) and all(life.status in OK for life in lives)) - self.taken[name]
        ends = [life for life in lives if life.ended and holds(life.status, self.named[name])]
        arrivals = sum(int(life.step.raw.get("split", 1)) for life in ends)
        return arrivals // int(self.step.raw.get("collect", 1)) - self.taken[name]

    def final(self, name: str) -> bool:
        """Whether the named step can arrive no more."""
        if any(not life.ended for life in self.scope.lives_of(name)) or self.scope.joins[name].more():
            return False
        return self.form != "active" or not self.scope.comes_back(name, self.step)

    def arrived(self) -> list[str]:
        """The named steps with an arrival that is not used up."""
        return [name for name in self.named if self.available(name) > 0]

    def enough(self) -> bool:
        """Whether the step may start now."""
        if self.awaited or len(self.arrived()) < self.wanted:
            return False
        return self.form != "active" or all(self.final(name) for name in self.named)

    def verdict(self) -> tuple[str, str] | None:
        """What can be said of the step before it has first run."""
        if self.enough():
            return "ready", ""
        open_ = [name for name in self.named if not self.final(name)]
        missing = [name for name in open_ if self.available(name) <= 0]
        if self.form == "active":
            missing = open_
        if missing and len(self.arrived()) + len(missing) >= self.wanted:
            return None
        for name in self.named:
            for life in self.scope.lives_of(name):
                if life.status in NOT_OK:
                    return "blocked", life.path
        return None if open_ else ("skipped", "")

    def fire(self, life: "Life") -> None:
        """Use up the arrivals that let the step start."""
        taken = self.arrived()
        life.used = self.round = taken[:1] if self.form == "each" else taken
        for name in life.used:
            self.taken[name] += 1
        if self.form in {"all", "each", "active"}:
            return
        if self.rest == "cancel":
            for other in self.open_lives():
                other.cut = True
                other.cancel()
        else:
            self.awaited = set(self.named) - set(taken)

    def give_back(self, life: "Life") -> None:
        """It begins anew: what it had used up is there again, and the join is reset."""
        for name in life.used:
            self.taken[name] -= 1
        self.awaited = set()

    def forget(self, names: set[str]) -> None:
        """What these have done counts no more."""
        self.taken.update(dict.fromkeys(names & set(self.taken), 0))
        for life in self.scope.lives_of(self.step.id):
            life.used[:] = [name for name in life.used if name not in names]

    def open_lives(self) -> list["Life"]:
        """Activations of named steps that have not ended."""
        return [life for name in self.named for life in self.scope.lives_of(name) if not life.ended]

    # ------------------------------------------------------------ further activations

    def more(self) -> bool:
        """Whether the step may start again."""
        lives = self.scope.lives_of(self.step.id)
        if not self.repeatable or any(life.status == "pending" for life in lives) or not self.may_start():
            return False
        self.awaited &= set(self.named)
        if any(self.available(name) > 0 for name in self.awaited):
            return True  # it is about to be reset
        awaited, self.awaited = self.awaited, {name for name in self.awaited if not self.final(name)}
        found = self.enough() or any(not self.final(name) for name in self.named)
        self.awaited = awaited
        return found

    def may_start(self) -> bool:
        """Whether the list still lets it start."""
        return not (self.scope.cancelled or self.scope.cut_off) and (self.scope.stopped is None or self.step.handler)

    def swallow(self) -> bool:
        """Drop an arrival of a round that has started already; whether there was one."""
        self.awaited &= set(self.named)
        for name in sorted(self.awaited):
            if self.available(name) > 0:
                self.taken[name] += 1
                self.round.append(name)
                self.awaited.discard(name)
                return True
            if self.final(name):
                self.awaited.discard(name)
                return True
        return False

    def is_due(self) -> bool:
        """Whether a further activation is to begin."""
        if not self.repeatable or not self.may_start() or self.scope.blocks(self.step):
            return False
        lives = self.scope.lives_of(self.step.id)
        if any(life.status == "pending" for life in lives) or not self.enough():
            return False
        return self.scope.jump is None or self.step.position < self.scope.jump.position
