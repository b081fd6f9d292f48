"""Which addresses a request may go to when its host is not the author's own choice."""

import ipaddress
import re
from collections.abc import Iterable

from steplane.sdk import StepError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""The well-known prefix of RFC 6052: the last 32 bits are an IPv4 address."""

AUTHORITY = re.compile(r"[A-Za-z]+://[^/?#\\]*[/?#]")
"""A beginning of an address in which the host and the port are complete."""


def is_public(address: Address) -> bool:
    """Whether the address is one of the public internet.

    Not so are loopback, private (RFC 1918, RFC 4193), shared (RFC 6598), link-local with the metadata services of
    clouds, multicast, reserved and unspecified ones; of IPv6 addresses that stand for an IPv4 one, that decides.
    """
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner)
    old = isinstance(address, ipaddress.IPv6Address) and address.is_site_local  # RFC 3879
    return address.is_global and not (address.is_multicast or address.is_reserved or old)


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: mapped, compatible, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def refuse_private(host: str, addresses: Iterable[str], error: str) -> None:
    """Raise `StepError` of type `error` where one of a host's addresses is not public."""
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        if not is_public(address):
            what = "is not a public address" if host == text else f"has the address {text}, which is not public"
            raise StepError(
                error,
                f"`{host}` {what}: a request may go there only if the file itself names the host, or with "
                "`allow_private: true`",
                detail={"host": host, "address": text},
            )


def is_authors(url: str, beginning: str) -> bool:
    """Whether host and port of the address stand in its beginning, which is the file author's own."""
    return beginning == url or (url.startswith(beginning) and AUTHORITY.match(beginning) is not None)
