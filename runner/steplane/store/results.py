"""Recorded results of steps with `cache`: what each one stands on, what it gave, and the files that belong to it.

All of it may be thrown away at any time. An entry is put in one transaction, after its files: a reader finds the one
before it or the whole. Files are named by their content (SHA-256).
"""

import os
from contextlib import closing, suppress
from typing import Any

import msgspec

from steplane.digests import blake2b
from steplane.store.database import Database, Row, Schema, damaged
from steplane.store.directory import StateDirectory
from steplane.store.files import make_directory, state_errors
from steplane.store.nursery import temporary_folder
from steplane.store.records import now

_RESULTS = (
    "CREATE TABLE results (key TEXT PRIMARY KEY, step TEXT NOT NULL, path TEXT NOT NULL, made INTEGER NOT NULL, "
    "used INTEGER NOT NULL, content BLOB NOT NULL, checksum BLOB NOT NULL)"
)
_BY_STEP = "CREATE INDEX results_by_step ON results (step, made)"
_SALT = "CREATE TABLE salt (value BLOB NOT NULL)"
REMEDY = "Move it away, or delete it: it holds only results that can be made again."
SCHEMA = Schema(1, (_RESULTS, _BY_STEP, _SALT), REMEDY)

MOST = 10_000
"""Entries that are kept; those that were not used for the longest time go first."""

LARGEST = 64 << 20
"""Bytes of the largest entry, without its files."""

_encode = msgspec.json.Encoder(order="deterministic").encode


class Parts(msgspec.Struct, frozen=True):
    """What a result stands on. Each value is a digest, but for `shown` (the key itself, as JSON, where it may be seen)
    and `versions` (of the step types, as text). `values` are by the names that expressions use, `files` by path.
    """

    text: str
    values: dict[str, str] = {}
    key: str = ""
    shown: str = ""
    files: dict[str, str] = {}
    versions: dict[str, str] = {}


class KeptFile(msgspec.Struct, frozen=True):
    """A file of a result: its path below the working directory, size in bytes, permissions, digest of its content; or a
    symbolic link, of which there is only what it names.
    """

    path: str
    size: int
    mode: int
    sha256: str
    link: str = ""


class KeptFolder(msgspec.Struct, frozen=True):
    """A folder of a result, or around its files: its path below the working directory, and its permissions."""

    path: str
    mode: int


class Result(msgspec.Struct, frozen=True):
    """An entry: of which step (`step` is the same for all of its instances), from which run, when (µs), and what.

    `artifacts` are by their names among the files that are kept of the instance; None: they were not kept with it.
    """

    step: str
    path: str
    run: str
    made: int
    parts: Parts
    outputs: Any = None
    files: tuple[KeptFile, ...] = ()
    folders: tuple[KeptFolder, ...] = ()
    artifacts: tuple[KeptFile, ...] | None = None


_decode = msgspec.json.Decoder(Result).decode


class Results:
    """The results of a state directory. Every method opens the database for itself; raises `StateError`,
    `StateDamaged`.
    """

    __slots__ = ("_directory", "_salt")

    def __init__(self, directory: StateDirectory) -> None:
        self._directory = directory
        self._salt = b""

    @property
    def folder(self) -> str:
        """Where it all is."""
        return os.path.join(self._directory.cache, "results")

    @property
    def path(self) -> str:
        """The database."""
        return os.path.join(self.folder, "results.db")

    @property
    def files(self) -> str:
        """The folder of the files, each as `ab/cdef…`."""
        return os.path.join(self.folder, "files")

    def salt(self, *, make: bool = True) -> bytes:
        """A secret of this directory that goes into every digest; empty where there is none and none is to be made."""
        if not self._salt and (make or self.exists()):
            with closing(self._open() if make else Database.read(self.path, SCHEMA)) as database:
                row = database.one("SELECT value FROM salt")
            if row is None or not isinstance(row[0], bytes) or not row[0]:
                raise damaged(self.path, "its salt is missing", REMEDY)
            self._salt = row[0]
        return self._salt

    def exists(self) -> bool:
        """Whether anything was ever recorded here."""
        return os.path.exists(self.path)

    def key_of(self, step: str, parts: Parts) -> str:
        """The key of a result of the step that stands on these parts."""
        known = [step, parts.text, parts.values, parts.key, parts.files, parts.versions]
        return blake2b(_encode(known), digest_size=32, key=self.salt()).hexdigest()

    def find(self, key: str) -> Result | None:
        """The result recorded under the key. A damaged entry raises `StateDamaged`, and is there no more."""
        if not self.exists():
            return None
        with closing(self._open()) as database:
            row = database.one("SELECT key, content, checksum FROM results WHERE key = ?", (key,))
            if row is None:
                return None
            try:
                found = self._result(row)
            except BaseException:
                database.run("DELETE FROM results WHERE key = ?", (key,))
                raise
            database.run("UPDATE results SET used = ? WHERE key = ?", (now(), key))
        return found

    def peek(self, key: str) -> Result | None:
        """The same, to look only."""
        if not self.exists():
            return None
        with closing(Database.read(self.path, SCHEMA)) as database:
            row = database.one("SELECT key, content, checksum FROM results WHERE key = ?", (key,))
        return None if row is None else self._result(row)

    def latest(self, step: str, path: str) -> Result | None:
        """The last result recorded of the step: of the instance at the path, or else of any."""
        if not self.exists():
            return None
        order = "SELECT key, content, checksum FROM results WHERE step = ? ORDER BY path = ? DESC, made DESC LIMIT 1"
        with closing(Database.read(self.path, SCHEMA)) as database:
            row = database.one(order, (step, path))
        return None if row is None else self._result(row)

    def put(self, key: str, result: Result) -> bool:
        """Record a result, in the place of one that has the key; whether it was small enough. Its files are there."""
        content = _encode(result)
        if len(content) > LARGEST:
            return False
        at = now()
        values = (key, result.step, result.path, result.made, at, content, self._checksum(key, content))
        with closing(self._open()) as database, database.transaction():
            database.run("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            database.run(
                "DELETE FROM results WHERE key IN (SELECT key FROM results ORDER BY used DESC LIMIT -1 OFFSET ?)",
                (MOST,),
            )
        return True

    def drop(self, key: str) -> None:
        """Forget a result that turned out to be of no use."""
        with closing(self._open()) as database:
            database.run("DELETE FROM results WHERE key = ?", (key,))

    def count(self) -> int:
        """How many there are."""
        if not self.exists():
            return 0
        with closing(Database.read(self.path, SCHEMA)) as database:
            (number,) = database.one("SELECT count(*) FROM results") or (0,)
        return int(number)

    def unused(self, before: int) -> int:
        """How many were not used since that time (µs)."""
        if not self.exists():
            return 0
        with closing(Database.read(self.path, SCHEMA)) as database:
            (number,) = database.one("SELECT count(*) FROM results WHERE used < ?", (before,)) or (0,)
        return int(number)

    def forget(self, before: int) -> int:
        """Drop what was not used since that time (µs); how many entries went. Files that nobody names go with them."""
        if not self.exists():
            return 0
        # The transaction goes on while files go: who records meanwhile waits.
        with closing(self._open()) as database, database.transaction():
            gone = database.run("DELETE FROM results WHERE used < ?", (before,))
            rows = database.all("SELECT key, content, checksum FROM results")
            self._sweep({one.sha256 for row in rows for one in self._known_files(row)})
        return gone

    # ------------------------------------------------------------ rows

    def _known_files(self, row: Row) -> tuple[KeptFile, ...]:
        try:
            found = self._result(row)
            return found.files + (found.artifacts or ())
        except Exception:  # noqa: BLE001 - what is damaged names nothing, and is a miss when it is looked for
            return ()

    def _result(self, row: Row) -> Result:
        key, content, check = row
        if not isinstance(content, bytes) or check != self._checksum(key, content):
            raise damaged(self.path, "one of its results is not what was recorded", REMEDY)
        try:
            return _decode(content)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise damaged(self.path, "one of its results is of another form", REMEDY) from error

    def _checksum(self, key: str, content: bytes) -> bytes:
        made = blake2b(key.encode(), digest_size=16, key=self.salt())
        made.update(content)
        return made.digest()

    def _sweep(self, named: set[str]) -> None:
        """Remove the files that no result names."""
        if not os.path.isdir(self.files):
            return
        for folder in os.listdir(self.files):
            inner = os.path.join(self.files, folder)
            for name in os.listdir(inner) if os.path.isdir(inner) and not os.path.islink(inner) else ():
                if folder + name not in named:
                    with suppress(OSError):
                        os.unlink(os.path.join(inner, name))

    # ------------------------------------------------------------ the file

    def _open(self) -> Database:
        if not os.path.exists(self.path):
            self._make()
        return Database.open(self.path, SCHEMA, "normal")

    def _make(self) -> None:
        """Make it in one step: whoever comes at the same time finds none or the whole."""
        with state_errors(self.folder):
            make_directory(self._directory.cache)
            make_directory(self.folder)
            make_directory(self.files)
        with temporary_folder(self._directory.runs, "results") as folder:
            temporary = os.path.join(folder, "results.db")
            with closing(Database.create(temporary, SCHEMA)) as database:
                database.run("INSERT INTO salt VALUES (?)", (os.urandom(32),))
            with state_errors(self.path), suppress(FileExistsError):
                os.link(temporary, self.path)


__all__ = ["KeptFile", "KeptFolder", "Parts", "Result", "Results"]
