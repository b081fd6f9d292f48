"""Files with many of one thing are checked in time that grows with their number: counted in calls, not in seconds."""

from collections.abc import Callable
from functools import partial

import pytest
from tests.calls import calls
from tests.errors.mending import check as whole
from tests.runner.checks.support import check

HEAD = "steplane: 1\nsteps:\n"


def milestones_after(count: int) -> str:
    steps = "".join(f"  - {{id: s{one}, run: x}}\n" for one in range(count))
    return HEAD + steps + "".join(f"  - {{id: m{n}, run: x, milestone: {{after: s{n}}}}}\n" for n in range(count))


def milestones_before(count: int) -> str:
    steps = "".join(f"  - {{id: s{one}, run: x, needs: [s{one - 1}]}}\n" for one in range(1, count))
    late = f"  - {{id: m{{n}}, run: x, needs: [s{count - 2}], milestone: {{before: s{count - 1}}}}}\n"
    return f"{HEAD}  - {{id: s0, run: x}}\n{steps}" + "".join(late.replace("{n}", str(n)) for n in range(count))


def within(count: int) -> str:
    rule = "  - within: {{from: s{}.started, to: s{}.ended, max: 2d}}\n"
    steps = "".join(f"  - {{id: s{one}, run: x}}\n" for one in range(count))
    return "steplane: 1\nrules:\n" + "".join(rule.format(n, n + 1) for n in range(count - 1)) + f"steps:\n{steps}"


def cancels_and_undos(count: int) -> str:
    steps = "".join(f"  - {{id: s{one}, run: x, needs: [], compensate: [{{run: y}}]}}\n" for one in range(count))
    cancels = "".join(f"  - {{cancel: [s{one}], needs: []}}\n" for one in range(count))
    return HEAD + steps + cancels + "".join(f"  - {{undo: [s{one}], needs: [s{one}]}}\n" for one in range(count))


def never_closed(count: int) -> str:
    return HEAD + "  - run: echo " + '${{ "' * count + "\n"


def never_closed_with_braces(count: int) -> str:
    return HEAD + "  - run: |\n" + '      echo ${{ "\n' * count


def wrong_needs(count: int) -> str:
    steps = "".join(f"  - {{id: one_{n}, needs: [other_{n}], run: x}}\n" for n in range(count))
    return HEAD + steps + "".join(f"  - {{id: m{n}, run: x, milestone: {{after: other_{n}}}}}\n" for n in range(count))


def wrong_targets(count: int) -> str:
    steps = "".join(f"  - {{id: one_{n}, needs: [], cancel: [other_{n}]}}\n" for n in range(count))
    steps += "".join(f"  - {{id: u{n}, needs: [], undo: [other_{n}]}}\n" for n in range(count))
    return HEAD + steps + "".join(f"  - {{goto: other_{n}, if: run.id == 'x', max: 2}}\n" for n in range(count))


@pytest.mark.parametrize(
    "make",
    [
        milestones_after,
        milestones_before,
        wrong_targets,
        within,
        cancels_and_undos,
        wrong_needs,
        never_closed,
        never_closed_with_braces,
    ],
)
def test_twice_as_many_take_twice_as_long(make: Callable[[int], str]) -> None:
    check(make(10))  # what is imported and kept once
    few, many = (calls(partial(check, make(count))) for count in (150, 300))
    assert many < 2.4 * few


def one_id(count: int) -> str:
    return HEAD + '  - {id: ax, run: "true"}\n' * count


VALUE = "${{ run.id }}"

SCRIPTS: dict[str, Callable[[int], str]] = {
    "one command": lambda count: f"echo {f'{VALUE} ' * count}",
    "a wrapper": lambda count: f"sudo make {f'{VALUE} ' * count}",
    "a pipeline": lambda count: " | ".join([f'make "{VALUE}"'] * count),
    "quotes": lambda count: f"cp 'a' {VALUE}; " * count,
    "a here-document": lambda count: "cat <<E\n" + f"      {VALUE}\n" * count + "      E",
}


@pytest.mark.parametrize("make", SCRIPTS)
def test_values_of_a_script_take_twice_as_long_too(make: str) -> None:
    def text(count: int) -> str:
        return f"{HEAD}  - run: |\n      : && :\n      {SCRIPTS[make](count)}\n"

    check(text(10))
    few, many = (calls(partial(check, text(count))) for count in (200, 400))
    assert many < 2.3 * few


def unknown_keys(count: int) -> str:
    return HEAD + "  - run: x\n" + "".join(f"    rum{n}: 1\n" for n in range(count))


def wrong_kinds(count: int) -> str:
    inputs = "".join(f"  a{n}: {{type: string, defualt: 1}}\n" for n in range(count))
    return f"steplane: 1\ninputs:\n{inputs}steps: [{{run: x}}]\n"


@pytest.mark.parametrize("make", [unknown_keys, wrong_kinds])
def test_what_is_wrong_with_the_shape_takes_twice_as_long_too(make: Callable[[int], str]) -> None:
    check(make(10))
    few, many = (calls(partial(check, make(count))) for count in (1500, 3000))
    assert many < 2.2 * few


def test_what_is_wrong_and_what_the_shells_say_take_twice_as_long_too() -> None:
    whole(one_id(10), "w.yaml", {})
    few, many = (calls(partial(whole, one_id(count), "w.yaml", {})) for count in (300, 600))
    assert many < 2.2 * few


def needs_twice(count: int) -> str:
    return f"{HEAD}  - {{id: a, run: x}}\n  - {{id: b, run: x, needs: [{'a, ' * count}]}}\n"


def one_circle(count: int) -> str:
    return HEAD + "".join(f"  - {{id: s{n}, run: x, needs: [s{(n + 1) % count}]}}\n" for n in range(count))


def many_ends(count: int) -> str:
    return HEAD + "  - {id: a, needs: [], end: failed}\n" * count


@pytest.mark.parametrize("make", [needs_twice, one_circle, many_ends])
def test_ends_circles_and_mends_take_twice_as_long_too(make: Callable[[int], str]) -> None:
    whole(make(10), "w.yaml", {})
    few, many = (calls(partial(whole, make(count), "w.yaml", {})) for count in (600, 1200))
    assert many < 2.3 * few
