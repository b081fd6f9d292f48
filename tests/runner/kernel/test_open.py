"""Section 10.6: loops to which items are added while they run."""

from typing import Any

from tests.runner.kernel.play import Play

from steplane.events import ItemAdded


def loop(keys: str = "") -> str:
    more = f", {keys}" if keys else ""
    return f'steps: [{{id: a, run: ["true"], foreach: [x], open: more{more}}}, {{id: b, run: ["true"]}}]'


def add(play: Play, data: Any, key: str, allowed: int = 0) -> None:
    """A signal brings an item."""
    play.signal("more", data)
    assert ("a", "item") in play.asked
    play.answer("a", "item", {"key": key, "allowed": allowed})


def added(play: Play) -> list[tuple[str, bool]]:
    return [(fact.key, fact.closed) for fact in play.facts if isinstance(fact, ItemAdded)]


def test_items_are_added_until_it_is_closed() -> None:
    play = Play(loop())
    play.loop("a", "k")
    play.ok("a[k]")
    assert (play.status("a"), play.ended) == ("running", None)
    add(play, 7, "l")
    assert play.running == ["a[l]"]
    assert play.live("a").loop.items[1] == 7  # type: ignore[union-attr]
    play.signal("more")
    assert (play.asked, play.running) == ([], ["a[l]"])
    play.ok("a[l]")
    assert (play.status("a"), play.running) == ("succeeded", ["b"])
    assert added(play) == [("l", False), ("", True)]


def test_a_loop_without_items_waits_for_some() -> None:
    play = Play(loop())
    play.loop("a")
    assert (play.status("a"), play.running) == ("running", [])
    play.signal("more")
    assert (play.status("a"), play.running) == ("succeeded", ["b"])


def test_every_signal_is_taken_at_once_and_added_in_order() -> None:
    play = Play(loop("concurrency: 2"))
    play.loop("a", "k", concurrency=2)
    play.signal("more", 1)
    play.signal("more", 2, transient=True)
    play.signal("more")
    play.signal("more", 3)  # it takes no more: this one is kept for somebody else
    play.answer("a", "item", {"key": "l", "allowed": 0})
    play.answer("a", "item", {"key": "m", "allowed": 0})
    assert play.running == ["a[k]", "a[l]"]
    play.ok("a[k]", "a[l]", "a[m]")
    assert (play.status("a"), added(play)[-1]) == ("succeeded", ("", True))
    assert list(play.kernel.state.signals) == ["more"]


def test_what_was_sent_before_it_begins_counts() -> None:
    play = Play('steps: [{id: z, run: ["true"]}, {id: a, run: ["true"], foreach: [x], open: more}]')
    play.signal("more", 1)
    play.signal("more")
    play.ok("z")
    play.loop("a")
    play.answer("a", "item", {"key": "k", "allowed": 0})
    play.ok("a[k]")
    assert play.ended == "succeeded"


def test_it_is_complete_though_nobody_has_closed_it() -> None:
    play = Play(loop("complete: 2"))
    play.loop("a", "k")
    play.ok("a[k]")
    add(play, 1, "l")
    play.ok("a[l]")
    assert (play.status("a"), play.running) == ("succeeded", ["b"])


def test_too_many_failures_end_it() -> None:
    play = Play(loop())
    play.loop("a", "k")
    play.fail("a[k]")
    error = play.end_of("a").error
    assert (play.status("a"), error.type if error else "") == ("failed", "loop.failures")


def test_a_share_of_failures_is_of_the_items_there_are_by_then() -> None:
    play = Play(loop("max_failures: 50%"))
    play.loop("a", "k", allowed=0)
    add(play, 1, "l", allowed=1)
    play.fail("a[k]")
    play.ok("a[l]")
    play.signal("more")
    assert play.status("a") == "warning"


def test_an_item_without_a_key_fails_the_loop_when_the_others_have_ended() -> None:
    play = Play(loop())
    play.loop("a", "k")
    play.signal("more", 1)
    play.answer("a", "item", error="input.invalid")
    assert (play.running, play.status("a")) == (["a[k]"], "running")
    play.ok("a[k]")
    error = play.end_of("a").error
    assert (play.status("a"), error.type if error else "") == ("failed", "input.invalid")


def test_a_cancel_closes_it() -> None:
    play = Play(loop())
    play.loop("a", "k")
    play.signal("more", 1)
    play.cancel()
    play.stop("a[k]")
    assert (play.status("a"), play.ended, added(play)) == ("cancelled", "cancelled", [])


def test_what_was_taken_when_the_process_died_is_added_once() -> None:
    play = Play(loop("concurrency: 3"))
    play.loop("a", "k", concurrency=3)
    play.signal("more", 1)
    play.signal("more", 2)
    play.resume()
    assert play.asked == [("a", "item")]
    play.answer("a", "item", {"key": "l", "allowed": 0})
    play.resume()
    play.answer("a", "item", {"key": "m", "allowed": 0})
    assert play.live("a").loop.items[1:] == [1, 2]  # type: ignore[union-attr]
    assert play.running == ["a[k]", "a[l]", "a[m]"]


def test_a_resume_keeps_the_items_and_what_was_closed() -> None:
    play = Play(loop())
    play.loop("a", "k")
    add(play, 1, "l")
    play.signal("more")
    play.ok("a[k]")
    play.fail("a[l]")
    assert play.ended == "failed"
    play.resume()
    assert play.running == ["a[l]"]
    play.ok("a[l]")
    assert (play.status("a"), play.running) == ("succeeded", ["b"])


def test_one_that_was_not_closed_listens_again() -> None:
    play = Play(loop())
    play.loop("a", "k")
    play.fail("a[k]")
    play.resume()
    play.ok("a[k]")
    assert play.status("a") == "running"
    play.signal("more")
    assert play.status("a") == "succeeded"
