"""What expressions make of secrets: an operation that gets one in tells what comes out, so that it is hidden too.

Only evaluations that may meet a secret are watched. There, what was made of a secret is followed on: a list of its
letters, joined again, is still the secret's. What is too short, or too common, to be looked for in texts is withheld:
where an expression gives it, it is not recorded.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from steplane.expressions.faults import Missing
from steplane.expressions.limits import Budget
from steplane.expressions.templates import Template

SHORT = 8
"""Characters below which the key of a mapping is withheld, but not looked for in texts: `host` is no secret."""

PARTS = 100_000
"""Parts of one value that are looked at; a secret is not larger."""

KEEPS = frozenset(
    {
        "batch", "d", "default", "dictsort", "first", "groupby", "items", "join", "json", "last", "map", "max", "min",
        "present", "reject", "rejectattr", "select", "selectattr", "slice", "sort", "string", "tojson", "unique",
        "yaml",
    }
)  # fmt: skip
"""Filters that hand on what they got, whole and as it is: in what they give the secret is found again."""

KEEPS_ITEMS = frozenset({"list", "reverse"})
"""The same where they work on a list; what they make of a text is another."""

TELLS_NOTHING = frozenset({"count", "length", "regex_match", "wordcount"})
"""Filters whose result says too little of the secret to be one."""


class Keeper(Protocol):
    """Who knows the secrets: whether one stands in a text or number, whether an expression may meet one."""

    def holds(self, value: str | float) -> bool:
        """Whether a known secret stands in it."""

    def learn(self, value: str | float) -> None:
        """This was made of a secret, and is one from now on."""

    def withhold(self, value: str | float) -> None:
        """This was made of a secret, and cannot be found in texts."""

    def withhold_text(self, text: str) -> None:
        """Such a part stands in this text."""

    def withholds(self, value: str | float) -> bool:
        """Whether it was one of these, not long ago where it is a text with such a part."""

    def shown(self, value: Any) -> Any:
        """What may be told of a value that an expression gives which may meet a secret."""

    def may_meet(self, text: str, *, blocks: bool) -> bool:
        """Whether an expression (or a text with blocks) uses anything that may hold a secret."""

    def meets(self, template: Template) -> bool:
        """The same of any template."""


class Watch:
    """One evaluation that may meet a secret."""

    __slots__ = ("_budget", "_keeper", "printed")

    def __init__(self, keeper: Keeper, budget: Budget) -> None:
        self._keeper = keeper
        self._budget = budget
        self.printed = False
        """Whether what cannot be found in a text has gone into one, piece by piece."""

    def made(self, result: Any, *given: Any, keeps: bool) -> Any:
        """The result of an operation on what was given; with `keeps` that stands in it as it was."""
        if result.__class__ is not bool and any(map(self._is_secret, given)):
            if not keeps:
                self._take(result)
            elif isinstance(result, str) and not (self._keeper.holds(result) and self._all_found(given)):
                self._remember(result)
        return result

    def filtered(self, name: str, result: Any, *given: Any) -> Any:
        """The same of a filter."""
        if name in TELLS_NOTHING:
            return result
        keeps = name in KEEPS or (name in KEEPS_ITEMS and not isinstance(given[0], str))
        return self.made(result, *given, keeps=keeps)

    def prints(self, value: Any) -> None:
        """The value goes into a text."""
        self.printed = self.printed or any(map(self._keeper.withholds, leaves(value)))

    def written(self, text: str) -> None:
        """A text is whole into which values went."""
        if self.printed:
            self._remember(text)

    def _is_secret(self, value: Any) -> bool:
        budget = self._budget
        for one in leaves(value):
            budget.left -= 1 + (len(one) >> 10 if isinstance(one, str) else 0)
            if budget.left < 0:
                budget.look()
            if self._keeper.withholds(one) or self._keeper.holds(one):
                return True
        return False

    def _all_found(self, given: tuple[Any, ...]) -> bool:
        """Whether a text that was joined of these is hidden by what is known already: a known secret in it does not
        hide the letters of another beside it, which are only withheld.
        """
        for one in leaves(given):
            self._budget.tick()
            if self._keeper.withholds(one):
                return False
        return True

    def _take(self, result: Any) -> None:
        names = {name for name in _names(result) if len(name) < SHORT}
        for one in leaves(result):
            self._budget.tick()
            self._remember(one, learn=one not in names)

    def _remember(self, value: str | float, *, learn: bool = True) -> None:
        if learn:
            self._keeper.learn(value)
        if value != "" and not self._keeper.holds(value):
            self._keeper.withhold(value)


def leaves(value: Any) -> Iterator[str | float]:
    """The texts (keys too) and numbers of a value, as many as are looked at."""
    left, stack = PARTS, [value]
    while stack and left:
        one = stack.pop()
        left -= 1
        if isinstance(one, str) or (isinstance(one, int | float) and not isinstance(one, bool)):
            yield one
        elif isinstance(one, list | tuple):
            stack += one[:left]
        elif isinstance(one, Mapping) and not isinstance(one, Missing):
            stack += [part for name in list(one)[:left] for part in (name, one[name])]


def _names(value: Any) -> Iterator[str]:
    """The keys of a value that an expression has made, as many as are looked at."""
    left, stack = PARTS, [value]
    while stack and left:
        one = stack.pop()
        left -= 1
        if isinstance(one, list | tuple):
            stack += one[:left]
        elif isinstance(one, Mapping) and not isinstance(one, Missing):
            yield from (name for name in one if isinstance(name, str))
            stack += [one[name] for name in list(one)[:left]]


__all__ = ["Keeper", "Watch", "leaves"]
