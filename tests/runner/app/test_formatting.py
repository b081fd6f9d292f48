"""The one form of a file: what it changes, what it leaves, that it says the same and changes nothing twice."""

from pathlib import Path
from textwrap import dedent

import pytest
from tests.conftest import ROOT

from steplane.app.formatting import STEP, WORKFLOW, format_text
from steplane.schema.files import read_schema
from steplane.source import plain, read

UNTIDY = """\
steps:
  # what it does
  - run: |
      make   all


      make test
    # why it takes so long
    timeout: 5m   # minutes
    id: build


  - uses: log
    with: {message: done}
    if: run.id != 'x'
    name: >-
      Tell
      them

name: release   \n# the language
steplane: 1
"""
TIDY = """\
# the language
steplane: 1

name: release
steps:
  # what it does
  - id: build
    # why it takes so long
    timeout: 5m   # minutes
    run: |
      make   all


      make test

  - name: >-
      Tell
      them
    if: run.id != 'x'
    uses: log
    with: {message: done}
"""


def test_keys_come_in_order_and_comments_with_them() -> None:
    assert format_text(UNTIDY, "w.yaml").text == TIDY
    assert format_text(TIDY, "w.yaml").text == TIDY


def test_line_ends_and_marks_stay() -> None:
    given = "\ufeff" + UNTIDY.replace("\n", "\r\n")
    assert format_text(given, "w.yaml").text == "\ufeff" + TIDY.replace("\n", "\r\n")


@pytest.mark.parametrize(
    "text",
    [
        "steplane: 1\nsteps: [{run: make, id: build}]\n",  # in brackets
        "steplane: 1\nx-a: &a {run: make}\nsteps:\n  - <<: *a\n    id: build\n",  # taken in
        "steplane: 1\nsteps:\n  - run: &make make\n    id: build\n    description: *make\n",  # an anchor is first
        "steplane: 1\nvars:\n  b: 1\n  a: 2\nsteps:\n  - run: make\n    env: {B: 1, A: 2}\n",  # an order that counts
    ],
)
def test_what_would_read_differently_is_left(text: str) -> None:
    formatted = format_text(text, "w.yaml").text
    assert plain(read(formatted, "w").root) == plain(read(text, "w").root)  # type: ignore[arg-type]
    assert [line for line in formatted.splitlines() if "&" in line] == [x for x in text.splitlines() if "&" in x]


def test_what_cannot_be_read_is_left_with_its_errors() -> None:
    text = "steplane: 1\nsteps:\n  - run: @make\n"
    found = format_text(text, "w.yaml")
    assert (found.text, [one.code for one in found.errors]) == (text, ["reserved-start"])


def test_every_key_has_its_place() -> None:
    schema = read_schema("workflow")
    assert set(WORKFLOW) == set(schema["properties"])
    missing = set(schema["$defs"]["step"]["properties"]) - set(STEP)
    assert not missing, f"give these a place in the order of keys, STEP: {missing}"
    assert set(STEP) == set(schema["$defs"]["step"]["properties"])


FILES = [*sorted((ROOT / "workflows").rglob("*.yaml")), *sorted((ROOT / "tests/patterns").glob("*.yaml"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_same_is_said_and_a_second_time_changes_nothing(path: Path) -> None:
    text = path.read_text("utf-8")
    once = format_text(text, path.name)
    assert not once.errors
    assert sorted(line.strip(" -") for line in once.text.splitlines() if line.strip()) == sorted(
        line.strip(" -") for line in text.splitlines() if line.strip()
    )
    assert plain(read(once.text, "w").root) == plain(read(text, "w").root)  # type: ignore[arg-type]
    assert format_text(once.text, path.name).text == once.text


def test_dedented_lists_stay_where_they_are() -> None:
    text = dedent("""\
        steplane: 1
        steps:
        - run: make
          id: build
        # what comes then
        - run: make test
        outputs:
          a: 1
    """)
    wanted = text.replace("- run: make\n  id: build", "- id: build\n  run: make")
    assert format_text(text, "w.yaml").text == wanted
