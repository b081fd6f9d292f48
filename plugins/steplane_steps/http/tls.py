"""Whom a request trusts, and as whom it shows itself."""

import os
import ssl
from functools import lru_cache

from msgspec import Struct

from steplane.sdk import StepContext, StepError
from steplane_steps.files import located


class Trust(Struct, frozen=True):
    """Whether the server must show a certificate of an authority (of `ca_file` alone, if given), and our own."""

    verify: bool = True
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None


def context_for(ctx: StepContext, trust: Trust) -> ssl.SSLContext:
    """The TLS settings of a request. Raises `StepError` (`http.tls`) for files that cannot be used.

    Without `ca_file` the authorities are those of the system, those that httpx brings, and those that `SSL_CERT_FILE`
    and `SSL_CERT_DIR` name.
    """
    own = trust.client_cert is not None
    if trust.ca_file is not None:
        context = _only(ctx, trust.ca_file)
    else:
        named = (ctx.env.get("SSL_CERT_FILE") or None, ctx.env.get("SSL_CERT_DIR") or None)
        context = _usual.__wrapped__(*named, trust.verify) if own else _usual(*named, trust.verify)
    if not trust.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if trust.client_cert is not None:
        key = None if trust.client_key is None else located(ctx, trust.client_key)
        try:
            context.load_cert_chain(located(ctx, trust.client_cert), key, password=_no_password)
        except (OSError, ValueError) as error:
            raise _unusable("client_cert", trust.client_cert, error) from error
    return context


def _only(ctx: StepContext, ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=located(ctx, ca_file))
    except OSError as error:
        raise _unusable("ca_file", ca_file, error) from error


@lru_cache(maxsize=8)
def _usual(file: str | None, folder: str | None, verify: bool) -> ssl.SSLContext:
    """Made once, for it takes longer than many a request; those who change it get one of their own."""
    import httpx

    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    if file or folder:
        try:
            context.load_verify_locations(file, folder)
        except OSError as error:
            raise _unusable("SSL_CERT_FILE", file or folder or "", error) from error
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted, which is not supported")


def _unusable(name: str, path: str, error: Exception) -> StepError:
    why = os.strerror(error.errno) if isinstance(error, FileNotFoundError) and error.errno else str(error)
    return StepError("http.tls", f"`{name}` ({path}) cannot be used: {why}")
