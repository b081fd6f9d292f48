"""A proxy of this machine: it passes on what it is asked for, and remembers it."""

import http.client
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Proxy:
    """A running proxy: `asked` are the methods and targets, `headers` those that came with them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.refuse = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Passing,), {"proxy": self}))
        self.server.daemon_threads = True

    def url(self, user: str = "") -> str:
        """Its address, perhaps with a user and a password."""
        return f"http://{user}{'@' if user else ''}127.0.0.1:{self.server.server_address[1]}"


class Passing(BaseHTTPRequestHandler):
    """One connection to the proxy."""

    proxy: Proxy

    def _note(self) -> bool:
        """Remember the request; whether it is to be passed on."""
        self.proxy.asked.append(f"{self.command} {self.path}")
        self.proxy.headers.append({name.lower(): value for name, value in self.headers.items()})
        if self.proxy.refuse:
            self.send_error(403)
        return not self.proxy.refuse

    def do_GET(self) -> None:
        """A request without TLS: with the whole address."""
        if not self._note():
            return
        parts = urlsplit(self.path)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    def do_CONNECT(self) -> None:
        """A tunnel."""
        if not self._note():
            return
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as far:
            self.send_response(200)
            self.end_headers()
            near = self.connection
            pairs = {near: far, far: near}
            while True:
                for one in select.select(list(pairs), [], [])[0]:
                    data = one.recv(1 << 16)
                    if not data:
                        self.close_connection = True
                        return
                    pairs[one].sendall(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def proxying() -> Iterator[Proxy]:
    """A proxy for the time of the block."""
    proxy = Proxy()
    proxy.server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    thread = threading.Thread(target=proxy.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
        thread.join()
