"""Kill -9 around the recording of a result: what stands for a step afterwards is what it gave, or nothing."""

import sys

import pytest
from tests.faults.rig import NOTE, Life, Rig
from tests.faults.test_f02_points import KILLED, POINTS

from steplane.events import StepEnded

FLOW = f"""\
steplane: 1
name: cached
steps:
  - id: build
    run: '{NOTE}; mkdir -p out; cat source.txt > out/one; cat source.txt > out/two; echo "text=$(cat source.txt)" >> "$STEPLANE_OUTPUT"'
    outputs: [text]
    cache: {{files: [source.txt], outputs: ["out/*"]}}
outputs: {{text: "${{{{ steps.build.outputs.text }}}}"}}
"""  # noqa: E501 - one line of shell

FEW = 5
"""Points of each run without the nightly ones."""


class Trial:
    """The workflow in a folder, run under points."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        rig.write(FLOW)

    def start(self, words: list[str], **env: str) -> Life:
        program = [sys.executable, str(POINTS), *words, "--state", str(self.rig.state), "-q"]
        return self.rig.start_program(program, env)

    def source(self, text: str) -> None:
        (self.rig.folder / "source.txt").write_text(text)

    def names(self) -> list[str]:
        """The points that a run passes in which nothing is found."""
        self.source("warm")
        assert self.start(["run", "flow.yaml", "--id", "warm"]).wait() == 0, self.rig.outputs()
        self.source("calm")
        passed = self.rig.folder / "points"
        calm = self.start(["run", "flow.yaml", "--id", "calm"], FAULTS_POINTS=str(passed))
        assert calm.wait() == 0, self.rig.outputs()
        return passed.read_text("utf-8").split()

    def strike(self, point: str, run: str) -> None:
        """Kill a run at the point, end it, then run once more: the files and the outputs are those of the source."""
        rig = self.rig
        self.source(run)
        assert self.start(["run", "flow.yaml", "--id", run], FAULTS_POINT=point).wait() == KILLED, point
        rig.gone(1.0)
        again = ["resume", run] if rig.exists(run) else ["run", "flow.yaml", "--id", run]
        assert self.start(again).wait() == 0, f"{point}: {rig.outputs()}"
        for name in ("one", "two"):
            (rig.folder / "out" / name).unlink()
        assert self.start(["run", "flow.yaml", "--id", f"{run}z"]).wait() == 0, f"{point}: {rig.outputs()}"
        assert [(rig.folder / "out" / name).read_text() for name in ("one", "two")] == [run, run], point
        (end,) = [one for one in rig.events(f"{run}z") if isinstance(one, StepEnded)]
        assert end.status in {"succeeded", "reused"}
        assert sorted(one.name for one in (rig.folder / "out").iterdir()) == ["one", "two"], point


def strike_all(rig: Rig, most: int = 0) -> None:
    trial = Trial(rig)
    names = trial.names()
    assert {name.rpartition(":")[0] for name in names} >= {"name:before", "name:after", "commit:after"}
    names = names[names.index("spawn:before:1") :]  # what comes before it no result can tell of
    for number, point in enumerate(names[:: -(-len(names) // most) if most else 1]):
        trial.strike(point, f"k{number}k")


@pytest.mark.timeout(300)
def test_killed_at_some_points(rig: Rig) -> None:
    strike_all(rig, FEW)


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_killed_at_every_point(rig: Rig) -> None:
    strike_all(rig)
