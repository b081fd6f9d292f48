"""A web server of this machine, for requests that are real: with TLS, redirects, slow and endless bodies."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from msgspec import Struct

Answer = Callable[["Handler"], None]


class Seen(Struct, frozen=True):
    """A request as the server got it; names of headers in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Web:
    """A running server: `answers` by path (without the query), `seen` requests in their order."""

    def __init__(self, host: str, tls: ssl.SSLContext | None) -> None:
        self.answers: dict[str, Answer] = {}
        self.seen: list[Seen] = []
        self.stopping = threading.Event()
        self.gone = threading.Event()  # a client hung up in the middle
        handler = type("Own", (Handler,), {"web": self})
        self.server = ThreadingHTTPServer((host, 0), handler)
        self.server.daemon_threads = True
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.host, self.scheme = host, "http" if tls is None else "https"
        self.port = self.server.server_address[1]

    def url(self, path: str = "/", host: str = "") -> str:
        """The address of a path."""
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    def on(self, path: str, status: int = 200, body: bytes | str = b"", **headers: str) -> str:
        """Answer a path so; underscores in names of headers are hyphens. The address."""
        content = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = lambda handler: handler.reply(status, content, named)
        return self.url(path)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    web: Web

    def reply(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        """A whole response."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def pour(self, block: bytes, *, pause: float = 0.0, headers: dict[str, str] | None = None) -> None:
        """A response whose body never ends."""
        self.send_response(200)
        for name, value in {"Connection": "close", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        while not self.web.stopping.wait(pause):
            try:
                self.wfile.write(block)
                self.wfile.flush()
            except OSError:
                self.web.gone.set()
                return

    def hold(self) -> None:
        """No response at all, until the client hangs up."""
        self.connection.settimeout(30)
        try:
            while self.connection.recv(1):
                pass
        except OSError:
            pass
        self.web.gone.set()
        self.close_connection = True

    def handle_any(self) -> None:
        """Any method."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.web.seen.append(Seen(self.command, self.path, headers, self._body(headers)))
        answer = self.web.answers.get(self.path.partition("?")[0])
        if answer is None:
            self.reply(404, b"no such page\n", {"Content-Type": "text/plain"})
        else:
            answer(self)

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(headers.get("content-length", 0)))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def serving(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """A server for the time of the block."""
    web = Web(host, tls)
    web.server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    thread = threading.Thread(target=web.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.stopping.set()
        web.server.shutdown()
        web.server.server_close()
        thread.join()


@contextmanager
def saying(said: bytes, host: str = "127.0.0.1") -> Iterator[int]:
    """A port at which whoever connects is told these bytes, whatever they say; then the connection is closed."""
    listener = socket.create_server((host, 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(1 << 16)
                connection.sendall(said)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
