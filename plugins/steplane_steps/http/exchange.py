"""One request and what comes of it: redirects, proxies, TLS, and every failure in the step's own words."""

import contextlib
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib.util import find_spec
from typing import IO, Any
from urllib.parse import unquote

import httpcore
import httpx

from steplane.sdk import StepContext, StepError
from steplane_steps.http.addresses import refuse_private
from steplane_steps.http.network import Network, look_up
from steplane_steps.http.proxies import proxy_for
from steplane_steps.http.tls import Trust, context_for
from steplane_steps.http.watch import Watch

SHARED = frozenset({
    "accept", "accept-encoding", "accept-language", "connection", "content-length", "content-type", "host",
    "transfer-encoding", "user-agent",
})  # fmt: skip
"""The headers that go along when a redirect leads to another server. Any other might be a credential."""

DEFAULT_PORTS = {"http": 80, "https": 443}


class Route:
    """Where requests may go, and over which proxy. `author`: the first host is the choice of the file's author."""

    def __init__(self, ctx: StepContext, watch: Watch, trust: Trust, *, author: bool, anywhere: bool) -> None:
        self.ctx, self.watch, self.trust = ctx, watch, trust
        self.author, self.anywhere = author, anywhere
        self.first: httpx.URL | None = None

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """The TLS settings, made when they are first needed."""
        return context_for(self.ctx, self.trust)

    def pool(self, url: httpx.URL, error: str) -> httpcore.ConnectionPool:
        """The connections for an address; `error` is the type of error for one that is not allowed."""
        port = port_of(url)
        proxy = proxy_for(url.scheme, url.host, port, self.ctx.env)
        trusted = self._is_trusted(url)

        def judge(host: str, addresses: Any) -> None:
            if not trusted:
                refuse_private(host, addresses, error)

        tls = self.tls if url.scheme == "https" or (proxy or "").startswith("https:") else None
        if proxy is None:
            return httpcore.ConnectionPool(ssl_context=tls, network_backend=Network(self.watch, judge))
        if not trusted:
            self._judge_for_proxy(url, port, judge)
        backend = Network(self.watch, lambda host, addresses: None)
        return httpcore.ConnectionPool(ssl_context=tls, network_backend=backend, proxy=self._proxy(proxy))

    def _is_trusted(self, url: httpx.URL) -> bool:
        if self.anywhere:
            return True
        self.first = self.first or url
        return self.author and is_same_server(self.first, url)

    def _judge_for_proxy(self, url: httpx.URL, port: int, judge: Callable[[str, Any], None]) -> None:
        """A name that is not known here is left to the proxy, which alone can look it up."""
        try:
            found = look_up(url.raw_host.decode(), port, self.watch)
        except StepError as error:
            if error.type != "http.connect":
                raise
            return
        judge(url.host, [str(one[4][0]) for one in found])

    def _proxy(self, text: str) -> httpcore.Proxy:
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL as error:
            raise StepError("input.invalid", f"the proxy that the environment names is no address: {error}") from error
        if url.scheme not in {"http", "https", "socks5", "socks5h"} or not url.host:
            raise StepError("input.invalid", "the proxy that the environment names is neither http, https nor socks5")
        if url.scheme.startswith("socks") and find_spec("socksio") is None:
            raise StepError("plugin.requirement", "a SOCKS proxy needs more: pip install 'httpx[socks]'")
        auth = (unquote(url.username), unquote(url.password)) if url.username else None
        own = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/")
        return httpcore.Proxy(own, auth=auth, ssl_context=self.tls if url.scheme == "https" else None)


class Transport(httpx.BaseTransport):
    """Sends each request over connections of its own."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._pools: list[httpcore.ConnectionPool] = []
        self.error = "input.invalid"

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it and read the head of the response."""
        pool = self._route.pool(request.url, self.error)
        self._pools.append(pool)
        url = request.url
        response = pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions={},
            )
        )
        return httpx.Response(
            response.status, headers=response.headers, stream=Body(response.stream), extensions=response.extensions
        )

    def close(self) -> None:
        """Hang up."""
        for pool in self._pools:
            pool.close()


class Body(httpx.SyncByteStream):
    """The body of a response as it comes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        """Read no more."""
        self._stream.close()


class Exchange:
    """A client for one request. `files` are those that are sent, to be read anew when a redirect wants the body again.

    `shown` says how an address may be written into logs and messages.
    """

    def __init__(self, route: Route, files: list[IO[bytes]], shown: Callable[[httpx.URL], str]) -> None:
        self._transport = Transport(route)
        self.client = httpx.Client(transport=self._transport, trust_env=False, headers={"Accept-Encoding": "identity"})
        self._log, self._files, self._shown = route.ctx.log, files, shown

    def __enter__(self) -> "Exchange":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def send(self, request: httpx.Request, redirects: int | None) -> httpx.Response:
        """The response, its body unread, after at most that many redirects (None: a redirect is a response)."""
        own_cookie, made = request.headers.get("cookie"), 0
        while True:
            response = self._sent(request)
            following = response.next_request
            if redirects is None or following is None:
                return response
            response.close()
            if made >= redirects:
                what = f"{self._shown(request.url)} redirects once more, after {made} redirects"
                raise StepError("http.redirect", what, code=response.status_code)
            made += 1
            self._log(f"{response.status_code}: redirected to {self._shown(following.url)}")
            own_cookie = self._prepare(request, following, own_cookie)
            request = following

    def _sent(self, request: httpx.Request) -> httpx.Response:
        with in_own_words(request.url, self._shown):
            try:
                return self.client.send(request, stream=True, follow_redirects=False)
            except (httpx.InvalidURL, httpx.RemoteProtocolError) as error:  # httpx reads `Location` on its own
                what = f"{self._shown(request.url)} redirects to what is no address: {error}"
                raise StepError("http.redirect", what) from error

    def _prepare(self, before: httpx.Request, after: httpx.Request, cookie: str | None) -> str | None:
        """Take out of the next request what is not for that server; the author's cookies that go on."""
        old, new = before.url, after.url
        if new.scheme not in DEFAULT_PORTS or not new.host:
            raise StepError("http.redirect", f"{self._shown(old)} redirects to `{new.scheme}:`, which is not followed")
        if old.scheme == "https" and new.scheme == "http":
            raise StepError("http.redirect", f"{self._shown(old)} redirects to http, without TLS: it is not followed")
        self._transport.error = "http.redirect"
        for file in self._files:
            file.seek(0)
        if before.method != after.method:
            after.headers.pop("content-type", None)
        if is_same_server(old, new):
            jar = after.headers.get("cookie")
            if cookie is not None:
                after.headers["cookie"] = f"{cookie}; {jar}" if jar else cookie
            return cookie
        for name in [one for one in after.headers if one not in SHARED and one != "cookie"]:
            del after.headers[name]  # cookies here are those that other servers have set for this one
        return None


def is_same_server(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether both have scheme, host and port in common, or differ only in that the other one has TLS."""
    if one.host != other.host:
        return False
    if one.scheme == other.scheme:
        return port_of(one) == port_of(other)
    return (one.scheme, other.scheme, port_of(one), port_of(other)) == ("http", "https", 80, 443)


def port_of(url: httpx.URL) -> int:
    """The port, the scheme's own where none is given."""
    return url.port or DEFAULT_PORTS.get(url.scheme, 0)


@contextlib.contextmanager
def in_own_words(url: httpx.URL, shown: Callable[[httpx.URL], str]) -> Iterator[None]:
    """Turn what the libraries raise into the step's own errors."""
    try:
        yield
    except httpcore.ProxyError as error:
        raise StepError("http.connect", f"the proxy gives no way to {shown(url)}: {error}") from error
    except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol, httpx.InvalidURL, UnicodeError) as error:
        raise StepError("input.invalid", f"the request to {shown(url)} cannot be sent: {error}") from error
    except (httpcore.RemoteProtocolError, httpx.ProtocolError) as error:
        raise StepError("http.protocol", f"{shown(url)} does not speak HTTP as it should: {error}") from error
    except (httpcore.NetworkError, httpcore.TimeoutException) as error:
        why = f": {error}" if str(error) else ""
        raise StepError("http.connect", f"the connection to {shown(url)} was lost{why}") from error


def read_url(text: str, params: Mapping[str, Any], *, secret: bool = False) -> httpx.URL:
    """The address, with further parameters behind those that it has. Raises `StepError` (`input.invalid`).

    Of a `secret` one nothing is told.
    """
    try:
        url = httpx.URL(text)
        if params:
            more = str(httpx.QueryParams(dict(params)))
            url = url.copy_with(query=b"&".join(filter(None, (url.query, more.encode()))))
    except (httpx.InvalidURL, UnicodeError, TypeError, ValueError) as error:
        why = "" if secret else f": {error}"
        raise StepError("input.invalid", f"`url` is no address{why}") from (None if secret else error)
    if url.scheme not in DEFAULT_PORTS or not url.host:
        raise StepError("input.invalid", "`url` must begin with http:// or https:// and name a host")
    return url


def without_secrets(url: httpx.URL) -> str:
    """The address as it is shown: no user, no password, no query, no fragment."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def host_only(url: httpx.URL) -> str:
    """The address as it is shown where all but its host is a secret."""
    return f"{url.scheme}://{url.netloc.decode()}/…"
