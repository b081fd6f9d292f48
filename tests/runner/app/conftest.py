"""A workbench for running small workflows."""

from pathlib import Path

import pytest
from tests.runner.running import Workbench

from steplane.app.loading import make_registry
from steplane.plugins import Registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The built-in step types."""
    return make_registry(None, None)


@pytest.fixture
def bench(tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """A workbench in `tmp_path`, which is the working directory too."""
    monkeypatch.chdir(tmp_path)
    return Workbench(tmp_path, registry)
