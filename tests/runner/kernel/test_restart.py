"""Section 16.8: groups that a resume runs whole."""

from tests.runner.kernel.play import Play

GROUP = 'steps: [{id: g, restart: true, steps: [{id: a, run: ["true"]}, {id: b, run: ["true"]}]}]'


def test_a_live_group_begins_with_its_first_step() -> None:
    play = Play(GROUP)
    play.ok("g/a")
    play.resume()
    assert (play.running, play.activations("g"), play.activations("g/a")) == (["g/a"], 1, 2)
    assert (play.end_of("g/b").status, play.end_of("g/b").reason) == ("cancelled", "begun anew on resume")
    play.ok("g/a", "g/b")
    assert play.ended == "succeeded"


def test_a_group_that_failed_begins_with_its_first_step() -> None:
    play = Play(GROUP)
    play.ok("g/a")
    play.fail("g/b")
    play.resume()
    assert (play.running, play.activations("g"), play.activations("g/a")) == (["g/a"], 2, 2)


def test_a_group_that_succeeded_stays() -> None:
    play = Play(f'{GROUP[:-1]}, {{id: c, run: ["true"]}}]')
    play.ok("g/a", "g/b")
    play.fail("c")
    play.resume()
    assert play.running == ["c"]


def test_it_is_prepared_anew_and_keeps_its_lock() -> None:
    play = Play(
        'steps: [{id: g, restart: true, lock: l, require: [inputs.x], timeout: 5s, steps: [{id: a, run: ["true"]}]}]'
    )
    play.answer("g", "require")
    play.resume()
    assert (play.asked, play.kernel.state.locks["run", "l"].holders) == ([("g", "require")], 1)
    play.answer("g", "require")
    play.timer("g", "timeout")
    play.stop("g/a")
    assert play.ended == "failed"


def test_its_rescue_goes_on_where_it_was() -> None:
    play = Play(f'{GROUP[:-2]}, rescue: [{{id: r, run: ["true"]}}, {{id: s, run: ["true"]}}]}}]')
    play.fail("g/a")
    play.ok("g/r")
    play.resume()
    assert play.running == ["g/s"]


def test_a_round_is_run_whole() -> None:
    play = Play(f"{GROUP[:-2]}, until: inputs.x}}]")
    play.ok("g[0]/a", "g[0]/b")
    play.answer("g", "until", value=False)
    play.ok("g[1]/a")
    play.resume()
    assert (play.running, play.activations("g[0]/a"), play.activations("g[1]/a")) == (["g[1]/a"], 1, 2)
