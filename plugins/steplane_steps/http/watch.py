"""How long a request may go on: until its own limits, or until the step should stop."""

import select
import socket
import threading
import time

from steplane.sdk import StepContext, StepError
from steplane_steps.files import stop_if_cancelled

SLICE = 0.05
"""Seconds between looks at whether the step should stop, while nothing comes."""


class Watch:
    """The limits of one request, in seconds: `total` for all of it, `connect` for one connection with its TLS, `read`
    for the time in which nothing comes (None: as long as `total`).
    """

    def __init__(self, ctx: StepContext, total: float, connect: float, read: float | None) -> None:
        self._ctx, self._total, self._connect, self._read = ctx, total, connect, read
        self._end = time.monotonic() + total
        self._connecting: float | None = None

    def check(self) -> None:
        """Raise `StepError` (`cancelled`, `http.timeout`) when it should not go on."""
        stop_if_cancelled(self._ctx)
        now = time.monotonic()
        if now >= self._end:
            raise _late(f"the request took longer than {self._total:g} s", "total")
        if self._connecting is not None and now >= self._connecting:
            raise _late(f"no connection within {self._connect:g} s", "connect")

    def connecting(self) -> None:
        """A connection is begun; until `connected` it has its own limit."""
        self._connecting = time.monotonic() + self._connect

    def connected(self) -> None:
        """The connection stands."""
        self._connecting = None

    def readable(self, sock: socket.socket) -> None:
        """Return when there is something to read."""
        limit = None if self._read is None else time.monotonic() + self._read
        while not self._ready(sock, select.POLLIN):
            if limit is not None and time.monotonic() >= limit:
                raise _late(f"nothing came for {self._read:g} s", "read")

    def writable(self, sock: socket.socket) -> None:
        """Return when something can be written."""
        while not self._ready(sock, select.POLLOUT):
            pass

    def pause(self, done: threading.Event) -> None:
        """Return when it is done."""
        while not done.wait(SLICE):
            self.check()

    def _ready(self, sock: socket.socket, event: int) -> bool:
        self.check()
        poller = select.poll()
        poller.register(sock, event)
        ends = [self._end, *([] if self._connecting is None else [self._connecting])]
        left = max(0.0, min(ends) - time.monotonic())
        return bool(poller.poll(min(SLICE, left) * 1000))


def _late(message: str, limit: str) -> StepError:
    return StepError("http.timeout", message, detail={"limit": limit})
