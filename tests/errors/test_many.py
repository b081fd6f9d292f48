"""One file with 33 independent mistakes, three of them YAML syntax errors: all are told in one run, each once."""

import os
from pathlib import Path

from tests.errors.mending import check

from steplane.reporters.diagnostics import render

FILE = Path(__file__).parent / "many" / "thirty.yaml"


def test_every_mistake_is_told_once() -> None:
    text = FILE.read_text("utf-8")
    found = check(text, FILE.name, {})
    shown = render(found, {}, "concise")
    if os.environ.get("STEPLANE_WRITE_ERRORS"):
        FILE.with_suffix(".out").write_text(shown, "utf-8")
    assert shown == FILE.with_suffix(".out").read_text("utf-8")
    assert len({one.span.line for one in found}) == len(found) == 33
    assert {"unclosed-quote", "unquoted-expression", "missing-colon"} < {one.code for one in found}


def test_nothing_is_told_of_the_steps_that_are_right() -> None:
    broken = {one.span.line for one in check(FILE.read_text("utf-8"), FILE.name, {})}
    lines = FILE.read_text("utf-8").splitlines()
    right = [number for number, line in enumerate(lines, 1) if line.strip() in {"- id: lint", "run: make test"}]
    assert right
    assert not broken & set(right)
