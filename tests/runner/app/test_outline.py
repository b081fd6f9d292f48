"""What a workflow file has, as far as it can be read."""

from pathlib import Path

import pytest

from steplane.app.outline import InputOutline, Outline, StepOutline, outline, outline_of

TEXT = """\
steplane: 1
title: Orders
inputs:
  who: {type: string, description: Whom, default: a}
  key: {type: string, title: The key, secret: true}
  mode: {enum: [fast, 1]}
  on: {type: boolean, env: ON}
  file: {type: string, format: path, optional: true}
  bare:
steps:
  - id: a
    run: |
      echo one
      echo two
  - run: echo no id
  - id: b
    name: The second
    switch:
      - {when: x, steps: [{id: c, uses: log}]}
      - {default: true, steps: [{id: d, end: succeeded}]}
    rescue: [{id: e, run: a very long command that goes on and on and on and on}]
finally:
  - {id: f, steps: [{id: g, run: x}]}
"""


def test_the_inputs_and_the_steps_of_all_lists() -> None:
    assert outline(TEXT, "w.yaml") == Outline(
        "Orders",
        (
            InputOutline("who", "Whom", required=False),
            InputOutline("key", "The key", secret=True),
            InputOutline("mode", values=('"fast"', "1")),
            InputOutline("on", values=("true", "false"), required=False),
            InputOutline("file", required=False, path=True),
            InputOutline("bare"),
        ),
        (
            StepOutline("a", "echo one"),
            StepOutline("b", "The second"),
            StepOutline("e", "a very long command that goes on and ..."),
            StepOutline("c", "log"),
            StepOutline("d", "end"),
            StepOutline("f", "steps"),
            StepOutline("g", "x"),
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "just text",
        "steps: 3",
        "inputs: [a]\nsteps: {a: b}",
        "a: [",
        "\t",
        "steps: [1, {}, {id: [x]}, {id: }]",
    ],
)
def test_what_is_no_workflow_has_none(text: str) -> None:
    assert outline(text, "w.yaml") == Outline()


@pytest.mark.parametrize(
    "broken", ["    run: [unclosed", "    run: 'open", "   bad indent: x", "\trun: tab", "    id: a"]
)
def test_a_mistake_in_one_step_hides_no_other(broken: str) -> None:
    text = f"inputs:\n  who: {{type: string}}\nsteps:\n  - id: a\n{broken}\n  - id: z\n    run: echo\n"
    found = outline(text, "w.yaml")
    assert [one.name for one in found.inputs] == ["who"]
    assert {one.id for one in found.steps} >= {"a"}


def test_a_file_that_cannot_be_read_has_none(tmp_path: Path) -> None:
    assert outline_of(str(tmp_path / "none.yaml")) == Outline()
    assert outline_of(str(tmp_path)) == Outline()
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    assert outline_of(str(tmp_path / "binary.yaml")) == Outline()
