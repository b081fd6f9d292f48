"""Where things are: the configuration, the state directory, the workflows by name."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from steplane.errors import UsageError
from steplane.store import RunStore, StateDirectory
from steplane.store.files import read_plain

KEYS = {
    "state": str, "jobs": int, "durability": str, "format": str, "strict": bool, "patience": str, "plugins": list,
    "color": str, "ignore": dict,
}  # fmt: skip
"""What `steplane.toml` may hold, and each kind."""


class Settings(Struct, frozen=True):
    """The configuration: option beats environment (`STEPLANE_*`) beats file. `source` is the file, where there is one.

    `jobs` bounds running attempts (0: the greater of 8 and twice the CPUs); `plugins` are the only namespaces that may
    be used (None: all); `patience` is a duration as text; `ignore` has the codes of warnings that
    are not told, by patterns of paths below the file's folder.
    """

    state: str | None = None
    jobs: int = 0
    durability: str = "full"
    format: str = "auto"
    strict: bool = False
    patience: str = "10m"
    plugins: tuple[str, ...] | None = None
    color: str = "auto"
    ignore: dict[str, list[str]] = {}
    source: str = ""

    @property
    def pool(self) -> int:
        """How many attempts may run at once."""
        return self.jobs or max(8, 2 * (os.cpu_count() or 1))


def read_settings(start: str, environ: Mapping[str, str], options: Mapping[str, Any]) -> Settings:
    """The settings that hold at `start`. `options` are those given on the command line (None: not given)."""
    source, table = _table(start)
    values = _checked(source, table)
    if values.get("state"):
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
        if os.path.lexists(own):  # also where it is no file: what it was to say, and allow, is not just left out
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

    if not os.path.isfile(path):  # a pipe, of which nobody knows when it ends, a folder, a link to nowhere
        raise UsageError(f"{path} is no file", "Mend it, or move it away.")
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except (ValueError, OSError, RecursionError) as error:  # of TOML, of Unicode, of a number with too many digits
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


_KINDS = {str: "text without NUL", int: "a whole number of at least 1", bool: "true or false", list: "a list of texts",
          dict: "lists of codes by patterns of paths"}  # fmt: skip


def _fits(kind: type, value: Any) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if kind is list:
        return isinstance(value, list) and all(_fits(str, one) for one in value)
    if kind is dict:
        return isinstance(value, dict) and all(_fits(list, one) for one in value.values())
    return isinstance(value, kind) and "\0" not in str(value)


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
    """The file that `run FILE|NAME` means: a path, or a name below `workflows/`, here or in a folder above.

    A name is the path below `workflows/` without its ending: `eu/orders` is `workflows/eu/orders.yaml`. A file that is
    called like its folder goes by the folder: `orders` is `workflows/orders.yaml`, else `workflows/orders/orders.yaml`.
    """
    if os.path.isfile(name):
        return name
    if name.endswith(_ENDINGS) or os.path.isabs(name) or not _is_name(name):
        raise _no_file(name, start)
    found = _by_name(name, start)
    if found:
        return found
    if os.path.isdir(name):
        raise UsageError(f"{name} is a folder", "Name a workflow file in it.")
    raise _no_workflow(name, workflows(start))


def _is_name(name: str) -> bool:
    return all(part not in {"", os.curdir, os.pardir} for part in name.split("/"))


def _no_workflow(name: str, known: list[str]) -> UsageError:
    from steplane.suggest import nearest_of

    if not known:
        remedy = "There is no folder `workflows` here or above; name a file, or begin with `steplane init`."
    else:
        remedy = nearest_of(name, known, "Known here", "steplane list")
    return UsageError(f"there is no workflow `{name}`: no such file, and no workflows/{name}.yaml", remedy)


def _no_file(path: str, start: str) -> UsageError:
    """The error for a path behind which there is no file: it may have been meant as a name."""
    from steplane.suggest import did_you_mean, nearest_of

    if os.path.isdir(path):
        return UsageError(f"{path} is a folder", "Name a workflow file in it.")
    if os.path.exists(path):
        return UsageError(f"{path} is not a regular file", "Name a workflow file.")
    folder, name = os.path.split(path)
    try:
        beside = sorted(one for one in os.listdir(folder or os.curdir) if one.endswith(_ENDINGS))
    except OSError:
        return UsageError(f"there is no file {path}, nor its folder", "Look at the path.")
    near, stem = did_you_mean(name, beside), os.path.splitext(path)[0]
    names = workflows(start) if not near and _is_name(stem) else []
    by_name = stem if names and _by_name(stem, start) else did_you_mean(stem, names)
    meant = os.path.join(folder, near) if near else by_name
    if meant:
        hint = f"Did you mean `{meant}`?"
    elif beside:
        hint = "There: " + ", ".join(beside[:5]) + (", ..." if len(beside) > 5 else "")
    elif not names:
        hint = "No workflow is there; a first one is made by `steplane init`."
    else:
        hint = nearest_of(stem, names, "Known here", "steplane list")
    return UsageError(f"there is no file {path}", hint)


_ENDINGS = (".yaml", ".yml")
_LEFT_OUT = frozenset({"node_modules", "__pycache__", "venv"})
_WORKFLOW = rb"(?m)^(?:steplane|steps)[ \t]*:"
_LOOKED_AT = 1 << 20


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
    last = name.rsplit("/", 1)[-1]
    for folder in _folders(start):
        for stem in (name, f"{name}/{last}"):
            for ending in _ENDINGS:
                path = os.path.join(folder, stem + ending)
                if os.path.isfile(path):
                    return os.path.relpath(path, start)
    return None


def workflows(start: str) -> list[str]:
    """The names of the workflows that can be run by name from `start`, the nearest folder first."""
    return list(named_workflows(start))


def named_workflows(start: str) -> dict[str, str]:
    """The workflows that can be run by name from `start`: each name with its file, relative to `start`.

    Directly in `workflows/` that is every YAML file but decision tables, in its subfolders what looks like a workflow
    (data and tables lie there too).
    """
    found: dict[str, str] = {}
    for folder in _folders(start):
        here: dict[str, str] = {}
        for path in workflow_files(folder, everything=False):
            name = _name_of(path, folder)
            name = _full_name(path, folder) if name in here else name
            here.setdefault(name, os.path.relpath(path, start))
        for name, path in sorted(here.items()):
            found.setdefault(name, path)
    return found


def workflow_files(folder: str, *, everything: bool = True) -> Iterator[str]:
    """The workflow files in and below a folder: outer before inner, by name; decision tables are none.

    Without `everything`, in folders below only files that look like workflows count.
    """
    for place, path in _yaml_files(folder):
        if not _is_table(path) and (everything or place == folder or looks_like_workflow(path)):
            yield path


def table_files(folder: str) -> Iterator[str]:
    """The decision tables in and below a folder, by their ending `.decision.yaml`."""
    return (path for _, path in _yaml_files(folder) if _is_table(path))


def _is_table(path: str) -> bool:
    return os.path.splitext(path)[0].endswith(".decision")


def _yaml_files(folder: str) -> Iterator[tuple[str, str]]:
    """The YAML files in and below a folder, each with the folder that it is in: outer before inner, by name."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if one not in _LEFT_OUT and not one.startswith("."))
        for name in sorted(names):
            if name.endswith(_ENDINGS) and not name.startswith("."):
                yield place, os.path.join(place, name)


def looks_like_workflow(path: str) -> bool:
    """Whether a YAML file has a key of a workflow at its top. One that cannot be read is taken as one, to be told."""
    try:
        return re.search(_WORKFLOW, read_plain(path, _LOOKED_AT)) is not None
    except OSError:
        return True


def _full_name(path: str, folder: str) -> str:
    return os.path.splitext(os.path.relpath(path, folder))[0].replace(os.sep, "/")


def _name_of(path: str, folder: str) -> str:
    name = _full_name(path, folder)
    around, _, last = name.rpartition("/")
    return around if around.rsplit("/", 1)[-1] == last else name
