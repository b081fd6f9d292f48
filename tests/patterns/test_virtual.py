"""Every case under a virtual clock: every trace is legal, also where the process dies, and none is only forbidden."""

import pytest
from tests.patterns.cases import Case
from tests.patterns.possible import ALL, LATER, RUN, loaded, plan_of
from tests.patterns.virtual import Player

SEEDS = 50
COMPARED = 10
"""Of every ten runs one is played by the reference interpreter too; nightly all are."""


def by_name(case: Case) -> str:
    return case.name


def traces_of(case: Case, crashes: int, compared: int) -> list[list[str]]:
    """The traces of all seeds; with crashes where the number of them is not 0."""
    found = []
    for seed in range(SEEDS):
        player = Player(case, plan_of(case), seed, crashes=crashes, compared=seed % compared == 0)
        found.append(player.play())
        problem = case.problem(found[-1])
        assert not problem, f"seed {seed}: {problem}: {' '.join(found[-1])}"
    return found


@pytest.mark.parametrize("case", RUN, ids=by_name)
def test_every_trace_is_legal(case: Case) -> None:
    assert case.unseen(traces_of(case, 0, COMPARED)) == []


@pytest.mark.parametrize("case", RUN, ids=by_name)
def test_every_trace_is_legal_over_crashes(case: Case) -> None:
    traces_of(case, 2, COMPARED)


@pytest.mark.nightly
@pytest.mark.parametrize("crashes", [0, 3])
@pytest.mark.parametrize("case", RUN, ids=by_name)
def test_the_reference_agrees(case: Case, crashes: int) -> None:
    traces_of(case, crashes, 1)


@pytest.mark.parametrize("case", LATER, ids=by_name)
def test_what_is_not_possible_yet_is_refused_by_name(case: Case) -> None:
    assert loaded(case).plan is None


def test_every_case_says_which_pattern_it_is() -> None:
    for case in ALL:
        assert case.head.startswith(f"WCP-{case.number}, "), case.name
        assert case.said
        assert {key for key, _ in case.lines} <= {"said", "legal", "some", "ends", "keys", "outside", "broken"}, (
            case.name
        )
