"""Values that cannot be, need not be there, or must not stand where they stand."""

from textwrap import indent

import pytest
from tests.runner.checks.support import check

TOP = """\
steplane: 1
name: values
inputs:
  kind: {enum: [storm, theft], default: storm}
  amount: {type: number, default: 1}
  pin: {type: string, secret: true, default: ""}
  order:
    type: object
    default: {}
    properties: {email: {type: string}}
    additionalProperties: false
  go: {type: boolean, default: true}
secrets:
  token: {env: TOKEN}
steps:
"""
SWITCH = "- id: s\n  switch: [{when: inputs.go, steps: [{id: a, run: x}]}, {default: true, steps: [OTHER]}]\n"
USE = "- {id: b, run: 'y ${{ steps.a.outputs.stdout }}'}"
RACE = (
    "- id: s\n  race:\n    b: {wait: 1s, steps: [{id: a, run: x}, {id: c, run: y}]}\n"
    "    c: {wait: 2s, steps: [{id: d, run: y}]}\n"
)
SKIPPED = "- {id: a, if: inputs.go, run: x}\n"


def said(steps: str) -> list[str]:
    return [f"{one.code}: {one.message}" for one in check(TOP + indent(steps, "  "))]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (
            "- {id: a, if: inputs.kind == 'flood', run: x}",
            "never-holds: `inputs.kind` is `storm` or `theft`, never `flood`",
        ),
        ("- {id: a, run: 'x ${{ inputs.order.emial }}'}", "unknown-field: `inputs.order` has no `emial`"),
        ("- {id: a, run: 'x ${{ inputs.amount + inputs.kind }}'}", "operands: `+` cannot add a number and text"),
        ("- {id: a, run: 'x ${{ none }}'}", "null-in-text: `none` is null, and null cannot be put into text"),
        (
            "- {id: a, run: x, env: {A: '${{ null }}'}}",
            "null-in-text: `null` is null, and null cannot be put into text",
        ),
        ("- {id: a, if: true, run: x}", "constant-condition: `if` always holds: there is no name in it"),
        (
            "- {id: a, while: false, max: 2, run: x}",
            "constant-condition: `while` never holds: there is no name in it, so that the loop makes no round",
        ),
        (
            "- {id: a, until: 1 < 2, max: 2, run: x}",
            "constant-condition: `until` always holds: there is no name in it, so that the loop makes one round",
        ),
        ("- {id: a, if: 1 > 2, run: x}", "constant-condition: `if` never holds: there is no name in it"),
        (
            "- {id: a, if: inputs.kind | regex_match('('), run: x}",
            "bad-literal: this pattern cannot be read: missing ): (",
        ),
        (
            "- {id: a, run: 'x ${{ inputs.order.email | items }}'}",
            "filter-value: the filter `items` wants a mapping, and `inputs.order.email` is text",
        ),
        (
            "- {id: a, foreach: '${{ [1, 2] }}', as: one, run: 'x ${{ one.name }}'}",
            "no-field: `one` is a whole number and has no `name`",
        ),
        (
            "- {id: a, matrix: {n: [1, 2]}, if: inputs.go, run: 'x ${{ matrix.n | join }}'}",
            "filter-value: the filter `join` wants a list, and `matrix.n` is a whole number",
        ),
        (
            "- {id: a, foreach: [x, y, x], key: '${{ item }}', run: x}",
            "duplicate-item: two items of step `a` have the key `x`",
        ),
        (
            "- {foreach: [x], run: x}",
            "no-id: this loop has no `id`: it is known by its place, and a resume would not find it elsewhere",
        ),
        (
            "- {id: a, run: [curl, '${{ secrets.token }}']}",
            "secret-in-argument: `secrets.token` is an argument of a program: every user of the machine can list those",
        ),
        (
            "- {id: a, uses: http.request, with: {url: 'https://x.org/?a=1&t=${{ secrets.token }}'}}",
            (
                "secret-in-url: `secrets.token` stands in the query of a URL, which servers and proxies "
                "write into their logs"
            ),
        ),
        (
            "- {id: a, run: x, outputs: {p: '${{ inputs.pin }}'}}",
            (
                "secret-in-output: `inputs.pin` goes into an output, where it is recorded masked and is lost "
                "to what uses it"
            ),
        ),
        (
            "- {id: a, run: x, env: {DB_PASSWORD: hunter2hunter2}}",
            "credential: the value of `DB_PASSWORD` looks like a credential: whoever reads the file has it",
        ),
        (
            "- {id: a, run: 'git clone https://me:s3cret@x.org/r'}",
            "credential: the value of `run` looks like a credential: whoever reads the file has it",
        ),
        (
            "- {id: a, if: inputs.go, run: x}\n- {id: b, run: 'y ${{ steps.a.outputs.stdout }}'}",
            "may-be-missing: `stdout` of step `a` may be missing: step `a` is skipped where its `if` does not hold",
        ),
        (
            "- {id: a, run: x, rescue: [{id: r, run: y}]}\n- {id: b, run: 'y ${{ steps.a.outputs.stdout }}'}",
            "may-be-missing: `stdout` of step `a` may be missing: step `a` may have failed and been rescued",
        ),
        (
            "- {id: a, while: inputs.go, run: x}\n- {id: b, run: 'y ${{ steps.a.outputs.stdout }}'}",
            (
                "may-be-missing: `stdout` of step `a` may be missing: "
                "step `a` has no round at all where its `while` does not hold at first"
            ),
        ),
        (
            (
                "- {id: a, needs: [], milestone: {before: c}, run: x}\n- {id: c, needs: [], run: x}\n"
                "- {id: b, run: 'y ${{ steps.a.outputs.stdout }}'}"
            ),
            (
                "may-be-missing: `stdout` of step `a` may be missing: "
                "step `a` is skipped where `c` begins before it (`milestone`)"
            ),
        ),
        (
            "- {id: a, run: x}\n- {id: b, needs: {a: done}, run: 'y ${{ steps.a.outputs.stdout }}'}",
            "may-be-missing: `stdout` of step `a` may be missing: step `b` begins however step `a` has ended",
        ),
        (
            (
                "- {id: a, run: x}\n- {id: c, run: x}\n"
                "- {id: b, needs: [a, c], join: any, run: 'y ${{ steps.a.outputs.stdout }}'}"
            ),
            (
                "may-be-missing: `stdout` of step `a` may be missing: "
                "step `b` does not wait for all that it needs (`join`)"
            ),
        ),
        (
            "- {id: s, join: any, parallel: {l: [{id: a, run: x}], r: [{id: c, run: x}]}}\n" + USE,
            (
                "may-be-missing: `stdout` of step `a` may be missing: "
                "step `s` does not wait for all of its branches (`join`)"
            ),
        ),
        (RACE + USE, "may-be-missing: `stdout` of step `a` may be missing: branch `b` of step `s` need not be taken"),
        (
            "- {id: s, steps: [{id: a, run: x}], rescue: [{id: r, run: 'y ${{ steps.a.outputs.stdout }}'}]}",
            (
                "may-be-missing: `stdout` of step `a` may be missing: "
                "step `s` has failed where its `rescue` runs, and step `a` need not have run"
            ),
        ),
        (
            (
                "- {id: a, needs: [], wait: {signal: x}}\n- {needs: [], finish: [a]}\n"
                "- {id: b, needs: [a], run: 'y ${{ steps.a.outputs.at }}'}"
            ),
            "may-be-missing: `at` of step `a` may be missing: step `a` may be ended by `finish`, without outputs",
        ),
        (
            "- {id: a, on_error: warn, run: x}\n- {id: b, run: 'y ${{ steps.a.outputs.stdout }}'}",
            "may-be-missing: `stdout` of step `a` may be missing: step `a` may fail and go on (`on_error: warn`)",
        ),
        (
            SWITCH.replace("OTHER", "{id: c, run: x}") + USE,
            "may-be-missing: `stdout` of step `a` may be missing: its arm of step `s` need not be taken",
        ),
        (
            "- {id: g, cache: {key: 1}, until: steps.a.outputs.stdout == 'x', steps: [{id: a, run: x}]}",
            (
                "may-be-missing: `stdout` of step `a` may be missing: "
                "a recorded result may stand for step `g` (`cache`), and what is inside does not run then"
            ),
        ),
    ],
)
def test_what_is_said(steps: str, expected: str) -> None:
    assert said(steps) == [expected]


@pytest.mark.parametrize(
    "steps",
    [
        "- {id: a, if: inputs.kind == 'theft', run: 'x ${{ inputs.order.email }} ${{ inputs.amount + 1 }}'}",
        "- {id: a, uses: http.request, with: {url: 'https://x.org/', headers: {A: '${{ secrets.token }}'}}}",
        "- {id: a, run: x, outputs: {p: {value: '${{ inputs.pin }}', secret: true}}}",
        "- {id: a, run: x, env: {TOKEN: '${{ secrets.token }}', PASSWORD_FILE: /run/s3cret-file}}",
        "- {id: a, run: x, env: {TOKEN: placeholder}}",
        "- {id: a, if: inputs.go, run: x}\n- {id: b, run: \"y ${{ steps.a.outputs.stdout | default('') }}\"}",
        "- {id: a, if: inputs.go, run: x}\n- {id: b, if: inputs.go, run: 'y ${{ steps.a.outputs.stdout }}'}",
        SKIPPED + "- {id: b, if: steps.a.status == 'succeeded', run: 'y ${{ steps.a.outputs.stdout }}'}",
        "- {id: a, if: inputs.go, run: x}\n- {id: b, needs: {a: succeeded}, run: 'y ${{ steps.a.outputs.stdout }}'}",
        "- {id: a, run: x, rescue: [{run: y}, {end: failed}]}\n- {id: b, run: 'y ${{ steps.a.outputs.stdout }}'}",
        "- {id: a, run: x, rescue: [{run: y}], outputs: {o: no}}\n- {id: b, run: 'y ${{ steps.a.outputs.o }}'}",
        "- {id: a, while: loop.index < 3, run: x}\n- {id: b, run: 'y ${{ steps.a.outputs.stdout }}'}",
        "- {id: a, foreach: [1], on_error: warn, run: x}\n- {id: b, run: 'y ${{ steps.a.outputs.stdout }}'}",
        RACE + USE.replace("}}", "if steps.s.outputs.branch == ''b'' else 1 }}"),
        RACE + USE.replace("}}", "if steps.d.status == ''skipped'' else 1 }}"),
        RACE.replace("{id: c, run: y}", "{id: c, run: 'y ${{ steps.a.outputs.stdout }}'}"),
        "- {id: g, if: inputs.go, steps: [{id: a, run: x}, {id: b, run: 'y ${{ steps.a.outputs.stdout }}'}]}",
        SWITCH.replace("OTHER", "{end: succeeded}") + USE,
        "- {id: g, cache: {key: 1}, steps: [{id: a, run: x}], outputs: {o: '${{ steps.a.outputs.stdout }}'}}",
        "- {name: Each, foreach: [x], run: x}",
    ],
)
def test_what_may_be_is_not_spoken_of(steps: str) -> None:
    assert said(steps) == []


def test_a_credential_is_never_printed() -> None:
    found = check(TOP + "  - {id: a, run: x, env: {API_KEY: abc123def456}}\n")
    assert [one.code for one in found] == ["credential"]
    assert all("abc123" not in text for text in (found[0].message, found[0].help, found[0].label))


def test_an_id_is_put_in() -> None:
    (found,) = check(TOP + "  - foreach: [x]\n    run: x\n")
    assert found.fix is not None
    assert found.fix.edits[0].text == "id: step_1\n    "


@pytest.mark.parametrize("loop", ["while: true", "until: false", "while: 1 < 2"])
def test_rounds_that_something_else_ends(loop: str) -> None:
    assert said(f"- {{id: a, {loop}, max: 2, run: x}}") == []
