r"""Takes the values of secrets out of whatever a step says, in every form in which they usually get out.

Known forms: as it is, as JSON (both ways of writing non-ASCII, `\/`, Go's way, JSON in JSON), Python's `repr`, HTML,
URL (path, query, form, user, both cases), base64 (both alphabets, at each of the three offsets, wrapped lines),
hexadecimal, quoted for a shell (in single or double quotes, by backslashes, as `set -x` does it), and each line of a
value of several lines; each of these also with escape sequences of a terminal (colours, links) in it, for what is shown
or written elsewhere is often without them.
A value shorter than `SHORTEST` characters would blot out half of any log: it is masked only where a whole datum is
equal to it, and `Mask.weak` names it, so that the author can be warned. Of what expressions make of secrets a part with
fewer than `SHORTEST_LINE` characters is no better, and anything shorter than `SHORTEST` is not masked at all.
A key of data that the workflow's author or a step type has named (`names`) is no secret, whatever the value of one is:
it stands in the file or the manual for everybody to read, and hiding it would tell that a secret is equal to it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from steplane.terminal_escapes import ESCAPES, Unescaped, split_escape

MASKED = "***"
SHORTEST = 4
"""Characters below which a secret is not looked for inside other text."""

SHORTEST_LINE = 8
"""Characters below which a single line of a secret of several lines is not looked for: `{` or `EOF` is no secret."""

COMMON = frozenset(
    {"true", "false", "null", "none", "admin", "root", "user", "test", "password", "localhost", "secret", "changeme"}
)
"""Values that are masked, but stand in so many places that masking tells them."""

STARS = MASKED.encode()


class Mask:
    """Masks the values of the secrets (name → value) in text, data and streams of bytes.

    `weak` gives, by name, the reason why a secret cannot be hidden well; `names` are keys of data that stay.
    """

    __slots__ = ("_longest", "_needles", "_roots", "_whole", "names", "weak")

    def __init__(self, secrets: Mapping[str, str], names: frozenset[str] = frozenset()) -> None:
        self.names = names
        values = [value for value in secrets.values() if value]
        self._whole = frozenset(values) | {value.strip() for value in values if value.strip()}
        found = {needle for value in self._whole for needle in needles(value)}
        self._needles = sorted(found, key=lambda one: (-len(one), one))
        self._roots = _roots(self._needles)
        self._longest = len(self._needles[0]) if self._needles else 0
        self.weak = {name: reason for name, value in secrets.items() if (reason := _weakness(value))}

    def extended(self, derived: str) -> "Mask":
        """A mask that hides this too, which was made of a secret."""
        if len(derived) < SHORTEST:
            return self
        more = Mask({}, self.names)
        more.weak, more._whole = self.weak, self._whole | {derived}
        part = len(derived) < SHORTEST_LINE and any(derived in value for value in self._whole)
        found = sorted(() if part else needles(derived), key=lambda one: (-len(one), one))
        more._needles, more._roots = [*self._needles, *found], [*self._roots, *_roots(found)]
        more._longest = max(self._longest, len(found[0]) if found else 0)
        return more

    def holds(self, value: str | float) -> bool:
        """Whether a secret stands in a text or number."""
        if not self._whole:
            return False
        if not isinstance(value, str):
            return self._number(value)
        return value in self._whole or bool(self.spans(value.encode("utf-8", "surrogatepass")))

    @property
    def longest(self) -> int:
        """Bytes of the longest text that is looked for (so at least its characters)."""
        return self._longest

    def __bool__(self) -> bool:
        """Whether there is anything to mask."""
        return bool(self._whole)

    def text(self, text: str) -> str:
        """The text without the secrets."""
        if not self._whole:
            return text
        if text in self._whole:
            return MASKED
        return self.encoded(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def encoded(self, data: bytes) -> bytes:
        """The bytes without the secrets."""
        return b"".join(_blotted(data, spans, 0, len(data))) if (spans := self.spans(data)) else data

    def data(self, data: Any, names: Collection[str] = ()) -> Any:
        """Plain data without the secrets: in texts, keys, and numbers whose text is one. Further `names` of keys stay
        at the top of it.
        """
        if not self._whole:
            return data
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {key if key in names else self._key(key): self.data(one) for key, one in data.items()}
        if isinstance(data, list | tuple):
            return [self.data(one) for one in data]
        if isinstance(data, int | float) and not isinstance(data, bool):
            return MASKED if self._number(data) else data
        return data

    def _key(self, key: Any) -> Any:
        return self.text(key) if isinstance(key, str) and key not in self.names else key

    def _number(self, number: float) -> bool:
        """Whether a number is a secret, or holds one."""
        if isinstance(number, int) and abs(number) >= 10**4000:
            return False
        text = repr(number)
        return text in self._whole or self.text(text) != text

    def stream(self) -> "Stream":
        """A masker for one stream of output."""
        return Stream(self)

    def spans(self, data: bytes) -> list[tuple[int, int]]:
        """Where secrets stand, in order, overlapping finds made one."""
        if b"\x1b" not in data:
            return self._spans(data)
        plain = Unescaped(data)
        over = [(plain.origin(start), plain.origin(end - 1) + 1) for start, end in self._spans(plain.data)]
        return _merged(sorted([*self._spans(data), *over]))

    def _spans(self, data: bytes) -> list[tuple[int, int]]:
        if not any(root in data for root in self._roots):
            return []
        found = sorted(span for needle in self._needles for span in _finds(needle, data))
        return _merged(found)

    def open_end(self, data: bytes) -> int:
        """Where the longest tail begins that may yet become a secret; the length where there is none."""
        if b"\x1b" not in data:
            return self._open_end(data)
        first = max(0, len(data) - 2 * self._longest - ESCAPES)
        whole, half = split_escape(data[first:])
        plain = Unescaped(whole)
        at, end = self._open_end(plain.data), self._open_end(data)
        if end > first:  # a sequence is not cut: what begins in it would be read as text by itself
            end = first + plain.outside(end - first)
        if at < len(plain.data):
            return min(end, first + plain.origin(at))
        return min(end, first + len(whole) if half else len(data))

    def _open_end(self, data: bytes) -> int:
        start = max(0, len(data) - self._longest + 1)
        best, last = len(data), data[-1:]
        for needle in self._needles:
            if last not in needle:
                continue
            at = data.find(needle[:1], max(start, len(data) - len(needle) + 1), best)
            while at >= 0 and not needle.startswith(data[at:]):
                at = data.find(needle[:1], at + 1, best)
            best = at if at >= 0 else best
        return best


class Stream:
    """Masks one stream of bytes that arrives in chunks; what may be the beginning of a secret waits for more."""

    __slots__ = ("_covered", "_held", "_mask")

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._held = b""
        self._covered = 0

    def feed(self, chunk: bytes) -> bytes:
        """Take a chunk; the masked bytes that are certain now."""
        if not self._mask:
            return chunk
        data = self._held + chunk if self._held else chunk
        return self._emit(data, self._mask.open_end(data)) if data else b""

    def flush(self) -> bytes:
        """The rest, at the end of the stream (or when it has paused)."""
        return self._emit(self._held, len(self._held))

    def _emit(self, data: bytes, cut: int) -> bytes:
        """Everything before `cut`. `_covered` bytes at the front are part of a secret already blotted out."""
        if not cut:
            self._held = data
            return b""
        spans = self._mask.spans(data)
        covered = self._covered
        if covered:
            spans = _merged([(0, covered), *spans])
        self._held = data[cut:]
        self._covered = max((end - cut for start, end in spans if start < cut < end), default=0)
        if not spans:
            return data[:cut] if cut < len(data) else data
        parts = list(_blotted(data, spans, 0, cut))
        return b"".join(parts[1:] if covered else parts)


def needles(value: str) -> set[bytes]:
    """The byte strings by which the value is recognised; none for a value that is too short."""
    if len(value) < SHORTEST:
        return set()
    lines = {line.strip() for line in value.splitlines()} if len(value.splitlines()) > 1 else set()
    long_lines = {line for line in lines if len(line) >= SHORTEST_LINE}
    texts = {one for text in (value, *long_lines) for one in _written(text)}
    raw = value.encode("utf-8", "surrogatepass")
    found = {one.encode("utf-8", "surrogatepass") for one in texts} | set(_coded(raw)) | set(_coded(raw + b"\n"))
    return {one for one in found if len(one) >= SHORTEST}


def _written(text: str) -> Iterator[str]:
    """The value as people and programs write it."""
    yield text
    yield from _in_json(text)
    yield from _in_pages(text)
    yield from _in_addresses(text)
    yield from _in_shells(text)


def _in_json(text: str) -> Iterator[str]:
    """As JSON, Python and Go write text; also where such text stands in JSON once more."""
    import json

    plain, ascii_only = json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1]
    for coded in (plain, ascii_only):
        escaped = coded.translate(_OF_GO)
        yield from (coded, coded.replace("/", "\\/"), escaped, json.dumps(coded)[1:-1], json.dumps(escaped)[1:-1])
    yield from (repr(text)[1:-1], repr(text.encode("utf-8", "replace"))[2:-1])


_OF_GO = {ord(one): f"\\u{ord(one):04x}" for one in "<>&"}
"""What Go's `encoding/json` writes so: kubectl, docker, terraform."""


def _in_pages(text: str) -> Iterator[str]:
    from html import escape

    whole = escape(text)
    yield from (whole, escape(text, quote=False), whole.replace("&#x27;", "&apos;"), whole.replace("&#x27;", "&#39;"))
    yield whole.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield "".join(f"&#{ord(one)};" if one in "&<>'\"" else one for one in text)


def _in_addresses(text: str) -> Iterator[str]:
    """In a path, a query, a form, a connection string; as `encodeURI` of JavaScript writes it."""
    from urllib.parse import quote, quote_plus

    encodable = text.encode("utf-8", "replace")
    for safe in ("", "/", "!'()*~/", "!'()*~", ";,/?:@&=+$!~*'()#", "!$&'()*+,;=", "!$&'()*+,;=:"):
        coded = quote(encodable, safe=safe)
        yield from (coded, _lower_escapes(coded))
    form = quote_plus(encodable)
    yield from (form, _lower_escapes(form))


def _in_shells(text: str) -> Iterator[str]:
    yield from (text.replace("'", "'\"'\"'"), text.replace("'", "'\\''"))
    yield "".join("\\" + one if one in '"$`\\' else one for one in text)
    yield "".join(one if one.isalnum() or one in "_-./:,@%+=" else "\\" + one for one in text)
    coded = text.encode("utf-8", "replace")  # `$'...'` of bash, where the locale has no such characters
    yield "".join(chr(one) if one < 128 and chr(one) not in "'\\" else _octal(one) for one in coded)


def _octal(byte: int) -> str:
    return f"\\{byte:03o}" if byte >= 128 else "\\" + chr(byte)


def _lower_escapes(text: str) -> str:
    """Percent escapes with small letters."""
    head, *rest = text.split("%")
    return "%".join((head, *(one[:2].lower() + one[2:] for one in rest)))


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
            yield from _wrapped(whole, width)
    for text in (raw.hex().encode(), raw.hex().upper().encode()):
        yield text
        yield from _wrapped(text, 60)


def _wrapped(text: bytes, width: int) -> Iterator[bytes]:
    """The lines of a text that a program has broken at `width`."""
    if len(text) > width:
        yield from (text[at : at + width] for at in range(0, len(text), width) if len(text) - at >= SHORTEST_LINE)


def _roots(found: list[bytes]) -> list[bytes]:
    """The needles that contain no other: where none of these stands, none stands."""
    roots: list[bytes] = []
    for one in reversed(found):
        if not any(root in one for root in roots):
            roots.append(one)
    return roots


def _weakness(value: str) -> str:
    if not value:
        return "is empty"
    if len(value) < SHORTEST:
        return f"has fewer than {SHORTEST} characters and is not masked inside other text"
    return "is so common a word that masking it shows where it stands" if value.casefold() in COMMON else ""


def _finds(needle: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    at = data.find(needle)
    while at >= 0:
        yield at, at + len(needle)
        at = data.find(needle, at + 1)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _blotted(data: bytes, spans: list[tuple[int, int]], at: int, cut: int) -> Iterator[bytes]:
    """The pieces of the data before `cut`, each span that begins there replaced."""
    for start, end in spans:
        if start >= cut:
            break
        if start > at:
            yield data[at:start]
        yield STARS
        at = end
    if at < cut:
        yield data[at:cut]
