"""Sections 7 and 11: switch, parallel with late branches, `end`."""

from tests.runner.kernel.play import Play

from steplane.kernel.reach import obstacle

LEAF = 'run: ["true"]'


def two(join: str, more: str = "", policy: str = "stop") -> Play:
    """A `parallel` of two branches with one step after it."""
    return Play(f"""
      failure: {policy}
      steps:
      - id: p
        join: {join}
        {more}
        parallel: {{left: [{{id: a, {LEAF}}}], right: [{{id: b, {LEAF}}}]}}
      - {{id: c, {LEAF}}}
    """)


def test_switch_takes_an_arm() -> None:
    arms = ", ".join(f"{{when: inputs.x, steps: [{{id: {name}, {LEAF}}}]}}" for name in "ab")
    play = Play(f"steps: [{{id: s, switch: [{arms}]}}]")
    play.answer("s", "switch", 1)
    assert (play.running, "s/a" in play.kernel.state.paths) == (["s/b"], False)


def test_switch_without_an_arm_fails() -> None:
    play = Play(f"steps: [{{id: s, switch: [{{when: inputs.x, steps: [{{id: a, {LEAF}}}]}}]}}]")
    play.answer("s", "switch", None)
    error = play.end_of("s").error
    assert error is not None
    assert error.type == "switch.none"


def test_all_branches_are_waited_for() -> None:
    play = two("all")
    play.fail("p/a")
    assert play.status("p") == "running"
    play.ok("p/b")
    assert (play.status("p"), play.status("c")) == ("failed", "blocked")


def test_failure_cancel_reaches_the_other_branches() -> None:
    play = two("all", "failure: cancel")
    play.fail("p/a")
    assert play.stopping == ["p/b"]


def test_any_lets_the_others_run_on() -> None:
    play = two("any")
    play.ok("p/a")
    assert (play.status("p"), play.running) == ("succeeded", ["c", "p/b"])
    play.ok("c")
    assert play.ended is None  # the list is over only when the late branch is
    play.ok("p/b")
    assert play.ended == "succeeded"


def test_a_late_failure_is_a_warning_and_nothing_else() -> None:
    play = two("any")
    play.ok("p/a")
    play.fail("p/b")
    play.ok("c")
    assert play.ended == "warning"


def test_a_failure_before_the_join_is_a_warning_of_the_step() -> None:
    play = two("any")
    play.fail("p/a")
    play.ok("p/b")
    assert play.status("p") == "warning"


def test_the_policy_of_the_list_does_not_reach_late_branches() -> None:
    play = two("any", policy="cancel")
    play.ok("p/a")
    play.fail("c")
    assert (play.running, play.stopping) == (["p/b"], [])


def test_not_those_of_a_loop_either() -> None:
    play = Play(f"""
      failure: cancel
      steps:
      - id: p
        needs: []
        foreach: [k]
        join: any
        parallel: {{left: [{{id: a, {LEAF}}}], right: [{{id: b, {LEAF}}}]}}
      - {{id: c, {LEAF}, needs: []}}
    """)
    play.loop("p", "k", "l")
    play.ok("p[k]/a")
    play.fail("c")
    assert (play.running, play.stopping) == (["p[k]/b"], ["p[l]/a", "p[l]/b"])


def test_a_cancel_of_the_run_reaches_late_branches() -> None:
    play = two("any")
    play.ok("p/a")
    play.cancel()
    assert play.stopping == ["c", "p/b"]


def test_if_ensure_fails_the_branches_that_run_are_cancelled_first() -> None:
    play = two("any", "ensure: [inputs.x]")
    play.ok("p/a")
    play.answer("p", "ensure", error="ensure")
    assert (play.stopping, play.status("p")) == (["p/b"], "running")
    play.stop("p/b")
    assert (play.status("p"), play.ended) == ("failed", "failed")


CUT = "{count: 1, rest: cancel}"


def test_the_rest_is_cancelled_first() -> None:
    play = two(CUT)
    play.ok("p/a")
    assert (play.status("p"), play.stopping, play.running) == ("running", ["p/b"], [])
    play.stop("p/b")
    assert (play.status("p"), play.status("p/b"), play.running) == ("succeeded", "cancelled", ["c"])


def test_a_failure_before_or_in_the_clean_up_of_the_rest_is_a_warning() -> None:
    branches = ", ".join(f"{name}: [{{id: {name}, {LEAF}}}]" for name in "abd")
    cleans = f"e: [{{id: e, {LEAF}, finally: [{{id: f, {LEAF}}}]}}]"
    for failing in ("a", "f"):
        play = Play(f"steps: [{{id: p, join: {CUT}, parallel: {{{branches}, {cleans}}}}}]")
        if failing == "a":
            play.fail("p/a")
        play.ok("p/b")
        for path in play.stopping:
            play.stop(path)
        (play.fail if failing == "f" else play.ok)("p/e/f")
        assert (play.status("p"), play.ended) == ("warning", "warning")


def test_the_limit_covers_what_is_cancelled() -> None:
    play = two(CUT, "timeout: 5s")
    play.ok("p/a")
    play.timer("p", "timeout")
    play.stop("p/b")
    assert play.end_of("p").error is not None
    assert play.status("p") == "failed"


def test_a_resume_leaves_the_rest_as_it_is_unless_what_had_arrived_is_to_do_again() -> None:
    play = two(CUT, "ensure: [inputs.x]")
    play.ok("p/a")
    play.resume()
    assert (play.running, play.stopping) == ([], [])  # it counts as stopped
    assert play.asked == [("p", "ensure")]
    play.answer("p", "ensure", error="ensure")
    play.resume()
    assert (play.asked, play.activations("p/b")) == ([("p", "ensure")], 1)
    assert obstacle(play.kernel.state, play.kernel.state.paths["p/b"]) == (
        "the steps of `p` are over, and it goes on after them"
    )
    play.answer("p", "ensure", error="ensure")
    assert obstacle(play.kernel.state, play.kernel.state.paths["p/a"]) == ""
    assert obstacle(play.kernel.state, play.kernel.state.paths["p/b"]) == (
        "enough branches of `p` have arrived, and its `join` cancels the rest"
    )
    play.resume("p/a")
    assert play.running == ["p/a", "p/b"]


def test_one_branch_is_enough_in_the_end() -> None:
    play = two("active")
    play.ok("p/a")
    assert play.status("p") == "running"
    play.fail("p/b")
    assert (play.status("p"), play.running) == ("warning", ["c"])
    play = two("active")
    play.fail("p/a")
    play.fail("p/b")
    assert (play.status("p"), play.ended) == ("failed", "failed")


def test_end_cancels_skips_and_runs_finally() -> None:
    play = Play(f"""
      rescue: [{{id: r, {LEAF}}}]
      finally: [{{id: f, {LEAF}}}]
      steps:
      - {{id: a, {LEAF}, needs: []}}
      - {{id: b, {LEAF}, needs: []}}
      - {{id: e, end: failed, needs: [b]}}
      - {{id: c, {LEAF}}}
    """)
    play.ok("b")
    assert (play.stopping, play.status("e"), play.status("c")) == (["a"], "succeeded", "skipped")
    play.stop("a")
    play.ok("f")
    assert (play.ended, "r" in play.started) == ("failed", False)
    assert play.facts[-1].error.type == "end"
