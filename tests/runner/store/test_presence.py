"""What becomes of a live run whose files somebody deletes, moves or replaces: it says so, and never ends well."""

import os
import shutil
from pathlib import Path

import pytest

from steplane.errors import RunGone
from steplane.events import RunEnded, RunStarted, StepReady
from steplane.store import Durability, RunStore
from steplane.store.presence import Presence

GONE = {
    "folder": "{0} was deleted or moved while the run went on, with all that it had recorded",
    "journal.db": "{0}/journal.db was deleted, moved or replaced while the run went on, with all that it had recorded",
    "journal.db-wal": "{0}/journal.db-wal was deleted, moved or replaced while the run went on",
}


def take_away(what: str, folder: Path) -> None:
    """Somebody deletes it."""
    if what == "folder":
        shutil.rmtree(folder)
    else:
        (folder / what).unlink()


@pytest.mark.parametrize("what", GONE)
def test_no_end_is_committed_to_what_is_gone(store: RunStore, what: str) -> None:
    with store.create("r1", "text", "hash", {}) as journal:
        journal.append(RunStarted())
        journal.commit()
        take_away(what, Path(journal.folder.path))
        journal.append(RunEnded(status="succeeded"))
        with pytest.raises(RunGone) as caught:
            journal.commit()
    assert caught.value.message == GONE[what].format(journal.folder.path)
    assert caught.value.exit_code == 6


@pytest.mark.parametrize("durability", ["full", "normal"])
@pytest.mark.parametrize("left", [0, 0.5, 0.99])
@pytest.mark.parametrize("file", ["journal.db", "journal.db-wal"])
def test_no_end_is_committed_to_what_was_cut_off(
    store: RunStore, file: str, left: float, durability: Durability
) -> None:
    """In its place, so that it is the same file, which the next commit makes as long again as it was."""
    with store.create("r1", "text" * 5000, "hash", {}, durability) as journal:
        for number in range(40):
            journal.append(StepReady(step="a", path=f"a[{number}]"))
            journal.commit()
        path = Path(journal.folder.path, file)
        os.truncate(path, int(path.stat().st_size * left))
        journal.append(RunEnded(status="succeeded"))
        with pytest.raises(RunGone) as caught:
            journal.commit()
    assert caught.value.message == f"{path} was cut off while the run went on, and what stood behind the cut is lost"
    assert caught.value.exit_code == 6


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_what_sqlite_does_with_its_files_cuts_none_off(store: RunStore, durability: Durability) -> None:
    """The log begins at its start again several times; a commit of many events, and one that is undone."""
    with store.create("r1", "text", "hash", {}, durability) as journal:
        for number in range(60):
            for part in range(50):
                journal.append(StepReady(step="a", path=f"{'a' * 1000}[{number}.{part}]"))
            journal.commit()
        journal.append(RunEnded(status="succeeded"))
        journal.commit()
    with store.read("r1") as reader:
        assert reader.check() == []


def test_one_of_the_same_name_is_not_it(store: RunStore) -> None:
    with store.create("r1", "text", "hash", {}) as journal:
        os.rename(journal.folder.path, f"{journal.folder.path}.away")
        with store.create("r1", "another", "hash", {}):
            journal.append(RunEnded(status="succeeded"))
            with pytest.raises(RunGone):
                journal.commit()


def test_without_its_log_the_run_keeps_all_and_goes_on(store: RunStore) -> None:
    """What stood in the log is brought into the database when that is closed, for it is still open."""
    with store.create("r1", "text", "hash", {}) as journal:
        journal.append(RunStarted(at=1))
        journal.commit()
        os.unlink(f"{journal.folder.journal}-wal")
        journal.append(RunEnded(at=2, status="succeeded"))
        with pytest.raises(RunGone, match="was deleted"):
            journal.commit()
    with store.acquire("r1") as again:
        assert list(again.inputs()) == [RunStarted(at=1)]
        assert again.last_seq() == 2
        assert again.check() == []


def test_it_is_looked_at_once_in_a_while_and_before_the_end(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steplane.store.presence._EVERY", 10**18)
    with store.create("r1", "text", "hash", {}) as journal:
        looks = count_looks(monkeypatch)
        for number in range(5):
            journal.append(StepReady(step="a", path=f"a[{number}]"))
            journal.commit()
        assert len(looks) == 1
        journal.append(RunEnded(status="succeeded"))
        journal.commit()
        assert len(looks) == 2


def count_looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """When it is looked, in ns of the monotonic clock."""
    looks = list[int]()
    real = Presence.look

    def look(self: Presence, now: int) -> None:
        looks.append(now)
        real(self, now)

    monkeypatch.setattr(Presence, "look", look)
    return looks
