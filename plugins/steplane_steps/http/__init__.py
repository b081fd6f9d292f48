"""The step type `http.request`."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Struct, field

from steplane.sdk import (
    Duration,
    Meta,
    PlanContext,
    Planned,
    Query,
    Result,
    Secret,
    Step,
    StepContext,
    Trusted,
    Url,
    hookimpl,
)
from steplane_steps.files import FILE_ERRORS, MakeFolders, Mode, Path
from steplane_steps.http.statuses import Statuses

HTTP_ERRORS = (
    "http.status", "http.timeout", "http.connect", "http.tls", "http.redirect", "http.too_large", "http.protocol",
)  # fmt: skip

REQUIRES = {"httpx": "steplane[http]"}

Values = dict[str, str | list[str]]
AllowPrivate = Annotated[
    bool,
    Meta(
        description="Allow addresses that are not public (loopback, private networks, link-local) also where an input, "
        "an output, an item or a redirect names the host; the file itself and secrets always may"
    ),
]
Verify = Annotated[bool, Meta(description="Check the server's certificate; without it anybody may listen")]
CaFile = Annotated[
    Path, Meta(description="A PEM file with the only authorities to trust; default: those of the system")
]
ConnectTimeout = Annotated[Duration, Meta(description="How long one connection with its TLS may take")]

Digest = Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$", description="The digest that the saved file must have")]
MaxBytes = Annotated[
    int, Meta(ge=0, description="The most bytes of the body, decompressed; default: 8 MiB, with `save` 1 GiB")
]


class Upload(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a multipart form."""

    path: Path
    filename: str | None = None
    type: str | None = None


class Response(Result):
    """What the server answered: names of headers in small letters, `elapsed` in seconds, `size` of the body in bytes.

    `json` where the body is JSON, `text` where it is text; with `save` the file's absolute path and digest instead.
    """

    status: int
    url: str
    headers: dict[str, str]
    json: Any
    text: str | None
    size: int
    elapsed: float
    path: str | None
    sha256: str | None


class Request(
    Step, type="http.request", errors=(*HTTP_ERRORS, "http.checksum", *FILE_ERRORS),
    capabilities=("network", "filesystem"), cancellable=True, requires=REQUIRES,
    at_most_one=[
        ("json", "body", "body_file", "form"), ("json", "body", "body_file", "files"), ("bearer", "username"),
    ],
):  # fmt: skip
    """Send one HTTP request and read the response.

    A status that is not in `ok` fails the step with `http.status`: `error.code` is the status, `error.detail` has the
    beginning of the body and `retry_after` in seconds. The whole request, redirects and body included, is over within
    `timeout`. A redirect to another server takes along no header that could be a credential. Where the host of `url`
    comes from an input or an output, the request goes to public addresses only, unless `allow_private` says otherwise.
    Proxies are taken from the environment (`HTTPS_PROXY`, `NO_PROXY`). For tries after a failure there is `retry`.

    Example:
        uses: http.request
        with:
          method: POST
          url: https://prices.example/v1/${{ item.sku }}
          bearer: ${{ secrets.shop_key }}
          json: {amount: "${{ item.amount }}"}
          timeout: 10s
    """

    url: Annotated[Url, Meta(description="The address: http:// or https://")]
    method: Annotated[
        Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], Meta(description="The method")
    ] = "GET"
    headers: Annotated[dict[str, str], Meta(description="Headers of the request")] = field(default_factory=dict)
    params: Annotated[Values, Query, Meta(description="Parameters of the query, added to those of `url`")] = field(
        default_factory=dict
    )
    json: Annotated[Any, Meta(description="A body that is JSON")] = None
    form: Annotated[Values | None, Meta(description="A body that is a form; beside `files` its other fields")] = None
    files: Annotated[
        dict[str, Path | Upload] | None,
        Meta(description="Files of a multipart form by the names of their fields: a path, or `{path, filename, type}`"),
    ] = None
    body: Annotated[str | None, Meta(description="A body that is text")] = None
    body_file: Annotated[Path | None, Meta(description="A file that is sent as the body")] = None
    bearer: Annotated[Secret | None, Meta(description="A token for `Authorization: Bearer`")] = None
    username: Annotated[str | None, Meta(description="The user of `Authorization: Basic`")] = None
    password: Annotated[Secret | None, Meta(description="The password of `username`")] = None
    ok: Statuses = ("2xx",)
    capture: Annotated[
        Literal["auto", "json", "text", "none"],
        Meta(description="What to make of the body; auto: JSON where the server says so, else text"),
    ] = "auto"
    save: Annotated[
        Path | None, Meta(description="Write the body to this file, replaced as a whole when all has come")
    ] = None
    sha256: Digest | None = None
    mkdir: MakeFolders = False
    mode: Mode | None = None
    max_bytes: MaxBytes | None = None
    timeout: Annotated[
        Duration | None, Meta(description="How long all of it may take; default: 30s, with files or `save` 10m")
    ] = None
    connect_timeout: ConnectTimeout = 10.0
    read_timeout: Annotated[Duration | None, Meta(description="How long nothing may come; default: as `timeout`")] = (
        None
    )
    follow_redirects: Annotated[bool, Meta(description="Follow redirects")] = True
    max_redirects: Annotated[int, Meta(ge=0, le=100, description="How many are followed")] = 10
    verify: Verify = True
    ca_file: CaFile | None = None
    client_cert: Annotated[Path | None, Meta(description="A PEM file with the certificate to show to the server")] = (
        None
    )
    client_key: Annotated[Path | None, Meta(description="Its key, where that is another file")] = None
    allow_private: AllowPrivate = False
    idempotency: Annotated[
        bool, Meta(description="Send `Idempotency-Key` with POST and PATCH: the same over retries and resumes")
    ] = False
    trusted: Trusted = field(default_factory=dict)

    def run(self, ctx: StepContext) -> Response:
        """Send it."""
        from steplane_steps.http.request import perform

        return perform(self, ctx)

    def plan(self, ctx: PlanContext) -> Planned:
        """Say what would be sent where."""
        from steplane_steps.http.planning import planned

        return planned(self, ctx)


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step type of this module."""
    return [Request]
