"""`notify.webhook`: what a receiver gets, and that nobody else learns the address."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.plugins.test_http import ENV
from tests.plugins.web import Web, serving
from tests.runner.running import Workbench

from steplane.sdk import PlanContext, StepError, convert, to_plain
from steplane.testing import RecordingContext
from steplane_steps.notify import Webhook

SECRET = "/services/T000/B000/geheim?token=geheim"


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path, env=ENV)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as running:
        running.on(SECRET.partition("?")[0], body="ok")
        yield running


def run(ctx: RecordingContext, url: str, **parameters: Any) -> dict[str, Any]:
    step = convert(Webhook, {"url": url, "allow_private": True, **parameters})
    plain = to_plain(step.run(ctx), "notify.webhook")
    assert plain is not None
    return plain


@pytest.mark.parametrize(
    ("form", "payload"),
    [
        ("generic", {"text": "it's done"}),
        ("slack", {"text": "it's done"}),
        ("discord", {"content": "it's done"}),
        ("teams", {"type": "message", "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
                "version": "1.2", "body": [{"type": "TextBlock", "text": "it's done", "wrap": True}],
            },
        }]}),
    ],
)  # fmt: skip
def test_a_text_as_each_service_wants_it(ctx: RecordingContext, web: Web, form: str, payload: Any) -> None:
    assert run(ctx, web.url(SECRET), text="it's done", format=form)["status"] == 200
    (seen,) = web.seen
    assert (seen.method, seen.path, seen.headers["content-type"]) == ("POST", SECRET, "application/json")
    assert msgspec.json.decode(seen.body) == payload


def test_a_payload_as_it_is(ctx: RecordingContext, web: Web) -> None:
    run(ctx, web.url(SECRET), json={"blocks": [1]}, headers={"X-Key": "k"}, idempotency=True)
    assert msgspec.json.decode(web.seen[0].body) == {"blocks": [1]}
    assert {"x-key", "idempotency-key"} <= set(web.seen[0].headers)


def test_either_text_or_payload(ctx: RecordingContext, web: Web) -> None:
    for given in ({}, {"text": "a", "json": 1}):
        with pytest.raises(StepError, match="either `text` or `json`"):
            run(ctx, web.url(SECRET), **given)
    assert web.seen == []


def test_nobody_learns_the_address(ctx: RecordingContext, web: Web, unused: str) -> None:
    run(ctx, web.url(SECRET), text="x")
    path = SECRET.partition("?")[0]
    said = list(ctx.logged)
    web.on(path, 500, body="no")
    for url in (
        web.url(SECRET),
        unused + SECRET,
        "ftp://host" + SECRET,
        "http://host:geheim/",
        f"http://geheim@[{SECRET}",
    ):
        with pytest.raises(StepError) as caught:
            run(ctx, url, text="x")
        said += [caught.value.message, str(caught.value.detail)]
    web.on(path, 302, Location="/geheim")
    with pytest.raises(StepError) as caught:
        run(ctx, web.url(SECRET), text="x")
    said += [caught.value.message, str(caught.value.detail), *ctx.logged, planned(web.url(SECRET))]
    assert [one for one in said if "geheim" in one] == []
    assert any(f"POST http://{web.host}:{web.port}/…" in one for one in said)


def planned(url: str) -> str:
    """What a dry run says."""
    return str(convert(Webhook, {"url": url, "text": "x"}).plan(PlanContext()))


def test_what_a_dry_run_says() -> None:
    assert "notify https://hooks.example/…" in planned("https://user:pw@hooks.example" + SECRET)


@pytest.fixture
def unused() -> str:
    with serving() as gone:
        return gone.url("")


WORKFLOW = """\
secrets: {hook: {env: HOOK}}
steps:
  - uses: notify.webhook
    with: {url: "${{ secrets.hook }}", text: "${{ workflow.name }}"}
"""


def test_an_address_that_is_a_secret_may_be_anywhere_and_is_stored_nowhere(bench: Workbench, web: Web) -> None:
    done = bench.run(WORKFLOW, environ={"HOOK": web.url(SECRET)})
    assert done.status == "succeeded", done.lines
    assert msgspec.json.decode(web.seen[0].body) == {"text": "trial"}
    assert b"geheim" not in bench.stored()
