"""`default` in a run: the first of a chain that is there, over the arms of a `switch` and steps that were skipped."""

import pytest
from tests.runner.running import Workbench

ARMS = """
steps:
  - id: s
    switch:
      - {when: ASKED == 1, steps: [{id: q, run: echo q}]}
      - {when: ASKED == 2, steps: [{id: r, run: echo r}]}
      - {default: true, steps: [{id: t, run: echo t}]}
outputs:
  chain: "${{ Q | default(R) | default(T) }}"
  nested: "${{ Q | default(R | default(T)) }}"
"""


@pytest.mark.parametrize(("asked", "there"), [("1", "q"), ("2", "r"), ("3", "t")])
def test_a_chain_gives_what_the_arm_that_was_taken_gave(bench: Workbench, asked: str, there: str) -> None:
    text = ARMS.replace("ASKED", asked)
    for name in "QRT":
        text = text.replace(f"{name} ", f"steps.{name.lower()}.outputs.stdout ")
        text = text.replace(f"({name})", f"(steps.{name.lower()}.outputs.stdout)")
    done = bench.run(text)
    assert (done.status, done.outputs) == ("succeeded", {"chain": there, "nested": there})


def test_a_key_that_an_item_has_not_is_not_defined(bench: Workbench) -> None:
    rows = "[{'n': 2, 'k': 'x'}, {'n': 1}, {'n': 3, 'k': null}]"
    text = f"""
steps: [{{run: 'true'}}]
outputs:
  there: "${{{{ {rows} | selectattr('k', 'defined') | map(attribute='n') }}}}"
  not_there: "${{{{ {rows} | rejectattr('k', 'defined') | map(attribute='n') }}}}"
"""
    assert bench.run(text).outputs == {"there": [2, 3], "not_there": [1]}


def test_a_method_that_is_called_is_one_mistake(bench: Workbench) -> None:
    assert bench.codes("steps: [{run: [echo, '${{ {}.update({}) }}']}]\n") == ["expression-syntax"]
