"""Secrets: never stored, masked everywhere, had again on resume or missing with the reason."""

# ruff: noqa: E501 - workflows stand as their authors write them

import pytest
from tests.runner.running import Workbench

from steplane.app.exporting import export_run
from steplane.app.secrets import texts_in
from steplane.errors import UsageError
from steplane.events import AttemptEnded

TOKEN = "tok-8c1f0a2b"


def seen(bench: Workbench, run: object) -> bool:
    """Whether the token is anywhere in what is kept or shown."""
    return TOKEN in repr(run) or TOKEN.encode() in bench.stored()


def test_a_secret_is_masked_in_everything(bench: Workbench) -> None:
    run = bench.run(
        """
secrets: {t: {env: TOKEN}}
vars: {header: "Bearer ${{ secrets.t }}"}
failure: continue
case: about-${{ secrets.t }}
objects: [{type: order, id: "${{ secrets.t }}"}]
steps:
  - {id: a, needs: [], uses: log, with: {message: "using ${{ secrets.t }}"}}
  - {id: b, needs: [], run: 'echo ${{ secrets.t }}; echo "$TOKEN/${TOKEN-gone}"'}
  - {id: c, needs: [], uses: fail, with: {message: "no ${{ vars.header }}", detail: {h: "${{ secrets.t }}"}}}
  - {id: d, needs: [], uses: log, with: {message: x}, outputs: {v: "${{ secrets.t }}"}}
  - {id: g, needs: [], steps: [{uses: log, with: {message: x}}], outputs: {v: "g ${{ vars.header }}"}}
  - {id: e, needs: [], uses: log, with: {message: x}, require: [secrets.t == 'other']}
  - {id: f, needs: [], uses: log, with: {message: "${{ inputs.o[secrets.t] }}"}}
  - id: l
    needs: []
    foreach: ["${{ secrets.t }}"]
    key: k-${{ item }}
    uses: log
    with: {message: x}
inputs: {o: {type: object, default: {}}}
outputs: {v: "${{ secrets.t }}"}
finally: [{end: {status: failed, message: "end ${{ secrets.t }}", outputs: {x: "${{ secrets.t }}"}}}]
""",
        environ={"TOKEN": TOKEN},
    )
    assert ("a", "log", "using ***") in run.lines
    assert ("b", "stdout", "***") in run.lines
    assert run.error("c") == ("fail", "no Bearer ***")
    assert run.statuses["l[k-***]"] == "succeeded"
    assert run.outputs == {"x": "***"}
    assert not seen(bench, run)


def test_a_secret_variable_is_taken_out_of_the_environment(bench: Workbench) -> None:
    run = bench.run(
        """
secrets: {t: {env: TOKEN}}
inputs: {p: {type: string, secret: true, env: PASS}}
steps:
  - {id: a, run: 'echo "${TOKEN-none} ${PASS-none} ${OTHER-none}" >> ledger'}
  - {id: b, env: {TOKEN: "${{ secrets.t }}"}, run: 'test "$TOKEN" = tok-8c1f0a2b && echo given >> ledger'}
  - {id: c, uses: log, with: {message: "${{ env.TOKEN }}"}}
""",
        environ={"TOKEN": TOKEN, "PASS": "p", "OTHER": "o"},
    )
    assert bench.ledger == ["none none o", "given"]
    assert run.error("c")[0] == "expression"


def test_a_secret_from_a_file(bench: Workbench) -> None:
    (bench.folder / "sub").mkdir()
    (bench.folder / "sub" / "token").write_text(TOKEN + "\r\n\n")
    run = bench.run(f"""
secrets: {{t: {{file: sub/token}}, none: {{file: sub/none}}}}
steps:
  - {{id: a, run: 'test "${{{{ secrets.t }}}}" = {TOKEN[:4]}"8c1f0a2b"'}}
  - {{id: b, uses: log, with: {{message: "${{{{ secrets.none }}}}"}}}}
""")
    assert run.statuses["a"] == "succeeded"
    path = bench.folder / "sub" / "none"
    assert run.error("b")[1].endswith(f"`secrets.none` is missing: {path} cannot be read: No such file or directory")


def test_a_missing_secret_matters_only_where_it_is_used(bench: Workbench) -> None:
    run = bench.run(
        """
secrets: {t: {env: TOKEN}}
steps:
  - {id: a, run: echo fine}
  - {id: b, uses: python.call, with: {function: "os.path:basename", args: [x]}}
  - {id: c, uses: log, with: {message: "${{ secrets.t }}"}}
"""
    )
    assert run.statuses["a"] == "succeeded"
    assert run.error("c")[1].endswith("`secrets.t` is missing: the variable TOKEN is not set")


SECRET_OUTPUT = f"""
steps:
  - id: a
    run: 'printf %s {TOKEN[:6]}"{TOKEN[6:]}"'
    outputs: {{token: {{value: "${{{{ result.stdout }}}}", secret: true}}, size: "${{{{ result.stdout | length }}}}"}}
  - {{id: b, run: 'test "${{{{ steps.a.outputs.token }}}}" = {TOKEN[:6]}"{TOKEN[6:]}"; echo ${{{{ steps.a.outputs.token }}}}'}}
  - {{id: c, run: 'test -e ready'}}
  - {{id: d, on_error: warn, uses: log, with: {{message: "${{{{ steps.a.outputs.token }}}}"}}}}
  - {{id: e, uses: log, with: {{message: "${{{{ steps.a.outputs.token | default('gone') }}}} ${{{{ steps.a.outputs.size }}}}"}}}}
outputs: {{again: {{value: "${{{{ steps.a.outputs.token | default('none') }}}}", secret: true}}, n: 1}}
"""


def test_a_secret_output_is_never_stored(bench: Workbench) -> None:
    first = bench.run(SECRET_OUTPUT)
    assert first.statuses == {"a": "succeeded", "b": "succeeded", "c": "failed", "d": "blocked", "e": "blocked"}
    assert ("b", "stdout", "***") in first.lines
    recorded = next(event for event in first.events if isinstance(event, AttemptEnded))
    assert recorded.outputs == {"size": 12}
    assert TOKEN.encode() not in b"".join(path.read_bytes() for path in (bench.folder / "state").rglob("journal.db*"))
    (bench.folder / "ready").touch()
    second = bench.resume()
    assert second.status == "succeeded"
    assert second.statuses == {"a": "succeeded", "c": "succeeded", "d": "succeeded", "e": "succeeded"}
    assert ("d", "log", "***") in second.lines
    assert ("e", "log", "*** 12") in second.lines
    assert second.outputs == {"n": 1}
    assert TOKEN.encode() not in bench.stored()


def test_an_item_that_holds_a_secret_is_had_again_on_resume(bench: Workbench) -> None:
    text = """
secrets: {t: {env: TOKEN}}
steps:
  - id: l
    foreach: ["${{ secrets.t }}", plain]
    as: one
    max_failures: 2
    run: 'test -e ready && echo "${{ one }}" >> ledger'
  - {id: stop, require: ["false"], uses: log, with: {message: x}}
"""
    first = bench.run(text.replace("max_failures: 2\n    ", ""), environ={"TOKEN": TOKEN})
    assert first.status == "failed"
    (bench.folder / "ready").touch()
    second = bench.resume(environ={"TOKEN": TOKEN})
    assert second.statuses["l"] == "succeeded"
    assert bench.ledger == [TOKEN, "plain"]
    assert b"tok-8c1f0a2b" not in bench.stored()


def test_a_secret_input_is_given_again(bench: Workbench) -> None:
    text = """
inputs: {p: {type: string, secret: true}, q: {type: string}}
steps:
  - {id: a, run: 'test -e ready'}
  - {id: b, run: 'test "${{ inputs.p }}" = tok-"8c1f0a2b" && echo "${{ inputs.p }} ${{ inputs.q }}"'}
"""
    first = bench.run(text, {"p": TOKEN, "q": "plain"})
    assert first.status == "failed"
    assert not seen(bench, first)
    (bench.folder / "ready").touch()
    with pytest.raises(UsageError, match="input `p` is missing"):
        bench.resume()
    with pytest.raises(UsageError, match="input `q` is recorded with the run and cannot be given again"):
        bench.resume({"p": TOKEN, "q": "other"})
    second = bench.resume({"p": TOKEN})
    assert second.status == "succeeded"
    assert ("b", "stdout", "*** plain") in second.lines
    assert not seen(bench, second)


def test_every_text_in_a_secret_counts() -> None:
    assert list(texts_in({"a": ["x", 5], "b": {"c": "y"}, "d": None, "e": True})) == ["x", "5", "y"]


def test_a_secret_that_is_called_like_an_output_hides_no_name(bench: Workbench) -> None:
    """Names stand in the file, or are the step type's: to hide one would break the run, and tell the secret."""
    run = bench.run(
        """
secrets: {a: {env: A}, b: {env: B}, c: {env: C}}
failure: continue
steps:
  - id: own
    needs: []
    run: 'printf "url=5\\ntotal=$A\\n" >> "$STEPLANE_OUTPUT"'
    env: {A: "${{ secrets.a }}"}
    outputs: [url, total]
  - {id: typed, needs: [], run: 'echo "{\\"x\\": \\"$C\\", \\"$C\\": 1}"', env: {C: "${{ secrets.c }}"}, with: {capture: json}}
  - {id: shaped, uses: log, with: {message: x}, outputs: {total: "${{ steps.own.outputs.url }}", code: "${{ steps.typed.outputs.exit_code }}"}}
outputs: {url: "${{ steps.shaped.outputs }}", json: "${{ steps.typed.outputs.json }}"}
""",
        environ={"A": "url", "B": "exit_code", "C": TOKEN},
    )
    assert run.result.status == "succeeded"
    assert run.outputs == {"url": {"total": "5", "code": 0}, "json": {"x": "***", "***": 1}}
    exported = list(export_run(bench.store, bench.registry, "r1", {"A": "type", "B": "path", "C": TOKEN}))
    assert {"type", "path", "event"} <= exported[3].keys()
    assert exported[3]["type"] == "event"
    assert exported[3]["event"].keys() >= {"type", "at"}
    assert TOKEN not in repr(exported)
