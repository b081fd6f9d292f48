"""Reads on what background children write after their step has ended.

A server that one step starts for the next ones would die of SIGPIPE, or hang on a full pipe, if nobody read.
"""

import os
import select
import threading

from steplane.executors.logs import Log, StreamName

_lock = threading.Lock()
_open: dict[int, tuple[StreamName, Log]] = {}
_wake: list[int] = []


def linger(descriptor: int, stream: StreamName, log: Log) -> None:
    """Take over our end of a pipe until the last writer is gone; its text still goes into the step's log file."""
    with _lock:
        if not _wake and not _begin():
            os.close(descriptor)  # neither a descriptor nor a thread is to be had: who writes on is told so
            return
        _open[descriptor] = (stream, log)
        os.write(_wake[1], b"!")


def _begin() -> bool:
    try:
        pipe = os.pipe()
    except OSError:
        return False
    try:
        threading.Thread(target=_read_on, args=(pipe[0],), name="steplane-lingering", daemon=True).start()
    except RuntimeError:
        for one in pipe:
            os.close(one)
        return False
    _wake.extend(pipe)
    return True


def _read_on(wake: int) -> None:
    while True:
        poller = select.poll()
        for descriptor in (wake, *_open):
            poller.register(descriptor, select.POLLIN)
        for descriptor, _ in poller.poll():
            if descriptor == wake:
                os.read(wake, 4096)
            else:
                _read(descriptor)


def _read(descriptor: int) -> None:
    stream, log = _open[descriptor]
    try:
        data = os.read(descriptor, 1 << 16)
    except OSError:  # a terminal whose last user is gone
        data = b""
    if data:
        log.feed(stream, data)
        return
    with _lock:
        del _open[descriptor]
    os.close(descriptor)
    log.close()
