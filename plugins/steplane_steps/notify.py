"""The step type `notify.webhook`."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from msgspec import field

from steplane.sdk import (
    Duration,
    Meta,
    PlanContext,
    Planned,
    Result,
    Step,
    StepContext,
    StepError,
    Trusted,
    Url,
    hookimpl,
)
from steplane_steps.http import HTTP_ERRORS, REQUIRES, AllowPrivate, CaFile, Request, Verify
from steplane_steps.http.planning import host_of
from steplane_steps.http.statuses import Statuses


class Delivered(Result):
    """The server's status, and the seconds that it took."""

    status: int
    elapsed: float


class Webhook(
    Step, type="notify.webhook", errors=HTTP_ERRORS, capabilities=("network",), cancellable=True, requires=REQUIRES,
    one_of=[("text", "json")],
):  # fmt: skip
    """Tell a chat or another program of something, with one POST request.

    `text` is sent as the service wants it (`format`), `json` as it is. The address of a webhook is a secret: only its
    host is ever shown. What holds of the addresses, errors and limits of `http.request` holds here too.

    Example:
        uses: notify.webhook
        with:
          url: ${{ secrets.chat }}
          format: slack
          text: "${{ workflow.name }} ${{ run.status }}: ${{ run.id }}"
    """

    url: Annotated[Url, Meta(description="The address: http:// or https://; better a secret")]
    text: Annotated[str | None, Meta(description="The message; or else `json`")] = None
    json: Annotated[Any, Meta(description="The whole payload, as the receiver wants it")] = None
    format: Annotated[
        Literal["generic", "slack", "teams", "discord"],
        Meta(description='How `text` is sent: `{"text": ...}` (generic, slack), a card (teams), `{"content": ...}`'),
    ] = "generic"
    headers: Annotated[dict[str, str], Meta(description="Headers of the request")] = field(default_factory=dict)
    ok: Statuses = ("2xx",)
    timeout: Annotated[Duration, Meta(description="How long all of it may take")] = 30.0
    idempotency: Annotated[bool, Meta(description="Send `Idempotency-Key`: the same over retries and resumes")] = False
    verify: Verify = True
    ca_file: CaFile | None = None
    allow_private: AllowPrivate = False
    trusted: Trusted = field(default_factory=dict)

    def run(self, ctx: StepContext) -> Delivered:
        """Send it."""
        from steplane_steps.http.request import perform

        request = Request(
            url=self.url, method="POST", json=self._payload(), headers=self.headers, ok=self.ok, timeout=self.timeout,
            capture="none", idempotency=self.idempotency, verify=self.verify, ca_file=self.ca_file,
            allow_private=self.allow_private, trusted=self.trusted,
        )  # fmt: skip
        response = perform(request, ctx, secret_url=True)
        return Delivered(response.status, response.elapsed)

    def plan(self, ctx: PlanContext) -> Planned:
        """Say who would be told."""
        where = host_of(self.url)
        return Planned(f"notify {where}", changes=(where,))

    def _payload(self) -> Any:
        if (self.text is None) == (self.json is None):
            raise StepError("input.invalid", "`notify.webhook` takes either `text` or `json`")
        return self.json if self.text is None else PAYLOADS[self.format](self.text)


def card(text: str) -> dict[str, Any]:
    """A message of Microsoft Teams: an Adaptive Card with one block of text."""
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.2",
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
    }  # fmt: skip
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


PAYLOADS: dict[str, Callable[[str], Any]] = {
    "generic": lambda text: {"text": text},
    "slack": lambda text: {"text": text},
    "teams": card,
    "discord": lambda text: {"content": text},
}
"""What each service wants."""


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step type of this module."""
    return [Webhook]
