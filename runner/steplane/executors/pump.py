"""Moves a child's output into the log while it runs, and sees to its end."""

import os
import select
import signal
import time
from collections.abc import Sequence

from steplane.executors import adopted, tree
from steplane.executors.cancel import CancelToken, Watch
from steplane.executors.lingering import linger
from steplane.executors.logs import Log
from steplane.executors.plumbing import Plumbing, widen

DRAIN = 0.2
"""Seconds for which output is awaited after the program has ended, while others still hold its pipes."""

IDLE = 0.2
"""Seconds after which the beginning of a line is written although its end has not come."""

BLIND = 0.02
"""Seconds between looks at the child where the system gives no descriptor for it (`pidfd`)."""

SMALL, LARGE = 1 << 16, 1 << 18
"""Bytes read at once: at first, and from a child that has filled its pipe."""


class Pump:
    """One running child. `run` returns its exit code; `captured` is the masked beginning of its standard output."""

    def __init__(
        self, pid: int, plumbing: Plumbing, log: Log, cancel: CancelToken, *, grace: float, limit: int,
        marks: Sequence[str], watch: Watch | None = None,
    ) -> None:  # fmt: skip
        self.captured = bytearray()
        self.truncated = False
        self._pid, self._plumbing, self._log, self._cancel = pid, plumbing, log, cancel
        self._watch = watch
        self._grace, self._limit, self._marks = grace, limit, tuple(marks)
        self._known: set[tuple[int, int]] = set()
        self._poller = select.poll()
        self._sizes = dict.fromkeys(plumbing.streams, SMALL)
        self._pidfd = _pidfd(pid)
        self._exited = self._killed = False
        self._drain_until = self._kill_at = float("inf")
        self._look_at, self._pause = 0.0, 0.005

    def run(self) -> int:
        """Wait for the end of the program; see `run_process`."""
        try:
            self.pump()
            self.hand_over()
        except BaseException:
            tree.end(self._members)
            raise
        finally:
            self.release()
            code = self.collect()
        return code

    def pump(self) -> None:
        """Move output, and see to the program's end when it is asked for, until nothing more is to be waited for."""
        with self._watch or self._cancel.watched() as wish:
            for descriptor in (*self._plumbing.streams, wish, *([self._pidfd] if self._pidfd >= 0 else [])):
                self._poller.register(descriptor, select.POLLIN)
            while not self._over():
                self._turn(wish)

    def release(self) -> None:
        """Give back what was opened to watch the program."""
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1

    def _turn(self, wish: int) -> None:
        """Wait for one thing to happen, and do what it asks for."""
        events = self._poller.poll(self._timeout())
        self._handle(events, wish, quiet=not events)

    def _handle(self, events: list[tuple[int, int]], wish: int, *, quiet: bool) -> None:
        if quiet:
            self._log.pause()
        for descriptor, _ in events:
            if descriptor in self._plumbing.streams:
                self._read(descriptor)
            elif descriptor == self._pidfd:
                self._note_exit()
            elif descriptor == wish:
                os.read(wish, 64)
                self._stop()
        if self._pidfd < 0 and not self._exited and _has_ended(self._pid):
            self._note_exit()

    def _timeout(self) -> float | None:
        """Milliseconds until something must be done without being told."""
        now = time.monotonic()
        moments = [self._drain_until, self._kill_at]
        if self._log.pending:
            moments.append(now + IDLE)
        if self._pidfd < 0 and not self._exited:
            moments.append(now + BLIND)
        if self._exited and self._stopping:
            moments.append(self._look_at)
        nearest = min(moments)
        return None if nearest == float("inf") else max(0.0, nearest - now) * 1000

    @property
    def _stopping(self) -> bool:
        return self._kill_at != float("inf")

    def _over(self) -> bool:
        """Whether nothing more is to be waited for; kills when the grace is over."""
        now = time.monotonic()
        if now >= self._kill_at:
            if self._killed:  # it hangs in the system and cannot die
                return True
            tree.end(self._members)
            self._killed, self._kill_at = True, time.monotonic() + tree.DEADLINE
        if not self._exited or (self._plumbing.streams and now < self._drain_until):
            return False
        return not self._stopping or self._alone(now)

    def _alone(self, now: float) -> bool:
        """Whether nobody of the step is left; looked up now and then."""
        if now < self._look_at:
            return False
        if not self._members():
            return True
        self._look_at, self._pause = now + self._pause, min(self._pause * 2, 0.2)
        return False

    def _members(self) -> list[int]:
        found = tree.belonging(self._pid, self._marks, self._known)
        self._known.update((one.pid, one.session) for one in found)
        return [one.pid for one in found]

    def _note_exit(self) -> None:
        """The program has ended. It stays a zombie until the end, so that its number is not given to another."""
        self._exited = True
        if self._pidfd >= 0:
            self._poller.unregister(self._pidfd)
        if not self._stopping and _was_killed(self._pid):
            self._end_rest()
        self._drain_until = time.monotonic() + DRAIN

    def _end_rest(self) -> None:
        """The program was killed by another (a person, a lack of memory). What it has begun was not left running on
        purpose, and must not run beside the next attempt.
        """
        tree.end(self._members)

    def _stop(self) -> None:
        """Ask all of the step to end; the second time, or without grace, they are killed at once."""
        first, now = not self._stopping, time.monotonic()
        grace = 0.0 if self._cancel.at_once else self._grace
        self._kill_at = min(self._kill_at, now + grace)
        if first and grace > 0:
            members = self._members()  # before anything dies: its children would not be known as the step's any more
            tree.send(-self._pid, signal.SIGTERM)
            for one in members:
                if _group(one) != self._pid:
                    tree.send(one, signal.SIGTERM)
                tree.send(one, signal.SIGCONT)  # one that is stopped would not hear of it

    def _read(self, descriptor: int) -> None:
        stream, size = self._plumbing.streams[descriptor], self._sizes[descriptor]
        try:
            data = os.read(descriptor, size)
        except OSError:  # the terminal's last user is gone
            data = b""
        if not data:
            self._poller.unregister(descriptor)
            del self._plumbing.streams[descriptor]
            os.close(descriptor)
            self._keep(stream, self._log.end(stream))
            return
        if size == SMALL == len(data):
            widen(descriptor)
            self._sizes[descriptor] = LARGE
        self._keep(stream, self._log.feed(stream, data))

    def _keep(self, stream: str, data: bytes) -> None:
        if stream == "stdout" and self._limit and data:
            room = self._limit - len(self.captured)
            self.truncated = self.truncated or len(data) > room
            self.captured += data[:room]

    def hand_over(self) -> None:
        """What others still write goes on into the log, unless all were ended."""
        while self._plumbing.streams:
            descriptor, stream = self._plumbing.streams.popitem()
            self._keep(stream, self._log.end(stream))
            if self._stopping:
                os.close(descriptor)
            else:
                linger(descriptor, stream, self._log)

    def collect(self) -> int:
        """The exit code; SIGKILL's for one that hangs in the system and cannot die."""
        code = adopted.collect(self._pid, block=self._exited)
        return -signal.SIGKILL if code is None else code


def _pidfd(pid: int) -> int:
    """A descriptor that becomes readable when the process ends, -1 where there is none."""
    if not hasattr(os, "pidfd_open"):
        return -1
    try:
        return os.pidfd_open(pid)
    except OSError:
        return -1


def _has_ended(pid: int) -> bool:
    """Whether a child of ours has ended, without collecting it."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _was_killed(pid: int) -> bool:
    """Whether a child of ours that has ended was ended by a signal, without collecting it."""
    try:
        found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return found is not None and found.si_code != os.CLD_EXITED


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0
