"""A secret output is not recorded: a resume that needs it runs the step again that gives it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.runner.running import HEAD, Outcome, Workbench

from steplane.errors import UsageError

TOKEN = "tok-8c1f0a2b"
LOGIN = """
  - id: login
    run: 'echo login >> ledger; printf %s tok-"8c1f0a2b"'
    outputs: {token: {value: "${{ result.stdout }}", secret: true}}
"""
USE = """
  - {id: stop, run: 'test -e ready'}
  - {id: use, run: 'test "${{ steps.login.outputs.token }}" = tok-"8c1f0a2b" && echo use >> ledger'}
"""


def twice(bench: Workbench, text: str, **how: object) -> Outcome:
    """Run, fail, make ready, and go on."""
    assert bench.run(text).status == "failed"
    (bench.folder / "ready").touch()
    return bench.resume(**how)  # type: ignore[arg-type]


def test_the_step_runs_again(bench: Workbench) -> None:
    second = twice(bench, f"steps:{LOGIN}{USE}")
    assert second.status == "succeeded"
    assert bench.ledger == ["login", "login", "use"]
    assert second.ends["login"].activation == 2
    assert TOKEN.encode() not in bench.stored()


@pytest.mark.parametrize(
    "use",
    [
        "  - {id: use, run: 'test -e ready && echo use >> ledger'}\n",
        "  - {id: one, uses: log, with: {message: '${{ steps.login.outputs.token }}'}}\n  - {run: 'test -e ready'}\n",
        (
            "  - id: way\n    switch:\n      - {when: 'false', steps: [{uses: log, with: {message: "
            "'${{ steps.login.outputs.token }}'}}]}\n"
            "      - {default: true, steps: [{run: 'test -e ready'}]}\n"
        ),
        "  - {id: use, run: 'test -e ready; echo ${{ steps.login.status }}'}\n",
    ],
    ids=["nobody", "who had it", "an arm not taken", "only the status"],
)
def test_it_does_not_where_nobody_needs_it(bench: Workbench, use: str) -> None:
    assert twice(bench, f"steps:{LOGIN}{use}").status == "succeeded"
    assert bench.ledger.count("login") == 1


@pytest.mark.parametrize(
    "text",
    [
        (
            f"steps:{LOGIN}  - {{id: stop, run: 'test -e ready'}}\n"
            "outputs: {v: {value: '${{ steps.login.outputs.token }}', secret: true}}\n"
        ),
        (
            f"steps:{LOGIN}  - id: g\n    env: {{T: '${{{{ steps.login.outputs.token }}}}'}}\n    steps:\n"
            "      - {run: 'test -e ready'}\n      - {run: 'test $T = tok-\"8c1f0a2b\"'}\n"
        ),
        (
            f"steps:{LOGIN}  - id: g\n    steps: [{{run: 'test -e ready'}}]\n    finally:\n"
            "      - {run: 'test ${{ steps.login.outputs.token }} = tok-\"8c1f0a2b\"'}\n"
        ),
        (
            f"steps:{LOGIN}  - {{id: stop, run: 'test -e ready'}}\n  - id: l\n    foreach: ['${{{{ steps.login.outputs."
            "token }}', b]\n    run: 'test ${{ item }} != x'\n"
        ),
        (
            f"steps:{LOGIN}  - {{id: stop, run: 'test -e ready'}}\n  - {{id: last, uses: log, with: {{message: x}}, "
            "if: steps.login.outputs.token != 'x'}\n"
        ),
    ],
    ids=["outputs of the workflow", "env of a group", "finally", "items", "if"],
)
def test_wherever_it_is_needed(bench: Workbench, text: str) -> None:
    second = twice(bench, text)
    assert second.status == "succeeded", second.result.error
    assert bench.ledger.count("login") == 2


def test_a_chain_of_them(bench: Workbench) -> None:
    chain = """
  - id: session
    run: 'echo "session ${{ steps.login.outputs.token | length }}" >> ledger; printf sess-12345678'
    outputs: {key: {value: "${{ result.stdout }}", secret: true}}
  - {id: stop, run: 'test -e ready'}
  - {id: use, run: 'test "${{ steps.session.outputs.key }}" = sess-12345678'}
"""
    assert twice(bench, f"steps:{LOGIN}{chain}").status == "succeeded"
    assert bench.ledger == ["login", "session 12", "login", "session 12"]


def test_in_a_group_that_has_ended_and_from_one(bench: Workbench) -> None:
    text = f"""
steps:
  - id: g
    steps: {LOGIN.replace(chr(10) + "  ", chr(10) + "      ")}
      - {{id: other, run: 'echo other >> ledger'}}
    outputs: {{token: {{value: "${{{{ steps.login.outputs.token }}}}", secret: true}}}}
  - {{id: stop, run: 'test -e ready'}}
  - {{id: use, run: 'test "${{{{ steps.g.outputs.token }}}}" = tok-"8c1f0a2b"'}}
"""
    second = twice(bench, text)
    assert second.status == "succeeded"
    assert bench.ledger == ["login", "other", "login", "other"]


def test_only_in_the_items_that_need_it(bench: Workbench) -> None:
    text = """
steps:
  - id: l
    foreach: [a, b]
    max_failures: 1
    concurrency: 1
    steps:
      - id: login
        run: 'echo login-${{ item }} >> ledger; printf tok-${{ item }}-123456'
        outputs: {token: {value: "${{ result.stdout }}", secret: true}}
      - {id: stop, run: 'test ${{ item }} = a -o -e ready'}
      - {id: use, run: 'test ${{ steps.login.outputs.token }} = tok-${{ item }}-123456'}
  - {id: stop2, run: 'test -e ready'}
"""
    assert twice(bench, text.replace("    max_failures: 1\n", "")).status == "succeeded"
    assert bench.ledger == ["login-a", "login-b", "login-b"]


def test_a_looped_step_runs_again_as_a_whole(bench: Workbench) -> None:
    text = """
steps:
  - id: l
    foreach: [a, b]
    run: 'echo ${{ item }} >> ledger; printf tok-${{ item }}-123456'
    outputs: {token: {value: "${{ result.stdout }}", secret: true}}
  - {id: stop, run: 'test -e ready'}
  - {id: use, run: 'test "${{ steps.l.outputs.token | join }}" = tok-a-123456tok-b-123456'}
"""
    assert twice(bench, text).status == "succeeded"
    assert bench.ledger == ["a", "b", "a", "b"]


def test_one_that_may_run_once_is_refused(bench: Workbench) -> None:
    text = f"steps:{LOGIN}    at_most_once: true\n{USE}"
    with pytest.raises(UsageError) as refused:
        twice(bench, text)
    assert refused.value.message == (
        "step `use` needs a secret output of step `login`; it is not recorded, and the step may run at most once"
    )
    assert refused.value.remedy == (
        "If it may run once more after all: steplane resume r1 --redo login. Otherwise begin a new run."
    )
    assert bench.resume(redo=("login",)).status == "succeeded"


def test_what_is_assumed_is_not_stored_either(bench: Workbench) -> None:
    said = {"login": {"status": "succeeded", "outputs": {"token": TOKEN}}}
    second = twice(bench, f"steps:{LOGIN}{USE}", assume=said)
    assert second.status == "succeeded"
    assert bench.ledger == ["login", "use"]
    assert TOKEN.encode() not in bench.stored()


def test_a_resume_of_something_else_does_not_run_it(bench: Workbench) -> None:
    second = twice(bench, f"steps:{LOGIN}{USE}", only=("stop",))
    assert bench.ledger == ["login"]
    assert second.statuses["stop"] == "succeeded"
    third = bench.resume(only=("use",))
    assert third.error("use")[0] == "secret.withheld"
    assert third.error("use")[1].endswith(
        "it is secret and therefore not recorded; the step that gives it has to run again"
    )
    assert bench.resume().status == "succeeded"


CUT_OFF = """
  - id: use
    run: |
      test "${{ steps.login.outputs.token }}" = tok-"8c1f0a2b"
      echo "use $STEPLANE_IDEMPOTENCY_KEY" >> ledger
      test -e ready || { mkfifo wait; echo going > going; cat wait; }
"""


@pytest.mark.parametrize("slots", ["1", "4"])
def test_who_was_cut_off_waits_for_it(bench: Workbench, tmp_path: Path, slots: str) -> None:
    bench.file.write_text(f"{HEAD}steps:{LOGIN}{CUT_OFF}")
    os.mkfifo(bench.folder / "going")
    command = [sys.executable, "-m", "steplane", "run", str(bench.file), "--id", "r1", "-j", slots]
    state = {"STEPLANE_STATE": str(bench.folder / "state"), "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, env=state, cwd=bench.folder, stdout=subprocess.DEVNULL) as process:
        (bench.folder / "going").read_text()
        process.send_signal(signal.SIGKILL)
    (bench.folder / "ready").touch()
    second = subprocess.run(
        [sys.executable, "-m", "steplane", "resume", "r1", "-j", slots, "--format", "plain"],
        env=state, cwd=bench.folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode == 0, second.stderr
    assert "`login` runs again: `use` needs its secret output" in second.stderr
    lines = bench.ledger
    assert lines == ["login", "use r1/use/1", "login", "use r1/use/1"]
    assert TOKEN not in second.stdout + second.stderr
    assert TOKEN.encode() not in bench.stored()


def test_what_was_made_of_a_secret_is_still_hidden(bench: Workbench) -> None:
    text = """
secrets: {t: {env: TOKEN}}
steps:
  - {id: a, run: 'printf %s ${{ (secrets.t ~ inputs.salt) | hash }} > hash'}
  - {id: stop, run: 'test -e ready'}
  - {id: b, run: 'cat hash'}
inputs: {salt: {type: string, default: x}}
"""
    assert bench.run(text, environ={"TOKEN": TOKEN}).status == "failed"
    (bench.folder / "ready").touch()
    second = bench.resume(environ={"TOKEN": TOKEN})
    assert ("b", "stdout", "***") in second.lines
    assert (bench.folder / "hash").read_bytes() not in bench.stored()
