"""`http.request`: to which servers it speaks, what it tells them, and over what: redirects, TLS, proxies, the guard."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as some
from tests.plugins.proxy import Proxy, proxying
from tests.plugins.test_http import ENV, failure, run
from tests.plugins.web import Web, serving
from tests.runner.running import Workbench

from steplane.sdk import StepError
from steplane.testing import RecordingContext
from steplane_steps.http.addresses import is_authors, is_public, refuse_private
from steplane_steps.http.proxies import proxy_for


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path, env=ENV)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as running:
        yield running


@pytest.fixture
def other() -> Iterator[Web]:
    """A server under another name of this machine."""
    with serving("127.0.0.2") as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """A server's settings with a certificate for `localhost` and 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def secure(tls: ssl.SSLContext) -> Iterator[Web]:
    with serving(tls=tls) as running:
        yield running


@pytest.fixture
def ca_file(authority: trustme.CA, ctx: RecordingContext) -> str:
    authority.cert_pem.write_to_path(str(ctx.workdir / "ca.pem"))
    return "ca.pem"


class TestRedirects:
    @pytest.mark.parametrize(
        ("status", "method", "then"),
        [(301, "POST", "GET"), (302, "PUT", "GET"), (303, "DELETE", "GET"), (307, "POST", "POST"), (308, "PUT", "PUT")],
    )
    def test_the_method_after_it(self, ctx: RecordingContext, web: Web, status: int, method: str, then: str) -> None:
        web.on("/to", body="there")
        outputs = run(ctx, web.on("/from", status, Location="to?x=1"), method=method, body="payload")
        assert outputs["text"] == "there"
        assert outputs["url"] == web.url("/to")
        last = web.seen[-1]
        assert (last.method, last.path, last.body) == (then, "/to?x=1", b"payload" if then == method else b"")
        assert ("content-type" in last.headers) == ("content-type" in web.seen[0].headers and then == method)

    def test_files_are_sent_again(self, ctx: RecordingContext, web: Web) -> None:
        (ctx.workdir / "f").write_bytes(b"content" * 20_000)
        web.on("/to")
        run(ctx, web.on("/from", 307, Location="/to"), method="PUT", body_file="f")
        run(ctx, web.url("/from"), method="POST", files={"f": "f"})
        assert web.seen[0].body == web.seen[1].body == b"content" * 20_000
        assert web.seen[2].body == web.seen[3].body
        assert b"content" * 20_000 in web.seen[3].body

    def test_credentials_stay_with_their_server(self, ctx: RecordingContext, web: Web, other: Web) -> None:
        """S45: nothing that could be a credential goes to another server; cookies only to the one that set them."""
        web.on("/b", 302, Location=other.url("/c"), Set_Cookie="first=1")
        other.on("/c", 302, Location="/d", Set_Cookie="second=2")
        other.on("/d", 302, Location=web.url("/e"))
        web.on("/e", body="end")
        headers = {
            "Authorization": "Bearer geheim", "Cookie": "session=geheim", "X-Api-Key": "geheim", "Accept": "text/*",
            "Private-Token": "geheim", "Proxy-Authorization": "geheim", "X-Anything": "geheim",
        }  # fmt: skip
        assert run(ctx, web.on("/a", 302, Location="/b"), headers=headers)["text"] == "end"
        first, same = web.seen[:2]
        assert first.headers["authorization"] == same.headers["authorization"] == "Bearer geheim"
        assert same.headers["cookie"] == "session=geheim"
        for seen in (*other.seen, web.seen[2]):
            assert "geheim" not in str(seen.headers)
            assert seen.headers["accept"] == "text/*"
        assert [one.headers.get("cookie") for one in other.seen] == [None, "second=2"]
        assert web.seen[2].headers["cookie"] == "first=1"

    def test_another_port_is_another_server(self, ctx: RecordingContext, web: Web) -> None:
        with serving() as second:
            second.on("/x")
            run(ctx, web.on("/a", 302, Location=second.url("/x")), bearer="geheim", username=None)
        assert "authorization" in web.seen[0].headers
        assert "authorization" not in second.seen[0].headers

    def test_a_limit_and_none_at_all(self, ctx: RecordingContext, web: Web) -> None:
        url = web.on("/a", 302, Location="/a")
        error = failure(ctx, url, max_redirects=3)
        assert (error.type, error.code) == ("http.redirect", 302)
        assert error.message == f"{url} redirects once more, after 3 redirects"
        assert len(web.seen) == 4
        outputs = run(ctx, url, follow_redirects=False, ok=["3xx"])
        assert (outputs["status"], outputs["headers"]["location"]) == (302, "/a")
        assert failure(ctx, url, follow_redirects=False).code == 302

    @pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://host/x", "javascript:alert(1)", "http://a:b/"])
    def test_where_nobody_is_followed(self, ctx: RecordingContext, web: Web, location: str) -> None:
        assert failure(ctx, web.on("/a", 302, Location=location)).type == "http.redirect"
        assert len(web.seen) == 1

    def test_never_from_tls_to_none(self, ctx: RecordingContext, secure: Web, web: Web, ca_file: str) -> None:
        error = failure(ctx, secure.on("/a", 302, Location=web.on("/b")), ca_file=ca_file)
        assert error.type == "http.redirect"
        assert web.seen == []


class TestTls:
    def test_whom_it_trusts(self, ctx: RecordingContext, secure: Web, ca_file: str) -> None:
        url = secure.on("/a", body="ok")
        assert run(ctx, url, ca_file=ca_file)["text"] == "ok"
        error = failure(ctx, url)
        assert error.type == "http.tls"
        assert error.message == "the certificate of 127.0.0.1 is not trusted: unable to get local issuer certificate"
        assert run(ctx, url, verify=False)["text"] == "ok"
        named = RecordingContext(ctx.workdir, env={**ENV, "SSL_CERT_FILE": str(ctx.workdir / ca_file)})
        assert run(named, url)["text"] == "ok"

    def test_a_certificate_of_another_name(self, ctx: RecordingContext, tls: ssl.SSLContext, ca_file: str) -> None:
        with serving("127.0.0.3", tls) as elsewhere:
            error = failure(ctx, elsewhere.on("/a"), ca_file=ca_file)
        assert error.type == "http.tls"
        assert "IP address mismatch" in error.message

    def test_a_server_without_tls(self, ctx: RecordingContext, web: Web) -> None:
        error = failure(ctx, web.url("/").replace("http:", "https:"))
        assert (error.type, error.message) == ("http.tls", "no TLS with 127.0.0.1: wrong version number")

    def test_a_certificate_of_our_own(self, ctx: RecordingContext, authority: trustme.CA, ca_file: str) -> None:
        wanting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(wanting)
        authority.configure_trust(wanting)
        wanting.verify_mode = ssl.CERT_REQUIRED
        mine = authority.issue_cert("me.example")
        mine.private_key_and_cert_chain_pem.write_to_path(str(ctx.workdir / "me.pem"))
        with serving(tls=wanting) as strict:
            url = strict.on("/a", body="hello me")
            assert run(ctx, url, ca_file=ca_file, client_cert="me.pem")["text"] == "hello me"
            assert failure(ctx, url, ca_file=ca_file).type in {"http.tls", "http.connect"}

    def test_files_that_cannot_be_used(self, ctx: RecordingContext, secure: Web, ca_file: str) -> None:
        (ctx.workdir / "junk.pem").write_text("junk")
        url = secure.on("/a")
        assert (
            failure(ctx, url, ca_file="none.pem").message
            == "`ca_file` (none.pem) cannot be used: No such file or directory"
        )
        assert failure(ctx, url, ca_file="junk.pem").type == "http.tls"
        assert failure(ctx, url, ca_file=ca_file, client_cert="ca.pem").type == "http.tls"

    def test_large_bodies_both_ways(self, ctx: RecordingContext, secure: Web, ca_file: str) -> None:
        body = bytes(range(256)) * 8000
        (ctx.workdir / "up").write_bytes(body)
        outputs = run(ctx, secure.on("/a", body=body), method="POST", body_file="up", save="down", ca_file=ca_file)
        assert outputs["size"] == len(body)
        assert secure.seen[0].body == (ctx.workdir / "down").read_bytes() == body


NOT_PUBLIC = [
    "127.0.0.1", "127.255.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "::", "::1", "fe80::1",
    "fc00::1", "fd12::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:db8::1",
]  # fmt: skip


class TestTheGuard:
    @pytest.mark.parametrize("text", NOT_PUBLIC)
    def test_what_is_not_public(self, text: str) -> None:
        assert not is_public(ipaddress.ip_address(text))
        with pytest.raises(StepError):
            refuse_private("host", ["8.8.8.8", text], "input.invalid")

    @pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
    def test_what_is_public(self, text: str) -> None:
        assert is_public(ipaddress.ip_address(text))

    @given(some.ip_addresses(v=4))
    def test_an_address_means_the_same_in_every_spelling(self, address: ipaddress.IPv4Address) -> None:
        number = int(address)
        spellings = [
            ipaddress.IPv6Address(0xFFFF << 32 | number),
            ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | number),
            ipaddress.IPv6Address(0x2002 << 112 | number << 80),
        ]
        assert {is_public(one) for one in spellings} == {is_public(address)}

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]", "0", "[::1]",
         "LOCALHOST", "127.0.0.1."],
    )  # fmt: skip
    def test_every_spelling_of_this_machine_is_refused(self, ctx: RecordingContext, web: Web, host: str) -> None:
        error = failure(ctx, web.url("/", host), allow_private=False)
        assert error.type in {"input.invalid", "http.connect"}
        assert error.type == "input.invalid" or "cannot be found" in error.message
        assert web.seen == []

    def test_it_says_how_to_allow_it(self, ctx: RecordingContext) -> None:
        error = failure(ctx, "http://169.254.169.254/latest/meta-data", allow_private=False)
        assert error.type == "input.invalid"
        assert error.message == (
            "`169.254.169.254` is not a public address: a request may go there only if the file itself names the host, "
            "or with `allow_private: true`"
        )

    def test_the_file_itself_may_name_any_host(self, ctx: RecordingContext, web: Web) -> None:
        url = web.on("/a")
        assert run(ctx, url, allow_private=False, trusted={"url": url})["status"] == 200
        assert run(ctx, url, allow_private=False, trusted={"url": web.url("/")})["status"] == 200
        for beginning in ("", "http://", f"http://{web.host}", web.url(""), f"http://x@{web.host}:{web.port}/"):
            if beginning and url.startswith(beginning) and beginning.endswith("/"):
                continue
            assert failure(ctx, url, allow_private=False, trusted={"url": beginning}).type == "input.invalid"

    @pytest.mark.parametrize(
        ("beginning", "rest", "own"),
        [
            ("https://a.example/", "@b.example/", True),
            ("https://a.example", "@b.example/", False),
            ("https://a.example", ".evil/", False),
            ("https://a.example:80", "80/", False),
            ("https://user:", "pw@b/", False),
            ("https://a.example?", "x", True),
            ("https://a.example#", "x", True),
            ("https:\\\\a.example/", "x", False),
            ("https://a.example\\", "@b.example/", False),
            ("", "https://a.example/", False),
            ("https://", "a.example/", False),
        ],
    )
    def test_how_much_of_an_address_must_be_the_authors(self, beginning: str, rest: str, own: bool) -> None:
        assert is_authors(beginning + rest, beginning) is own

    def test_a_redirect_is_judged_anew(self, ctx: RecordingContext, web: Web, other: Web) -> None:
        """S43, S46: the author's own host may be private, but not the one to which it sends us."""
        url = web.on("/a", 302, Location=other.on("/b"))
        error = failure(ctx, url, allow_private=False, trusted={"url": url})
        assert error.type == "http.redirect"
        assert "`127.0.0.2` is not a public address" in error.message
        assert other.seen == []
        web.on("/to")
        same = web.on("/same", 302, Location="/to")
        assert run(ctx, same, allow_private=False, trusted={"url": same})["status"] == 200

    def test_a_name_is_looked_up_once(self, ctx: RecordingContext, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
        """S44: a name that answers with a public address first, and then with this machine."""
        answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
        asked, real = [], socket.getaddrinfo

        def rebinding(host: str, port: int, *args: Any, **how: Any) -> Any:
            if host != "rebind.test" or how.get("flags"):
                return real(host, port, *args, **how)
            asked.append(host)
            return real(next(answers), port, *args, **how)

        tried: list[Any] = []

        def connect(found: Any, watch: Any) -> Any:
            tried.append(found[4][0])
            raise OSError(111, "Connection refused")

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        monkeypatch.setattr("steplane_steps.http.network._connected", connect)
        assert failure(ctx, web.url("/", "rebind.test"), allow_private=False).type == "http.connect"
        assert (asked, tried) == (["rebind.test"], ["93.184.216.34"])

    def test_one_private_address_among_others_is_enough(
        self, ctx: RecordingContext, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = socket.getaddrinfo

        def both(host: str, port: int, *args: Any, **how: Any) -> Any:
            if host != "two.test" or how.get("flags"):
                return real(host, port, *args, **how)
            return [*real("8.8.8.8", port, *args, **how), *real("127.0.0.1", port, *args, **how)]

        monkeypatch.setattr(socket, "getaddrinfo", both)
        error = failure(ctx, web.url("/", "two.test"), allow_private=False)
        assert error.message.startswith("`two.test` has the address 127.0.0.1, which is not public")


WORKFLOW = """\
inputs: {host: {type: string}, path: {type: string, default: a}}
secrets: {hook: {env: HOOK}}
vars: {base: "http://127.0.0.1:PORT/", elsewhere: "${{ inputs.host }}"}
steps:
  - uses: http.request
    with: {url: "URL"}
"""


class TestInAWorkflow:
    @pytest.mark.parametrize(
        ("url", "allowed"),
        [
            ("http://127.0.0.1:PORT/${{ inputs.path }}", True),
            ("${{ vars.base }}${{ inputs.path }}", True),
            ("${{ secrets.hook }}${{ inputs.path }}", True),
            ("http://${{ inputs.host }}/a", False),
            ("http://127.0.0.1:PORT${{ inputs.path }}", False),
            ("${{ vars.elsewhere }}/a", False),
            ("${{ env.HOOK2 }}a", False),
            ("http://${{ 'a' }}127.0.0.1:PORT/a", False),
        ],
    )
    def test_whose_host_it_is(self, bench: Workbench, web: Web, url: str, allowed: bool) -> None:
        web.on("/a", body="ok")
        text = WORKFLOW.replace("URL", url).replace("PORT", str(web.port))
        inputs = {"host": f"127.0.0.1:{web.port}"}
        environ = {"HOOK": web.url("/"), "HOOK2": web.url("/")}
        done = bench.run(text, inputs, environ=environ)
        assert done.status == ("succeeded" if allowed else "failed"), done.lines
        if not allowed:
            assert done.error("step_1")[0] in {"input.invalid", "http.connect"}
            assert web.seen == []

    def test_in_a_worker_process_too(self, bench: Workbench, web: Web) -> None:
        web.on("/a", body="ok")
        text = WORKFLOW.replace("URL", web.url("/a")).replace("PORT", "1") + "    isolate: true\n"
        assert bench.run(text, {"host": "x"}, environ={"HOOK": "x"}).status == "succeeded"

    def test_a_timeout_of_the_step_ends_it(self, bench: Workbench, web: Web) -> None:
        web.answers["/h"] = lambda handler: handler.hold()
        text = WORKFLOW.replace("URL", web.url("/h")).replace("PORT", "1") + "    timeout: 300ms\n"
        assert bench.run(text, {"host": "x"}, environ={"HOOK": "x"}).error("step_1")[0] == "timeout"
        assert web.gone.wait(30)

    def test_retries_by_what_the_server_said(self, bench: Workbench, web: Web) -> None:
        def twice(handler: Any) -> None:
            handler.reply(503 if len(web.seen) < 3 else 200, b"ok")

        web.answers["/r"] = twice
        retry = "    retry: {attempts: 5, delay: 1ms, when: error.type == 'http.status' and error.code >= 500}\n"
        text = WORKFLOW.replace("URL", web.url("/r")).replace("PORT", "1") + retry
        assert bench.run(text, {"host": "x"}, environ={"HOOK": "x"}).status == "succeeded"
        assert len(web.seen) == 3


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with proxying() as running:
        yield running


class TestProxies:
    def test_over_http_and_through_a_tunnel(
        self, ctx: RecordingContext, web: Web, secure: Web, ca_file: str, proxy: Proxy
    ) -> None:
        env = {**ENV, "http_proxy": proxy.url("ada:s%40me"), "HTTPS_PROXY": proxy.url()}
        through = RecordingContext(ctx.workdir, env=env)
        assert run(through, web.on("/a", body="plain"))["text"] == "plain"
        assert run(through, secure.on("/b", body="tunnel"), ca_file=ca_file)["text"] == "tunnel"
        assert proxy.asked == [f"GET {web.url('/a')}", f"CONNECT 127.0.0.1:{secure.port}"]
        assert proxy.headers[0]["proxy-authorization"] == "Basic YWRhOnNAbWU="
        left_out = RecordingContext(ctx.workdir, env={**env, "NO_PROXY": "example, 127.0.0.0/8"})
        assert run(left_out, web.url("/a"))["text"] == "plain"
        assert len(proxy.asked) == 2

    def test_the_guard_holds_before_a_proxy(self, ctx: RecordingContext, web: Web, proxy: Proxy) -> None:
        through = RecordingContext(ctx.workdir, env={**ENV, "http_proxy": proxy.url()})
        for host in ("127.0.0.1", "localhost", "2130706433"):
            assert failure(through, web.url("/", host), allow_private=False).type == "input.invalid"
        assert proxy.asked == []

    def test_a_proxy_that_refuses(self, ctx: RecordingContext, secure: Web, proxy: Proxy) -> None:
        proxy.refuse = True
        through = RecordingContext(ctx.workdir, env={**ENV, "https_proxy": proxy.url()})
        error = failure(through, secure.url("/"))
        assert (error.type, error.message) == (
            "http.connect", f"the proxy gives no way to {secure.url('/')}: 403 Forbidden",
        )  # fmt: skip
        for name in ("ftp://x", "http://a:b", "socks4://x"):
            broken = RecordingContext(ctx.workdir, env={**ENV, "https_proxy": name})
            assert failure(broken, secure.url("/")).type == "input.invalid"

    @pytest.mark.parametrize(
        ("env", "expected"),
        [
            ({}, None),
            ({"http_proxy": "p:3128"}, "http://p:3128"),
            ({"HTTP_PROXY": "http://p"}, "http://p"),
            ({"HTTP_PROXY": "http://p", "REQUEST_METHOD": "GET"}, None),
            ({"https_proxy": "http://p"}, None),
            ({"ALL_PROXY": "http://p"}, "http://p"),
            ({"http_proxy": "http://p", "no_proxy": "*"}, None),
            ({"http_proxy": "http://p", "no_proxy": "a.example"}, None),
            ({"http_proxy": "http://p", "NO_PROXY": "x, .example"}, None),
            ({"http_proxy": "http://p", "no_proxy": "example:80"}, None),
            ({"http_proxy": "http://p", "no_proxy": "example:81"}, "http://p"),
            ({"http_proxy": "http://p", "no_proxy": "le"}, "http://p"),
            ({"http_proxy": "", "no_proxy": ""}, None),
        ],
    )
    def test_what_the_environment_says(self, env: dict[str, str], expected: str | None) -> None:
        assert proxy_for("http", "A.example", 80, env) == expected
