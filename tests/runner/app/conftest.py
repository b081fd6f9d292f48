"""A workbench for running small workflows."""

from pathlib import Path

import pytest
from tests.runner.app.cached import BUILD, why
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


@pytest.fixture
def built(bench: Workbench) -> Workbench:
    """A workbench in which the step has run once."""
    source = bench.folder / "src"
    source.mkdir()
    (source / "a.c").write_text("a")
    run = bench.run(BUILD, run_id="r0")
    assert why(run) == ["no result of it is recorded"]
    return bench
