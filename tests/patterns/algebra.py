"""Sets of traces as expressions, and whether a trace is in one: derivatives after Brzozowski (Journal of the ACM 11,
1964), with the shuffle of two sets as a further operator.

A trace is a sequence of tokens (text). The builders below keep every expression simple: one that holds no trace at all
is always `NOTHING`, so a beginning that cannot become a legal trace is known at its first wrong token.
"""

from collections.abc import Iterable, Sequence
from functools import cache, reduce
from typing import TypeAlias

from msgspec import Struct


class Nothing(Struct, frozen=True):
    """No trace."""


class Empty(Struct, frozen=True):
    """The trace without tokens, alone."""


class Token(Struct, frozen=True):
    """One token."""

    name: str


class Then(Struct, frozen=True):
    """A trace of the first, then one of the second."""

    first: "Traces"
    second: "Traces"


class Either(Struct, frozen=True):
    """A trace of any of them."""

    options: frozenset["Traces"]


class Shuffle(Struct, frozen=True):
    """A trace of each, interleaved in any way."""

    one: "Traces"
    other: "Traces"


class Repeat(Struct, frozen=True):
    """Any number of traces, one after the other; none too."""

    one: "Traces"


Traces: TypeAlias = Nothing | Empty | Token | Then | Either | Shuffle | Repeat

NOTHING, EMPTY = Nothing(), Empty()


# ---------------------------------------------------------------- builders


def then(*parts: Traces) -> Traces:
    """One after the other."""
    first: Traces = EMPTY
    return reduce(_then, parts, first)


def _then(first: Traces, second: Traces) -> Traces:
    if NOTHING in {first, second}:
        return NOTHING
    if first == EMPTY:
        return second
    if second == EMPTY:
        return first
    if isinstance(first, Then):  # one shape for equal sequences keeps derivatives few
        return Then(first.first, _then(first.second, second))
    return Then(first, second)


def either(*options: Traces) -> Traces:
    """One of them."""
    flat: set[Traces] = set()
    for one in options:
        flat |= one.options if isinstance(one, Either) else {one}
    flat.discard(NOTHING)
    if not flat:
        return NOTHING
    return flat.pop() if len(flat) == 1 else Either(frozenset(flat))


def shuffle(*parts: Traces) -> Traces:
    """All of them, interleaved."""
    first: Traces = EMPTY
    return reduce(_shuffle, parts, first)


def _shuffle(one: Traces, other: Traces) -> Traces:
    if NOTHING in {one, other}:
        return NOTHING
    if one == EMPTY:
        return other
    if other == EMPTY:
        return one
    return Shuffle(one, other) if repr(one) <= repr(other) else Shuffle(other, one)


def repeat(one: Traces) -> Traces:
    """Any number of times."""
    return EMPTY if one in {NOTHING, EMPTY} else Repeat(one)


def option(one: Traces) -> Traces:
    """It, or nothing."""
    return either(EMPTY, one)


def times(one: Traces, number: int) -> Traces:
    """So many times, one after the other."""
    return then(*[one] * number)


# ---------------------------------------------------------------- membership


@cache
def ends(traces: Traces) -> bool:
    """Whether the trace without tokens is in it."""
    if isinstance(traces, Then):
        return ends(traces.first) and ends(traces.second)
    if isinstance(traces, Shuffle):
        return ends(traces.one) and ends(traces.other)
    if isinstance(traces, Either):
        return any(ends(one) for one in traces.options)
    return isinstance(traces, Empty | Repeat)


@cache
def after(traces: Traces, token: str) -> Traces:
    """What may follow the token: the rests of all traces that begin with it."""
    if isinstance(traces, Token):
        return EMPTY if traces.name == token else NOTHING
    if isinstance(traces, Then):
        rest = then(after(traces.first, token), traces.second)
        return either(rest, after(traces.second, token)) if ends(traces.first) else rest
    if isinstance(traces, Either):
        return either(*(after(one, token) for one in traces.options))
    if isinstance(traces, Shuffle):
        one, other = traces.one, traces.other
        return either(shuffle(after(one, token), other), shuffle(one, after(other, token)))
    if isinstance(traces, Repeat):
        return then(after(traces.one, token), traces)
    return NOTHING


def legal_length(traces: Traces, trace: Sequence[str]) -> int:
    """How many tokens, from the first, can still become a trace of the set."""
    for number, token in enumerate(trace):
        traces = after(traces, token)
        if traces == NOTHING:
            return number
    return len(trace)


def holds(traces: Traces, trace: Iterable[str]) -> bool:
    """Whether the trace is in the set."""
    return ends(reduce(after, trace, traces))


def nexts(traces: Traces) -> set[str]:
    """The tokens that a trace of the set can begin with."""
    return {token for token in tokens(traces) if after(traces, token) != NOTHING}


@cache
def tokens(traces: Traces) -> frozenset[str]:
    """All tokens that its expression names."""
    if isinstance(traces, Token):
        return frozenset({traces.name})
    if isinstance(traces, Then):
        return tokens(traces.first) | tokens(traces.second)
    if isinstance(traces, Shuffle):
        return tokens(traces.one) | tokens(traces.other)
    if isinstance(traces, Either):
        return frozenset().union(*(tokens(one) for one in traces.options))
    return tokens(traces.one) if isinstance(traces, Repeat) else frozenset()
