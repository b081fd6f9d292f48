"""`steplane explain`: why a step of a run came out as it did."""

import json
import re
from itertools import pairwise

import pytest
from tests.runner.cli.conftest import Shell, wait_for

FLOW = """\
steplane: 1
name: told
inputs: {region: {type: string, default: us}, n: {type: integer, default: 3}}
failure: continue
steps:
  - {id: eu, if: "inputs.region == 'eu' or inputs.n > 5", run: 'true'}
  - {id: us, if: "inputs.region == 'us' and inputs.n < 5", run: 'true'}
  - {id: often, retry: {attempts: 2, delay: 1ms}, run: 'exit 3'}
  - {id: picky, needs: [], retry: {attempts: 9, delay: 1ms, when: "error.code == 4"}, run: 'exit 3'}
  - {id: after, needs: [often], run: 'true'}
  - {id: sorry, needs: {often: failed}, run: 'true'}
  - {id: unused, needs: {us: failed}, run: 'true'}
  - {id: first, needs: [us, after], join: any, run: 'true'}
  - id: slow
    needs: []
    timeout: 20ms
    on_error: warn
    run: sleep 30
  - id: held
    needs: []
    matrix: {x: [1, 2]}
    lock: desk
    run: 'true'
  - id: each
    needs: []
    foreach: [a, b]
    key: ${{ item }}
    max_failures: 1
    steps:
      - {id: try, run: 'test ${{ item }} = a'}
      - {id: then, run: 'true'}
  - id: choice
    needs: []
    switch:
      - {when: "inputs.region == 'eu'", steps: [{id: for_eu, run: 'true'}]}
      - {default: true, steps: [{id: for_all, run: 'true'}]}
  - id: saved
    needs: []
    steps: [{id: broken, run: 'exit 5'}]
    rescue: [{id: repair, run: 'true'}]
    finally: [{id: tidy, run: 'true'}]
"""

STORIES = {
    "us": """\
✓ us succeeded  $ true
  ready: `eu` was the last that it waited for
  `if: inputs.region == 'us' and inputs.n < 5` holds (inputs.region = "us", inputs.n = 3)
  begins
  succeeded in TIME
""",
    "eu": """\
○ eu skipped  $ true
  ready: it waits for nothing
  skipped: `if: inputs.region == 'eu' or inputs.n > 5` is false (inputs.region = "us", inputs.n = 3)
""",
    "often": """\
✗ often failed  $ exit 3
  begins: `us` was the last that it waited for
  attempt 1 failed in TIME: the script ended with exit code 3 (shell.exit)
  tries again in TIME: that was attempt 1 of 2
  attempt 2 begins
  attempt 2 failed in TIME: the script ended with exit code 3 (shell.exit)
  is not tried again: 2 attempts were allowed
  failed

  it kept from running
  after
""",
    "picky": """\
✗ picky failed  $ exit 3
  begins: it waits for nothing
  attempt 1 failed in TIME: the script ended with exit code 3 (shell.exit)
  is not tried again: `when: error.code == 4` is false (error.code = 3)
  failed
""",
    "after": """\
⊘ after blocked  $ true
  blocked by `often`

  why
  `often` failed: the script ended with exit code 3 (shell.exit)
""",
    "sorry": """\
✓ sorry succeeded  $ true
  begins: `often` ended as failed, the last that it waited for
  succeeded in TIME
""",
    "unused": """\
○ unused skipped  $ true
  skipped: `us` is succeeded, and this wants it failed
""",
    "first": """\
✓ first succeeded  $ true
  begins: `us` came, and of the 2 that it waits for one is enough
  succeeded in TIME
""",
    "slow": """\
! slow warning  $ sleep 30
  begins: it waits for nothing
  its time limit of TIME is over
  stopped, TIME after it began
  warning: not ended after 0.02 s (timeout)
""",
    "held[x=2]": """\
✓ held[x=2] succeeded  $ true
  its turn in the loop
  waits for the lock `desk`, held by `held[x=1]`
  has the lock `desk` after TIME
  begins
  succeeded in TIME
""",
    "each": """\
! each warning  steps
  ready: it waits for nothing
  2 items (a, b), 1 at a time
  warning in TIME: 1 succeeded, 1 failed, 1 may fail

  why
  `each[b]` failed
  `each[b]/try` failed: the script ended with exit code 1 (shell.exit)
""",
    "each[b]": """\
✗ each[b] failed  steps
  its turn in the loop: `each[a]` had ended; begins
  failed in TIME by `each[b]/try`

  why
  `each[b]/try` failed: the script ended with exit code 1 (shell.exit)
""",
    "each[b]/then": """\
⊘ each[b]/then blocked  $ true
  blocked by `each[b]/try`

  why
  `each[b]/try` failed: the script ended with exit code 1 (shell.exit)
""",
    "choice": """\
✓ choice succeeded  switch
  begins: it waits for nothing
  arm 2 is taken: the default (inputs.region = "us")
  succeeded in TIME
""",
    "for_all": """\
✓ choice/for_all succeeded  $ true
  begins as arm 2 of `choice` was taken
  succeeded in TIME
""",
    "for_eu": """\
choice/for_eu never came about
  it stands in arm 1 of `choice`, where arm 2 was taken (inputs.region = "us")
""",
    "saved": """\
✓ saved succeeded  steps
  begins: it waits for nothing
  failed in TIME: `saved/broken`: the script ended with exit code 5 (shell.exit)
  its `rescue` begins
  its `rescue` succeeded
  its `finally` begins
  its `finally` succeeded
  succeeded, by its `rescue`
""",
    "repair": """\
✓ saved/repair succeeded  $ true
  begins as the `rescue` of `saved` began
  succeeded in TIME
""",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """One run of all that."""
    shell = Shell(tmp_path_factory.mktemp("told"))
    shell.write("told.yaml", FLOW)
    assert shell("run", "told.yaml", "--id", "one", "-q", "-j", "20").returncode == 1
    return shell


def text(shell: Shell, *words: str) -> str:
    """What is told, without times."""
    done = shell("explain", "one", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return timeless(done.stdout)


def timeless(told: str) -> str:
    """Without the times of the lines; lengths of time are `TIME`."""
    lines = [re.sub(r"^ +(\+\S+ +)?", "  ", line) for line in told.splitlines()]
    return "".join(re.sub(r"(?<!\S)\d+(\.\d+)?(ms|s)\b", "TIME", line) + "\n" for line in lines)


@pytest.mark.parametrize("step", STORIES)
def test_each_kind_of_reason(told: Shell, step: str) -> None:
    assert text(told, step) == STORIES[step]


def test_the_whole_run(told: Shell) -> None:
    shown = text(told)
    assert shown.startswith("told failed in TIME  run one, begun ")
    failed = re.sub(r" \+\w+:", ":", shown.partition("what failed\n")[2].partition("\n\n")[0])
    assert sorted(failed.splitlines()) == sorted(WHAT_FAILED)
    assert "○ unused: `us` is succeeded, and this wants it failed\n" in shown
    assert "what the time went into (" in shown


WHAT_FAILED = [
    "  ✗ often: the script ended with exit code 3 (shell.exit)",
    "  it kept from running: after",
    "  ✗ picky: the script ended with exit code 3 (shell.exit)",
    "  ✗ slow: not ended after 0.02 s (timeout) (its failure is a warning)",
    "  ✗ each[b]/try: the script ended with exit code 1 (shell.exit) (`each` may have such items)",
    "  it kept from running: each[b]/then",
    "  ✗ saved/broken: the script ended with exit code 5 (shell.exit) (made good by the `rescue` of `saved`)",
]


def test_for_programs(told: Shell) -> None:
    whole = json.loads(told("explain", "one", "--format", "json").stdout)
    path = whole["critical_path"]
    assert path
    assert all(before["end"] == after["begin"] for before, after in pairwise(path))
    assert {one["path"] for one in whole["failed"]} >= {"often", "picky", "slow", "each[b]/try", "saved/broken"}
    one = json.loads(told("explain", "one", "sorry", "--format", "json").stdout)["stories"][0]
    ready = one["entries"][0]
    assert (ready["kind"], ready["by"], ready["after"], ready["status"]) == ("ready", "step", "often", "failed")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nix",), "no run and no step"),
        (("one", "oftn"), "Did you mean `often`?"),
        (("one", "each[c]"), "run one has no step `each[c]`"),
        (("one", "each[a]/held"), "run one has no step `each[a]/held`"),
        (("one", ""), "run one has no step ``"),
    ],
)
def test_what_is_not_there(told: Shell, words: tuple[str, ...], message: str) -> None:
    done = told("explain", *words)
    assert done.returncode == 2
    assert message in done.stderr


# ---------------------------------------------------------------- runs with a past

CUT = """\
steplane: 1
name: cut
steps:
  - {id: begin, run: 'true'}
  - {id: once, at_most_once: true, run: 'test -e again || kill -9 $PPID; sleep 0.01'}
  - {id: end, run: 'test -e well'}
  - {id: last, run: 'true'}
"""


@pytest.fixture
def cut(shell: Shell) -> Shell:
    shell.write("cut.yaml", CUT)
    shell("run", "cut.yaml", "--id", "one", "-q")
    return shell


def test_an_attempt_that_was_cut_off_asks_and_is_made_again(cut: Shell) -> None:
    assert text(cut, "once") == (
        "■ once interrupted  $ test -e again || kill -9 $PPID; sleep 0.01\n"
        "  begins: `begin` was the last that it waited for\n\n  now\n"
        "  attempt 1 was cut off, and it may run at most once: resume with --assume 'once=succeeded' or --redo 'once'\n"
    )
    cut.write("again", "")
    assert cut("resume", "one", "--redo", "once", "-q").returncode == 1
    shown = text(cut, "once")
    assert "; its attempt, which was cut off, is made again, as --redo said\n  begins again\n" in shown


def test_what_is_assumed_and_what_that_lets_start(cut: Shell) -> None:
    cut("resume", "one", "--assume", "once=succeeded", "-q")
    assert cut("resume", "one", "--assume", "end=succeeded", "-q").returncode == 0
    assert text(cut, "end").endswith("✓ end succeeded  $ test -e well  activation 2\n  succeeded: assumed on resume\n")
    first, _, second = text(cut, "last").partition("\n\n✓")
    assert first.endswith("why\n  `end` failed: the script ended with exit code 1 (shell.exit)")
    assert second == (
        " last succeeded  $ true  activation 2\n  begins: `end` was the last that it waited for\n  succeeded in TIME\n"
    )
    shown = text(cut)
    assert "with --assume once=succeeded\n" in shown
    assert "(begun anew since: succeeded)" in shown


def test_a_cancelled_run_says_who_and_why(shell: Shell) -> None:
    steps = "[{id: w, run: 'echo there; sleep 30'}, {id: y, run: 'true'}]"
    shell.write("long.yaml", f"steplane: 1\nname: long\nsteps: {steps}\nfinally: [{{id: z, run: 'true'}}]\n")
    process = shell.start("run", "long.yaml", "--id", "one", "--format", "plain")
    wait_for(process, "there")
    live = text(shell, "y")
    assert live == "y has not come about yet\n  waits for `w` (running)\n"
    assert shell("cancel", "one", "--reason", "Enough").returncode == 0
    process.communicate(timeout=60)
    shown = re.sub(r"by \w+", "by SOMEBODY", text(shell))
    assert "  ■ w, y: the run was cancelled by SOMEBODY (Enough)\n" in shown
    asked = re.sub(r"by \w+", "by SOMEBODY", text(shell, "w"))
    assert "  is told to stop: the run was cancelled by SOMEBODY (Enough)\n  cancelled, TIME after it began\n" in asked
    assert "begins as the `finally` of the run began" in text(shell, "z")


PARTS = """\
steplane: 1
name: parts
steps:
  - {id: load, run: 'echo 5'}
  - {id: group, steps: [{id: inner, run: 'true'}]}
  - {id: each, foreach: [a, b], key: "${{ item }}", run: 'true'}
  - {id: last, run: 'echo ${{ steps.load.outputs.stdout }}'}
"""


def test_what_was_not_selected_and_what_was_taken_from_a_run(shell: Shell) -> None:
    shell.write("parts.yaml", PARTS)
    assert shell("run", "parts.yaml", "--id", "two", "-q").returncode == 0
    assert shell("run", "parts.yaml", "--id", "one", "--from", "last", "--of", "two", "-q").returncode == 0
    assert text(shell, "load") == "▸ load reused  $ echo 5\n  reused: taken from run two\n".replace("▸", sign(shell))
    assert text(shell, "inner") == (
        "group/inner never came about\n"
        "  it is inside of `group`, which is taken from run two: steplane explain two 'group/inner'\n"
    )
    assert "  begins as the run began; what it would wait for is not selected\n" in text(shell, "last")
    third = shell("run", "parts.yaml", "--only", "each[b]", "-q", "--id", "third")
    assert third.returncode == 0
    assert timeless(shell("explain", "third", "each[a]").stdout) == (
        "○ each[a] skipped  $ true\n  skipped: not selected\n"
    )
    assert "its turn in the loop; begins" in timeless(shell("explain", "third", "each[b]").stdout)


def sign(shell: Shell) -> str:
    """What a step that is taken from another run is marked with."""
    return shell("explain", "one", "load").stdout[0]


def test_a_step_that_ends_the_run_is_named(shell: Shell) -> None:
    shell.write("kid.yaml", "steplane: 1\nsteps: [{id: out, end: succeeded}, {id: rest, run: 'true'}]\n")
    steps = (
        "[{id: sub, call: kid.yaml}, {id: stop, end: {status: failed, message: No stock}}, {id: never, run: 'true'}]"
    )
    shell.write("ends.yaml", f"steplane: 1\nname: ends\nsteps: {steps}\n")
    assert shell("run", "ends.yaml", "--id", "one", "-q").returncode == 1
    assert "  `stop` ended it as failed: No stock\n" in text(shell)
    assert "out` ended it" not in text(shell)
    assert "  ○ sub/kid/rest: `sub/kid/out` ended the workflow\n" in text(shell)
    assert "  ○ never: `stop` ended the workflow\n" in text(shell)
    assert text(shell, "never").startswith("○ never skipped  $ true\n  skipped: `stop` ended the workflow\n")


def test_show_has_the_condition_and_tidy_names(told: Shell) -> None:
    shown = told("show", "one", env={"COLUMNS": "200"}).stdout
    assert "`if: inputs.region == 'eu' or inputs.n > 5` is false (inputs.region = \"us\", inputs.n = 3)" in shown


def test_the_name_of_what_a_step_was_given_is_on_one_line(shell: Shell) -> None:
    shell.write(
        "broken.yaml",
        "steplane: 1\nname: broken\nsteps:\n- id: a\n  run: |\n    echo ${{ workflow.name\n             | upper }}\n",
    )
    assert shell("run", "broken.yaml", "--id", "one", "-q").returncode == 0
    given = json.loads(shell("show", "one", "a", "--format", "json").stdout)["given"]
    assert given == {"${{ workflow.name | upper }}": "BROKEN"}
