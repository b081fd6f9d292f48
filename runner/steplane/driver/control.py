"""How another process reaches a live run: a socket in the run's folder, one JSON line each way."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from steplane.driver.coordinator import CancelAsked
from steplane.driver.inbox import Inbox

NAME = "control.sock"
_LIMIT = 1 << 20


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
    except OSError:  # no sockets on this file system: requests wait in the catalogue instead
        server.close()
        return lambda: None
    threading.Thread(target=_accept, args=(server, inbox), daemon=True).start()

    def stop() -> None:
        with suppress(OSError):
            if os.path.samestat(ours, os.lstat(path)):  # not that of a process that has taken the run over
                os.unlink(path)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a caller
        server.close()

    return stop


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
        except OSError:
            return
        threading.Thread(target=_answer, args=(client, inbox), daemon=True).start()


def _answer(client: socket.socket, inbox: Inbox) -> None:
    with client, suppress(OSError, ValueError):
        client.settimeout(10)
        message = _read(client)
        if not isinstance(message, dict) or message.get("kind") != "cancel":
            client.sendall(b'{"ok": false}\n')
            return
        done = threading.Event()
        inbox.put(CancelAsked(_text(message.get("actor")), _text(message.get("reason")), done.set))
        recorded = done.wait(30)
        client.sendall(b'{"ok": true}\n' if recorded else b'{"ok": false}\n')


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


def ask(folder: str, message: dict[str, Any], patience: float = 30.0) -> bool:
    """Send a message to the run that owns the folder; whether it was taken and made durable."""
    import json

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(patience)
        try:
            _at(os.path.join(folder, NAME), client.connect)
            client.sendall(json.dumps(message).encode() + b"\n")
            reply = _read(client)
        except (OSError, ValueError):
            return False
        return isinstance(reply, dict) and reply.get("ok") is True
