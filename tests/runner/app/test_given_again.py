"""Secret inputs are recorded nowhere: a process that goes on is given them again, or says which it needs."""

import os
from typing import Any

import pytest
from tests.runner.running import Recorder, Workbench

from steplane.app import running
from steplane.app.compensating import compensate
from steplane.app.given_again import by_hand, given_at_first
from steplane.app.recorded import recorded_header
from steplane.app.running import Options
from steplane.errors import UsageError

TOKEN = "tok-8c1f0a2b"

WAITS = "{id: w, wait: {signal: go}}"


def test_no_default_stands_in_for_a_secret_that_was_given(bench: Workbench) -> None:
    text = """
inputs:
  kept: {type: string, secret: true, default: default-kept}
  given: {type: string, secret: true, default: default-given}
  absent: {type: string, secret: true, optional: true}
steps:
  - {id: a, run: 'test -e ready'}
  - {id: b, run: 'test "${{ inputs.kept }} ${{ inputs.given }}" = "default-kept tok-8c"1f0a2b'}
"""
    assert bench.run(text, {"given": TOKEN}).status == "failed"
    (bench.folder / "ready").touch()
    with pytest.raises(UsageError, match="input `given` is missing: it is secret, and what the run was given is") as no:
        bench.resume()
    assert no.value.remedy == "Give it with -i given=..."
    assert bench.resume({"given": TOKEN}).status == "succeeded"


def test_a_secret_from_a_variable_is_not_replaced_by_a_default(bench: Workbench) -> None:
    text = """
inputs: {p: {type: string, secret: true, env: PASS, default: none-at-all}}
steps: [{id: a, run: 'test -e ready'}]
"""
    bench.run(text, environ={"PASS": TOKEN})
    (bench.folder / "ready").touch()
    with pytest.raises(UsageError, match=r"input `p` is missing \(or the variable PASS\): it is secret"):
        bench.resume()
    with bench.store.read("r1") as journal:
        given = given_at_first(recorded_header(journal))
    assert given == {"p": "PASS"}
    assert (by_hand(given, {}), by_hand(given, {"PASS": ""})) == (("p",), ())
    assert bench.resume(environ={"PASS": TOKEN}).status == "succeeded"


def test_a_secret_stays_needed_under_another_definition(bench: Workbench) -> None:
    text = """
inputs: {p: {type: string, secret: true, default: none-at-all}}
steps: [{id: a, run: 'test -e ready'}, {id: b, run: 'test ${{ inputs.p }} = tok-"8c1f0a2b"'}]
"""
    bench.run(text, {"p": TOKEN})
    (bench.folder / "ready").touch()
    (bench.folder / "w.yaml").write_text(f"steplane: 1\nname: w\n{text}".replace("test -e ready", "true"))
    with pytest.raises(UsageError, match="input `p` is missing"):
        bench.resume(definition="accept")
    assert bench.resume({"p": TOKEN}, definition="accept").status == "succeeded"


CLEANS_UP = {
    "in the workflow's own": f"""
steps: [{WAITS}]
finally: [{{steps: [{{uses: log, with: {{message: "${{{{ inputs.p }}}}"}}}}]}}]
""",
    "through a variable that uses a variable": f"""
vars: {{one: "Bearer ${{{{ inputs.p }}}}", two: "${{{{ vars.one }}}}"}}
steps: [{WAITS}]
finally: [{{uses: log, with: {{message: "${{{{ vars.two }}}}"}}}}]
""",
    "in the environment": f"""
env: {{P: "${{{{ inputs.p }}}}"}}
steps: [{WAITS}]
finally: [{{run: 'test -n "$P"'}}]
""",
    "among all inputs": f"""
steps: [{WAITS}]
finally: [{{uses: log, with: {{message: "${{{{ inputs | dictsort | last }}}}"}}}}]
""",
    "of a group that has begun": f"""
steps:
  - id: g
    steps: [{WAITS}]
    finally: [{{uses: log, with: {{message: "${{{{ inputs.p }}}}"}}}}]
""",
    "of an item": f"""
steps:
  - id: g
    foreach: [1]
    steps: [{WAITS}]
    finally: [{{uses: log, with: {{message: "${{{{ inputs.p }}}}"}}}}]
""",
    "in a child": """
steps: [{id: c, call: child.yaml, with: {q: "${{ inputs.p }}"}}]
""",
    "as an item": f"""
steps:
  - id: l
    foreach: ["${{{{ inputs.p }}}}"]
    steps: [{WAITS}]
    finally: [{{run: 'test "${{{{ item }}}}" = tok-"8c1f0a2b"'}}]
""",
    "as a value of a matrix, by a variable": f"""
vars: {{v: "${{{{ inputs.p }}}}"}}
steps:
  - id: l
    matrix: {{one: ["${{{{ vars.v }}}}"]}}
    steps: [{WAITS}]
    finally: [{{run: 'test "${{{{ matrix.one }}}}" = tok-"8c1f0a2b"'}}]
""",
    "as an item that is given to a child": """
steps: [{id: c, foreach: ["${{ inputs.p }}"], call: child.yaml, with: {q: "${{ item }}"}}]
""",
}


@pytest.fixture
def child(bench: Workbench) -> None:
    (bench.folder / "child.yaml").write_text(
        f"steplane: 1\nname: c\ninputs: {{q: {{type: string, secret: true}}, r: {{default: x}}}}\nsteps: [{WAITS}]\n"
        "finally: [{run: 'test \"${{ inputs.q }}\" != other'}]\n"
    )


@pytest.mark.usefixtures("child")
@pytest.mark.parametrize("text", CLEANS_UP.values(), ids=CLEANS_UP)
def test_what_a_cancel_needs_is_asked_for_before_anything_ends(bench: Workbench, text: str) -> None:
    inputs = "inputs: {p: {type: string, secret: true}, q: {type: string, secret: true}}"
    assert bench.run(inputs + text, {"p": TOKEN, "q": "tok-other"}, patience="0").status == "waiting"
    before = recorded(bench)
    with pytest.raises(UsageError, match=r"what cleans up run r1 uses the inputs? .*`p`.* secret") as no:
        bench.resume(cancel=True)
    assert no.value.remedy.startswith("Add `-i p=...")
    assert recorded(bench) == before
    given = {"p": TOKEN} if "dictsort" not in text else {"p": TOKEN, "q": "tok-other"}
    assert bench.resume(given, cancel=True).status == "cancelled"


def recorded(bench: Workbench) -> list[str]:
    """The types of all events."""
    with bench.store.read("r1") as journal:
        return [type(event).__name__ for _, event in journal.events()]


NEEDS_NONE = {
    "nothing cleans up": f"\nsteps: [{WAITS}]\n",
    "only a step uses it": f"""
steps: [{WAITS}, {{run: 'echo ${{{{ inputs.p }}}}'}}]
finally: [{{uses: log, with: {{message: tidy}}}}]
""",
    "of a group that has not begun": f"""
steps:
  - {WAITS}
  - {{steps: [{{run: "true"}}], finally: [{{uses: log, with: {{message: "${{{{ inputs.p }}}}"}}}}]}}
""",
    "in a variable that nothing of it uses": f"""
vars: {{v: "Bearer ${{{{ inputs.p }}}}"}}
steps: [{WAITS}, {{run: 'echo ${{{{ vars.v }}}}'}}]
finally: [{{run: "true"}}]
""",
    "for a child whose own needs another": """
steps: [{id: c, call: child.yaml, with: {q: fixed-value, r: "${{ inputs.p }}"}}]
""",
    "items that it does not use": f"""
steps:
  - id: l
    foreach: ["${{{{ inputs.p }}}}"]
    steps: [{WAITS}]
    finally: [{{uses: log, with: {{message: "${{{{ loop.index }}}}"}}}}]
""",
    "of a group that is over": f"""
steps:
  - {{steps: [{{run: "true"}}], finally: [{{uses: log, with: {{message: "${{{{ inputs.p }}}}"}}}}]}}
  - {WAITS}
""",
    "in `rescue`, and to undo": f"""
steps:
  - {{run: "true", compensate: [{{uses: log, with: {{message: "${{{{ inputs.p }}}}"}}}}]}}
  - {WAITS}
rescue: [{{uses: log, with: {{message: "${{{{ inputs.p }}}}"}}}}]
""",
}


@pytest.mark.usefixtures("child")
@pytest.mark.parametrize("text", NEEDS_NONE.values(), ids=NEEDS_NONE)
def test_a_cancel_asks_for_nothing_that_it_does_not_need(bench: Workbench, text: str) -> None:
    inputs = "inputs: {p: {type: string, secret: true}}"
    bench.run(inputs + text, {"p": TOKEN}, patience="0")
    assert bench.resume(cancel=True).status == "cancelled"


def test_undoing_asks_for_what_it_needs(bench: Workbench) -> None:
    bench.run(
        """
inputs: {p: {type: string, secret: true}, q: {type: string, secret: true}}
steps:
  - {id: a, run: "true", compensate: [{run: 'test "${{ inputs.p }}" = tok-"8c1f0a2b"'}]}
  - {id: b, run: "true", compensate: [{run: "true"}]}
""",
        {"p": TOKEN, "q": "tok-other"},
    )

    def undo(step: str, **values: Any) -> int:
        return compensate(
            bench.store, bench.registry, "r1", [step], values, os.environ, Options(), lambda _: Recorder()
        ).exit_code

    with pytest.raises(UsageError, match="what cleans up run r1 uses the input `p`, which is secret"):
        undo("a")
    assert undo("b") == 0
    assert undo("a", p=TOKEN) == 0


def test_the_command_that_goes_on_names_what_was_given_by_hand(bench: Workbench) -> None:
    text = """
inputs:
  p: {type: string, secret: true, env: PASS}
  q: {type: string, secret: true, default: default-of-q}
  r: {type: string, secret: true, default: default-of-r}
steps: [{id: a, run: 'test -e ready'}]
"""
    bench.run(text, {"q": TOKEN}, environ={"PASS": "pass-word"})

    def named(values: dict[str, Any], environ: dict[str, str]) -> tuple[str, ...]:
        seen: list[running.Begun] = []

        def watch(begun: running.Begun) -> Recorder:
            seen.append(begun)
            return Recorder()

        options, environ = Options(durability="normal"), {**bench.environ, **environ}
        running.resume(bench.store, bench.registry, "r1", values, environ, options, watch)
        return seen[0].again

    assert named({"q": TOKEN}, {"PASS": "pass-word"}) == ("q",)
    assert named({"q": TOKEN, "p": "pass-word"}, {}) == ("p", "q")
    assert named({"q": TOKEN, "r": "another"}, {"PASS": "pass-word"}) == ("q", "r")


def test_a_journal_of_an_earlier_release_names_none() -> None:
    assert given_at_first({}) == {}
    assert by_hand({}, {}) == ()


def test_what_cleans_up_is_given_what_the_schema_wants(bench: Workbench) -> None:
    text = f"""
inputs: {{pin: {{type: integer, secret: true}}, other: {{type: integer, secret: true, env: OTHER}}}}
steps: [{WAITS}]
finally: [{{run: 'test ${{{{ inputs.pin }}}} = 7'}}]
"""
    bench.run(text, {"pin": 7, "other": 8}, patience="0")
    with pytest.raises(UsageError, match="input `pin` is not what its schema says"):
        bench.resume({"pin": "abc"}, cancel=True)
    run = bench.resume({"pin": 7}, environ={"OTHER": "abc"}, cancel=True)  # nothing of it uses the other
    assert run.status == "cancelled"


def test_what_a_child_got_from_a_variable_is_no_default_later(bench: Workbench) -> None:
    (bench.folder / "child.yaml").write_text("""
steplane: 1
name: child
inputs: {p: {type: string, secret: true, env: PASS, default: default-of-child}}
steps:
  - {id: a, run: 'test -e ready'}
  - {id: b, run: 'test "${{ inputs.p }}" = tok-"8c1f0a2b"'}
""")
    bench.run("\nsteps: [{id: c, call: child.yaml}]\n", environ={"PASS": TOKEN})
    (bench.folder / "ready").touch()
    without = bench.resume()
    assert without.error("c/child/b")[1].endswith("the variable PASS that gave it is not set any more")
    assert bench.resume(environ={"PASS": TOKEN}).status == "succeeded"


def test_a_variable_may_be_called_like_the_secret_in_it(bench: Workbench) -> None:
    (bench.folder / "child.yaml").write_text("""
steplane: 1
name: child
inputs: {p: {type: string, secret: true, env: PASS_WORD, default: default-of-child}}
steps:
  - {id: a, run: 'test -e ready'}
  - {id: b, run: 'test -n "${{ inputs.p }}"'}
""")
    bench.run("\nsteps: [{id: c, call: child.yaml}]\n", environ={"PASS_WORD": "PASS_WORD"})
    (bench.folder / "ready").touch()
    without = bench.resume()
    assert without.error("c/child/b")[1].endswith("the variable PASS_WORD that gave it is not set any more")
    assert bench.resume(environ={"PASS_WORD": "another-word"}).status == "succeeded"


def test_a_secret_that_is_first_given_to_a_resume_is_asked_for_from_then_on(bench: Workbench) -> None:
    bench.run("""
inputs: {p: {type: string, secret: true, default: none-at-all}}
steps: [{id: a, run: 'test "${{ inputs.p }}" = tok-"8c1f0a2b"'}, {id: b, run: test -e ready}]
""")
    assert bench.resume({"p": TOKEN}).status == "failed"
    (bench.folder / "ready").touch()
    with pytest.raises(UsageError, match="input `p` is missing"):
        bench.resume()
    assert bench.resume({"p": TOKEN}).status == "succeeded"
