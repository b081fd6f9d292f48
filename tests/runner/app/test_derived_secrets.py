"""What expressions make of secrets is hidden as the secrets are."""

# ruff: noqa: E501 - workflows stand as their authors write them

import base64
import hashlib
from pathlib import Path

import pytest
from tests.runner.running import Outcome, Workbench

from steplane.app import known

TOKEN = "tok-8c1f0a2b/Zx"

SHA = hashlib.sha256(TOKEN.encode()).hexdigest()

MADE = {
    "secrets.t | upper": TOKEN.upper(),
    "secrets.t | reverse": TOKEN[::-1],
    "secrets.t | hash": SHA,
    "secrets.t | hash | upper": SHA.upper(),
    "secrets.t[4:]": TOKEN[4:],
    "secrets.t | replace('/', '-')": TOKEN.replace("/", "-"),
    "secrets.t | regex_replace('[0-9]', '.')": "tok-.c.f.a.b/Zx",
    "('user:' ~ secrets.t) | b64encode": base64.b64encode(f"user:{TOKEN}".encode()).decode(),
    "secrets.t | list | join('_')": "_".join(TOKEN),
    "secrets.t | list | reverse | join": TOKEN[::-1],
    "[secrets.t] | map('upper') | first": TOKEN.upper(),
    "(secrets.j | from_json).password": "hunter22-Æ",
    "(secrets.j | from_json).password | upper": "HUNTER22-Æ",
    "(secrets.n | int) * 3": "144640131",
    "vars.big | lower": TOKEN.lower(),
    "vars.salted": hashlib.sha256(f"{TOKEN}+x".encode()).hexdigest(),
    "env.HEADER | upper": f"BEARER {TOKEN.upper()}",
    "inputs.pin | reverse": "9-8-7-6",
    "secrets.t | truncate(9)": TOKEN[:6] + "...",
    "secrets.t | shell_quote | wordwrap(5)": "tok-8\nc1f0a\n2b/Zx",
}


def run_with(bench: Workbench, expression: str) -> Outcome:
    return bench.run(
        f"""
secrets: {{t: {{env: TOKEN}}, j: {{env: JSON}}, n: {{env: NUMBER}}}}
inputs: {{pin: {{type: string, secret: true}}}}
vars: {{big: "${{{{ secrets.t | upper }}}}", salted: "${{{{ (secrets.t ~ '+x') | hash }}}}"}}
env: {{HEADER: "Bearer ${{{{ secrets.t }}}}"}}
failure: continue
steps:
  - {{id: a, needs: [], uses: log, with: {{message: "is ${{{{ {expression} }}}} so"}}}}
  - id: b
    needs: []
    run: |
      printf '%s\\n' "${{{{ {expression} }}}}" > said
      cat said; cat said >&2
  - {{id: c, needs: [], uses: fail, with: {{message: "no ${{{{ {expression} }}}}", detail: {{h: "${{{{ {expression} }}}}"}}}}}}
  - {{id: d, needs: [], uses: log, with: {{message: x}}, outputs: {{v: "${{{{ {expression} }}}}"}}}}
  - {{id: e, needs: [], uses: log, with: {{message: x}}, require: ["({expression}) == 'other'"]}}
  - {{id: f, needs: [], uses: log, with: {{message: x}}, if: "({expression}) != 'other'"}}
  - {{id: g, needs: [], uses: log, with: {{message: "${{{{ ({expression}) | from_json }}}}"}}}}
outputs: {{v: "${{{{ {expression} }}}}"}}
""",
        {"pin": "6-7-8-9"},
        environ={"TOKEN": TOKEN, "JSON": '{"password": "hunter22-Æ"}', "NUMBER": "48213377"},
    )


@pytest.mark.parametrize("expression", MADE)
def test_what_is_made_of_a_secret_is_written_nowhere(bench: Workbench, expression: str) -> None:
    run = run_with(bench, expression)
    assert run.statuses["b"] == run.statuses["d"] == run.statuses["f"] == "succeeded"
    made = MADE[expression]
    for line in made.split("\n"):
        assert line not in repr(run) or len(line) < 8
        assert line.encode() not in bench.stored() or len(line) < 8
    assert "***" in str(run.error("c")[1])


def test_it_really_is_given_to_the_step(bench: Workbench, tmp_path: Path) -> None:
    bench.run(
        f"secrets: {{t: {{env: TOKEN}}}}\nsteps: [{{run: 'printf %s ${{{{ secrets.t | hash }}}} > {tmp_path}/got'}}]",
        environ={"TOKEN": TOKEN},
    )
    assert (tmp_path / "got").read_text() == SHA


def test_what_says_little_of_a_secret_is_shown(bench: Workbench) -> None:
    run = bench.run(
        """
secrets: {t: {env: TOKEN}}
inputs: {o: {type: object, default: {tok: x}}}
vars: {all: {token: "${{ secrets.t }}", host: shop.example}}
steps:
  - id: a
    uses: log
    with: {message: "${{ secrets.t | length }} ${{ 'long-enough' if secrets.t else 'none' }} ${{ secrets.t[:3] }}"}
    outputs: {n: "${{ secrets.t | length }}", host: "${{ vars.all.host | upper }}", all: "${{ vars.all | dictsort | map('last') | list }}", same: "${{ secrets.t == 'x' }}"}
  - {uses: log, with: {message: "long-enough for shop.example, and ${{ 'Bearer ' ~ secrets.t }}"}}
""",
        environ={"TOKEN": TOKEN},
    )
    assert [text for _, _, text in run.lines] == ["15 long-enough tok", "long-enough for shop.example, and Bearer ***"]
    ended = next(event for event in run.events if type(event).__name__ == "AttemptEnded")
    assert ended.outputs == {"n": 15, "host": "SHOP.EXAMPLE", "all": ["shop.example", "***"], "same": False}  # type: ignore[union-attr]


def test_blocks_and_secret_outputs(bench: Workbench) -> None:
    run = bench.run(
        """
secrets: {t: {env: TOKEN}}
steps:
  - {id: a, run: "printf abcdef-987", outputs: {key: {value: "${{ result.stdout }}", secret: true}}}
  - uses: log
    with:
      message: "a${% for c in secrets.t | list %}${{ c }} ${% endfor %}b"
  - uses: log
    with: {message: "${% filter upper %}${{ steps.a.outputs.key }}${% endfilter %}"}
  - {uses: log, with: {message: "${{ steps.a.outputs.key | reverse }} ${{ steps.a.outputs | json | upper }}"}}
  - foreach: ["${{ secrets.t }}", plain-text]
    uses: log
    with: {message: "${{ item | upper }}"}
""",
        environ={"TOKEN": TOKEN},
    )
    assert [text for _, _, text in run.lines] == ["***", "***", "*** ***", "***", "PLAIN-TEXT"]


def test_a_dry_run_shows_nothing_made_of_a_secret_input(bench: Workbench) -> None:
    from steplane.app.forecasting import look_ahead

    plan = bench.plan(
        """
inputs: {p: {type: string, secret: true}}
vars: {v: "${{ inputs.p | upper }}"}
steps:
  - {run: "echo ${{ vars.v }} ${{ inputs.p | hash }}"}
  - {uses: log, with: {message: "${{ vars.v | reverse }}"}, if: "(vars.v | lower | replace('-', '+')) != 'x'"}
"""
    )
    shown = repr(look_ahead(plan, bench.registry, {"p": TOKEN}, bench.environ))
    for made in (TOKEN, TOKEN.upper(), SHA, TOKEN.upper()[::-1], TOKEN.lower().replace("-", "+")):
        assert made not in shown


MANY = """
secrets: {t: {env: TOKEN}}
steps:
  - id: first
    uses: log
    with: {message: "${{ (secrets.t ~ 0) | hash }}"}
  - id: all
    foreach: ${{ range(300) }}
    concurrency: 8
    uses: log
    with: {message: "${{ (secrets.t ~ item) | hash }}"}
  - {id: late, run: 'printf "%s0" "$T" | sha256sum', env: {T: "${{ secrets.t }}"}}
"""


def test_many_values_of_a_loop_stay_hidden_also_in_later_steps(bench: Workbench) -> None:
    run = bench.run(MANY, environ={"TOKEN": TOKEN})
    assert [text for _, _, text in run.lines] == ["***"] * 301 + ["***  -"]


def test_what_cannot_be_hidden_any_more_is_not_made(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "DERIVED", 20)
    run = bench.run(MANY, environ={"TOKEN": TOKEN})
    assert [text for _, _, text in run.lines] == ["***"] * 21
    assert run.error("all[20]")[1].endswith(
        "expressions have made more than 20 values of secrets, which cannot all be looked for in what programs print: "
        "give the programs the secret, and let them make the values"
    )


def test_what_cannot_be_kept_out_of_the_records_any_more_is_not_made(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "WITHHELD", 20)
    run = bench.run(
        """
secrets: {t: {env: TOKEN}}
steps: [{id: a, uses: log, with: {message: x}, outputs: {v: "${{ (secrets.t ~ '!?=%&+{}()') | list }}"}}]
""",
        environ={"TOKEN": TOKEN},
    )
    assert run.error("a")[1].endswith(
        "expressions have cut secrets into more than 20 short parts, which cannot all be kept out of what is recorded: "
        "cut them up in the program that needs the parts"
    )


def test_a_secret_output_may_hold_what_is_secret_already(bench: Workbench) -> None:
    run = bench.run(
        """
secrets: {t: {env: TOKEN}}
steps:
  - id: l
    foreach: [a, b]
    run: 'printf %s same-"token-1 ${{ secrets.t }}"'
    outputs: {k: {value: "${{ result.stdout }}", secret: true}, n: "${{ result.stdout | length }}", o: "${{ result.stdout }}"}
  - {id: use, run: 'printf %s "${{ steps.l.outputs.k | join("|") }}" > got'}
  - {id: e, on_error: warn, run: 'printf new-"token-99"', ensure: ["result.stdout == 'x'"], outputs: {k: {value: "${{ result.stdout }}", secret: true}}}
""",
        environ={"TOKEN": TOKEN},
    )
    assert (bench.folder / "got").read_text() == f"same-token-1 {TOKEN}|same-token-1 {TOKEN}"
    assert b"same-token-1" not in bench.stored()
    assert b"new-token-99" not in bench.stored()
    assert run.error("e")[1].endswith('`result.stdout` is "***"')
