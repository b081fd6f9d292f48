"""The body of a response: decoded, counted, and cut off where it grows too large."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from steplane.sdk import StepError

BLOCK = 1 << 18
"""The most bytes that are decoded at once."""


def decoded(chunks: Iterable[bytes], encodings: str) -> Iterator[bytes]:
    """The body as it was before `Content-Encoding`. Raises `StepError` (`http.protocol`) for what was not asked for."""
    for name in reversed([one.strip().lower() for one in encodings.split(",") if one.strip()]):
        if name in {"gzip", "x-gzip", "deflate"}:
            chunks = _inflated(chunks, name)
        elif name != "identity":
            raise StepError("http.protocol", f"the body is encoded as `{name}`, which was not asked for")
    return iter(chunks)


def _inflated(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Never more than a block at once, however much a chunk stands for."""
    decoder: Any = None
    for chunk in chunks:
        data = chunk
        while data:
            if decoder is None or decoder.eof:  # gzip may be several in a row
                decoder = _decoder(name, data)
            try:
                block = decoder.decompress(data, BLOCK)
            except zlib.error as error:
                raise StepError("http.protocol", f"the body is no {name}: {error}") from error
            if block:
                yield block
            data = decoder.unconsumed_tail or (decoder.unused_data if decoder.eof else b"")
            if decoder.eof and name == "deflate":
                return
    if decoder is not None and not decoder.eof:
        raise StepError("http.protocol", f"the body ends in the middle of its {name}")


def _decoder(name: str, data: bytes) -> Any:
    """`deflate` is zlib's format (RFC 9110), but some servers send it bare."""
    if name != "deflate":
        return zlib.decompressobj(16 + zlib.MAX_WBITS)
    is_zlib = len(data) < 2 or (data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0)
    return zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


def capped(chunks: Iterable[bytes], limit: int, grown: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    """The same chunks; `http.too_large` as soon as they are more than `limit` bytes. `grown` hears the size so far."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise StepError(
                "http.too_large", f"the body is larger than {limit} bytes (`max_bytes`)", detail={"max_bytes": limit}
            )
        grown(size)
        yield chunk


def excerpt(chunks: Iterable[bytes], limit: int = 4096) -> str:
    """The beginning of a body as text, for a message; empty where it cannot be had."""
    data = b""
    try:
        for chunk in chunks:
            data += chunk
            if len(data) >= limit:
                break
    except StepError as error:
        if error.type == "cancelled":
            raise
    return data[:limit].decode("utf-8", "replace")
