"""Parts of a run: `run --only/--from/--until/--of`, `resume --only/--redo/--assume`, on real processes."""

import json
import signal
from typing import Any

import pytest
from tests.runner.cli.conftest import Shell

FLOW = """\
steplane: 1
name: parts
inputs: {who: {type: string, default: Ada}}
steps:
  - {id: load, run: 'echo load >> ledger; echo loaded'}
  - {id: lint, needs: [], run: 'echo lint >> ledger'}
  - id: price
    needs: [load]
    foreach: [a, b, c]
    key: ${{ item }}
    concurrency: 3
    steps:
      - {id: quote, run: 'echo "quote ${{ item }}" >> ledger; echo "q-${{ item }}"'}
      - id: post
        run: |
          echo "post ${{ item }}" >> ledger
          test ! -e "fail-${{ item }}"
          echo "${{ steps.quote.outputs.stdout }}"
    outputs: {q: "${{ steps.post.outputs.stdout }}"}
  - id: both
    needs: [load]
    parallel:
      left: [{id: l1, run: 'echo l1 >> ledger'}, {id: l2, run: 'echo l2 >> ledger'}]
      right: [{id: r1, run: 'echo r1 >> ledger'}]
  - id: ship
    needs: {price: succeeded}
    run: |
      echo ship >> ledger
      echo "${{ steps.price.outputs.q | join(' ') }} ${{ steps.load.outputs.stdout }} ${{ inputs.who }}"
  - {id: sorry, needs: {price: failed}, run: 'echo sorry >> ledger'}
finally: [{id: bye, run: 'echo bye >> ledger'}]
"""


@pytest.fixture
def flow(shell: Shell) -> Shell:
    shell.write("parts.yaml", FLOW)
    return shell


def ledger(shell: Shell) -> list[str]:
    """What has been done since the last look, in order; instances of one loop run at once."""
    path = shell.folder / "ledger"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return sorted(lines)


def run(shell: Shell, *words: str, code: int = 0) -> dict[str, Any]:
    """The steps of a run by path, each with its status."""
    done = shell("run", "parts.yaml", "--id", "one", "-q", *words)
    assert done.returncode == code, done.stderr
    return steps(shell)


def steps(shell: Shell, run_id: str = "one") -> dict[str, Any]:
    shown = json.loads(shell("show", run_id, "--format", "json").stdout)
    return {one["path"]: one for one in shown["steps"]}


ALL = ["bye", "l1", "l2", "lint", "load", "post a", "post b", "post c", "quote a", "quote b", "quote c", "r1", "ship"]


@pytest.mark.parametrize(
    ("words", "done"),
    [
        ((), ALL),
        (("--only", "lint"), ["bye", "lint"]),
        (("--only", "lint", "--only", "load"), ["bye", "lint", "load"]),
        (("--only", "sorry"), ["bye", "sorry"]),
        (("--only", "price"), ["bye", "post a", "post b", "post c", "quote a", "quote b", "quote c"]),
        (("--only", "price[b]"), ["bye", "post b", "quote b"]),
        (("--only", "price[b]/quote"), ["bye", "quote b"]),
        (("--only", "l2"), ["bye", "l2"]),
        (("--until", "price[c]/quote"), ["bye", "load", "quote c"]),
        (("--until", "both"), ["bye", "l1", "l2", "load", "r1"]),
        (("--from", "l2"), ["bye", "l2"]),
        (("--from", "load", "--until", "both"), ["bye", "l1", "l2", "load", "r1"]),
    ],
)
def test_just_what_is_selected_runs(flow: Shell, words: tuple[str, ...], done: list[str]) -> None:
    run(flow, *words)
    assert ledger(flow) == done


def test_what_is_not_selected_is_one_line_whatever_the_format(flow: Shell) -> None:
    plain = flow("run", "parts.yaml", "--only", "lint").stdout
    assert "○" not in plain
    assert plain.endswith(" (2 succeeded)\n  not selected: 5 steps\n")
    for form in ("github", "gitlab"):
        shown = flow("run", "parts.yaml", "--only", "lint", "--format", form, "--color", "never").stdout
        assert "○" not in shown
        assert shown.count("not selected: 5 steps\n") == 1
    part = flow("run", "parts.yaml", "--only", "price[b]", "--format", "plain").stdout
    assert "  not selected: 7 steps\n" in part  # the five others of the workflow, and two items
    assert "not selected" not in flow("run", "parts.yaml", "--only", "lint", "-q").stdout


def test_what_is_taken_from_an_earlier_run_is_one_line(flow: Shell) -> None:
    run(flow)
    shown = flow("run", "parts.yaml", "--from", "ship", "--of", "one").stdout
    assert shown.endswith(" (2 succeeded)\n  taken from run one: 4 steps\n  not selected: 1 step\n")
    assert "✓ load" not in shown


def test_the_latest_run_is_that_of_the_workflow(flow: Shell) -> None:
    refused = flow("run", "parts.yaml", "--from", "ship", "--of", "latest")
    assert refused.returncode == 2
    assert refused.stderr == "error: there is no run of `parts` yet\n help: See what there is: steplane runs\n"
    run(flow)
    flow.write("other.yaml", "steplane: 1\nname: other\nsteps: [{run: 'true'}]\n")
    assert flow("run", "other.yaml", "-q").returncode == 0
    assert flow("run", "parts.yaml", "--from", "ship", "--of", "latest", "-q").returncode == 0


def test_what_is_not_selected_is_skipped_and_says_so(flow: Shell) -> None:
    found = run(flow, "--only", "lint")

    assert found["load"]["status"] == "skipped"
    assert found["load"]["reason"] == "not selected"
    shown = flow("show", "one").stdout
    assert "part     --only lint" in shown


def test_an_output_of_what_is_not_selected_is_missing_with_the_remedy(flow: Shell) -> None:
    found = run(flow, "--only", "ship", code=1)

    assert found["ship"]["error"]["message"].endswith(
        "the output `q` of step `price` is missing: the step was not selected for this run; `--of RUN` takes its "
        "outputs from an earlier run"
    )


@pytest.mark.parametrize("of", ["one", "latest"])
def test_of_takes_what_a_run_recorded_and_its_inputs(flow: Shell, of: str) -> None:
    run(flow, "-i", "who=Bob")
    ledger(flow)

    done = flow("run", "parts.yaml", "--id", "two", "--from", "ship", "--of", of, "-q")

    assert (done.returncode, ledger(flow)) == (0, ["bye", "ship"])
    found = steps(flow, "two")
    assert found["ship"]["outputs"]["stdout"] == "q-a q-b q-c loaded Bob"
    assert (found["price"]["status"], found["price"]["reason"]) == ("reused", f"taken from run {flow.plain('one')}")
    assert flow("show", "two").stdout.count("of       one") == 1


def test_of_inside_a_loop_reuses_the_other_items_and_what_is_before(flow: Shell) -> None:
    run(flow)
    ledger(flow)

    flow("run", "parts.yaml", "--id", "two", "--from", "price[b]/post", "--of", "one", "-i", "who=Eve", "-q")

    assert ledger(flow) == ["bye", "post b", "ship"]
    assert steps(flow, "two")["ship"]["outputs"]["stdout"] == "q-a q-b q-c loaded Eve"


def test_a_run_of_a_part_is_resumed_as_that_also_without_the_earlier_run(flow: Shell) -> None:
    (flow.folder / "fail-b").touch()
    run(flow, code=1)
    ledger(flow)
    flow("run", "parts.yaml", "--id", "two", "--from", "price[b]", "--of", "one", "-q")
    assert ledger(flow) == ["bye", "post b", "quote b", "sorry"]
    (flow.folder / "fail-b").unlink()

    assert flow("resume", "two", "-q").returncode == 0
    assert ledger(flow) == ["bye", "post b", "ship"]
    assert steps(flow, "two")["ship"]["outputs"]["stdout"] == "q-a q-b q-c loaded Ada"


def test_a_run_of_a_part_that_was_killed_goes_on(shell: Shell) -> None:
    shell.write(
        "slow.yaml",
        "steplane: 1\nname: slow\nsteps:\n"
        "  - {id: a, run: 'echo a >> ledger; echo A'}\n"
        "  - {id: b, run: 'echo b >> ledger; test -e go || kill -9 $PPID'}\n"
        "  - {id: c, run: 'echo \"c ${{ steps.a.outputs.stdout }}\" >> ledger'}\n",
    )
    (shell.folder / "go").touch()
    assert shell("run", "slow.yaml", "--id", "one", "-q").returncode == 0
    (shell.folder / "go").unlink()
    ledger(shell)

    killed = shell("run", "slow.yaml", "--id", "two", "--from", "b", "--of", "one", "-q")
    assert killed.returncode == 128 + signal.SIGKILL
    (shell.folder / "go").touch()
    assert shell("resume", "two", "-q").returncode == 0
    assert ledger(shell) == ["b", "b", "c A"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--only", "shp"), "there is no step `shp`. Did you mean `ship`?"),
        (("--only", "ship", "--until", "price"), "`--only` contradicts `--until`"),
        (("--from", "ship", "--until", "lint"), "nothing lies between `--from ship` and `--until lint`"),
        (("--only", "bye"), "`bye` stands in the `finally` of the workflow"),
        (("--of", "one"), "`--of` goes with `--from` or `--only`"),
        (("--from", "ship", "--of", "nix"), "no run 'nix'"),
        (("--only", "load[a]"), "step `load` is no loop: it has no item `a`"),
    ],
)
def test_what_cannot_be_selected(flow: Shell, words: tuple[str, ...], message: str) -> None:
    run(flow, "--only", "lint")
    ledger(flow)

    done = flow("run", "parts.yaml", "--id", "two", *words)

    assert done.returncode == 2
    assert message in done.stderr
    assert "help: " in done.stderr
    assert ledger(flow) == []
    assert flow("show", "two").returncode == 2  # nothing is recorded


def test_an_item_that_the_loop_has_not(flow: Shell) -> None:
    found = run(flow, "--only", "price[d]", code=1)
    assert found["price"]["error"]["message"] == "the loop has no item `d`, which is selected. Its items: a, b, c."


def test_of_a_run_in_which_a_step_before_it_did_not_end_well(flow: Shell) -> None:
    (flow.folder / "fail-b").touch()
    run(flow, code=1)

    done = flow("run", "parts.yaml", "--id", "two", "--from", "ship", "--of", "one")

    assert done.returncode == 2
    assert done.stderr == (
        "error: step `price` is failed in run one, and `ship` waits for it\n help: Run it too: --from price\n"
    )


def test_of_a_run_of_another_definition(flow: Shell) -> None:
    run(flow)
    flow.write("parts.yaml", FLOW.replace("echo loaded", "echo other").replace("echo ship >>", "echo shipped >>"))

    done = flow("run", "parts.yaml", "--id", "two", "--from", "ship", "--of", "one")

    assert done.returncode == 2
    assert done.stderr == (
        "error: the file says something else of `load` than when run one was begun\n help: Run it too: --from load\n"
    )


def test_what_follows_may_have_changed_since(flow: Shell) -> None:
    run(flow)
    ledger(flow)
    flow.write("parts.yaml", FLOW.replace("echo ship >>", "echo shipped >>"))

    assert flow("run", "parts.yaml", "--id", "two", "--from", "ship", "--of", "one", "-q").returncode == 0
    assert ledger(flow) == ["bye", "shipped"]


# ---------------------------------------------------------------- by hand at a resume


@pytest.fixture
def failed(flow: Shell) -> Shell:
    """A run in which two items of the loop have failed, for a reason that is gone."""
    for key in "bc":
        (flow.folder / f"fail-{key}").touch()
    run(flow, code=1)
    ledger(flow)
    for key in "bc":
        (flow.folder / f"fail-{key}").unlink()
    return flow


def test_only_one_item_goes_on_and_the_rest_at_a_later_resume(failed: Shell) -> None:
    assert failed("resume", "one", "--only", "price[b]", "-q").returncode == 1
    assert ledger(failed) == ["bye", "post b"]
    found = steps(failed)
    assert [found[f"price[{key}]"]["status"] for key in "abc"] == ["succeeded", "succeeded", "failed"]

    assert failed("resume", "one", "-q").returncode == 0
    assert ledger(failed) == ["bye", "post c", "ship"]


def test_redo_runs_what_has_succeeded_again_and_nothing_beside_it(flow: Shell) -> None:
    run(flow)
    ledger(flow)

    assert flow("resume", "one", "--redo", "ship", "-q").returncode == 0
    assert ledger(flow) == ["bye", "ship"]
    assert steps(flow)["ship"]["activation"] == 2
    assert flow("resume", "one", "--redo", "price[a]", "--redo", "ship", "-q").returncode == 0
    assert ledger(flow) == ["bye", "post a", "quote a", "ship"]


def test_assume_lets_the_run_go_on_with_outputs_that_are_given(failed: Shell) -> None:
    words = ["--assume", "price[b]=succeeded", "--outputs", '{"q": "Q"}']
    assert failed("resume", "one", *words, "-q").returncode == 0
    assert ledger(failed) == ["bye", "post c", "ship"]
    assert steps(failed)["ship"]["outputs"]["stdout"] == "q-a Q q-c loaded Ada"


def test_assume_that_a_step_is_skipped(failed: Shell) -> None:
    assert failed("resume", "one", "--assume", "price=skipped", "-q").returncode == 0
    assert steps(failed)["price"]["status"] == "skipped"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--redo", "shp"), "run one has no step `shp`"),
        (("--only", "price[z]"), "`price` of run one has no item `z`"),
        (("--redo", "quote"), "`quote` is not one step but 3: price[a]/quote, price[b]/quote, price[c]/quote"),
        (("--redo", "load", "--assume", "load=failed"), "step `load` stands under `--redo` and under `--assume`"),
        (("--redo", "load", "--only", "price"), "`--only` leaves out step `load`"),
        (("--assume", "load=done"), "`--assume load=done` names no status"),
        (("--redo", "price", "--redo", "price[b]"), "step `price[b]` is inside `price`, and both are named"),
        (("--redo", "bye"), "step `bye` cannot be begun anew: the `finally` of the workflow is over"),
        (("--only", "load"), "step `load` has ended as succeeded: there is nothing to go on with"),
        (("--only", "price[a]"), "step `price[a]` has ended as succeeded: there is nothing to go on with"),
        (("--only", "load", "--assume", "price=skipped"), "`--only` leaves out step `price`"),
    ],
)
def test_what_contradicts_itself_or_is_not_there(failed: Shell, words: tuple[str, ...], message: str) -> None:
    done = failed("resume", "one", *words)

    assert done.returncode == 2
    assert message in done.stderr
    assert ledger(failed) == []


def test_what_the_run_leaves_out_is_refused(flow: Shell) -> None:
    run(flow)
    assert flow("run", "parts.yaml", "--id", "two", "--from", "ship", "--of", "one", "-q").returncode == 0
    ledger(flow)

    for word in ("load", "price[a]", "price[a]/quote", "l2"):
        done = flow("resume", "two", "--redo", word)
        assert done.returncode == 2
        assert "cannot be begun anew: the run is one of a part, which leaves it out\n" in done.stderr
        assert done.stderr.endswith(" help: A resume keeps to that part: start a run.\n")
    assert ledger(flow) == []


def test_what_a_step_around_has_made_good_is_refused(shell: Shell) -> None:
    shell.write(
        "once.yaml",
        "steplane: 1\nname: once\nsteps:\n"
        "  - {id: each, foreach: [a, b], key: '${{ item }}', max_failures: 1, run: 'test ${{ item }} = a'}\n"
        "  - {id: last, run: 'false'}\n",
    )
    assert shell("run", "once.yaml", "--id", "one", "-q").returncode == 1

    done = shell("resume", "one", "--only", "each[b]")
    assert done.stderr == (
        "error: `each`, which `each[b]` is in, has ended as warning: there is nothing to go on with\n"
        " help: Begin it anew: steplane resume one --only each[b] --redo each[b]\n"
    )
    assert shell("resume", "one", "--only", "each[b]", "--redo", "each[b]", "-q").returncode == 1
    assert steps(shell)["each[b]"]["activation"] == 2


def test_an_item_begins_anew_after_another_has(flow: Shell) -> None:
    run(flow)
    assert flow("resume", "one", "--redo", "price[a]", "-q").returncode == 0
    ledger(flow)
    assert flow("resume", "one", "--redo", "price[b]", "-q").returncode == 0
    assert ledger(flow) == ["bye", "post b", "quote b"]
