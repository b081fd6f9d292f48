"""A disk that loses its power: what a program wrote is recorded, and laid out as it may be found afterwards.

Recorded by strace: every write, every name that is made or taken, every wait for the disk, and what is said on stdout.
Certain after a power loss is only what POSIX promises: the data of a file up to its last `fsync` or `fdatasync`, the
names in a directory up to its last `fsync`. Of what came after, anything may be there: of data any sectors, of the
names of a directory any number of changes in their order.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

SECTOR = 512
CALLS = (
    "openat,creat,write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,lseek,fsync,fdatasync,rename,renameat,"
    "renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,symlink,symlinkat,copy_file_range,sendfile,fallocate"
)
_LINE = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)(\(| resumed>)(.*)", re.DOTALL)
_HEX = re.compile(r"(?:\\x[0-9a-f]{2})*")


class Op(NamedTuple):
    """One thing that was done. `kind`: write, truncate, sync, make, mkdir, rename, link, unlink, say."""

    kind: str
    path: str
    other: str = ""
    offset: int = 0
    data: bytes = b""


class Change(NamedTuple):
    """In a directory a name is given to a file, or (None) taken away; of what moves only `along` with its new name."""

    name: str
    file: "File | None"
    along: "Change | None" = None


class File:
    """A file or a directory on the disk; `ops` are what was done to its data or to the names in it, of which the first
    `synced` are certain.
    """

    def __init__(self, *, folder: bool) -> None:
        self.folder = folder
        self.ops: list[Any] = []
        self.synced = 0


def has_strace() -> bool:
    """Whether programs can be traced here."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


def record(command: list[str], cwd: Path, env: Mapping[str, str], said: Path) -> list[Op]:
    """Run a program and record what it does below `cwd`; `said` is the file that its stdout goes to."""
    trace = cwd.parent / f"{cwd.name}.trace"
    tracing = ["strace", "-f", "-y", "-xx", "-s", "100000000", "--seccomp-bpf", "-o", str(trace)]
    tracing += ["-e", f"trace={CALLS}"]
    with said.open("wb") as out:
        subprocess.run([*tracing, *command], cwd=cwd, env=env, stdout=out, stdin=subprocess.DEVNULL, check=True)
    return Reader(str(cwd), str(said)).read(trace.read_text("ascii"))


class Reader:
    """Reads a trace."""

    def __init__(self, root: str, said: str) -> None:
        self._root, self._said = root, said
        self._begun: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._known: set[str] = set()
        self.ops: list[Op] = []

    def read(self, trace: str) -> list[Op]:
        for line in trace.splitlines():
            found = _LINE.match(line)
            if found is None:
                continue
            pid, call, opening, rest = found.groups()
            if opening != "(":
                rest = self._begun.pop(pid, "") + rest
            if rest.endswith("<unfinished ...>"):
                self._begun[pid] = rest.removesuffix("<unfinished ...>")
                continue
            arguments, _, result = rest.rpartition(") ")
            value = result.strip().removeprefix("= ").split("<")[0].split(" ")[0]
            if value.lstrip("-").isdigit() and int(value) >= 0:
                self._take(call, arguments.rstrip(") "), int(value))
        return self.ops

    def _take(self, call: str, text: str, result: int) -> None:
        parts = [part.strip() for part in text.split(", ")]
        if call in {"write", "pwrite64", "ftruncate", "lseek", "fsync", "fdatasync"}:
            path = _path_of(parts[0])
            if path == self._said and call == "write":
                self.ops.append(Op("say", path, data=_bytes(parts[1])[:result]))
            elif self._below(path):
                self._data(call, path, parts, result)
        elif call == "openat":
            path = _joined(parts[0], parts[1])
            if self._below(path) and "O_DIRECTORY" not in parts[2]:
                self._opened(path, parts[2])
        elif call in {"writev", "pwritev", "pwritev2", "copy_file_range", "sendfile", "fallocate"}:
            assert not any(self._below(_path_of(part)) for part in parts), f"{call} is not understood here"
        else:
            self._name(*_change_of_names(call, parts))

    def _opened(self, path: str, flags: str) -> None:
        if path not in self._known and "O_CREAT" in flags:
            self.ops.append(Op("make", path))
            self._known.add(path)
        elif "O_TRUNC" in flags:
            self.ops.append(Op("truncate", path))
        self._places[path] = -1 if "O_APPEND" in flags else 0

    def _data(self, call: str, path: str, parts: list[str], result: int) -> None:
        if call in {"fsync", "fdatasync"}:
            self.ops.append(Op("sync", path))
        elif call == "ftruncate":
            self.ops.append(Op("truncate", path, offset=int(parts[1])))
        elif call == "lseek":
            self._places[path] = result
        elif call == "pwrite64":
            self.ops.append(Op("write", path, offset=int(parts[3]), data=_bytes(parts[1])[:result]))
        else:
            place = self._places.get(path, 0)
            self.ops.append(Op("write", path, offset=place, data=_bytes(parts[1])[:result]))
            self._places[path] = place if place < 0 else place + result

    def _name(self, kind: str, path: str, other: str = "") -> None:
        if self._below(path) and kind != "symlink":  # the links of artifacts are for running steps
            kind = {"rmdir": "unlink"}.get(kind, kind)
            self.ops.append(Op(kind, path, other))
            if kind == "rename":
                moved = {one for one in self._known if one == path or one.startswith(f"{path}/")}
                self._known = (self._known - moved) | {other + one[len(path) :] for one in moved}
            elif kind == "unlink":
                self._known.discard(path)
            elif kind == "link":
                self._known.add(other)

    def _below(self, path: str) -> bool:
        return f"{path}/".startswith(f"{self._root}/") and not path.endswith("-shm")


def _change_of_names(call: str, parts: list[str]) -> tuple[str, ...]:
    """The kind of a change, the name, and where there is one the other name."""
    kind = re.sub(r"at2?$", "", call)
    if call == kind:
        return (kind, *map(_decoded, parts[: 2 if kind in {"rename", "link"} else 1]))
    if kind in {"rename", "link"}:
        return kind, _joined(parts[0], parts[1]), _joined(parts[2], parts[3])
    return kind, _joined(parts[0], parts[1])


def _decoded(text: str) -> str:
    return _bytes(text).decode()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.strip('"').replace("\\x", ""))


def _path_of(text: str) -> str:
    """The path of a descriptor, as `-y` tells it; none for one whose name is gone."""
    number, _, rest = text.partition("<")
    name, _, after = rest.partition(">")
    plain = number.isdigit() or number == "AT_FDCWD"
    return bytes.fromhex(name.replace("\\x", "")).decode() if plain and not after and _HEX.fullmatch(name) else ""


def _joined(folder: str, name: str) -> str:
    return os.path.join(_path_of(folder), _decoded(name))


class Disk:
    """The files after some of the operations, and what of them is certain."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.names: dict[str, File] = {root: File(folder=True)}
        self.said = b""

    def take(self, op: Op) -> None:
        """Let it be done."""
        file = self.names.get(op.path)
        if op.kind == "say":
            self.said += op.data
        elif op.kind in {"make", "mkdir"}:
            self._enter(op.path, File(folder=op.kind == "mkdir"))
        elif file is None:
            return  # it was there before, or its name is gone
        elif op.kind == "sync":
            file.synced = len(file.ops)
        elif op.kind in {"write", "truncate"}:
            file.ops.append(op)
        elif op.kind == "unlink":
            self._leave(op.path)
        else:
            entered = self._enter(op.other, file)
            if op.kind == "rename":
                self._leave(op.path, entered)
                for path in [one for one in self.names if one.startswith(f"{op.path}/")]:
                    self.names[op.other + path[len(op.path) :]] = self.names.pop(path)

    def _enter(self, path: str, file: File) -> Change:
        change = Change(os.path.basename(path), file)
        self.names[os.path.dirname(path)].ops.append(change)
        self.names[path] = file
        return change

    def _leave(self, path: str, along: Change | None = None) -> None:
        self.names[os.path.dirname(path)].ops.append(Change(os.path.basename(path), None, along))
        del self.names[path]

    def lay_out(self, target: Path, random: Random | None, *, most: bool = False) -> None:
        """Write the files as they may be found: what is certain, and of the rest nothing, some, or the `most`."""
        kept: dict[int, list[Change]] = {}
        folders = {id(one): one for one in self._all(self.names[self.root]) if one.folder}
        for key, folder in folders.items():
            pending = len(folder.ops) - folder.synced
            more = pending if most else random.randint(0, pending) if random is not None else 0
            kept[key] = folder.ops[: folder.synced + more]
        certain = {id(change) for changes in kept.values() for change in changes}
        self._write(self.names[self.root], target, kept, certain, lambda file: content(file, random, most=most))

    def _all(self, folder: File) -> list[File]:
        """Everything that ever had a name below a directory."""
        found = [folder]
        for change in folder.ops if folder.folder else ():
            if change.file is not None:
                found += self._all(change.file)
        return found

    def _write(
        self,
        folder: File,
        place: Path,
        kept: dict[int, list[Change]],
        certain: set[int],
        data: Callable[[File], bytes],
    ) -> None:
        place.mkdir(exist_ok=True, mode=0o700)
        entries: dict[str, File] = {}
        for change in kept[id(folder)]:
            if change.file is not None:
                entries[change.name] = change.file
            elif change.along is None or id(change.along) in certain:
                entries.pop(change.name, None)
        for name, file in entries.items():
            if file.folder:
                self._write(file, place / name, kept, certain, data)
            else:
                (place / name).write_bytes(data(file))
                (place / name).chmod(0o600)


def after(ops: list[Op], count: int, root: str) -> Disk:
    """The disk after the first so many operations."""
    disk = Disk(root)
    for op in ops[:count]:
        disk.take(op)
    return disk


def content(file: File, random: Random | None, *, most: bool) -> bytes:
    """The bytes of a file: all that is certain, and of the rest nothing, all, or some sectors of some writes."""
    data = bytearray()
    for number, op in enumerate(file.ops):
        if number < file.synced or most:
            apply(data, op)
        elif random is not None and random.random() < 0.6:
            apply(data, op if random.random() < 0.7 else torn(op, random))
    return bytes(data)


def apply(data: bytearray, op: Op) -> None:
    """Let a change of data be done."""
    if op.kind == "truncate":
        del data[op.offset :]
        data.extend(bytes(op.offset - len(data)))
        return
    place = len(data) if op.offset < 0 else op.offset
    data.extend(bytes(max(place - len(data), 0)))
    data[place : place + len(op.data)] = op.data


def torn(op: Op, random: Random) -> Op:
    """The same, of which only the sectors before one have reached the disk."""
    whole = len(op.data) // SECTOR
    return op._replace(data=op.data[: SECTOR * random.randint(0, whole)]) if whole else op
