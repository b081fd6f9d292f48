"""Files with very many rules or measures: as much work for each, and no chain of steps is too long."""

from functools import partial

import pytest
from tests.calls import calls
from tests.errors.mending import check, registry


def item(kind: str, number: int) -> str:
    one, next_one = f"s{number}", f"s{number + 1}"
    if kind == "measures":
        return f"  m{number}: {{from: {one}.started, to: {next_one}.ended}}\n"
    if kind == "within":
        return f"  - within: {{from: {one}.started, to: {next_one}.ended, max: 2d}}\n"
    return f"  - {kind}: {one}\n" if kind == "exactly_once" else f"  - {kind}: [{one}, {next_one}]\n"


def workflow(kind: str, count: int) -> str:
    """A chain of steps, with a rule or measure about each."""
    steps = [f"  - {{id: s{n}, needs: {{s{n - 1}: succeeded}}, run: make}}\n" for n in range(1, count + 1)]
    items = "".join(item(kind, number) for number in range(count))
    section = "measures" if kind == "measures" else "rules"
    return f"steplane: 1\n{section}:\n{items}steps:\n  - {{id: s0, needs: [], run: make}}\n{''.join(steps)}"


@pytest.mark.parametrize("kind", ["precedence", "response", "exactly_once", "within", "not_coexistence", "measures"])
def test_the_work_grows_with_the_number_of_rules(kind: str) -> None:
    registry()
    check(workflow(kind, 5), "w.yaml", {})  # what is loaded and made once
    few, many = (calls(partial(check, workflow(kind, count), "w.yaml", {})) for count in (50, 200))
    assert many < 4.4 * few


@pytest.mark.parametrize("kind", ["precedence", "measures"])
def test_a_chain_longer_than_python_calls_itself(kind: str) -> None:
    assert check(workflow(kind, 1500), "w.yaml", {}) == []


def test_rules_about_steps_in_a_circle_are_judged_too() -> None:
    steps = "  - {id: a, needs: {b: succeeded}, run: make}\n  - {id: b, needs: {a: succeeded}, run: make}\n"
    text = f"steplane: 1\nrules:\n  - precedence: [a, b]\n  - response: [b, a]\nsteps:\n{steps}"
    assert "cycle" in {one.code for one in check(text, "w.yaml", {})}
