"""Who owns a run: an `flock` on a file of its folder, freed by the kernel with the process that holds it.

The folder itself is locked too, where the file system can do that: whoever removes the file by hand, thinking that
nobody has the run, lets no second owner in.

The lock belongs to the open file: a child made by `fork` without `exec` shares it and keeps the run held until it has
ended too or has called `Lease.forget`. A program started by `exec` does not get it.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from steplane.errors import RunHeld, StateError
from steplane.moments import spoken
from steplane.store.database import Durability, damaged
from steplane.store.files import make_file, open_regular, state_errors, write_all
from steplane.store.folder import RunFolder
from steplane.store.records import LATEST

# A look at whether a run is live holds the lock for microseconds: a taker must not mistake it for an owner.
_PATIENCE = 0.25
_PAUSE = 0.01

_UNTIL, _MARK = b"%16d", b"%12d,%10d"
"""Always of one length, so that each is written over in one small write."""

_BETWEEN = len(_UNTIL % 0 + b',"committed":[')


class Owner(msgspec.Struct, frozen=True):
    """Who took the lease: process, host, and when (µs since the epoch, UTC); for people, it proves nothing.

    `epoch` is on disk in the journal before it stands here: a journal with a lower one has lost its newest part. So it
    is with `committed`, the number and the checksum of an event; where `boot` is given (durability `normal`), only
    until the machine is started again: a power loss may have taken the event and left what stands here.

    `until` is when it gave the run free (µs); 0 where it has not, or had no time to say so.
    """

    pid: int
    host: str
    since: int
    epoch: int = 0
    boot: str = ""
    until: int = 0
    committed: tuple[int, int] = (0, 0)

    def left_after(self, at: int) -> int:
        """When it gave the run free of which it has recorded the event at that time (µs) last; 0 where that is another.

        Who takes a run later, and records nothing, has begun after that event.
        """
        return self.until if self.since <= at <= self.until <= LATEST else 0

    @property
    def promised(self) -> tuple[int, int]:
        """The number and the checksum of an event that the journal must have; (0, 0) if none is known."""
        return self.committed if not self.boot or self.boot == boot() else (0, 0)


class Lease:
    """The lock of one run, held by this process until `release`. The journal adds the epoch."""

    __slots__ = ("_boot", "_committed", "_descriptor", "_epoch", "_folder", "_guard", "_pid", "_place", "_told")

    def __init__(self, folder: RunFolder, descriptor: int, guard: int, before: Owner | None) -> None:
        self._folder = folder
        self._guard = guard  # the descriptor of the folder; -1 where it cannot be locked
        self._epoch = before.epoch if before else 0
        self._boot = before.boot if before else ""
        self._committed = before.committed if before else (0, 0)
        self._told = before
        self._descriptor = descriptor
        self._pid = os.getpid()
        self._place = 0

    @classmethod
    def take(cls, folder: RunFolder, *, force: bool = False) -> "Lease":
        """Take the lock. Raises `RunHeld` naming the holder, `StateError` where the file cannot be opened.

        With `force` the lock is taken from a holder that is suspended or out of reach: it gets a new file, and the
        epoch in the journal keeps the old holder from writing, should it wake.
        """
        refuse_links(folder)
        guard = -1 if force else _in_time(folder, _try_guard)
        try:
            if odd := odd_lock(folder):
                raise StateError(*odd)
            with state_errors(folder.lock):
                before = owner_of(folder)
                descriptor = _replace_lock(folder) if force else _in_time(folder, _try_lock)
        except BaseException:
            _close(guard)
            raise
        lease = cls(folder, descriptor, guard, before)
        lease._sign()
        return lease

    def sign(self, epoch: int, committed: tuple[int, int], durability: Durability = "full") -> None:
        """Write down the owner, the epoch and the newest event, once the journal has them on disk."""
        self._epoch, self._committed = epoch, committed
        self._boot = "" if durability == "full" else boot()
        self._sign()

    def mark(self, seq: int, check: int) -> None:
        """Write down that the event of that number and checksum is committed; no disk is waited for."""
        if self._place:
            try:
                os.pwrite(self._descriptor, _MARK % (seq, check), self._place)
            except OSError:
                return  # what stands there is less, and true
            self._committed = seq, check

    def adopt(self) -> None:
        """Say, in a child made by `fork`, that the child goes on as the owner; the parent then calls `forget`."""
        self._pid = os.getpid()
        self._sign()

    def forget(self) -> None:
        """Close this process's share of the lock and leave it to the process that it was forked from or into."""
        _close(self._descriptor)
        _close(self._guard)
        self._descriptor = self._guard = -1

    def restore(self) -> None:
        """Put the file back if somebody has removed it: it says who has the run, and how far the journal has come."""
        if self._guard < 0 or os.path.lexists(self._folder.lock):
            return
        with suppress(OSError):
            descriptor = _replace_lock(self._folder)
            os.close(self._descriptor)
            self._descriptor = descriptor
            self._sign()

    def release(self) -> None:
        """Give the run free, even if a forked child still has the file open; in such a child it is only forgotten."""
        if self._descriptor >= 0 and self._pid == os.getpid():
            self._leave()
            for one in (self._descriptor, self._guard):
                if one >= 0:
                    fcntl.flock(one, fcntl.LOCK_UN)
        self.forget()

    def _leave(self) -> None:
        """Say until when the run was gone on with; whoever has recorded nothing leaves what was said before."""
        if self._told is not None and self._told.committed == self._committed:
            self._write(replace(self._told, epoch=self._epoch, boot=self._boot))
        elif self._place:
            with suppress(OSError):
                os.pwrite(self._descriptor, _UNTIL % (time.time_ns() // 1000), self._place - _BETWEEN)

    def _sign(self) -> None:
        self._write(Owner(self._pid, os.uname().nodename, time.time_ns() // 1000, self._epoch, self._boot))

    def _write(self, owner: Owner) -> None:
        head = msgspec.json.encode(replace(owner, until=0, committed=(0, 0))).removesuffix(b'0,"committed":[0,0]}')
        text = b'%b%b,"committed":[%b]}' % (head, _UNTIL % owner.until, _MARK % self._committed)
        self._place = 0
        with suppress(OSError):  # on a full disk the run is owned without a name
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            write_all(self._descriptor, text)
            os.ftruncate(self._descriptor, len(text))
            self._place = len(head) + _BETWEEN


def odd_lock(folder: RunFolder) -> tuple[str, str] | None:
    """What is said where the file of the lock is none, so that nobody can have the run, and the remedy."""
    if not os.path.lexists(folder.lock) or (os.path.isfile(folder.lock) and not os.path.islink(folder.lock)):
        return None
    return f"{folder.lock} is not a plain file", "Move it away: it is made again."


def boot() -> str:
    """What names the time since this machine was started; where it is not told, something that no other time has."""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            return file.read().strip().decode()
    except OSError:
        return f"unknown-{os.urandom(8).hex()}"


def is_held(folder: RunFolder) -> bool:
    """Whether a live process owns the run, told by trying its locks; never by what is written somewhere."""
    return _is_locked(folder.lock, os.O_NONBLOCK) or _is_locked(folder.path, os.O_DIRECTORY)


def _is_locked(path: str, kind: int) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | kind)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def owner_of(folder: RunFolder) -> Owner | None:
    """The last process that took the run, if that can be read."""
    try:
        with open_regular(folder.lock) as file:
            return msgspec.json.decode(file.read(4096), type=Owner)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def held_by(folder: RunFolder) -> RunHeld:
    """The `RunHeld` that names the holder as far as it is known."""
    owner = owner_of(folder)
    known = os.path.lexists(folder.lock)
    who = "a process that has just taken it" if known else f"a live process that cannot be named: {folder.lock} is gone"
    if owner is not None:
        who = f"process {owner.pid} on {owner.host}"
        if 0 <= owner.since <= LATEST:
            since = spoken(owner.since)
            who += f", since {since}"
    return RunHeld(f"run {folder.run} is held by {who}", f"Wait for it to end, or end it: steplane cancel {folder.run}")


def _in_time(folder: RunFolder, take: Callable[[RunFolder], int | None]) -> int:
    limit = time.monotonic() + _PATIENCE
    while True:
        descriptor = take(folder)
        if descriptor is not None:
            return descriptor
        if time.monotonic() > limit:
            raise held_by(folder)
        time.sleep(_PAUSE)


def _try_guard(folder: RunFolder) -> int | None:
    """A descriptor of the folder with its lock, -1 where a folder cannot be locked, or None: somebody else has it."""
    try:
        descriptor = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return -1  # what is wrong with it is told by who opens its files
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        return -1
    return descriptor


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


def _try_lock(folder: RunFolder) -> int | None:
    """A descriptor with the lock, or None. A file that was replaced while it was being locked does not count."""
    descriptor = _open_lock(folder.lock)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a plain file", folder.lock)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), os.stat(folder.lock)):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _open_lock(path: str) -> int:
    while True:
        try:
            return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            with suppress(FileExistsError):
                return make_file(path)


def _replace_lock(folder: RunFolder) -> int:
    temporary = os.path.join(folder.path, f".new-{os.getpid()}-{os.urandom(4).hex()}")
    descriptor = make_file(temporary)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(temporary, folder.lock)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def refuse_links(folder: RunFolder) -> None:
    """A folder of a run that is a link leads to what is not the run's: nothing is written through it, nor read."""
    for path in (folder.path, folder.artifacts, folder.blobs, folder.requests):
        if os.path.islink(path):
            remedy = "Look at where it leads, then put a folder in its place, or remove the run."
            raise damaged(path, "it is a link, not a folder", remedy)
