"""How `http.request` is performed."""

import contextlib
import hashlib
import re
import time
import uuid
from collections.abc import Iterable
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any

import httpx
import msgspec

from steplane import __version__
from steplane.sdk import StepContext, StepError
from steplane_steps.files import located, opened, replacing
from steplane_steps.http import Response
from steplane_steps.http.addresses import is_authors
from steplane_steps.http.content import capped, decoded, excerpt
from steplane_steps.http.exchange import Exchange, Route, host_only, in_own_words, read_url, without_secrets
from steplane_steps.http.statuses import is_ok, seconds_to_wait
from steplane_steps.http.tls import Trust
from steplane_steps.http.watch import Watch

if TYPE_CHECKING:
    from steplane_steps.http import Request

TEXT_LIMIT, FILE_LIMIT = 8 << 20, 1 << 30
SHORT, LONG = 30.0, 600.0
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_HEADERS = re.compile(r"[^\t -~]")
TOLD = ("content-type", "location", "retry-after", "www-authenticate", "x-request-id")
"""The headers of a refusal that are told."""


def perform(step: "Request", ctx: StepContext, *, secret_url: bool = False) -> Response:
    """The response. Raises `StepError`. With `secret_url` only the host of the address is ever shown."""
    _refuse_contradictions(step)
    began = time.monotonic()
    transfers = step.save is not None or step.files is not None or step.body_file is not None
    total = step.timeout if step.timeout is not None else (LONG if transfers else SHORT)
    watch = Watch(ctx, total, step.connect_timeout, step.read_timeout)
    url = read_url(step.url, step.params, secret=secret_url)
    shown = host_only if secret_url else without_secrets
    trust = Trust(step.verify, step.ca_file, step.client_cert, step.client_key)
    author = is_authors(step.url, step.trusted.get("url", ""))
    route = Route(ctx, watch, trust, author=author, anywhere=step.allow_private)
    with ExitStack() as stack:
        body, files = _body(step, ctx, stack)
        exchange = stack.enter_context(Exchange(route, files, shown))
        with in_own_words(url, shown):
            request = exchange.client.build_request(step.method, url, headers=_headers(step, ctx), **body)
        response = exchange.send(request, step.max_redirects if step.follow_redirects else None)
        with in_own_words(response.request.url, shown):
            return _result(step, ctx, response, shown(response.request.url), began)


def _refuse_contradictions(step: "Request") -> None:
    given = [name for name in ("json", "body", "body_file", "form", "files") if getattr(step, name) is not None]
    if len(given) > 1 and given != ["form", "files"]:
        raise StepError("input.invalid", f"`{given[0]}` and `{given[1]}` are two bodies; a request has one")
    if step.bearer is not None and step.username is not None:
        raise StepError("input.invalid", "`bearer` and `username` are two ways to say who asks; a request has one")
    if (step.username is None) != (step.password is None):
        raise StepError("input.invalid", "`username` and `password` are given together")
    if step.sha256 is not None and step.save is None:
        raise StepError("input.invalid", "`sha256` is the digest of a saved file: give `save` too")
    if step.client_key is not None and step.client_cert is None:
        raise StepError("input.invalid", "`client_key` belongs to a `client_cert`")


def _headers(step: "Request", ctx: StepContext) -> list[tuple[str, str]]:
    """All headers; those that the author gives win."""
    headers = {"user-agent": f"steplane/{__version__}", "accept": "*/*"}
    if step.save is None:
        headers["accept-encoding"] = "gzip, deflate"
    if step.bearer is not None:
        headers["authorization"] = f"Bearer {step.bearer.reveal()}"
    if step.username is not None and step.password is not None:
        import base64

        pair = f"{step.username}:{step.password.reveal()}".encode()
        headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    if step.idempotency and step.method in {"POST", "PATCH"}:
        headers["idempotency-key"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"steplane:{ctx.idempotency_key}"))
    headers.update((name.lower(), value) for name, value in step.headers.items())
    for name, value in headers.items():
        _refuse_header(name, value)
    return list(headers.items())


def _refuse_header(name: str, value: str) -> None:
    """Raise `StepError` for what no header may be (RFC 9110, 5.1 and 5.5). The value may be secret: it is not told."""
    if not _TOKEN.fullmatch(name):
        raise StepError("input.invalid", f"`{name}` cannot be the name of a header: it has letters, digits and `-`")
    wrong = _NOT_IN_HEADERS.search(value)
    if wrong is not None:
        kind = "a line break" if wrong[0] in "\r\n" else f"the character U+{ord(wrong[0]):04X}"
        raise StepError("input.invalid", f"the header `{name}` holds {kind}, which no header may hold")


def _body(step: "Request", ctx: StepContext, stack: ExitStack) -> tuple[dict[str, Any], list[IO[bytes]]]:
    """What httpx makes the body of, and the files that it reads."""
    if step.json is not None:
        return {"json": step.json}, []
    if step.body is not None:
        return {"content": step.body.encode()}, []
    if step.body_file is not None:
        file = stack.enter_context(opened(ctx, step.body_file))
        return {"content": file}, [file]
    if step.files is None:
        return ({} if step.form is None else {"data": step.form}), []
    parts: dict[str, Any] = {}
    for name, one in step.files.items():
        path, filename, kind = (one, None, None) if isinstance(one, str) else (one.path, one.filename, one.type)
        file = stack.enter_context(opened(ctx, path))
        shown = filename or path.rpartition("/")[2]
        parts[name] = (shown, file) if kind is None else (shown, file, kind)
    return {"data": step.form or {}, "files": parts}, [part[1] for part in parts.values()]


def _result(step: "Request", ctx: StepContext, response: httpx.Response, shown: str, began: float) -> Response:
    status = response.status_code
    chunks = decoded(response.iter_raw(), response.headers.get("content-encoding", ""))
    if not is_ok(status, step.ok):
        raise _refused(step.method, shown, response, chunks)
    text, data, path, digest = None, None, None, None
    if step.save is not None:
        size, digest = _save(step, ctx, response, chunks)
        path = located(ctx, step.save)
    else:
        limit = TEXT_LIMIT if step.max_bytes is None else step.max_bytes
        content = b"".join(capped(chunks, limit))
        size = len(content)
        text, data = _read(step, ctx, response, content)
    elapsed = round(time.monotonic() - began, 6)
    ctx.log(f"{response.request.method} {shown}: {_named(response)}, {size} bytes in {elapsed:.3f} s")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Response(status, shown, headers, data, text, size, elapsed, path, digest)


def _refused(method: str, shown: str, response: httpx.Response, chunks: Iterable[bytes]) -> StepError:
    """The error of a status that is not wanted."""
    body = ""
    with contextlib.suppress(httpx.HTTPError):
        body = excerpt(chunks)
    first = next((line.strip() for line in body.splitlines() if line.strip()), "")[:200]
    headers = response.headers
    detail = {
        "status": response.status_code, "method": method, "url": shown,
        "headers": {name: headers[name] for name in TOLD if name in headers},
        "retry_after": seconds_to_wait(headers.get("retry-after")), "body": body,
    }  # fmt: skip
    what = f"{method} {shown} answered {_named(response)}" + (f": {first}" if first else "")
    return StepError("http.status", what, code=response.status_code, detail=detail)


def _named(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase}".strip()


def _save(step: "Request", ctx: StepContext, response: httpx.Response, chunks: Iterable[bytes]) -> tuple[int, str]:
    """Write the body to the file; its size and digest."""
    assert step.save is not None
    limit = FILE_LIMIT if step.max_bytes is None else step.max_bytes
    length = response.headers.get("content-length", "")
    total = float(length) if length.isdigit() and "content-encoding" not in response.headers else None
    digest, size = hashlib.sha256(), 0
    with replacing(ctx, step.save, mkdir=step.mkdir, mode=step.mode) as file:
        for chunk in capped(chunks, limit, _progress(ctx, total)):
            digest.update(chunk)
            size += file.write(chunk)
        found = digest.hexdigest()
        if step.sha256 is not None and found != step.sha256.lower():
            what = f"the file has the SHA-256 digest {found}, not {step.sha256.lower()}"
            raise StepError("http.checksum", what, detail={"sha256": found})
    return size, found


def _progress(ctx: StepContext, total: float | None) -> Any:
    """Tells how far it is, a few times a second."""
    last = 0.0

    def grown(size: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= 0.2:
            last = now
            ctx.progress(size, total, "bytes")

    return grown


def _read(step: "Request", ctx: StepContext, response: httpx.Response, content: bytes) -> tuple[str | None, Any]:
    """The body as text and as data, as far as it is wanted and is that."""
    if step.capture == "none":
        return None, None
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    wants_json = step.capture == "json" or (
        step.capture == "auto" and (kind.endswith("+json") or kind == "application/json")
    )
    text = _text(response, content)
    if text is None and not wants_json:
        ctx.log("the body is not text: it is left out of the outputs; `save` keeps it")
    if not wants_json or (step.capture == "auto" and not content):
        return text, None
    try:
        return text, msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if step.capture == "json":
            raise StepError("http.protocol", f"the body is no JSON: {error}") from error
        ctx.warn(f"the server calls the body {kind}, but it is no JSON: {error}")
        return text, None


def _text(response: httpx.Response, content: bytes) -> str | None:
    try:
        return content.decode(response.charset_encoding or "utf-8")
    except UnicodeDecodeError:
        return None
    except LookupError:
        return content.decode("utf-8", "replace")
