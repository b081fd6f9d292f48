"""The algebra against the plain meaning of its operators, and the notation."""

from itertools import product
from random import Random

import pytest
from tests.patterns.algebra import (
    EMPTY,
    NOTHING,
    Either,
    Repeat,
    Shuffle,
    Then,
    Token,
    Traces,
    either,
    holds,
    legal_length,
    nexts,
    option,
    repeat,
    shuffle,
    then,
    times,
)
from tests.patterns.notation import parse

LETTERS = "xyz"
LONGEST = 5
A, B, C = Token("x"), Token("y"), Token("z")


def interleaved(one: str, other: str) -> set[str]:
    if not one or not other:
        return {one + other}
    return {one[0] + rest for rest in interleaved(one[1:], other)} | {
        other[0] + rest for rest in interleaved(one, other[1:])
    }


def meaning(traces: Traces) -> set[str]:
    """All traces up to the longest, by the definitions alone."""
    if isinstance(traces, Token):
        return {traces.name}
    if isinstance(traces, Then):
        pairs = product(meaning(traces.first), meaning(traces.second))
        return {one + other for one, other in pairs if len(one + other) <= LONGEST}
    if isinstance(traces, Shuffle):
        pairs = product(meaning(traces.one), meaning(traces.other))
        return {word for one, other in pairs if len(one + other) <= LONGEST for word in interleaved(one, other)}
    if isinstance(traces, Either):
        return {word for one in traces.options for word in meaning(one)}
    if isinstance(traces, Repeat):
        inner, found, grown = meaning(traces.one), {""}, {""}
        while grown:
            grown = {one + other for one, other in product(grown, inner) if len(one + other) <= LONGEST} - found
            found |= grown
        return found
    return {""} if traces == EMPTY else set()


def random_traces(random: Random, depth: int) -> Traces:
    if depth == 0:
        leaves: list[Traces] = [A, B, C, EMPTY]
        return random.choice(leaves)
    one, other = (random_traces(random, depth - 1) for _ in range(2))
    found = [then(one, other), either(one, other), shuffle(one, other), repeat(one), option(one)]
    return random.choice(found)


@pytest.mark.parametrize("part", range(4))
def test_membership_is_what_the_operators_mean(part: int) -> None:
    words = ["".join(word) for length in range(LONGEST + 1) for word in product(LETTERS, repeat=length)]
    for seed in range(60):
        traces = random_traces(Random(f"{part} {seed}"), 3)
        assert {word for word in words if holds(traces, word)} == meaning(traces), traces


def test_a_wrong_token_is_known_at_once() -> None:
    traces = then(shuffle(then(A, B), C), A)

    assert legal_length(traces, "xzyx") == 4
    assert legal_length(traces, "yx") == 0
    assert legal_length(traces, "xzz") == 2
    assert legal_length(traces, "xzyxx") == 4
    assert nexts(traces) == {"x", "z"}
    assert not holds(traces, "xzy")


def test_what_holds_no_trace_is_nothing() -> None:
    assert then(A, NOTHING) == NOTHING == shuffle(NOTHING, A) == either() == either(NOTHING, NOTHING)
    assert repeat(NOTHING) == EMPTY == times(A, 0) == shuffle() == then()
    assert then(then(A, B), C) == then(A, then(B, C))
    assert shuffle(A, B) == shuffle(B, A)
    assert either(A, either(B, A)) == either(A, B)


@pytest.mark.parametrize(
    ("text", "trace"),
    [
        ("a b", "a+ a- b+ b-"),
        ("a+ & b", "b+ a+ b-"),
        ("a b & c | d", "d+ d-"),
        ("a b & c | d", "a+ c+ a- b+ c- b-"),
        ("(a | b){2} c?", "b+ b- a+ a- c+ c-"),
        ("(a | b){2} c?", "a+ a- a+ a-"),
        ("(a/ | a~)* =cancelled", "a/ a~ a/ =cancelled"),
        ("work[p] & work[q]/", "work[q]/ work[p]+ work[p]-"),
        ("cell[a=1,b=2][0]! ()", "cell[a=1,b=2][0]!"),
        ("", ""),
    ],
)
def test_notation(text: str, trace: str) -> None:
    assert holds(parse(text), trace.split())


@pytest.mark.parametrize("text", ["a )", "(a", "* a", "A", "a {x}", "?", "{2}", "a )("])
def test_notation_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"no word|belong|closed|before"):
        parse(text)
