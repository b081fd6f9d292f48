"""How another process reaches a live run: a socket in the run's folder, one JSON line each way."""

import json
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from steplane.driver.coordinator import CancelAsked

NAME = "control.sock"
_LIMIT = 1 << 20


def serve(folder: str, inbox: "SimpleQueue[Any]") -> Callable[[], None]:
    """Listen in the background; what is asked arrives in the inbox. Returns how to stop listening."""
    path = os.path.join(folder, NAME)
    with suppress(OSError):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _at(path, server.bind)
        os.chmod(path, 0o600)
        server.listen(16)
    except OSError:  # no sockets on this file system: requests wait in the catalogue instead
        server.close()
        return lambda: None
    threading.Thread(target=_accept, args=(server, inbox), daemon=True).start()

    def stop() -> None:
        with suppress(OSError):
            os.unlink(path)
        server.close()

    return stop


def _at(path: str, action: Callable[[str], None]) -> None:
    """Do it with the path; a path over the 107 bytes that a socket's address holds goes by way of its folder's descriptor."""
    if len(os.fsencode(path)) < 100:
        action(path)
        return
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        action(f"/proc/self/fd/{folder}/{os.path.basename(path)}")
    finally:
        os.close(folder)


def _accept(server: socket.socket, inbox: "SimpleQueue[Any]") -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(client, inbox), daemon=True).start()


def _answer(client: socket.socket, inbox: "SimpleQueue[Any]") -> None:
    with client, suppress(OSError, ValueError):
        client.settimeout(10)
        message = json.loads(client.makefile("rb").readline(_LIMIT))
        done = threading.Event()
        if message.get("kind") != "cancel":
            client.sendall(b'{"ok": false}\n')
            return
        inbox.put(CancelAsked(message.get("actor", ""), message.get("reason", ""), done.set))
        recorded = done.wait(30)
        client.sendall(json.dumps({"ok": recorded}).encode() + b"\n")


def ask(folder: str, message: dict[str, Any], patience: float = 30.0) -> bool:
    """Send a message to the run that owns the folder; whether it was taken and made durable."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(patience)
        try:
            _at(os.path.join(folder, NAME), client.connect)
            client.sendall(json.dumps(message).encode() + b"\n")
            return bool(json.loads(client.makefile("rb").readline(_LIMIT)).get("ok"))
        except (OSError, ValueError):
            return False
