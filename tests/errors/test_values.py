"""What is known of the values of a file: said once, at its place."""

import pytest
from tests.errors.mending import check, mended

from steplane.reporters.diagnostics import render

HEAD = """\
steplane: 1
inputs: {s: {type: string}, b: {type: boolean}, n: {type: integer}, xs: {type: array}, o: {type: object}}
secrets: {k: {env: KEY}}
vars: {hosts: [{name: a, port: 1}, {name: b, port: x, extra: 2}]}
steps:
  - {id: l, run: ls, with: {capture: lines}}
"""


def said(text: str) -> list[str]:
    return [f"{one.code} {one.span.line}:{one.span.column}" for one in check(text, "w.yaml", {})]


def marked(text: str, code: str) -> tuple[str, list[str]]:
    """The text without its mark `§`, and what is to be said of the place behind that."""
    before, _, after = text.partition("§")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return before + after, [f"{code} {line}:{column}"]


WRONG = [
    # joined to other text a list is no word of the shell
    ("run: echo pre-§${{ inputs.xs }}", "wrong-kind"),
    ("run: ls §${{ inputs.xs }}.txt", "wrong-kind"),
    ("run: x=§${{ [1,2] }}", "wrong-kind"),
    ("run: ls §${{ inputs.o }}", "wrong-kind"),
    ("run: ls §${{ [[1], [2]] }}", "wrong-kind"),
    ("{uses: shell, with: {script: 'ls a§${{ inputs.xs }} | cat'}}", "wrong-kind"),
    # the lines of a step that captures them are a list
    ("{run: make, env: {X: §'${{ steps.l.outputs.lines }}'}}", "wrong-kind"),
    ("{uses: http.request, with: {url: §'${{ steps.l.outputs.lines }}'}}", "wrong-kind"),
    # what the items of lists have
    ('run: echo "${{ vars.hosts[0].§portt }}"', "unknown-field"),
    (
        "{id: f, foreach: '${{ vars.hosts }}', as: host, run: 'echo ${{ host.§portt }} ${{ host.extra }}'}",
        "unknown-field",
    ),
    ("{id: f, foreach: [{name: x}, {name: y, z: 1}], run: 'echo ${{ item.§nmae }}'}", "unknown-field"),
    ("{id: f, matrix: {v: [{a: {b: 1}}, {a: {c: 2}}]}, run: 'echo ${{ matrix.v.a.§d }}'}", "unknown-field"),
    # words of other tools for an outcome
    ("{run: make, if: steps.l.status == §'success'}", "never-holds"),
    ("{run: make, if: run.status != §'canceled'}", "never-holds"),
    # what servers write into their logs
    ("{uses: http.request, with: {url: 'https://x.example', params: {key: 'a ${{ §secrets.k }}'}}}", "secret-in-url"),
    # more than there can be
    ("{id: m, matrix: {a: [1, 2], b: [3, 4]}, complete: §5, run: make}", "complete-too-large"),
    ("{id: m, foreach: [1, 2], §rest: cancel, run: make}", "missing-companion"),
    # what cannot be called, and words of other languages
    ("{run: make, if: §success()}", "expression-syntax"),
    ("{run: make, if: §len(inputs.xs) > 1}", "expression-syntax"),
    ("{run: make, if: inputs.s.§upper() == 'x'}", "expression-syntax"),
    ("{run: make, if: inputs.b §AND inputs.b}", "expression-syntax"),
    ("{run: make, if: §NOT inputs.b}", "expression-syntax"),
    # constants that no time or count can be
    ("run: make\n    timeout: §${{ '0s' }}", "zero-duration"),
    ("run: make\n    timeout: §${{ 0 }}s", "zero-duration"),
    ("run: make\n    retry: {attempts: §'${{ 1 - 1 }}'}", "range"),
    ("{id: f, foreach: [1], concurrency: §'${{ 0 }}', run: make}", "range"),
    ('run: "echo ${{ [1,2] + 3§[] }}"', "expression-syntax"),
    # where nothing is evaluated
    ("{name: 'Build §${{ inputs.s }}', run: make}", "static"),
    ("{id: f, foreach: §'${{ inputs.xs }} ', run: make}", "blank-makes-text"),
    ("{run: make, env: {REGION: eu, A: '${{ env.§REGOIN }}'}}", "env-near-miss"),
    # each line of a script
    ("run: echo \"${{ inputs.s ~ '§ #1' }}\"", "comment-in-expression"),
    ("run: |\n      make\n      §cat <<EOT\n      a", "shell-syntax"),
    # each part of a condition that gives its answer
    ("{id: s, run: make, rescue: [{if: §error, run: make}]}", "not-boolean"),
    ("{id: s, run: make, finally: [{if: §error, run: make}]}", "not-boolean"),
    ("{run: make, retry: {attempts: 2, when: §error}}", "not-boolean"),
    ("{run: make, if: inputs.s == 'a' or §'b'}", "not-boolean"),
    ("{run: make, if: inputs.b and §inputs.s}", "not-boolean"),
    ("{run: make, if: not inputs.n == 3 and §inputs.n}", "not-boolean"),
    ("{run: make, if: §inputs.s and inputs.b}", "not-boolean"),
    ("{run: make, if: (inputs.b if inputs.n > 3 else §'no')}", "not-boolean"),
    ("{run: make, with: {capture: lines}, ensure: [§result.lines > 3]}", "operands"),
]


@pytest.mark.parametrize(("step", "code"), WRONG)
def test_wrong(step: str, code: str) -> None:
    text, expected = marked(f"{HEAD}  - {step}\n", code)
    assert said(text) == expected


@pytest.mark.parametrize(
    "step",
    [
        "{id: s, run: make, finally: [{if: error is not none, run: make}]}",
        "{id: s, run: make, rescue: [{if: error.type == 'timeout' and error.code == 3, run: make}]}",
        "run: ls ${{ inputs.xs }} \"x${{ inputs.xs }}\" ${{ inputs.n }}.txt \"${{ inputs.o }}\"",
        "{run: make, if: inputs.s == 'a' or inputs.b and (inputs.n or inputs.s) == 3}",
        "{run: make, if: inputs.xs | length > 0 and true or inputs.o.b or inputs.o.b | default(false)}",
        "{id: f, foreach: '${{ vars.hosts }}', as: host, run: 'echo ${{ host.name }}', if: run.status == 'running'}",
        "{id: m, matrix: {a: [1, 2], b: [3, 4], include: [{a: 9}]}, complete: 5, rest: cancel, run: make}",
        "{run: make, env: {HOSTS: x, API_URL: y}, if: env.HOST == env.APP_URL}",
        "run: |\n      cat <<EOT\n      a ${{ inputs.s }}\n      EOT",
        "{run: make, timeout: '${{ 5 }}m', retry: {attempts: '${{ 2 }}', delay: \"${{ '0s' }}\"}}",
        "{run: 'ls ${{ steps.l.outputs.lines }}', ensure: ['result.stdout != \"\"']}",
    ],
)  # fmt: skip
def test_right(step: str) -> None:
    assert said(f"{HEAD}  - {step}\n") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{if: inputs.b, run: make, id: a}\n  - {run: make, if: inputs.b and steps.a.outputs.stdout == 'x'}", 0),
        ("{if: inputs.b, run: make, id: a}\n  - {run: make, if: steps.a.outputs.stdout == 'x' and inputs.b}", 1),
        ("{if: inputs.b, run: make, id: a}\n  - {run: make, if: inputs.b or steps.a.outputs.stdout == 'x'}", 1),
        (("{if: inputs.b, run: make, id: a}\n"
         "  - {run: 'echo \"${{ steps.a.outputs.stdout }}\"', if: inputs.n > 3 and inputs.b}"), 0),
        (("{if: inputs.b and inputs.n > 3, run: make, id: a}\n"
         "  - {run: 'echo \"${{ steps.a.outputs.stdout }}\"', if: inputs.b}"), 1),
        (("{if: inputs.b, run: make, id: a}\n"
         "  - {if: inputs.b, steps: [{run: make, if: steps.a.outputs.stdout == 'x'}]}"), 0),
    ],
)  # fmt: skip
def test_what_a_step_asks_for_is_there_where_it_is_asked_before(text: str, expected: int) -> None:
    assert [one.split()[0] for one in said(f"{HEAD}  - {text}\n")] == ["may-be-missing"] * expected


def test_bounds_that_nothing_passes() -> None:
    text, expected = marked("steplane: 1\ninputs: {n: {type: integer, default: 3, minimum: 5, maximum: §1}}\n"
                            "steps: [{run: make}]\n", "bad-schema")  # fmt: skip
    assert said(text) == expected


@pytest.mark.parametrize(
    ("outcome", "meant"), [("run.status == 'success'", "succeeded"), ("steps.l.status == 'error'", "failed")]
)
def test_a_word_of_another_tool_is_put_right(outcome: str, meant: str) -> None:
    text = mended(f"{HEAD}  - {{run: make, if: {outcome}}}\n", "w.yaml", {})
    assert f"== '{meant}'" in text
    assert said(text) == []


def test_a_literal_that_was_to_be_compared_is() -> None:
    text = f"{HEAD}  - {{run: make, if: inputs.s == 'a' or 'b'}}\n"
    assert mended(text, "w.yaml", {}) == f"{HEAD}  - {{run: make, if: inputs.s == 'a' or inputs.s == 'b'}}\n"


KEY = "7f3c9a1e5b8d4f60" + "a2c7e9b1d3f58a64"


@pytest.mark.parametrize(
    ("step", "credential"),
    [
        ("{run: 'curl -H \"Authorization: §%s\" x'}", f"Bearer {KEY}"),
        ("{run: make, env: {A: 'x §%s'}}", f"eyJhbGciOiJIUzI1NiJ9.eyJ{KEY}.{KEY}"),
        ("{uses: http.request, with: {url: 'https://x.example', bearer: §%s}}", KEY),
        ("{uses: http.request, with: {url: '§%s'}}", f"https://hooks.slack.com/services/T0/B0/{KEY}"),
        ("run: |\n      make\n      git clone §%sx.example/r", f"https://me:{KEY}@"),
    ],
)
def test_a_credential_is_found_at_its_place_and_never_shown(step: str, credential: str) -> None:
    text, expected = marked(f"{HEAD}  - {step % credential}\n", "credential")
    assert said(text) == expected
    shown = render(check(text, "w.yaml", {}), {"w.yaml": text})
    assert credential not in shown
    assert "*" * len(credential) in shown


def test_what_is_no_credential() -> None:
    steps = "{run: 'curl -H \"Authorization: Bearer $TOKEN\" x', env: {TOKEN: '${{ secrets.k }}', BEARER: 'the bear'}}"
    assert said(f"{HEAD}  - {steps}\n") == []
