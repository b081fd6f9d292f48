"""Locks over all runs of a state directory: order, limits, the dead, rings."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplane.errors import StateDamaged
from steplane.store import Claim, Journal, LockTable, RunStore, StateDirectory
from steplane.store.locks import Reply, ring_of


class House:
    """Some live runs, each with its table."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.directory = StateDirectory.find(str(folder))
        self.store = RunStore(self.directory)
        self.buried: list[str] = []
        self._stack = stack
        self.journals: dict[str, Journal] = {}

    def run(self, name: str) -> LockTable:
        journal = self.store.create(name, "text", "hash", {})
        self._stack.callback(journal.close)
        self.journals[name] = journal
        return LockTable(self.directory, name, journal.epoch, self.bury)

    def bury(self, run: str) -> bool:
        self.buried.append(run)
        return True


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path, stack)


def want(table: LockTable, name: str = "door", limit: int = 1, instance: int = 1, path: str = "hold") -> Reply:
    return table.ask([Claim(name, limit, "", instance, path)])[instance]


def test_one_holds_and_the_others_come_in_their_order(house: House) -> None:
    one, two, three = house.run("one"), house.run("two"), house.run("three")
    assert want(one).given
    assert [each.holder for each in want(two).holders] == ["one/hold"]
    assert not want(three).given
    assert one.give_back([1]) == {"two", "three"}
    assert [each.holder for each in want(three).holders] == ["two/hold"]
    assert want(two).given
    assert not want(three).given


def test_who_holds_may_ask_again(house: House) -> None:
    one = house.run("one")
    assert want(one).given
    assert want(one).given


def test_as_many_as_the_limit_says(house: House) -> None:
    tables = [house.run(name) for name in ("one", "two", "three")]
    assert [want(each, limit=2).given for each in tables] == [True, True, False]


def test_names_are_apart(house: House) -> None:
    one, two = house.run("one"), house.run("two")
    assert want(one, "door").given
    assert want(two, "window").given


def test_what_a_dead_run_held_is_free_once_it_is_buried(house: House) -> None:
    one, two = house.run("one"), house.run("two")
    assert want(one).given
    house.journals["one"].close()
    assert [each.run for each in two.claims()] == []
    assert want(two).given
    assert house.buried == ["one"]


def test_a_dead_run_that_is_being_taken_up_again_is_left_alone(house: House) -> None:
    one, two = house.run("one"), house.run("two")
    assert want(one).given
    house.journals["one"].close()
    two = LockTable(house.directory, "two", two.epoch, lambda _: False)
    assert not want(two).given


def test_a_later_process_of_a_run_forgets_what_the_earlier_one_had(house: House) -> None:
    one, two = house.run("one"), house.run("two")
    assert want(one).given
    house.journals["one"].close()
    with house.store.acquire("one") as journal:
        later = LockTable(house.directory, "one", journal.epoch)
        assert not want(two).given
        later.begin()
        assert want(two).given
        assert one.give_back([1]) == set()  # nor may the earlier one take away what is not its own
        assert [each.run for each in two.claims()] == ["two"]


def test_one_that_does_not_look_any_more_lets_others_pass(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = house.run("one"), house.run("two"), house.run("three")
    assert want(one).given
    assert not want(two).given
    one.give_back([1])
    monkeypatch.setattr("steplane.store.locks._SUSPENDED", -1.0)  # as if it had been long ago
    assert want(three).given


def test_at_the_end_everything_is_given_back(house: House) -> None:
    one, two = house.run("one"), house.run("two")
    assert want(one, "door", instance=1).given
    assert want(one, "window", instance=2).given
    want(two, "window")
    assert one.end() == {"two"}
    assert [each.run for each in two.claims()] == ["two"]


def test_nobody_has_asked_yet(house: House) -> None:
    one = house.run("one")
    assert one.claims() == []
    one.begin()
    assert one.end() == set()
    assert not Path(one.path).exists()


def test_a_damaged_database_is_refused_with_its_path(house: House) -> None:
    one = house.run("one")
    assert want(one).given
    Path(one.path).write_bytes(b"x" * 5000)
    with pytest.raises(StateDamaged, match=r"locks\.db"):
        want(one, instance=2)


# ---------------------------------------------------------------- rings


def test_the_one_that_closes_a_ring_is_refused(house: House) -> None:
    one, two = house.run("one"), house.run("two")
    assert want(one, "door", path="outer").given
    assert want(two, "window", path="outer").given
    assert not want(one, "window", instance=2, path="outer/inner").ring
    assert [each.holder for each in want(two, "door", instance=2, path="outer/inner").ring] == ["one/outer"]
    assert not want(one, "window", instance=2, path="outer/inner").ring
    two.give_back([1])
    assert want(one, "window", instance=2, path="outer/inner").given


def test_a_holder_that_waits_beside_its_lock_is_in_no_ring(house: House) -> None:
    one, two = house.run("one"), house.run("two")
    assert want(one, "door", path="a").given
    assert want(two, "window", path="a").given
    assert not want(one, "window", instance=2, path="b").ring
    assert not want(two, "door", instance=2, path="b").ring


@given(st.integers(0, 2**32))
def test_a_ring_is_found_just_when_nobody_can_go_on(seed: int) -> None:
    """Against a slow search: let whoever can go on end, until nobody can."""
    random = Random(seed)
    rows = _rows(random)
    waiting = [one for one in rows if not one.held]
    left = _search(rows)
    for one in waiting:
        assert bool(ring_of(one, rows)) == (one.number in left), (one, rows)


def _rows(random: Random) -> list[Claim]:
    """Holders and those that wait inside and beside them, one of a kind for each run and path."""
    rows: list[Claim] = []
    for number in range(random.randint(1, 7)):
        run, name = random.choice("123"), random.choice("xy")
        outer = [one for one in rows if one.run == run and one.held]
        path = f"{random.choice(outer).path}/n{number}" if outer and random.randint(0, 2) else f"n{number}"
        held = sum(one.held and one.name == name for one in rows) < 1 and bool(random.randint(0, 1))
        rows.append(Claim(name, 1, run, number, path, held, number=number))
    return rows


def _search(rows: list[Claim]) -> set[int]:
    """Those that wait for ever."""
    rows = list(rows)
    while True:
        for one in rows:
            inside = any(
                not other.held and other.run == one.run and other.path.startswith(f"{one.path}/") for other in rows
            )
            taken = any(other.held and other.name == one.name for other in rows)
            if (one.held and not inside) or (not one.held and not taken):
                rows.remove(one)
                break
        else:
            return {one.number for one in rows if not one.held}
