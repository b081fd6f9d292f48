"""Where things are: the configuration, the state directory, the workflows by name."""

import os
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from steplane.errors import UsageError
from steplane.store import RunStore, StateDirectory

KEYS = {
    "state": str, "jobs": int, "durability": str, "format": str, "strict": bool, "patience": str, "plugins": list,
    "color": str,
}  # fmt: skip
"""What `steplane.toml` may hold, and each kind."""


class Settings(Struct, frozen=True):
    """The configuration: option beats environment (`STEPLANE_*`) beats file. `source` is the file, where there is one.

    `jobs` bounds running attempts (0: the greater of 8 and twice the CPUs); `plugins` are the only namespaces that may
    be used (None: all); `patience` is a duration as text.
    """

    state: str | None = None
    jobs: int = 0
    durability: str = "full"
    format: str = "auto"
    strict: bool = False
    patience: str = "10m"
    plugins: tuple[str, ...] | None = None
    color: str = "auto"
    source: str = ""

    @property
    def pool(self) -> int:
        """How many attempts may run at once."""
        return self.jobs or max(8, 2 * (os.cpu_count() or 1))


def read_settings(start: str, environ: Mapping[str, str], options: Mapping[str, Any]) -> Settings:
    """The settings that hold at `start`. `options` are those given on the command line (None: not given)."""
    source, table = _table(start)
    values = _checked(source, table)
    if "state" in values:
        values["state"] = os.path.join(os.path.dirname(source), values["state"])
    values |= _from_environment(environ)
    values |= {name: value for name, value in options.items() if value is not None}
    if "plugins" in values:
        values["plugins"] = tuple(values["plugins"])
    return Settings(**values, source=source)


def _table(start: str) -> tuple[str, dict[str, Any]]:
    """The nearest `steplane.toml` or `[tool.steplane]` above, and what it holds."""
    folder = os.path.abspath(start)
    while True:
        own, project = os.path.join(folder, "steplane.toml"), os.path.join(folder, "pyproject.toml")
        if os.path.isfile(own):
            return own, _toml(own)
        if os.path.isfile(project):
            with open(project, "rb") as file:
                mentioned = b"[tool.steplane" in file.read()
            if mentioned:
                return project, _toml(project).get("tool", {}).get("steplane", {})
        above = os.path.dirname(folder)
        if above == folder:
            return "", {}
        folder = above


def _toml(path: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "Mend the file, or move it away.") from error


def _checked(source: str, table: Mapping[str, Any]) -> dict[str, Any]:
    from steplane.suggest import did_you_mean

    for name, value in table.items():
        if name not in KEYS:
            near = did_you_mean(name, KEYS)
            hint = f"Did you mean `{near}`?" if near else f"Known settings: {', '.join(sorted(KEYS))}."
            raise UsageError(f"{source}: unknown setting `{name}`", hint)
        if not _fits(KEYS[name], value):
            raise UsageError(f"{source}: `{name}` wants {_KINDS[KEYS[name]]}, this is {value!r}", "Mend the setting.")
    return dict(table)


_KINDS = {str: "text", int: "a whole number of at least 1", bool: "true or false", list: "a list of texts"}


def _fits(kind: type, value: Any) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if kind is list:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, kind)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in ("state", "durability", "format", "patience", "color"):
        text = environ.get(f"STEPLANE_{name.upper()}")
        if text:
            values[name] = text
    jobs = environ.get("STEPLANE_JOBS")
    if jobs:
        if not (jobs.isascii() and jobs.isdigit()) or int(jobs) < 1:
            raise UsageError(
                f"STEPLANE_JOBS wants a whole number of at least 1, this is {jobs!r}", "Change the variable."
            )
        values["jobs"] = int(jobs)
    strict = environ.get("STEPLANE_STRICT")
    if strict:
        if strict not in {"true", "false", "1", "0"}:
            raise UsageError(f"STEPLANE_STRICT wants true or false, this is {strict!r}", "Change the variable.")
        values["strict"] = strict in {"true", "1"}
    return values


def here() -> str:
    """The working directory. Raises `UsageError` where it has been removed."""
    try:
        return os.getcwd()
    except OSError as error:
        raise UsageError("the working directory is there no more", "Change to another directory first.") from error


def open_store(settings: Settings, start: str, *, make: bool = True) -> RunStore:
    """The store of the state directory that holds at `start`."""
    return RunStore(StateDirectory.find(start, settings.state, make=make))


def find_workflow(name: str, start: str) -> str:
    """The file that `run FILE|NAME` means: a path, or `workflows/NAME.yaml` here or in a folder above."""
    if os.path.isfile(name):
        return name
    if os.path.isdir(name):
        raise UsageError(f"{name} is a folder", "Name a workflow file in it.")
    from steplane.suggest import did_you_mean

    if os.sep in name or name.endswith((".yaml", ".yml")):
        raise _no_file(name)
    found = _by_name(name, start)
    if found:
        return found
    known = workflows(start)
    near = did_you_mean(name, known)
    hint = f"Did you mean `{near}`?" if near else _known(known)
    raise UsageError(f"there is no workflow `{name}`: no such file, and no workflows/{name}.yaml", hint)


def _known(names: list[str]) -> str:
    if not names:
        return "There is no folder `workflows` here or above; name a file, or begin with `steplane init`."
    return f"Known here: {', '.join(sorted(names))}."


def _no_file(path: str) -> UsageError:
    """The error for a path behind which there is no file."""
    from steplane.suggest import did_you_mean

    if os.path.exists(path):
        return UsageError(f"{path} is not a regular file", "Name a workflow file.")
    folder, name = os.path.split(path)
    try:
        beside = sorted(one for one in os.listdir(folder or os.curdir) if one.endswith((".yaml", ".yml")))
    except OSError:
        return UsageError(f"there is no file {path}, nor its folder", "Look at the path.")
    near = did_you_mean(name, beside)
    listed = ", ".join(beside[:5]) + (", ..." if len(beside) > 5 else "") or "no workflow files at all"
    hint = f"Did you mean `{os.path.join(folder, near)}`?" if near else f"There: {listed}"
    return UsageError(f"there is no file {path}", hint)


def _folders(start: str) -> list[str]:
    folder = os.path.abspath(start)
    folders = []
    while True:
        folders.append(os.path.join(folder, "workflows"))
        above = os.path.dirname(folder)
        if above == folder or os.path.isdir(os.path.join(folder, ".git")):
            return folders
        folder = above


def _by_name(name: str, start: str) -> str | None:
    for folder in _folders(start):
        for ending in (".yaml", ".yml"):
            path = os.path.join(folder, name + ending)
            if os.path.isfile(path):
                return os.path.relpath(path, start)
    return None


def workflows(start: str) -> list[str]:
    """The names of the workflows that can be run by name from `start`."""
    names: dict[str, None] = {}
    for folder in _folders(start):
        if os.path.isdir(folder):
            for file in sorted(os.listdir(folder)):
                stem, ending = os.path.splitext(file)
                if ending in {".yaml", ".yml"} and not stem.endswith(".decision"):
                    names.setdefault(stem)
    return list(names)
