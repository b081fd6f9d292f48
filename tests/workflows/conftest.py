"""Fixtures for the examples: each is run for real, in a folder of its own."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT, Steplane
from tests.faults.rig import Life, Rig

from steplane.events import StepEnded

Example = Callable[..., "Ended"]


class Ended:
    """How a run of an example ended: its exit code, its last event, each step's status by path."""

    def __init__(self, code: int, stdout: str, stderr: str) -> None:
        self.code, self.stderr = code, stderr
        self.events: list[dict[str, Any]] = [json.loads(line) for line in stdout.splitlines()]
        assert self.events, stderr
        self.last = self.events[-1]

    @property
    def outputs(self) -> dict[str, Any]:
        outputs = self.last["outputs"]
        assert isinstance(outputs, dict), f"{self.last}\n{self.stderr}"
        return outputs

    @property
    def run(self) -> str:
        return str(self.last["run"])

    def ended(self, path: str) -> dict[str, Any]:
        """The event of the end of a step."""
        (found,) = (one for one in self.events if one["type"] == "step.ended" and one["path"] == path)
        return found

    def statuses(self) -> dict[str, str]:
        return {one["path"]: one["status"] for one in self.events if one["type"] == "step.ended"}


@pytest.fixture
def example(steplane: Steplane) -> Example:
    """Run an example, or resume the latest run, in the folder of the test."""

    def call(command: str, *words: object, **options: Any) -> Ended:
        done = steplane(command, *words, "--format", "json", timeout=110, **options)
        return Ended(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """For an example that is killed: at the end nothing of it may be left running."""
    made = Rig(tmp_path)
    try:
        yield made
        made.gone(1.0)
    finally:
        made.end()


def begin(rig: Rig, name: str, *words: object) -> Life:
    """Begin the run `one` of a workflow of this repository."""
    return rig.start("run", ROOT / "workflows" / f"{name}.yaml", "--id", "one", "--state", rig.state, "-q", *words)


def successes(rig: Rig) -> Counter[str]:
    """How often the journal of the run `one` says that a step succeeded, by path."""
    return Counter(one.path for one in rig.events() if isinstance(one, StepEnded) and one.status == "succeeded")
