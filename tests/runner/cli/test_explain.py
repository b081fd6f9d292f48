"""`steplane explain`: why a step of a run came out as it did."""

import json
import re

import pytest
from tests.runner.cli.conftest import Shell

FLOW = """\
steplane: 1
name: told
inputs: {region: {type: string, default: us}}
steps:
  - {id: eu, if: "inputs.region == 'eu'", run: 'true'}
  - {id: often, retry: {attempts: 2, delay: 1ms}, run: 'exit 3'}
  - {id: after, run: 'true'}
  - {id: sorry, needs: {often: failed}, run: 'true'}
"""


@pytest.fixture
def told(shell: Shell) -> Shell:
    shell.write("told.yaml", FLOW)
    assert shell("run", "told.yaml", "--id", "one", "-q").returncode == 1
    return shell


def text(shell: Shell, *words: str) -> str:
    done = shell("explain", "one", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(r"\b\d+(\.\d+)?(ms|s)\b", "TIME", done.stdout)


def test_a_skipped_step_says_what_its_condition_saw(told: Shell) -> None:
    shown = text(told, "eu")
    assert shown.startswith("○ eu skipped")
    assert 'inputs.region = "us"' in shown


def test_a_failed_step_tells_each_attempt(told: Shell) -> None:
    shown = text(told, "often")
    assert shown.startswith("✗ often failed")
    assert shown.count("exit code 3") >= 2
    assert "attempt 2 begins" in shown


def test_a_blocked_step_names_what_it_was_blocked_by(told: Shell) -> None:
    shown = text(told, "after")
    assert shown.startswith("⊘ after blocked")
    assert "`often` failed" in shown


def test_the_whole_run_says_what_failed_first(told: Shell) -> None:
    shown = text(told)
    assert shown.startswith("told failed")
    assert "what failed" in shown
    assert "✗ often" in shown


def test_for_programs(told: Shell) -> None:
    done = told("explain", "one", "--format", "json")
    assert done.returncode == 0
    assert isinstance(json.loads(done.stdout), dict)


@pytest.mark.parametrize(
    ("words", "message"),
    [(("nix",), "no run and no step"), (("one", "oftn"), "Did you mean `often`?")],
)
def test_what_is_not_there(told: Shell, words: tuple[str, ...], message: str) -> None:
    done = told("explain", *words)
    assert done.returncode == 2
    assert message in done.stderr
