r"""Takes the values of secrets out of whatever a step says, in every form in which they usually get out.

Known forms: as it is, as JSON (both ways of writing non-ASCII, `\/`, Go's way, JSON in JSON), Python's `repr`, HTML,
URL (path, query, form, user, both cases), base64 (both alphabets, at each of the three offsets) and hexadecimal, both
with line breaks and indents anywhere, quoted for a shell (in single or double quotes, by backslashes, as `set -x` does
it), and each line of a value of several lines; each of these also with escape sequences of a terminal (colours, links)
in it, for what is shown or written elsewhere is often without them.
A value shorter than `SHORTEST` characters would blot out half of any log: it is masked only where a whole datum is
equal to it, and `Mask.weak` names it, so that the author can be warned. What expressions make of secrets and is shorter
is not masked at all: it is kept apart where it is made (`Keeper`).
A key of data that the workflow's author or a step type has named (`names`) is no secret, whatever the value of one is:
it stands in the file or the manual for everybody to read, and hiding it would tell that a secret is equal to it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from steplane.needles import Needles, Span
from steplane.secret_forms import SHORTEST, forms_of
from steplane.terminal_escapes import ESCAPES, Unescaped, half_escape, joined, outside, readings

MASKED = "***"

COMMON = frozenset(
    {"true", "false", "null", "none", "admin", "root", "user", "test", "password", "localhost", "secret", "changeme"}
)
"""Values that are masked, but stand in so many places that masking tells them."""

STARS = MASKED.encode()

BROKEN, INDENTED = 2, 16
"""How many times longer a code is where there is a line break behind every character; and an indent on each line."""

_WIDE = 1 << 16
"""Bytes within which a code is looked for that is so much longer."""

PIECE = 4096
"""Bytes of a form that are looked for at once: a longer one is looked for in pieces, so that what is held back of a
stream, and what is compared in vain, stays small.
"""


class Mask:
    """Masks the values of the secrets (name → value) in text, data and streams of bytes.

    `weak` gives, by name, the reason why a secret cannot be hidden well; `names` are keys of data that stay; `longest`
    is the bytes of the longest text that is looked for (so at least its characters), lines broken at the narrowest.
    """

    __slots__ = ("_breaking", "_coded", "_plain", "_whole", "longest", "names", "weak")

    def __init__(self, secrets: Mapping[str, str], names: frozenset[str] = frozenset()) -> None:
        self.names = names
        self.weak: dict[str, str] = {}
        self._whole: frozenset[str] = frozenset()
        self._plain, self._coded = Needles(), Needles()
        self._breaking = False  # whether a code begins with what may be half of a break
        self.longest = 0
        self._add(secrets)

    def _add(self, secrets: Mapping[str, str]) -> None:
        values = [value for value in secrets.values() if value]
        new = (frozenset(values) | {value.strip() for value in values if value.strip()}) - self._whole
        forms = [forms_of(value) for value in new]
        self._whole |= new
        plain, coded = ({one for form in forms for one in form[kind]} for kind in range(2))
        self.longest = max(self.longest, _room(max(map(len, plain), default=0), max(map(len, coded), default=0)))
        self._plain = self._plain.and_more(_pieces(plain))
        self._coded = self._coded.and_more(_pieces(coded))
        self._breaking = self._breaking or any(one.startswith((b"n", b"r")) for one in coded)
        self.weak = {**self.weak, **{name: why for name, value in secrets.items() if (why := _weakness(value))}}

    def with_secrets(self, secrets: Mapping[str, str]) -> "Mask":
        """A mask that hides these too."""
        more = Mask({}, self.names)
        more.weak, more._whole, more._plain, more._coded = self.weak, self._whole, self._plain, self._coded
        more._breaking, more.longest = self._breaking, self.longest
        more._add(secrets)
        return more

    def extended(self, derived: str) -> "Mask":
        """A mask that hides this too, which was made of a secret; this one where it is too short."""
        if len(derived) < SHORTEST:
            return self
        more = self.with_secrets({"": derived})
        more.weak = self.weak
        return more

    def holds(self, value: str | float) -> bool:
        """Whether a secret stands in a text or number."""
        if not self._whole:
            return False
        if not isinstance(value, str):
            return self._number(value)
        return value in self._whole or bool(self.spans(value.encode("utf-8", "surrogatepass")))

    @property
    def _reach(self) -> int:
        """Bytes before the end of a stream in which what may become a secret begins."""
        return _room(self._plain.longest, self._coded.longest)

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

    def spans(self, data: bytes) -> list[Span]:
        """Where secrets stand, in order, overlapping finds made one."""
        return self._spans(data, readings(data) if b"\x1b" in data else [])

    def _spans(self, data: bytes, read: Sequence[Unescaped]) -> list[Span]:
        """The same; `read` is the data without escape sequences, where there are any, in each reading."""
        found = self._plain.spans(data)
        if self._codes_as_they_are(data):
            found += self._coded.spans(data)
        for one in read:
            found += _among(one, self._plain.spans)
            if self._coded.stand_in(joined(one.data)):
                found += _among(one.joined(data), self._coded.spans)
        if not read and self._coded.stand_in(joined(data)):
            found += _among(Unescaped(data, joined=True), self._coded.spans)
        return _merged(sorted(found))

    def _codes_as_they_are(self, data: bytes) -> bool:
        r"""Whether what is left out between the lines of a code may be a part of it: what a sequence seems to end with
        (OSC 52 carries base64), the `n` of `\n`.
        """
        return b"\x1b" in data or (self._breaking and b"\\" in data)

    def decided(self, data: bytes) -> tuple[list[Span], int, int]:
        """What is certain of a stream that goes on: where secrets stand, where the longest tail begins that may yet
        become one, and up to where all can be given out already; the length where there is no such tail.

        At the end of a line the first characters of a code are no reason to wait for the next, which may never come:
        what would wait with them is said, and remembered.
        """
        end = self._plain.open_end(data)
        if self._codes_as_they_are(data):
            end = min(end, self._coded.open_end(data))
        if b"\x1b" not in data:
            first = max(0, len(data) - self._reach)
            return self._spans(data, []), *self._open_codes(data, len(data), [], first, end)
        half = half_escape(data)
        read = readings(data, half)
        first = outside(data, max(0, len(data) - self._reach - ESCAPES))
        for one in read:
            if (at := self._plain.open_end(one.data)) < len(one.data):
                end = min(end, one.origin(at))
        end = min(end, half)
        kept, end = self._open_codes(data, half, read, first, max(first, end))
        # a sequence is not cut: what begins in it would be read as text by itself
        return self._spans(data, read), outside(data, kept), outside(data, end)

    def _open_codes(self, data: bytes, half: int, read: Sequence[Unescaped], first: int, end: int) -> tuple[int, int]:
        """What is kept, and given out, where without codes it were the end; looked at from `first` on, up to `half`."""
        slash, line = data.endswith(b"\\", 0, half), data.endswith((b"\n", b"\r"), 0, half)
        kept = end
        for one in read or (None,):
            text = one.data[max(0, len(one.data) - (half - first)) :] if one else data[first:]
            if not self._begun(joined(text.removesuffix(b"\\") if slash else text)):
                continue
            code = one.joined(data, first) if one else Unescaped(data[first:], joined=True)
            coded = code.data.removesuffix(b"\\") if slash else code.data  # half of the `\n` of JSON
            at = self._coded.open_end(coded)
            if at < len(coded):
                start = first + code.origin(at)
                kept = min(kept, start)
                end = end if line and len(coded) - at < SHORTEST else min(end, start)
        if kept and data[kept - 1 : kept + 1] in {b"\\n", b"\\r"}:
            kept -= 1
        return kept, end

    def _begun(self, code: bytes) -> bool:
        return self._coded.open_end(code) < len(code)


class Stream:
    """Masks one stream of bytes that arrives in chunks; what may be the beginning of a secret waits for more."""

    __slots__ = ("_done", "_held", "_mask", "_starred")

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._held = b""
        self._done = 0
        self._starred = False

    def feed(self, chunk: bytes) -> bytes:
        """Take a chunk; the masked bytes that are certain now."""
        if not self._mask:
            return chunk
        data = self._held + chunk if self._held else chunk
        return self._emit(data, *self._mask.decided(data)) if data else b""

    def flush(self) -> bytes:
        """The rest, at the end of the stream (or when it has paused)."""
        return self._emit(self._held, self._mask.spans(self._held), len(self._held), len(self._held))

    def _emit(self, data: bytes, spans: list[Span], kept: int, cut: int) -> bytes:
        """Everything before `cut`, without what is in `spans`; what stands from `kept` on is remembered.

        `_done` bytes at the front have been given out, `_starred` as the stars of a secret that they are a part of.
        """
        done, starred = self._done, self._starred
        self._held = data[kept:]
        cut = max(cut, done)
        cut = max(cut, *(end for start, end in spans if start < cut), 0)  # of what has begun the rest is stars too
        self._starred = cut > kept and (any(end == cut for _, end in spans) or (starred and cut == done))
        self._done = cut - kept
        if done:
            spans = _merged([(0, done), *spans]) if starred else [span for span in spans if span[1] > done]
        if not spans:
            return data[done:cut] if done or cut < len(data) else data
        parts = list(_blotted(data, spans, 0 if starred else done, cut))
        return b"".join(parts[1:] if starred else parts)


def _weakness(value: str) -> str:
    if not value:
        return "is empty"
    if len(value) < SHORTEST:
        return f"has fewer than {SHORTEST} characters and is not masked inside other text"
    return "is so common a word that masking it shows where it stands" if value.casefold() in COMMON else ""


def _room(plain: int, coded: int) -> int:
    """Bytes that texts of these lengths take at most."""
    return max(plain, BROKEN * coded, min(INDENTED * coded, _WIDE))


def _pieces(forms: Collection[bytes]) -> set[bytes]:
    """The forms, long ones in pieces of which each begins with the end of the one before: finds of them are made one,
    and what follows one at the end of a line is waited for (`decided`).

    The last is as long as all others, for what is short stands in many texts.
    """
    pieces = {one for one in forms if len(one) <= PIECE}
    for one in forms:
        if len(one) > PIECE:
            pieces.update(one[at : at + PIECE] for at in range(0, len(one) - PIECE, PIECE - SHORTEST))
            pieces.add(one[-PIECE:])
    return pieces


def _among(text: Unescaped, spans: Callable[[bytes], list[Span]]) -> list[Span]:
    """Where the finds in the text stand among all bytes."""
    return [(text.origin(start), text.origin(end - 1) + 1) for start, end in spans(text.data)]


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _blotted(data: bytes, spans: list[Span], at: int, cut: int) -> Iterator[bytes]:
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
