"""Every case on real processes: killed with kill -9 at a commit of its journal, gone on with, its trace legal."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from tests.patterns.cases import Case
from tests.patterns.killing import Field, Striker
from tests.patterns.possible import RUN, plan_of

POINTS = 3
"""Commits at which a case is killed; nightly at each."""


@pytest.fixture(scope="module")
def striker() -> Iterator[Striker]:
    made = Striker()
    yield made
    made.end()


def kill(striker: Striker, folder: Path, case: Case, most: int | None) -> None:
    """A run that nothing disturbs, then one for each point."""
    field = Field(striker, folder, case, plan_of(case))
    points = range(1, field.run("calm") + 1)
    chosen = list(points) if most is None else Random(case.name).sample(points, min(most, len(points)))
    for point in chosen:
        field.run(f"killed-{point}", survives=point)
    assert field.kills or most is not None  # by chance a run may be over before the last points


@pytest.mark.parametrize("case", RUN, ids=lambda case: case.name)
def test_killed_and_gone_on_with(case: Case, striker: Striker, tmp_path: Path) -> None:
    kill(striker, tmp_path, case, POINTS)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", RUN, ids=lambda case: case.name)
def test_killed_at_every_commit(case: Case, striker: Striker, tmp_path: Path) -> None:
    kill(striker, tmp_path, case, None)
