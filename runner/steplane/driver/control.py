"""How another process reaches a live run: a socket in the run's folder, one JSON line each way."""

import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from msgspec import Struct

from steplane.driver.inbox import Inbox
from steplane.driver.locks import LocksFreed
from steplane.driver.messages import CancelAsked, PostCame, SignalAsked, parcel_of
from steplane.executors.patience import RETRIED
from steplane.executors.tree import is_suspended

NAME = "control.sock"
_LIMIT = 1 << 20
_PAUSE = 0.1
_LOOK = 1.0
_TOO_LATE = "?"


def serve(folder: str, inbox: Inbox) -> Callable[[], None]:
    """Listen in the background; what is asked arrives in the inbox. Returns how to stop listening."""
    path = os.path.join(folder, NAME)
    with suppress(OSError):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _at(path, server.bind)
        os.chmod(path, 0o600)
        server.listen(16)
        ours = os.lstat(path)
    except OSError:  # no sockets on this file system: signals wait in the store, and are looked for there
        server.close()
        threading.Thread(target=_look_often, args=(inbox,), daemon=True).start()
        return lambda: None
    threading.Thread(target=_accept, args=(server, inbox), daemon=True).start()

    def stop() -> None:
        with suppress(OSError):
            if os.path.samestat(ours, os.lstat(path)):  # not that of a process that has taken the run over
                os.unlink(path)
        _refuse_rest(inbox)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a caller
        server.close()

    return stop


def _look_often(inbox: Inbox) -> None:
    while True:
        time.sleep(_LOOK)
        inbox.put(PostCame())


def _refuse_rest(inbox: Inbox) -> None:
    """Whoever asked too late for this process is told so at once."""
    for message in inbox.take():
        if isinstance(message, CancelAsked | SignalAsked):
            message.acknowledge(_TOO_LATE)


def _at(path: str, action: Callable[[str], None]) -> None:
    """Do it with the path; one over the 107 bytes of a socket's address goes by way of its folder's descriptor."""
    if len(os.fsencode(path)) < 100:
        action(path)
        return
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        action(f"/proc/self/fd/{folder}/{os.path.basename(path)}")
    finally:
        os.close(folder)


def _accept(server: socket.socket, inbox: Inbox) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError as error:
            if error.errno not in RETRIED:
                return  # it was closed
            time.sleep(_PAUSE)
            continue
        try:
            threading.Thread(target=_answer, args=(client, inbox), daemon=True).start()
        except RuntimeError:  # no thread can be had: whoever asks may ask again
            client.close()


def _answer(client: socket.socket, inbox: Inbox) -> None:
    import json

    with client, suppress(OSError, ValueError, KeyError):
        client.settimeout(10)
        message = _read(client)
        if isinstance(message, dict) and message.get("kind") == "locks":
            inbox.put(LocksFreed())
            return
        if isinstance(message, dict) and message.get("kind") == "post":
            inbox.put(PostCame())
            return
        if not isinstance(message, dict) or message.get("kind") not in ("cancel", "signal"):
            client.sendall(b'{"ok": false}\n')
            return
        done, answers = threading.Event(), list[str]()

        def acknowledge(known: str) -> None:
            answers.append(known)
            done.set()

        if message["kind"] == "cancel":
            inbox.put(CancelAsked(_text(message.get("actor")), _text(message.get("reason")), acknowledge))
        else:
            inbox.put(SignalAsked(parcel_of(message["parcel"]), acknowledge))
        done.wait(30)
        known = "" if answers == [_TOO_LATE] else "".join(answers)
        client.sendall(json.dumps({"ok": answers == [""], "known": known}).encode() + b"\n")


def _read(connection: socket.socket) -> Any:
    """The JSON of one line. Raises `ValueError`, `OSError`."""
    import json

    with connection.makefile("rb") as file:
        try:
            return json.loads(file.readline(_LIMIT))
        except RecursionError:
            raise ValueError("nested too deep") from None


def _text(value: Any) -> str:
    """Text that can be recorded."""
    return str(value or "").encode("utf-8", "replace").decode()


def tell(folder: str, kind: Literal["locks", "post"] = "locks") -> bool:
    """Let the run that owns the folder look for free locks again, or for signals that were left for it; one that does
    not listen looks by itself, later. Whether it listens.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.setblocking(False)  # its process may be suspended
        try:
            _at(os.path.join(folder, NAME), client.connect)
            client.sendall(b'{"kind": "%s"}\n' % kind.encode())
        except OSError:
            return False
    return True


class Reply(Struct, frozen=True):
    """What a live run says: `taken` and made durable; or too late, for how it ends is `known`; or nothing, for its
    process, `suspended`, has been stopped by a signal.
    """

    taken: bool = False
    known: str = ""
    suspended: int = 0


def ask(folder: str, message: dict[str, Any], patience: float = 30.0) -> Reply:
    """Send a message to the run that owns the folder. An empty reply: it does not answer."""
    import json

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(patience)
        try:
            _at(os.path.join(folder, NAME), client.connect)
            client.sendall(json.dumps(message).encode() + b"\n")
            if suspended := _answers_not(client, patience):
                return Reply(suspended=suspended)
            reply = _read(client)
        except (OSError, ValueError):
            return Reply()
        if not isinstance(reply, dict):
            return Reply()
        return Reply(reply.get("ok") is True, _text(reply.get("known")))


def _answers_not(client: socket.socket, patience: float) -> int:
    """Wait for an answer to read; the process that cannot give one while it is suspended, else 0."""
    listener = _listener(client)
    end = time.monotonic() + patience
    while time.monotonic() < end and not select.select([client], [], [], _LOOK)[0]:
        if listener and is_suspended(listener):
            return listener
    return 0


def _listener(client: socket.socket) -> int:
    """The process that listens at the other end (Linux tells it: unix(7), `SO_PEERCRED`); 0 where it is not known."""
    if not hasattr(socket, "SO_PEERCRED"):
        return 0
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[0])
