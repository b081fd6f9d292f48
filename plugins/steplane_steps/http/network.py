"""Connections for httpcore: bounded by a `Watch`, and only to addresses that were judged."""

import os
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from steplane.sdk import StepError
from steplane_steps.http.watch import Watch

Judge = Callable[[str, Sequence[str]], None]
"""Takes a host and its addresses; raises `StepError` for one that no connection may be made to."""

Found = tuple[int, int, int, str, Any]
"""What `getaddrinfo` gives: family, kind, protocol, name, address."""

RECORD = 1 << 14


class Network(httpcore.NetworkBackend):
    """Makes connections. A host is looked up once: what was judged is what is connected to."""

    def __init__(self, watch: Watch, judge: Judge) -> None:
        self._watch, self._judge = watch, judge

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers. Raises `StepError`."""
        self._watch.connecting()
        found = look_up(host, port, self._watch)
        self._judge(host, [one[4][0] for one in found])
        failure: OSError | None = None
        for one in found:
            try:
                stream = Stream(_connected(one, self._watch), self._watch)
            except OSError as error:
                failure = error
            else:
                self._watch.connected()
                return stream
        why = (failure.strerror or str(failure)) if failure else "it has no address"
        raise StepError("http.connect", f"no connection to {host} port {port}: {why}", detail={"host": host})


def look_up(host: str, port: int, watch: Watch) -> Sequence[Found]:
    """The addresses of a host. Raises `StepError` (`http.connect`)."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        pass
    answer: list[Any] = []
    done = threading.Event()

    def ask() -> None:
        try:
            answer.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.append(error)
        done.set()

    threading.Thread(target=ask, name="steplane-lookup", daemon=True).start()  # nothing else can break it off
    watch.pause(done)
    if isinstance(answer[0], Exception):
        why = getattr(answer[0], "strerror", None) or str(answer[0])
        raise StepError("http.connect", f"the host `{host}` cannot be found: {why}", detail={"host": host})
    found: Sequence[Found] = answer[0]
    return found


def _connected(found: Found, watch: Watch) -> socket.socket:
    family, kind, protocol, _, address = found
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock.connect(address)
        except BlockingIOError:
            watch.writable(sock)
            if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(code, os.strerror(code)) from None
    except BaseException:
        sock.close()
        raise
    return sock


class Stream(httpcore.NetworkStream):
    """A connection without TLS."""

    def __init__(self, sock: socket.socket, watch: Watch) -> None:
        self._sock, self._watch = sock, watch

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what there is; nothing at the end."""
        while True:
            self._watch.check()
            try:
                data = self._sock.recv(max_bytes)
            except BlockingIOError:
                self._watch.readable(self._sock)
            except OSError as error:
                raise httpcore.ReadError(error.strerror) from error
            else:
                return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        view = memoryview(buffer)
        while view:
            self._watch.check()
            try:
                view = view[self._sock.send(view) :]
            except BlockingIOError:
                self._watch.writable(self._sock)
            except OSError as error:  # the server may have answered before it hung up: httpcore looks
                raise httpcore.WriteError(error.strerror) from error

    def close(self) -> None:
        """Hang up."""
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection with TLS. Raises `StepError` (`http.tls`)."""
        return _secured(self, ssl_context, server_hostname, self._watch)

    def get_extra_info(self, info: str) -> Any:
        """The socket and its ends; whether something can be read."""
        if info == "is_readable":
            poller = select.poll()
            poller.register(self._sock, select.POLLIN)
            return bool(poller.poll(0))
        return {"socket": self._sock}.get(info)


class SecureStream(httpcore.NetworkStream):
    """TLS over another stream, which may have TLS itself (a proxy that is spoken to with TLS)."""

    def __init__(self, inner: httpcore.NetworkStream, context: ssl.SSLContext, host: str, watch: Watch) -> None:
        self._inner, self._watch = inner, watch
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._exchange(self._tls.do_handshake)

    def _exchange(self, action: Callable[[], Any]) -> Any:
        """Do it, moving what TLS wants to send and to receive."""
        while True:
            try:
                result = action()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._inner.read(RECORD)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                self._flush_alert()
                raise
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        if data := self._outgoing.read():
            self._inner.write(data)

    def _flush_alert(self) -> None:
        """Tell the other side why, if it still listens."""
        try:
            self._flush()
        except httpcore.WriteError:
            return

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what there is; nothing at the end."""
        try:
            data: bytes = self._exchange(lambda: self._tls.read(max_bytes))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        except ssl.SSLError as error:
            raise StepError("http.tls", f"the TLS connection broke: {reason(error)}") from error
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        view = memoryview(buffer)
        try:
            while view:
                view = view[self._exchange(lambda rest=view: self._tls.write(rest)) :]  # type: ignore[misc]
        except ssl.SSLError as error:
            raise StepError("http.tls", f"the TLS connection broke: {reason(error)}") from error

    def close(self) -> None:
        """Hang up."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """TLS within this TLS. Raises `StepError` (`http.tls`)."""
        return _secured(self, ssl_context, server_hostname, self._watch)

    def get_extra_info(self, info: str) -> Any:
        """The TLS object; the rest from what is below."""
        return self._tls if info == "ssl_object" else self._inner.get_extra_info(info)


def _secured(inner: httpcore.NetworkStream, context: ssl.SSLContext, host: str | None, watch: Watch) -> SecureStream:
    shown = (host or "").strip("[]")
    watch.connecting()
    try:
        made = SecureStream(inner, context, shown, watch)
    except ssl.SSLCertVerificationError as error:
        inner.close()
        why = error.verify_message or reason(error)
        raise StepError("http.tls", f"the certificate of {shown} is not trusted: {why}") from error
    except (ssl.SSLError, httpcore.ReadError, httpcore.WriteError) as error:
        inner.close()
        why = reason(error) if isinstance(error, ssl.SSLError) else f"the connection was lost ({error})"
        raise StepError("http.tls", f"no TLS with {shown}: {why}") from error
    except BaseException:
        inner.close()
        raise
    watch.connected()
    return made


def reason(error: ssl.SSLError) -> str:
    """What OpenSSL says, in small letters: `wrong version number`."""
    return (error.reason or str(error)).replace("_", " ").lower()
