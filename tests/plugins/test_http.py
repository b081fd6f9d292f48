"""`http.request`: what is sent, what comes back, and every way in which it fails, on a real server."""

import gzip
import hashlib
import importlib.util
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.web import Web, saying, serving
from tests.runner.running import Workbench

from steplane.app.loading import load, make_registry
from steplane.cli.step_types import type_text
from steplane.executors.perform import refuse_missing
from steplane.sdk import Secret, StepError, StepType, convert, to_plain
from steplane.testing import RecordingContext
from steplane_steps.http import Request
from steplane_steps.http.content import decoded

ENV = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path, env=ENV)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as running:
        yield running


def run(ctx: RecordingContext, url: str, **parameters: Any) -> dict[str, Any]:
    """The outputs of a request; private addresses are allowed unless it is said otherwise."""
    given = {"url": url, "allow_private": True, **parameters}
    plain = to_plain(convert(Request, given, {"trusted": given.pop("trusted", {})}).run(ctx), "http.request")
    assert plain is not None
    return plain


def failure(ctx: RecordingContext, url: str, **parameters: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        run(ctx, url, **parameters)
    assert caught.value.type in {*Request.steplane.errors, "input.invalid", "cancelled", "plugin.requirement"}
    return caught.value


class TestWhatIsSent:
    def test_a_plain_get(self, ctx: RecordingContext, web: Web) -> None:
        outputs = run(ctx, web.on("/a", body="hi\n", Content_Type="text/plain", X_Two="2"))
        assert (outputs["status"], outputs["text"], outputs["json"], outputs["size"]) == (200, "hi\n", None, 3)
        assert outputs["url"] == web.url("/a")
        assert outputs["headers"]["x-two"] == "2"
        assert 0 < outputs["elapsed"] < 30
        (seen,) = web.seen
        assert (seen.method, seen.path, seen.body) == ("GET", "/a", b"")
        assert seen.headers["user-agent"].startswith("steplane/")
        assert seen.headers["accept-encoding"] == "gzip, deflate"
        assert ctx.logged[-1].startswith(f"GET {web.url('/a')}: 200 OK, 3 bytes in ")

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_every_method(self, ctx: RecordingContext, web: Web, method: str) -> None:
        assert run(ctx, web.on("/m", body="x"), method=method)["status"] == 200
        assert web.seen[0].method == method

    def test_the_query(self, ctx: RecordingContext, web: Web) -> None:
        run(ctx, web.on("/q") + "?a=1%2F2&b#part", params={"c": ["x y", "&"], "d": 5, "e": True, "é": "ü"})
        assert web.seen[0].path == "/q?a=1%2F2&b&c=x+y&c=%26&d=5&e=true&%C3%A9=%C3%BC"

    @pytest.mark.parametrize(
        ("parameters", "kind", "body"),
        [
            ({"json": {"a": [1, None, "é"]}}, "application/json", '{"a":[1,null,"é"]}'.encode()),
            ({"form": {"a": "x y", "b": ["1", "2"]}}, "application/x-www-form-urlencoded", b"a=x+y&b=1&b=2"),
            ({"body": "täxt"}, None, "täxt".encode()),
            ({"body": "<a/>", "headers": {"Content-Type": "text/xml"}}, "text/xml", b"<a/>"),
        ],
    )
    def test_bodies(
        self, ctx: RecordingContext, web: Web, parameters: dict[str, Any], kind: str | None, body: bytes
    ) -> None:
        run(ctx, web.on("/b"), method="POST", **parameters)
        assert web.seen[0].headers.get("content-type") == kind
        assert web.seen[0].body == body

    def test_files_of_a_form(self, ctx: RecordingContext, web: Web) -> None:
        (ctx.workdir / "a.csv").write_bytes(b"1,2\n")
        (ctx.workdir / "b.bin").write_bytes(bytes(range(256)) * 999)
        run(
            ctx, web.on("/up"), method="POST", form={"note": "n"},
            files={"one": "a.csv", "two": {"path": "b.bin", "filename": "renamed", "type": "application/x-thing"}},
        )  # fmt: skip
        (seen,) = web.seen
        assert seen.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert b'name="note"\r\n\r\nn\r\n' in seen.body
        assert b'name="one"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n1,2\n\r\n' in seen.body
        assert b'filename="renamed"\r\nContent-Type: application/x-thing\r\n\r\n' + bytes(range(256)) * 999 in seen.body

    def test_a_file_as_the_body(self, ctx: RecordingContext, web: Web) -> None:
        (ctx.workdir / "a").write_bytes(b"x" * 300_000)
        run(ctx, web.on("/put"), method="PUT", body_file="a")
        assert web.seen[0].body == b"x" * 300_000
        assert web.seen[0].headers["content-length"] == "300000"
        assert failure(ctx, web.url("/put"), method="PUT", body_file="none").type == "file.missing"
        assert failure(ctx, web.url("/put"), method="PUT", body_file="/dev/zero").type == "file.kind"

    def test_who_asks(self, ctx: RecordingContext, web: Web) -> None:
        run(ctx, web.on("/w"), bearer="t0ken")
        run(ctx, web.on("/w"), username="ada", password="pässword")
        run(ctx, web.url("/w").replace("://", "://bob:s%40me@"))
        assert [one.headers["authorization"] for one in web.seen] == [
            "Bearer t0ken", "Basic YWRhOnDDpHNzd29yZA==", "Basic Ym9iOnNAbWU=",
        ]  # fmt: skip
        assert "s%40me" not in "\n".join(ctx.logged)
        assert Secret("t0ken") == convert(Request, {"url": "http://x", "bearer": "t0ken"}).bearer

    def test_the_idempotency_key_is_the_same_for_all_attempts(self, tmp_path: Path, web: Web) -> None:
        for method, attempt in (("POST", 1), ("POST", 2), ("PATCH", 1), ("GET", 1)):
            run(RecordingContext(tmp_path, env=ENV, attempt=attempt), web.on("/i"), method=method, idempotency=True)
        run(RecordingContext(tmp_path, env=ENV, step="other"), web.on("/i"), method="POST", idempotency=True)
        run(RecordingContext(tmp_path, env=ENV), web.on("/i"), method="POST", idempotency=True,
            headers={"IDEMPOTENCY-KEY": "mine"})  # fmt: skip
        first, again, patch, none, other, own = [one.headers.get("idempotency-key") for one in web.seen]
        assert first == again == patch
        assert len(str(first)) == 36
        assert none is None
        assert other not in {None, first}
        assert own == "mine"

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"json": 1, "body": "x"}, "`json` and `body` are two bodies; a request has one"),
            ({"form": {}, "body": "x"}, "`body` and `form` are two bodies; a request has one"),
            ({"bearer": "x", "username": "u", "password": "p"},
             "`bearer` and `username` are two ways to say who asks; a request has one"),
            ({"username": "u"}, "`username` and `password` are given together"),
            ({"sha256": "0" * 64}, "`sha256` is the digest of a saved file: give `save` too"),
            ({"client_key": "k"}, "`client_key` belongs to a `client_cert`"),
        ],
    )  # fmt: skip
    def test_contradictions(self, ctx: RecordingContext, web: Web, parameters: dict[str, Any], message: str) -> None:
        error = failure(ctx, web.url(), **parameters)
        assert (error.type, error.message) == ("input.invalid", message)
        assert web.seen == []

    @pytest.mark.parametrize(
        "url", ["ftp://a/b", "file:///etc/passwd", "a/b", "http://", "http:///x", "//a", "http://[::1", "http://a:b/"]
    )
    def test_what_is_no_address(self, ctx: RecordingContext, url: str) -> None:
        assert failure(ctx, url).type == "input.invalid"

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"headers": {"X": "a\r\nY: b"}}, "the header `x` holds a line break, which no header may hold"),
            ({"bearer": "key\n"}, "the header `authorization` holds a line break, which no header may hold"),
            ({"headers": {"X": "a\0"}}, "the header `x` holds the character U+0000, which no header may hold"),
            ({"headers": {"X": "ä€"}}, "the header `x` holds the character U+00E4, which no header may hold"),
            (
                {"headers": {"X Y": "a"}},
                "`x y` cannot be the name of a header: it has letters, digits and `-`",
            ),
        ],
    )  # fmt: skip
    def test_headers_that_would_be_something_else(
        self, ctx: RecordingContext, web: Web, parameters: dict[str, Any], message: str
    ) -> None:
        error = failure(ctx, web.on("/h"), **parameters)
        assert (error.type, error.message) == ("input.invalid", message)
        assert web.seen == []


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes,
}  # fmt: skip


class TestWhatComesBack:
    def test_json(self, ctx: RecordingContext, web: Web) -> None:
        url = web.on("/j", body='\ufeff{"a": [1, "é"]}', Content_Type="application/problem+json; charset=utf-8")
        outputs = run(ctx, url)
        assert outputs["json"] == {"a": [1, "é"]}
        assert outputs["text"].endswith('{"a": [1, "é"]}')
        assert run(ctx, web.on("/k", body="[1]", Content_Type="text/plain"))["json"] is None
        assert run(ctx, web.on("/k", body="[1]"), capture="json")["json"] == [1]
        assert run(ctx, url, capture="text")["json"] is None
        nothing = run(ctx, url, capture="none")
        assert (nothing["json"], nothing["text"], nothing["size"]) == (None, None, 19)

    def test_what_is_called_json_and_is_none(self, ctx: RecordingContext, web: Web) -> None:
        url = web.on("/j", body="<html>", Content_Type="application/json")
        assert (run(ctx, url)["json"], run(ctx, url)["text"]) == (None, "<html>")
        assert "it is no JSON" in ctx.warned[0]
        assert failure(ctx, url, capture="json").type == "http.protocol"
        assert run(ctx, web.on("/e", 204, Content_Type="application/json"))["json"] is None

    def test_text_in_its_encoding_and_what_is_no_text(self, ctx: RecordingContext, web: Web) -> None:
        url = web.on("/l", body="ä".encode("latin-1"), Content_Type="text/plain; charset=latin-1")
        assert run(ctx, url)["text"] == "ä"
        outputs = run(ctx, web.on("/p", body=b"\x89PNG\xff", Content_Type="image/png"))
        assert (outputs["text"], outputs["size"]) == (None, 5)
        assert "the body is not text: it is left out of the outputs; `save` keeps it" in ctx.logged

    @pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip", "identity", "deflate, gzip"])
    def test_compressed_bodies(self, ctx: RecordingContext, web: Web, encoding: str) -> None:
        body = b"abc" * 200_000
        for one in [name.strip() for name in encoding.split(",")]:
            body = COMPRESS[one](body)
        assert run(ctx, web.on("/z", body=body, Content_Encoding=encoding))["text"] == "abc" * 200_000

    def test_compressed_in_other_ways(self, ctx: RecordingContext, web: Web) -> None:
        bare = zlib.compressobj(wbits=-15)
        raw = bare.compress(b"bare") + bare.flush()
        assert run(ctx, web.on("/r", body=raw, Content_Encoding="deflate"))["text"] == "bare"
        two = gzip.compress(b"one ") + gzip.compress(b"two")
        assert run(ctx, web.on("/t", body=two, Content_Encoding="gzip"))["text"] == "one two"
        for body, encoding in ((b"junk", "gzip"), (gzip.compress(b"x" * 999)[:-9], "gzip"), (b"x", "br")):
            assert failure(ctx, web.on("/w", body=body, Content_Encoding=encoding)).type == "http.protocol"

    def test_statuses(self, ctx: RecordingContext, web: Web) -> None:
        url = web.on("/s", 503, "\n  Sorry,\nno.\n", Retry_After="120", Content_Type="text/plain", Set_Cookie="s=1")
        error = failure(ctx, url + "?key=geheim")
        assert (error.type, error.code) == ("http.status", 503)
        assert error.message == f"GET {url} answered 503 Service Unavailable: Sorry,"
        assert error.detail == {
            "status": 503, "method": "GET", "url": url, "retry_after": 120.0, "body": "\n  Sorry,\nno.\n",
            "headers": {"content-type": "text/plain", "retry-after": "120"},
        }  # fmt: skip
        for ok in ([503], ["5xx"], ["200-204", "500-599"], [200, "503"]):
            assert run(ctx, url, ok=ok)["status"] == 503
        assert failure(ctx, web.on("/n", 204), ok=["200-203"]).code == 204

    def test_a_long_refusal_is_cut(self, ctx: RecordingContext, web: Web) -> None:
        web.answers["/long"] = lambda handler: handler.reply(500, b"x" * 10_000_000)
        error = failure(ctx, web.url("/long"))
        assert len(error.detail["body"]) == 4096
        assert len(error.message) < 300

    @pytest.mark.parametrize("value", ["Wed, 21 Oct 2099 07:28:00 GMT", "soon", "-1", ""])
    def test_retry_after_as_a_date_or_as_nonsense(self, ctx: RecordingContext, web: Web, value: str) -> None:
        wait = failure(ctx, web.on("/r", 429, Retry_After=value)).detail["retry_after"]
        assert (wait is not None and wait > 1e9) if value.startswith("Wed") else wait is None


class TestSave:
    def test_a_file_as_a_whole_with_its_digest(self, ctx: RecordingContext, web: Web) -> None:
        content = bytes(range(256)) * 4000
        digest = hashlib.sha256(content).hexdigest()
        outputs = run(ctx, web.on("/f", body=content), save="in/f.bin", mkdir=True, mode="0640", sha256=digest.upper())
        target = ctx.workdir / "in" / "f.bin"
        assert (outputs["path"], outputs["sha256"], outputs["size"]) == (str(target), digest, len(content))
        assert (outputs["text"], outputs["json"]) == (None, None)
        assert target.read_bytes() == content
        assert target.stat().st_mode & 0o777 == 0o640
        assert web.seen[0].headers["accept-encoding"] == "identity"

    def test_nothing_is_left_of_one_that_failed(self, ctx: RecordingContext, web: Web) -> None:
        (ctx.workdir / "f").write_text("old")
        web.answers["/cut"] = lambda handler: handler.reply(200, b"x" * 10, {"Content-Length": "1000"})
        web.answers["/endless"] = lambda handler: handler.pour(b"x" * 65536)
        expected: dict[str, tuple[str, dict[str, Any]]] = {
            web.on("/f", body="other"): ("http.checksum", {"sha256": "0" * 64}),
            web.on("/404", 404): ("http.status", {}),
            web.url("/endless"): ("http.too_large", {"max_bytes": 1_000_000}),
            web.on("/big", body="x" * 100): ("http.too_large", {"max_bytes": 99}),
        }
        for url, (kind, parameters) in expected.items():
            assert failure(ctx, url, save="f", **parameters).type == kind
        assert (ctx.workdir / "f").read_text() == "old"
        assert sorted(one.name for one in ctx.workdir.iterdir()) == ["artifacts", "f"]
        assert run(ctx, web.url("/big"), save="f", max_bytes=100)["size"] == 100

    def test_a_body_that_breaks_off(self, ctx: RecordingContext) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
        with saying(head) as port:
            assert failure(ctx, f"http://127.0.0.1:{port}/", save="f").type == "http.protocol"
            assert failure(ctx, f"http://127.0.0.1:{port}/").type == "http.protocol"
        assert [one.name for one in ctx.workdir.iterdir()] == ["artifacts"]


class TestLimits:
    def test_an_endless_body_ends_at_its_limit(self, ctx: RecordingContext, web: Web) -> None:
        web.answers["/e"] = lambda handler: handler.pour(b"x" * 65536)
        error = failure(ctx, web.url("/e"))
        assert error.message == "the body is larger than 8388608 bytes (`max_bytes`)"
        assert web.gone.wait(30)

    def test_a_bomb_is_counted_as_what_it_becomes(self, ctx: RecordingContext, web: Web) -> None:
        bomb = gzip.compress(b"\0" * 50_000_000)
        assert len(bomb) < 60_000
        assert failure(ctx, web.on("/b", body=bomb, Content_Encoding="gzip")).type == "http.too_large"
        twice = web.on("/t", body=gzip.compress(bomb), Content_Encoding="gzip, gzip")
        assert failure(ctx, twice, save="f", max_bytes=1_000_000).type == "http.too_large"

    def test_a_bomb_takes_no_memory(self) -> None:
        bomb = gzip.compress(b"\0" * 60_000_000)
        tracemalloc.start()
        try:
            sizes = [len(block) for block in decoded([bomb], "gzip")]
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert sum(sizes) == 60_000_000
        assert peak < 4_000_000

    @pytest.mark.parametrize(
        ("parameters", "limit"),
        [({"timeout": "250ms"}, "total"), ({"timeout": "20s", "read_timeout": "200ms"}, "read")],
    )
    def test_a_server_that_says_nothing(
        self, ctx: RecordingContext, web: Web, parameters: dict[str, Any], limit: str
    ) -> None:
        web.answers["/h"] = lambda handler: handler.hold()
        error = failure(ctx, web.url("/h"), **parameters)
        assert (error.type, error.detail) == ("http.timeout", {"limit": limit})
        assert web.gone.wait(30), "the connection is closed"

    def test_a_drip_does_not_hold_the_whole(self, ctx: RecordingContext, web: Web) -> None:
        web.answers["/d"] = lambda handler: handler.pour(b"x", pause=0.01)
        error = failure(ctx, web.url("/d"), timeout="300ms", read_timeout="200ms")
        assert error.message == "the request took longer than 0.3 s"

    def test_a_peer_that_never_takes_the_connection_to_its_end(self, ctx: RecordingContext) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes the connection, and never speaks TLS
            url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
            assert failure(ctx, url, connect_timeout="200ms").detail == {"limit": "connect"}

    def test_cancel_is_prompt_and_hangs_up(self, ctx: RecordingContext, web: Web) -> None:
        arrived = threading.Event()

        def hold(handler: Any) -> None:
            arrived.set()
            handler.hold()

        web.answers["/h"] = hold

        def stop() -> None:
            arrived.wait(30)
            ctx.cancel()

        threading.Thread(target=stop).start()
        error = failure(ctx, web.url("/h"), timeout="1h")
        assert error.type == "cancelled"
        assert web.gone.wait(30)


class TestFailures:
    def test_nobody_listens(self, ctx: RecordingContext, unused_port: int) -> None:
        error = failure(ctx, f"http://127.0.0.1:{unused_port}/a?secret#x")
        assert error.type == "http.connect"
        assert error.message == f"no connection to 127.0.0.1 port {unused_port}: Connection refused"

    def test_a_name_that_nobody_knows(self, ctx: RecordingContext, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(host: str, *_: Any, **__: Any) -> Any:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        error = failure(ctx, "http://no.such.host/")
        assert error.message == "the host `no.such.host` cannot be found: Name or service not known"

    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            (b"", "http.protocol"),
            (b"SSH-2.0-OpenSSH\r\n\r\n", "http.protocol"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "http.protocol"),
            (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", "http.protocol"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "http.protocol"),
        ],
    )
    def test_what_is_no_http(self, ctx: RecordingContext, said: bytes, kind: str) -> None:
        with saying(said) as port:
            error = failure(ctx, f"http://127.0.0.1:{port}/")
        assert error.type in {kind, "http.connect"} if not said else error.type == kind


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
    return port


class TestWithoutTheLibrary:
    def test_the_type_is_listed_and_checked_and_says_what_to_install(
        self, bench: Workbench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "httpx" else real(name))
        fresh = make_registry(None, None)
        described = fresh.step_type("http.request")
        assert isinstance(described, StepType)
        assert described.missing == ("steplane[http]",)
        assert "not installed\n  pip install 'steplane[http]'\n" in type_text(described, "steplane 0", color=False)
        bench.file.write_text(
            "steplane: 1\nname: t\nsteps:\n  - {uses: http.request, with: {url: 'http://x', methd: GET}}\n"
        )
        found = load(str(bench.file), fresh, None).diagnostics
        assert [(one.code, one.message, one.help) for one in found] == [
            ("not-installed", "`http.request` needs a library that is not installed", "pip install 'steplane[http]'"),
            ("unknown-parameter", "`http.request` has no parameter `methd`", ""),
        ]
        with pytest.raises(StepError) as caught:
            refuse_missing(Request)
        assert caught.value.type == "plugin.requirement"
        assert caught.value.message == "`http.request` needs more: pip install 'steplane[http]'"
