"""Several reporters of one run do not mind each other."""

import pytest

from steplane.events import AnyEvent, RunStarted
from steplane.kernel import Instance
from steplane.reporters.several import Several
from steplane.reporters.subject import Result


class Keeper:
    """Keeps what it hears; breaks at what it is told to."""

    def __init__(self, breaks: str = "") -> None:
        self.heard: list[str] = []
        self.breaks = breaks

    def _hear(self, what: str) -> None:
        self.heard.append(what)
        if what == self.breaks:
            raise RuntimeError(what)

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        self._hear("event")

    def log(self, path: str, stream: str, text: str) -> None:
        self._hear(f"log {path} {stream} {text}")

    def finish(self, result: Result) -> None:
        self._hear(f"finish {result.status}")


def _tell(several: Several) -> None:
    several.event(RunStarted(at=1), None)
    several.log("a", "stdout", "x")
    several.event(RunStarted(at=1), None)


ALL = ["event", "log a stdout x", "event", "finish failed"]


def test_all_hear_everything() -> None:
    keepers = [Keeper(), Keeper()]
    several = Several(keepers)
    _tell(several)
    several.finish(Result("failed"))
    assert [one.heard for one in keepers] == [ALL, ALL]


class Curious(Keeper):
    """Wants to know everything."""

    def progress(self, path: str, done: float, total: float | None, text: str) -> None:
        self._hear(f"progress {path} {done} {total} {text}")

    def interrupted(self) -> None:
        self._hear("interrupted")


def test_what_some_do_not_want_to_know() -> None:
    curious, other = Curious(), Keeper()
    several = Several([other, curious])
    several.progress("a", 1, None, "half")
    several.interrupted()
    assert curious.heard == ["progress a 1 None half", "interrupted"]
    assert other.heard == []


@pytest.mark.parametrize(("breaks", "heard"), [("event", ["event"]), ("log a stdout x", ["event", "log a stdout x"])])
def test_one_that_breaks_hears_of_the_end_only(breaks: str, heard: list[str]) -> None:
    broken, sound = Keeper(breaks), Keeper()
    several = Several([broken, sound])
    _tell(several)
    several.finish(Result("failed"))
    assert broken.heard == [*heard, "finish failed"]
    assert sound.heard == ALL
    assert [str(one) for one in several.failures] == [breaks]


def test_all_say_their_last_words_before_a_failure_of_one_is_told() -> None:
    broken, sound = Keeper("finish failed"), Keeper()
    with pytest.raises(RuntimeError, match="finish failed"):
        Several([broken, sound]).finish(Result("failed"))
    assert sound.heard == ["finish failed"]
