"""Fixtures of the fault tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.rig import Rig
from tests.faults.story import sound


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A folder for a run; at the end nothing of it may be left, in processes or temporary files, and every run that is
    still in its state directory is sound, unless the test has spoiled that (`spoiled`).
    """
    made = Rig(tmp_path)
    try:
        yield made
        made.gone(1.0)
        if made.state.is_dir() and not made.spoiled:
            for run in made.store.ids():
                sound(made, run)
    finally:
        made.end()
    assert list(made.temporary.iterdir()) == []
