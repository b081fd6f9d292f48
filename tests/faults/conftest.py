"""Fixtures of the fault tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A folder for a run; at the end nothing of it may be left, in processes or temporary files."""
    made = Rig(tmp_path)
    try:
        yield made
        made.gone(1.0)
    finally:
        made.end()
    assert list(made.temporary.iterdir()) == []
