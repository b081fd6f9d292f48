"""The same script in words that the parser knows.

The parser of the syntax tree does not know all of the shell. Where it has lost its way, the script is said again: what
it does not know is replaced, byte for byte, by what it knows and what takes the values as the other did. What still is
not understood is told from the rest line by line.
"""

import re

from msgspec import Struct

from steplane.scripts.quoting import Heredoc, Reading

BRACKET = "%"
"""The name of `[` in a script that was said again."""

_OPERATORS = frozenset(b"()<>;&| \t!{}")
_PATTERN = re.compile(rb"\([\w.*?|/+-]*\)")
_OPEN_TEST, _CLOSED_TEST = re.compile(rb"(?<!\S)\[\[(?=\s)"), re.compile(rb"(?<!\S)\]\](?![^\s;&|)])")
_LEAD = re.compile(rb"\s*(?:(?:then|do|else|!|\{)\s+|[\w*?.|/-]+\)\s+)*")
_WORDS = ((rb"\s*elif\b", b"if"), (rb"\s*done\b", b"true"), (rb"\s*(?:fi|esac|\})(?=\s)", b":"))
_TAILS = (
    (re.compile(rb"\s*if\b.*;\s*then\s*$", re.DOTALL), b" :\nfi\n"),
    (re.compile(rb"\s*(?:while|until|for|select)\b.*;\s*do\s*$", re.DOTALL), b" :\ndone\n"),
    (re.compile(rb"\s*case\b.*\sin\s*$", re.DOTALL), b"*) ;;\nesac\n"),
)


class Line(Struct, frozen=True):
    """A line of a script by itself, with those that it goes on in: what stands from `start` to `end`, as `text`."""

    start: int
    end: int
    text: bytes


def simplified(source: bytes, reading: Reading) -> bytes | None:
    """The script said again, each byte of the rest where it was; None where that cannot be done.

    Here-documents become files that are read: their texts are looked at by themselves.
    """
    text = bytearray(source)
    for one in (each for line in reading.heredocs for each in line):
        start, end = one.redirection
        if not one.ends or b"\n" in source[start:end]:
            return None
        text[start:end] = b"<x".ljust(end - start)
        blot(text, one.body, b" ")
    for at in reading.escapes:
        if source[at + 1 : at + 2] and source[at + 1] in _OPERATORS:
            text[at : at + 2] = b"__"
    for at in reading.both_ways:
        text[at : at + 2] = b"> "
    for at in reading.brackets:
        text[at : at + 1] = BRACKET.encode()
    for at in reading.patterns:
        if match := _PATTERN.match(source, at):
            text[at - 1 : match.end()] = re.sub(rb"[()|?*+@!]", b"_", source[at - 1 : match.end()])
    return bytes(text)


def blot(text: bytearray, stretch: tuple[int, int], mark: bytes) -> None:
    """Put a mark in the place of each byte of a stretch, but for its line breaks."""
    start, end = stretch
    text[start:end] = re.sub(rb"[^\n]", mark, text[start:end])


def lines_of(text: bytes, reading: Reading) -> list[Line]:
    """The lines of a script that was said again, none of which stands within quotes or brackets of another."""
    starts = sorted({0, *(one for one in reading.breaks if one < len(text))})
    lines: list[Line] = []
    start = tests = 0
    for at, end in zip(starts, [*starts[1:], len(text)], strict=True):
        written = text[at:end]
        tests += len(_OPEN_TEST.findall(written)) - len(_CLOSED_TEST.findall(written))
        if (tests or written.rstrip().endswith((b"|", b"&&"))) and end < len(text):
            continue
        lines.append(Line(start, end, _completed(text[start:end])))
        start, tests = end, 0
    return lines


def body_alone(source: bytes, heredoc: Heredoc) -> tuple[bytes, int] | None:
    """A here-document of nothing but its text, and how far that is moved; None where its end cannot be written."""
    if not re.fullmatch(r"\w+", heredoc.delimiter, re.ASCII):
        return None
    dash = "-" if source[slice(*heredoc.redirection)].lstrip(b"0123456789").startswith(b"<<-") else ""
    head = f"cat <<{dash}{heredoc.delimiter}\n".encode()
    body = bytearray(source[slice(*heredoc.body)])
    if blanks := re.match(rb"[ \t]+", body):  # the parser sees no value behind them
        blot(body, blanks.span(), b".")
    return head + bytes(body), len(head) - heredoc.body[0]


def _completed(written: bytes) -> bytes:
    """A line as a statement: without what leads to it or ends what is around it, and with what it opens closed."""
    text = bytearray(written)
    if lead := _LEAD.match(written):
        blot(text, lead.span(), b" ")
    for pattern, word in _WORDS:
        if match := re.match(pattern, text):
            text[: match.end()] = word.rjust(match.end())
            break
    end = len(text.rstrip())
    if text.endswith((b";;", b";&"), 0, end):
        blot(text, (len(text[:end].rstrip(b";&")), end), b" ")
    return bytes(text) + next((tail for pattern, tail in _TAILS if pattern.match(text)), b"")
