"""Runs small workflows for real: through the library's own face, with real executors, in a directory of their own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from steplane.app import running
from steplane.app.execution import RunResult
from steplane.app.loading import Loaded, load
from steplane.app.running import Begun, Options
from steplane.events import AnyEvent, StepEnded
from steplane.kernel import Instance
from steplane.plan.nodes import Plan
from steplane.plugins import Registry
from steplane.store import RunStore, StateDirectory

HEAD = "steplane: 1\nname: trial\n"


class Recorder:
    """A reporter that keeps everything."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.lines: list[tuple[str, str, str]] = []
        self.reported: list[tuple[str, float, float | None, str]] = []

    hears_lines = True

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        self.events.append(event)

    def log(self, path: str, stream: str, text: str) -> None:
        self.lines.append((path, stream, text))

    def progress(self, path: str, done: float, total: float | None, text: str) -> None:
        self.reported.append((path, done, total, text))


class Outcome(Struct, frozen=True):
    """How a run ended, what was recorded of it, what its steps wrote."""

    result: RunResult
    events: list[AnyEvent]
    lines: list[tuple[str, str, str]]

    @property
    def outputs(self) -> Any:
        return self.result.outputs

    @property
    def status(self) -> str:
        return self.result.status

    @property
    def ends(self) -> dict[str, StepEnded]:
        """The latest end of each path."""
        return {event.path: event for event in self.events if isinstance(event, StepEnded)}

    @property
    def statuses(self) -> dict[str, str]:
        return {path: end.status for path, end in self.ends.items()}

    def error(self, path: str) -> tuple[str, str]:
        """Type and message of the error of a step."""
        found = self.ends[path].error
        assert found is not None, self.ends[path]
        return found.type, found.message


class Workbench:
    """A directory with a state directory in it, and the workflows that are run there."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder = folder
        self.registry = registry
        self.file = folder / "trial.yaml"
        self.store = RunStore(StateDirectory.find(str(folder), str(folder / "state"), make=True))
        self.environ = {"PATH": "/usr/bin:/bin"}

    @property
    def ledger(self) -> list[str]:
        """The lines of the file `ledger` that steps have written."""
        path = self.folder / "ledger"
        return path.read_text().splitlines() if path.exists() else []

    def load(self, text: str) -> Loaded:
        """Write the workflow (its first two lines are given) and load it."""
        self.file.write_text(text if text.startswith("steplane:") else HEAD + text)
        return load(str(self.file), self.registry, self.store)

    def plan(self, text: str) -> Plan:
        """The plan of a workflow that must be right."""
        loaded = self.load(text)
        assert loaded.plan is not None, [(one.span.line, one.message) for one in loaded.diagnostics]
        return loaded.plan

    def codes(self, text: str) -> list[str]:
        """The codes of what is wrong in the workflow."""
        return [one.code for one in self.load(text).diagnostics]

    def run(
        self,
        text: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        run_id: str = "r1",
        reporter: Any = None,
        **options: Any,
    ) -> Outcome:
        """Run a workflow to its end."""
        plan, recorder = self.plan(text), reporter or Recorder()
        result = running.begin(
            self.store,
            self.registry,
            plan,
            inputs or {},
            {**self.environ, **(environ or {})},
            Options(durability="normal", **options),
            lambda _: recorder,
            run_id,
        )
        return _outcome(result, recorder)

    def resume(
        self,
        inputs: Mapping[str, Any] | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        run_id: str = "r1",
        patience: str = "10m",
        **how: Any,
    ) -> Outcome:
        """Go on with a run."""
        recorder = Recorder()

        def watch(_: Begun) -> Recorder:
            return recorder

        result = running.resume(
            self.store,
            self.registry,
            run_id,
            inputs or {},
            {**self.environ, **(environ or {})},
            Options(durability="normal", patience=patience),
            watch,
            **how,
        )
        return _outcome(result, recorder)

    def stored(self, run_id: str = "r1") -> bytes:
        """Every byte that is kept of a run, and of the catalogue."""
        files = [path for path in (self.folder / "state").rglob("*") if path.is_file() and "cache" not in path.parts]
        return b"\0".join(path.read_bytes() for path in files)


def _outcome(result: RunResult, recorder: Any) -> Outcome:
    return Outcome(result, getattr(recorder, "events", []), getattr(recorder, "lines", []))
