"""When a step may start: its needs, its join, and how often."""

from typing import TYPE_CHECKING, Any

from tests.reference.reading import Step
from tests.reference.words import NOT_OK, OK, holds

if TYPE_CHECKING:
    from tests.reference.scope import Scope


class Join:
    """The arrivals at one step of a list: each activation of a named step that ended as asked for is one."""

    def __init__(self, scope: "Scope", step: Step) -> None:
        self.scope = scope
        self.step = step
        self.named = step.named()
        self.taken = dict.fromkeys(self.named, 0)
        self.awaited: set[str] = set()

    # ------------------------------------------------------------ the form

    @property
    def form(self) -> Any:
        """`join` as written; that of a `parallel` is about its branches."""
        written = "all" if self.step.kind == "parallel" else self.step.raw.get("join", "all")
        return written["count"] if isinstance(written, dict) else written

    @property
    def wanted(self) -> int:
        """How many of the named steps must arrive."""
        many = {"all": len(self.named), "any": 1, "each": 1, "active": 1}
        number = many[self.form] if isinstance(self.form, str) else int(self.form)
        return min(number, len(self.named))

    # ------------------------------------------------------------ arrivals

    def available(self, name: str) -> int:
        """How many arrivals from the named step are not used up."""
        lives = self.scope.lives_of(name)
        if self.step.needs is None:
            return int(self.final(name) and all(life.status in OK for life in lives)) - self.taken[name]
        return sum(life.ended and holds(life.status, self.named[name]) for life in lives) - self.taken[name]

    def final(self, name: str) -> bool:
        """Whether the named step can arrive no more."""
        return all(life.ended for life in self.scope.lives_of(name)) and not self.scope.joins[name].more()

    def verdict(self) -> tuple[str, str] | None:
        """What can be said of the step before it has first run."""
        arrived = [name for name in self.named if self.available(name) > 0]
        open_ = [name for name in self.named if self.available(name) <= 0 and not self.final(name)]
        if len(arrived) >= self.wanted:
            return "ready", ""
        if len(arrived) + len(open_) >= self.wanted:
            return None
        for name in self.named:
            for life in self.scope.lives_of(name):
                if life.status in NOT_OK:
                    return "blocked", life.path
        return None if open_ else ("skipped", "")

    def fire(self) -> None:
        """Use up the arrivals that let the step start."""
        for name in self.named:
            if self.available(name) > 0:
                self.taken[name] += 1

    # ------------------------------------------------------------ further activations

    def more(self) -> bool:
        """Whether the step may run again without anything else happening in its list."""
        return False

    def advance(self) -> bool:
        """Begin a further activation if one is due."""
        return False
