"""The contract of `plan()`: it says what a step would do, and does nothing."""

import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from steplane.sdk import PlanContext, Planned, Step


class PlanningContext(PlanContext):
    """What a step type knows before a run; `env` None takes that of the test."""

    def __init__(self, workdir: Path, env: Mapping[str, str] | None = None) -> None:
        self.workdir = workdir
        self.env = dict(os.environ) if env is None else dict(env)


def planned(step: Step, workdir: Path, env: Mapping[str, str] | None = None) -> Planned:
    """What the step says of itself, if it keeps the contract: a `Planned` of texts, nothing printed, nothing changed
    below `workdir`, and the same again when it is asked again.

    Raises `AssertionError` for one that breaks it.
    """
    kind = type(step).steplane.type
    before = dict(_state(workdir))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        said, again = (_asked(step, workdir, env) for _ in range(2))
    assert not printed.getvalue(), f"`plan()` of `{kind}` printed {printed.getvalue()!r}"
    changed = sorted({path for path, _ in before.items() ^ dict(_state(workdir)).items()})
    assert not changed, f"`plan()` of `{kind}` changed {', '.join(changed)}"
    assert said == again, f"`plan()` of `{kind}` said {said}, and then {again}"
    return said


def _asked(step: Step, workdir: Path, env: Mapping[str, str] | None) -> Planned:
    plan = getattr(step, "plan", None)
    kind = type(step).steplane.type
    assert plan is not None, f"`{kind}` has no `plan()`"
    said = plan(PlanningContext(workdir, env))
    assert isinstance(said, Planned), f"`plan()` of `{kind}` returned {type(said).__name__}, not `Planned`"
    texts = (said.summary, *said.reads, *said.changes)
    assert all(isinstance(one, str) for one in texts), f"`plan()` of `{kind}` says more than texts: {said}"
    assert said.summary, f"`plan()` of `{kind}` has no summary"
    return said


def _state(folder: Path) -> Iterator[tuple[str, tuple[int, int, str]]]:
    """Every file and directory below the folder, with what can change of it."""
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(place, name)
            there = os.lstat(path)
            yield path, (there.st_mode, there.st_mtime_ns, _content(path))


def _content(path: str) -> str:
    if not os.path.isfile(path):
        return ""
    with open(path, "rb") as file:
        return sha256(file.read()).hexdigest()
