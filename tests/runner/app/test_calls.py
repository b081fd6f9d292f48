"""Workflows that call others, run for real."""

from textwrap import dedent

import pytest
from tests.runner.running import Workbench

from steplane.app.loading import load
from steplane.errors import UsageError

TOKEN = "tok-6f2d90ac"

GREET = """
inputs: {who: {type: string}, times: {type: integer, default: 1}}
vars: {word: "hello ${{ inputs.who }}"}
steps:
  - {id: show, run: 'echo "${{ vars.word }} x ${{ inputs.times }}"'}
outputs: {text: "${{ steps.show.outputs.stdout }}", last: {value: 3, type: integer}}
"""


def child(bench: Workbench, text: str, name: str = "child") -> None:
    """A file that is called."""
    (bench.folder / f"{name}.yaml").write_text(f"steplane: 1\nname: {name}\n{dedent(text)}")


def test_a_child_is_given_inputs_and_gives_outputs(bench: Workbench) -> None:
    child(bench, GREET)
    run = bench.run(
        """
steps:
  - {id: one, call: child.yaml, with: {who: 7, times: 2}}
  - {id: show, call: child.yaml, with: {who: "${{ steps.one.outputs.last }}"}, outputs: {t: "${{ result.text }}!"}}
  - {id: each, foreach: [a, b], call: child.yaml, with: {who: "${{ item }}"}}
outputs: {all: ["${{ steps.one.outputs.text }}", "${{ steps.show.outputs.t }}", "${{ steps.each.outputs.text }}"]}
"""
    )
    assert run.outputs == {"all": ["hello 7 x 2", "hello 3 x 1!", ["hello a x 1", "hello b x 1"]]}
    assert run.statuses["each[1]/child/show"] == "succeeded"


def test_a_list_of_outputs_gives_these_and_no_others(bench: Workbench) -> None:
    child(bench, "steps: [{run: 'true'}]\noutputs: {o: 1, p: 2}\n")
    run = bench.run(
        """
steps:
  - {id: c, call: child.yaml, outputs: [o]}
  - {id: w, wait: {signal: go}, outputs: [data]}
  - {id: send, needs: [], signal: {name: go, data: 5}}
outputs: {all: ["${{ steps.c.outputs }}", "${{ steps.w.outputs }}"]}
"""
    )
    assert run.outputs == {"all": [{"o": 1}, {"data": 5}]}


def test_a_child_is_given_text_where_it_wants_text(bench: Workbench) -> None:
    child(bench, """
inputs: {a: {enum: ["1", "2"]}, b: {type: array, items: {type: string}}, c: {type: string, default: 8080}}
steps: [{run: 'true'}]
outputs: {all: ["${{ inputs.a }}", "${{ inputs.b }}", "${{ inputs.c }}"]}
""")  # fmt: skip
    run = bench.run(
        """
vars: {two: 2}
steps:
  - {id: one, call: child.yaml, with: {a: 1, b: [3, x, true]}}
  - {id: two, call: child.yaml, with: {a: "${{ vars.two }}", b: ["${{ vars.two }}"], c: 5}}
outputs: {all: ["${{ steps.one.outputs.all }}", "${{ steps.two.outputs.all }}"]}
"""
    )
    assert run.outputs == {"all": [["1", ["3", "x", "true"], "8080"], ["2", ["2"], "5"]]}
    assert bench.codes("steps: [{id: c, call: child.yaml, with: {a: 3, b: [1.10]}}]\n") == [
        "bad-parameter", "unquoted-number",
    ]  # fmt: skip


def test_what_is_around_a_call_is_not_seen_in_the_child(bench: Workbench) -> None:
    child(bench, "steps:\n  - {id: a, run: 'echo ${{ item }}'}\n  - {id: b, run: 'echo ${{ steps.each.status }}'}\n")
    codes = bench.codes("steps:\n  - {id: each, foreach: [1], call: child.yaml}\n")
    assert codes == ["name-not-here", "unknown-step"]


def test_env_and_run_reach_the_child(bench: Workbench) -> None:
    child(bench, "steps:\n  - {id: a, run: 'echo $MODE ${{ workflow.name }} ${{ run.parent }} ${{ run.id }}'}\n")
    run = bench.run("env: {MODE: fast}\nsteps:\n  - {id: c, call: child.yaml}\n")
    assert ("c/child/a", "stdout", "fast child r1 r1") in run.lines


def test_a_child_signals_what_waits_around_it(bench: Workbench) -> None:
    told = "{name: told, to: '${{ run.parent }}', data: 7}"
    child(bench, f"steps:\n  - {{id: a, signal: {told}}}\n  - {{id: b, wait: {{signal: more}}}}\n")
    run = bench.run(
        "steps:\n  - {id: c, call: child.yaml}\n  - {id: w, needs: [], wait: {signal: told}}\n"
        "  - {id: s, needs: [w], signal: {name: more}}\n  - {id: o, run: 'echo ${{ steps.w.outputs.data }}'}\n"
    )
    assert ("o", "stdout", "7") in run.lines
    assert run.status == "succeeded"


def test_paths_are_relative_to_the_file_that_names_them(bench: Workbench) -> None:
    (bench.folder / "parts" / "deep").mkdir(parents=True)
    child(bench, "steps:\n  - {id: down, call: deep/inner.yaml}\n", "parts/outer")
    child(bench, "cwd: .\nsteps:\n  - {id: where, run: 'basename $PWD'}\n", "parts/deep/inner")
    for name in ("parts/outer", "parts/deep/inner"):
        path = bench.folder / f"{name}.yaml"
        path.write_text(path.read_text().replace(name, name.rsplit("/", 1)[-1]))
    run = bench.run("steps:\n  - {id: c, call: parts/outer.yaml}\n")
    assert ("c/outer/down/inner/where", "stdout", "deep") in run.lines


def test_the_failure_of_a_child_names_its_step(bench: Workbench) -> None:
    child(bench, "steps:\n  - {id: a, run: exit 3}\n")
    run = bench.run(
        "steps:\n  - {id: c, call: child.yaml, rescue: [{run: 'echo ${{ error.step }} ${{ error.code }}'}]}\n"
    )
    assert run.status == "succeeded"
    assert ("c/c_rescue_1", "stdout", "c/child/a 3") in run.lines


def test_wrong_calls_are_found_before_the_run(bench: Workbench) -> None:
    child(bench, GREET)
    loaded = bench.load(
        """
steps:
  - {id: a, call: chld.yaml}
  - {id: b, call: child.yaml, with: {whom: x, times: many}}
  - {id: c, call: child.yaml, with: {who: x, times: "${{ run.id }}"}}
  - {id: d, call: "${{ run.id }}.yaml"}
  - {id: e, call: child.yaml}
  - {id: f, call: child.yaml, detach: true, with: {who: x}, ensure: [attempt < 3]}
  - {id: g, run: 'echo ${{ steps.c.outputs.txt }} ${{ steps.f.outputs.text }}'}
"""
    )
    assert loaded.plan is None
    assert [(one.code, one.span.line) for one in loaded.diagnostics] == [
        ("call-target", 5),
        ("unknown-parameter", 6),
        ("bad-parameter", 6),
        ("wrong-kind", 7),
        ("static", 8),
        ("missing-parameter", 9),
        ("exclusive", 10),
        ("unknown-output", 11),
        ("unknown-output", 11),
    ]
    assert loaded.diagnostics[0].label == "did you mean `child.yaml`?"


def test_the_mistakes_of_a_child_are_those_of_the_caller(bench: Workbench) -> None:
    child(bench, "steps:\n  - {id: a, rum: echo}\n")
    loaded = bench.load("steps:\n  - {id: c, call: child.yaml}\n")
    assert loaded.plan is None
    assert {one.span.file.rsplit("/", 1)[-1] for one in loaded.diagnostics} == {"child.yaml"}
    assert set(loaded.sources) == {one.span.file for one in loaded.diagnostics} | {str(bench.file)}


def test_the_plan_is_made_anew_when_a_child_has_changed(bench: Workbench) -> None:
    child(bench, "steps:\n  - {id: a, run: echo}\n")
    text = "steps:\n  - {id: c, call: child.yaml}\n"
    assert not bench.load(text).cached
    assert bench.load(text).cached
    child(bench, "steps:\n  - {id: b, run: echo}\n")
    loaded = load(str(bench.file), bench.registry, bench.store)
    assert loaded.plan is not None
    assert not loaded.cached
    assert [one.nodes[1].id for one in loaded.plan.with_callees()] == ["c", "b"]


COUNT = """
inputs: {n: {type: integer}}
steps:
  - {id: down, if: inputs.n > 0, call: trial.yaml, with: {n: "${{ inputs.n - 1 }}"}}
outputs: {sum: "${{ inputs.n + (steps.down.outputs.sum | default(0)) }}"}
"""


def test_a_workflow_may_call_itself(bench: Workbench) -> None:
    run = bench.run(COUNT, {"n": 4})
    assert run.outputs == {"sum": 10}
    assert run.statuses["down/trial/down/trial/down/trial/down/trial/down"] == "skipped"


def test_recursion_ends_at_its_limit(bench: Workbench) -> None:
    run = bench.run(COUNT.replace("if: inputs.n > 0, ", "if: inputs.n < 9, "), {"n": 4})
    assert run.status == "failed"
    assert run.result.error is not None
    assert run.result.error.type == "call.depth"
    assert run.result.error.step.count("/trial/") == 100


def test_a_detached_child_runs_on_and_the_run_waits_for_it(bench: Workbench) -> None:
    child(
        bench,
        """
inputs: {n: {type: string}}
steps:
  - {id: wait, run: 'while [ ! -e go ]; do sleep 0.01; done; echo child ${{ inputs.n }} >> ledger'}
""",
    )
    run = bench.run(
        """
steps:
  - {id: all, foreach: [a, b], call: child.yaml, detach: true, with: {n: "${{ item }}"}}
  - {id: after, run: 'echo after >> ledger; touch go'}
"""
    )
    assert run.status == "succeeded"
    assert bench.ledger[0] == "after"
    assert sorted(bench.ledger[1:]) == ["child a", "child b"]


def test_the_failure_of_a_detached_child_is_a_warning(bench: Workbench) -> None:
    child(bench, "steps:\n  - {id: a, run: exit 3}\n")
    run = bench.run("steps:\n  - {id: c, call: child.yaml, detach: true}\n")
    assert (run.status, run.statuses["c"], run.statuses["c/child"]) == ("warning", "succeeded", "failed")


def test_an_end_ends_the_child_alone(bench: Workbench) -> None:
    child(bench, "steps:\n  - {id: e, end: {status: succeeded, outputs: {x: 5}}}\n  - {id: never, run: exit 1}\n")
    run = bench.run("steps:\n  - {id: c, call: child.yaml}\noutputs: {x: '${{ steps.c.outputs.x }}'}\n")
    assert (run.status, run.outputs, run.statuses["c/child/never"]) == ("succeeded", {"x": 5}, "skipped")


def test_a_resume_goes_on_in_the_child_with_what_was_recorded(bench: Workbench) -> None:
    child(
        bench,
        """
inputs: {n: {type: string}}
vars: {made: "${{ inputs.n }}!"}
steps:
  - {id: a, run: echo a >> ledger}
  - {id: b, run: '[ -e mended ]'}
outputs: {n: "${{ vars.made }}"}
""",
    )
    run = bench.run("steps:\n  - {id: c, call: child.yaml, with: {n: x}}\noutputs: {n: '${{ steps.c.outputs.n }}'}\n")
    assert run.status == "failed"
    (bench.folder / "mended").touch()
    run = bench.resume()
    assert (run.status, run.outputs, bench.ledger) == ("succeeded", {"n": "x!"}, ["a"])


def test_a_resume_is_refused_after_a_child_has_changed(bench: Workbench) -> None:
    child(bench, "steps:\n  - {id: b, run: exit 1}\n")
    assert bench.run("steps:\n  - {id: c, call: child.yaml}\n").status == "failed"
    child(bench, "# a comment is no change\nsteps:\n  - {id: b, run: exit 1}\n")
    assert bench.resume().status == "failed"
    child(bench, "steps:\n  - {id: b, run: exit 0}\n")
    with pytest.raises(UsageError, match=r"child\.yaml has changed since run r1 was begun: step `b` is changed"):
        bench.resume()
    (bench.folder / "child.yaml").unlink()
    assert bench.resume().status == "failed"


def test_secrets_given_to_a_child_are_nowhere(bench: Workbench) -> None:
    child(
        bench,
        """
inputs: {t: {type: string}, p: {type: string, secret: true}}
vars: {header: "Bearer ${{ inputs.t }}"}
secrets: {own: {env: OWN}}
steps:
  - {id: a, run: 'echo ${{ vars.header }} ${{ inputs.p }} ${{ secrets.own }} "${OWN-gone}"'}
  - {id: b, run: '[ -e mended ] && [ "${{ vars.header }}" = "Bearer $(cat token)" ]'}
""",
    )
    text = """
secrets: {t: {env: TOKEN}}
steps:
  - {id: c, call: child.yaml, with: {t: "${{ secrets.t }}", p: "pass-${{ 4000 + 71 }}"}}
"""
    environ = {"TOKEN": TOKEN, "OWN": "own-55d1c9"}
    run = bench.run(text, environ=environ)
    assert ("c/child/a", "stdout", "Bearer *** *** *** gone") in run.lines
    for secret in (TOKEN, "own-55d1c9", "pass-4071"):
        assert secret not in repr(run)
        assert secret.encode() not in bench.stored()
    (bench.folder / "token").write_text(TOKEN)
    (bench.folder / "mended").touch()
    assert bench.resume(environ=environ).status == "succeeded"
