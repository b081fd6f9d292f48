"""Questions: conditions, retries, limits, locks, pre- and postconditions, outputs, ends."""

# ruff: noqa: E501 - workflows stand as their authors write them

import re

import pytest
from tests.runner.running import Workbench

from steplane.events import Answered

GIVE = "uses: log, with: {message: x}"


@pytest.mark.parametrize(
    ("condition", "status"),
    [("true", "succeeded"), ("false", "skipped"), ("inputs.n > 2 and inputs.n < 4", "succeeded")],
)
def test_if(bench: Workbench, condition: str, status: str) -> None:
    run = bench.run(f"inputs: {{n: {{type: integer, default: 3}}}}\nsteps: [{{id: a, if: '{condition}', {GIVE}}}]\n")
    assert run.statuses == {"a": status}


def test_a_condition_must_be_a_boolean(bench: Workbench) -> None:
    run = bench.run(
        f"inputs: {{o: {{type: object}}}}\nsteps: [{{id: a, if: inputs.o.n, {GIVE}, rescue: [{{{GIVE}}}]}}]\n",
        {"o": {"n": 3}},
    )
    assert run.error("a") == (
        "expression", f"{bench.file}:4:21: `inputs.o.n` is a condition and must be true or false, but it is a number",
    )  # fmt: skip
    assert not run.lines


def test_require_and_ensure_say_what_they_saw(bench: Workbench) -> None:
    run = bench.run(
        """
inputs: {n: {type: integer, default: 3}}
failure: continue
steps:
  - {id: a, needs: [], require: [inputs.n > 1, inputs.n > 5], uses: log, with: {message: never}}
  - {id: b, needs: [], ensure: [result.stdout == 'y'], run: echo x}
  - {id: g, needs: [], ensure: ["steps.c.outputs.v == 2"], steps: [{id: c, uses: log, with: {message: m}, outputs: {v: 1}}]}
"""
    )
    assert run.error("a") == ("require", f"`inputs.n > 5` does not hold ({bench.file}:7:48): `inputs.n` is 3")
    assert run.error("b")[0] == "ensure"
    assert '`result.stdout` is "x"' in run.error("b")[1]
    assert run.error("g")[0] == "ensure"
    assert [path for path, _, _ in run.lines] == ["b", "g/c"] or {path for path, _, _ in run.lines} == {"b", "g/c"}


def test_retry_until_it_works(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - id: a
    run: 'echo "$STEPLANE_ATTEMPT $STEPLANE_IDEMPOTENCY_KEY" >> ledger; test "$STEPLANE_ATTEMPT" = 3'
    retry: {attempts: 4, delay: "${{ inputs.pause }}", when: error.type == 'shell.exit' and attempt < 4}
inputs: {pause: {type: string, format: duration, default: 1ms}}
"""
    )
    assert run.status == "succeeded"
    assert bench.ledger == ["1 r1/a/1", "2 r1/a/1", "3 r1/a/1"]
    assert run.ends["a"].attempts == 3


@pytest.mark.parametrize(
    ("retry", "attempts"),
    [("2", 2), ("{attempts: 3, delay: 1ms}", 3), ("{attempts: 3, delay: 1ms, when: attempt < 2}", 2),
     ("{attempts: 3, delay: 1ms, jitter: full, backoff: exponential, max_delay: 2ms}", 3),
     ("{attempts: 2, delay: 1ms, jitter: 0.5}", 2), ("{attempts: '${{ inputs.n }}', delay: 1ms}", 3),
     ("{for: 30ms, delay: 1h}", 1), ("{attempts: 3, delay: 1ms, when: error.code == 9}", 1)],
)  # fmt: skip
def test_how_often_it_is_tried(bench: Workbench, retry: str, attempts: int) -> None:
    retry = "{attempts: 2, delay: 1ms}" if retry == "2" else retry
    run = bench.run(
        f"inputs: {{n: {{type: integer, default: 3}}}}\nsteps: [{{id: a, uses: fail, with: {{message: no}}, retry: {retry}}}]\n"
    )
    assert run.ends["a"].attempts == attempts


@pytest.mark.parametrize("step", ["uses: log, with: {message: '${{ inputs.o.x }}'}", "run: 'echo ${{ inputs.o.x }}'"])
def test_an_expression_that_fails_is_not_tried_again(bench: Workbench, step: str) -> None:
    run = bench.run(
        f"inputs: {{o: {{type: object, default: {{}}}}}}\nsteps: [{{id: a, {step}, retry: {{attempts: 3, delay: 1h}}}}]\n"
    )
    kind, message = run.error("a")
    assert (kind, run.ends["a"].attempts) == ("expression", 1)
    assert "`inputs.o` has no `x`" in message


def test_limits_from_expressions(bench: Workbench) -> None:
    run = bench.run(
        """
inputs: {t: {type: string, default: 30ms}, lock: {type: string, default: db}}
failure: continue
steps:
  - {id: a, needs: [], run: sleep 5, timeout: "${{ inputs.t }}"}
  - {id: b, needs: [], uses: log, with: {message: x}, timeout: "${{ inputs.t }}0x"}
  - {id: c, needs: [], uses: log, with: {message: x}, timeout: "${{ inputs.t if false else '0s' }}"}
  - {id: d, needs: [], uses: log, with: {message: x}, lock: "${{ inputs.lock }}"}
"""
    )
    assert run.error("a")[0] == "timeout"
    assert run.error("b") == ("input.invalid", "`timeout` wants a duration such as `30s` or `1h30m`, this is '30ms0x'")
    assert run.error("c")[1] == "`timeout` wants a duration such as `30s` or `1h30m`, this is '0s'"
    assert run.statuses["d"] == "succeeded"


def test_a_lock_with_an_expression_lets_one_in(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - id: l
    foreach: [1, 2, 3, 4]
    concurrency: 4
    lock: "file-${{ item % 2 }}"
    run: 'mkdir busy-$(( ${{ item % 2 }} )) && echo ${{ item }} >> ledger && rmdir busy-$(( ${{ item % 2 }} ))'
"""
    )
    assert run.status == "succeeded", run.lines
    assert sorted(bench.ledger) == ["1", "2", "3", "4"]


def test_switch_takes_the_first_that_holds(bench: Workbench) -> None:
    text = """
inputs: {n: {type: integer}}
steps:
  - id: s
    switch:
      - {when: inputs.n > 10, steps: [{uses: log, with: {message: large}}]}
      - {when: inputs.n > 5, steps: [{uses: log, with: {message: middle}}]}
      - {default: true, steps: [{uses: log, with: {message: small}}]}
"""
    for number, word in ((20, "large"), (7, "middle"), (1, "small")):
        run = bench.run(text, {"n": number}, run_id=f"r{number}")
        assert [line for _, _, line in run.lines] == [word]


def test_no_arm_fails(bench: Workbench) -> None:
    run = bench.run(
        f"inputs: {{n: {{type: integer, default: 1}}}}\nsteps: [{{id: s, switch: [{{when: inputs.n > 1, steps: [{{{GIVE}}}]}}]}}]\n"
    )
    assert run.error("s")[0] == "switch.none"


def test_branches_with_conditions(bench: Workbench) -> None:
    run = bench.run(
        """
inputs: {n: {type: integer, default: 1}}
steps:
  - id: p
    parallel:
      one: {if: inputs.n > 1, steps: [{id: a, uses: log, with: {message: a}}]}
      two: {default: true, steps: [{id: b, uses: log, with: {message: b}}]}
"""
    )
    assert run.statuses == {"p": "succeeded", "p/b": "succeeded"}


@pytest.mark.parametrize(("status", "code"), [("succeeded", 0), ("failed", 1), ("cancelled", 1)])
def test_end(bench: Workbench, status: str, code: int) -> None:
    run = bench.run(
        f"""
steps:
  - {{id: a, end: {{status: {status}, message: "because ${{{{ inputs.n }}}}", outputs: {{n: "${{{{ inputs.n }}}}"}}}}}}
  - {{id: b, uses: log, with: {{message: never}}}}
finally: [{{uses: log, with: {{message: "${{{{ run.status }}}}"}}}}]
inputs: {{n: {{type: integer, default: 5}}}}
outputs: {{n: 1}}
"""
    )
    assert (run.status, run.result.exit_code, run.outputs) == (status, code, {"n": 5})
    assert [line for _, _, line in run.lines] == [status]
    if status == "failed":
        assert run.result.error is not None
        assert (run.result.error.type, run.result.error.message) == ("end", "because 5")


UNRECORDABLE = {
    "too large": ("${{ 2 ** 1100 }}", "too many digits|too large"),
    "not a finite number": ("${{ inputs.big * 10 }}", "not a finite number"),
}


@pytest.mark.parametrize("name", UNRECORDABLE)
def test_what_cannot_be_recorded_fails_the_step(bench: Workbench, name: str) -> None:
    value, why = UNRECORDABLE[name]
    run = bench.run(
        f"inputs: {{big: {{type: number, default: 1.0e+308}}}}\nsteps: [{{id: a, {GIVE}, outputs: {{v: '{value}'}}}}]\n"
    )
    kind, message = run.error("a")
    assert kind == "expression"
    assert re.search(why, message), message


def test_outputs_are_those_declared_and_no_others(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - {id: a, run: 'echo "n=1" >> "$STEPLANE_OUTPUT"; echo "{\\"m\\": [2]}" >> "$STEPLANE_OUTPUT"', outputs: [n, m, never]}
  - {id: b, run: echo hi, outputs: {said: "${{ result.stdout }}!"}}
  - {id: c, run: echo hi}
outputs:
  a: ${{ steps.a.outputs }}
  b: ${{ steps.b.outputs }}
  c: ${{ [steps.c.outputs.stdout, steps.c.outputs.exit_code] }}
"""
    )
    assert run.outputs == {"a": {"n": "1", "m": [2]}, "b": {"said": "hi!"}, "c": ["hi", 0]}


def test_the_journal_says_what_conditions_saw(bench: Workbench) -> None:
    run = bench.run(
        """
inputs: {region: {enum: [eu, us], default: us}, n: {type: integer, default: 3}, token: {type: string, secret: true}}
steps:
  - {id: a, if: inputs.region == 'eu' and inputs.n > 1, uses: log, with: {message: x}}
  - {id: b, if: inputs.token != 'x' and inputs.n > 1, uses: log, with: {message: x}}
  - id: c
    switch: [{when: inputs.n > 5, steps: [{run: 'true'}]}, {when: inputs.n > 2, steps: [{run: 'true'}]}]
  - id: d
    parallel: {x: {if: inputs.region == 'us', steps: [{run: 'true'}]}, y: {default: true, steps: [{run: 'true'}]}}
  - {id: e, on_error: warn, run: exit 3, retry: {attempts: 2, delay: 1ms, when: error.code == 4 or attempt > 5}}
""",
        {"token": "sesame-open"},
    )
    asked = [(one.question, one.value, one.seen) for one in run.events if isinstance(one, Answered)]
    assert asked == [
        ("if", False, ('inputs.region = "us"',)),
        ("if", True, ('inputs.token = "***"', "inputs.n = 3")),
        ("switch", 1, ("inputs.n = 3",)),
        ("branches", [True, False], ('inputs.region = "us"',)),
        ("retry", {"again": False, "delay": 0.0}, ("error.code = 3", "attempt = 1")),
    ]
    assert (run.ends["a"].reason, run.ends["a"].seen) == ("`if` is false", ('inputs.region = "us"',))
    assert run.ends["b"].seen == run.ends["e"].seen == ()
    assert b"sesame" not in bench.stored()


def test_what_a_condition_saw_before_it_failed(bench: Workbench) -> None:
    run = bench.run(
        "inputs: {n: {default: 3}}\nsteps: [{id: a, if: inputs.n > 1 and inputs.n.x, uses: log, with: {message: x}}]\n"
    )
    (asked,) = [one for one in run.events if isinstance(one, Answered)]
    assert asked.error is not None
    assert asked.seen == ("inputs.n = 3",)


def test_a_secret_is_not_cut_off_in_the_middle_where_a_condition_does_not_hold(bench: Workbench) -> None:
    secret = "0123456789" * 30
    run = bench.run(
        "inputs: {token: {type: string, secret: true}}\nsteps: [{id: a, require: [inputs.token == 'x'], uses: log, with: {message: x}}]\n",
        {"token": secret},
    )
    assert run.error("a") == (
        "require",
        f"`inputs.token == 'x'` does not hold ({bench.file}:4:27): `inputs.token` is \"***\"",
    )
    assert secret[:20].encode() not in bench.stored()
