"""The forms in which a value usually gets out: what programs that encode and quote make of it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

SHORTEST = 4
"""Characters below which a secret is not looked for inside other text."""

SHORTEST_LINE = 8
"""Characters below which a single line of a secret of several lines is not looked for: `{` or `EOF` is no secret."""


class Forms(NamedTuple):
    """The byte strings by which a value is recognised: as text, and as base64 or hexadecimal, without line breaks."""

    plain: frozenset[bytes] = frozenset()
    coded: frozenset[bytes] = frozenset()


def forms_of(value: str) -> Forms:
    """The ways in which the value usually gets out; none for a value that is too short."""
    if len(value) < SHORTEST:
        return Forms()
    lines = {line.strip() for line in value.splitlines()} if len(value.splitlines()) > 1 else set()
    long_lines = {line for line in lines if len(line) >= SHORTEST_LINE}
    texts = {one for text in (value, *long_lines) for one in _written(text)}
    raw = value.encode("utf-8", "surrogatepass")
    plain = {one.encode("utf-8", "surrogatepass") for one in texts}
    coded = {*_coded(raw), *_coded(raw + b"\n")}
    return Forms(*(frozenset(one for one in found if len(one) >= SHORTEST) for found in (plain, coded)))


def _written(text: str) -> Iterator[str]:
    """The value as people and programs write it."""
    from steplane.shell_forms import in_shells

    yield text
    yield from _in_json(text)
    yield from _in_pages(text)
    yield from _in_addresses(text)
    yield from in_shells(text)
    yield from (text.replace(quote, quote * 2) for quote in "'\"")  # SQL, CSV


def _in_json(text: str) -> Iterator[str]:
    """As JSON, Python and Go write text; also where such text stands in JSON once more."""
    import json

    plain, ascii_only = json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1]
    for coded in (plain, ascii_only):
        escaped = coded.translate(_OF_GO)
        yield from (coded, coded.replace("/", "\\/"), escaped, json.dumps(coded)[1:-1], json.dumps(escaped)[1:-1])
        yield from (json.dumps(one, ensure_ascii=False)[1:-1] for one in (coded, escaped))
    for marks, capitals, base in ((*one, base) for one in _OF_OTHERS for base in (plain, ascii_only)):
        numbers = {mark: f"\\u{ord(mark):04{'X' if capitals else 'x'}}" for mark in marks}
        found = base.replace('\\"', numbers['"']) if '"' in numbers else base
        found = found.translate({ord(mark): number for mark, number in numbers.items() if mark != '"'})
        large = _ESCAPE.sub(lambda match: match.group().upper().replace("U", "u"), found) if capitals else found
        yield from (written for one in (found, large) for written in (one, one.replace("/", "\\/")))
    yield from (repr(text)[1:-1], ascii(text)[1:-1], repr(text.encode("utf-8", "replace"))[2:-1])


_OF_GO = {ord(one): f"\\u{ord(one):04x}" for one in "<>&"}
"""What Go's `encoding/json` writes so: kubectl, docker, terraform."""

_OF_OTHERS = (
    ("", True),  # Jackson
    ("\"&'+<>`", True),  # System.Text.Json
    ("\"&'<>", True),  # PHP's JSON_HEX_*
    ("&'<>", False),  # PowerShell
    ("&'<=>", False),  # Gson
)
"""The characters that the JSON of others has as `\\uXXXX`, and whether in capitals."""

_ESCAPE = re.compile(r"\\u[0-9a-f]{4}")


def _in_pages(text: str) -> Iterator[str]:
    from html import escape

    whole = escape(text)
    yield from (whole, escape(text, quote=False), whole.replace("&#x27;", "&apos;"), whole.replace("&#x27;", "&#39;"))
    yield whole.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield text.translate({ord(one): f"&#{ord(one)};" for one in "&<>'\""})
    yield whole.replace("=", "&#x3D;").replace("`", "&#x60;")  # Handlebars
    for number in ("&#{};", "&#x{:x};", "&#x{:X};"):  # all but letters and digits, as OWASP says
        yield "".join(one if one.isalnum() and one.isascii() else number.format(ord(one)) for one in text)
    letters = {ord(one) for one in set(text) if not one.isascii()}
    for number in ("&#{};", "&#x{:x};", "&#x{:X};") if letters else ():
        for written in (text, whole):
            yield written.translate({one: number.format(one) for one in letters})


def _in_addresses(text: str) -> Iterator[str]:
    """In a path, a query, a form, a connection string; as `encodeURI` of JavaScript writes it."""
    from urllib.parse import quote, quote_plus

    encodable = text.encode("utf-8", "replace")
    for safe in ("", "/", "!'()*~/", "!'()*~", ";,/?:@&=+$!~*'()#", "!$&'()*+,;=", "!$&'()*+,;=:"):
        coded = quote(encodable, safe=safe)
        yield from (coded, _lower_escapes(coded, encodable))
    form = quote_plus(encodable)
    yield from (form, _lower_escapes(form, encodable))


def _lower_escapes(text: str, encodable: bytes) -> str:
    """Percent escapes, which are those of some bytes, with small letters."""
    for one in set(encodable):
        text = text.replace(f"%{one:02X}", f"%{one:02x}")
    return text


def _coded(raw: bytes) -> Iterator[bytes]:
    """The value as base64 and hexadecimal text."""
    import base64

    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        whole = alphabet(raw)
        yield from (whole, whole.rstrip(b"="))
        for offset, cut in ((0, 0), (1, 2), (2, 3)):
            coded = alphabet(b"\0" * offset + raw)
            yield coded[cut : (offset + len(raw)) * 8 // 6]
        for width in (64, 76):
            yield from _lines(whole, width)
    for text in (raw.hex().encode(), raw.hex().upper().encode()):
        yield text
        yield from _lines(text, 60)
    for digits in (raw.hex(":"), raw.hex(":").upper()):
        for between in (":", "-", "\\x", ",0x"):
            yield digits.replace(":", between).encode()


def _lines(text: bytes, width: int) -> Iterator[bytes]:
    """The lines of a text that a program has broken at `width`: each may stand by itself, behind the name of a host."""
    if len(text) > width:
        yield from (text[at : at + width] for at in range(0, len(text), width) if len(text) - at >= SHORTEST_LINE)
