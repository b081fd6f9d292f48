"""Bytes to text: encodings, size, characters that no file may hold."""

import codecs
import re
from typing import NamedTuple

from steplane.diagnostics import Diagnostic, Span
from steplane.source.limits import FILE_BYTES, LINES

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_PAIR = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\.", re.DOTALL)
_LINE_END = re.compile(r"\r\n|\n|\r")
_MANY = 5
_SELDOM = 10
_ADVICE = "keep data in files of their own"


class Decoded(NamedTuple):
    """The text, and what was wrong with the bytes. `text` is None where it makes no sense to go on."""

    text: str | None
    diagnostics: list[Diagnostic]


def decode(data: str | bytes, file: str) -> Decoded:
    """The text of a file without its byte order mark."""
    if len(data) > FILE_BYTES:
        message = f"the file has more than {FILE_BYTES // 1_000_000} MB"
        return Decoded(None, [_at(file, 1, 1, "file-too-large", message, _ADVICE)])
    if data.count("\n" if isinstance(data, str) else b"\n") > LINES:  # type: ignore[arg-type]
        return Decoded(None, [_at(file, 1, 1, "file-too-large", f"the file has more than {LINES:,} lines", _ADVICE)])
    found: list[Diagnostic] = []
    if isinstance(data, str):
        text = data
    else:
        decoded = _from_bytes(data, file)
        if decoded.text is None:
            return decoded
        text, found = decoded.text, decoded.diagnostics
    clean = _without_forbidden(text.removeprefix("\ufeff"), file)
    return Decoded(clean.text, [*found, *clean.diagnostics])


def without_pairs(text: str) -> str:
    """The text of a JSON file with each pair of escapes for one character (RFC 8259 §7) as the one escape of YAML.

    JSON writes what lies beyond U+FFFF as two escapes, which YAML refuses. The lines stay; a line with such a pair
    becomes shorter.
    """
    return _PAIR.sub(_one_escape, text)


def _one_escape(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0]
    return f"\\U{0x10000 + ((int(match[1], 16) - 0xD800) << 10) + int(match[2], 16) - 0xDC00:08X}"


def split_lines(text: str) -> tuple[str, ...]:
    """The lines without their ends, as YAML 1.2 counts them (line feed, carriage return or both)."""
    return tuple(_LINE_END.split(text))


def _from_bytes(data: bytes, file: str) -> Decoded:
    """The text of the bytes: where a few are not UTF-8 too; where many are not, they are something else."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in data[:4]:
        wide = "UTF-32" if data[:4].count(b"\x00") > 2 or data.startswith(codecs.BOM_UTF32_LE) else "UTF-16"
        return Decoded(None, [_at(file, 1, 1, "encoding", f"the file is {wide}, not UTF-8", "save it as UTF-8")])
    try:
        return Decoded(data.decode("utf-8"), [])
    except UnicodeDecodeError as error:
        before = split_lines(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
        message = f"byte 0x{data[error.start]:02X} is not UTF-8"
        wrong = _at(file, len(before), len(before[-1]) + 1, "encoding", message, "save the file as UTF-8")
    text = data.decode("utf-8", "replace")
    is_text = b"\x00" not in data and text.count("\ufffd") * _SELDOM <= len(text)
    return Decoded(text if is_text else None, [wrong])


def _without_forbidden(text: str, file: str) -> Decoded:
    found = _FORBIDDEN.search(text)
    if found is None:
        return Decoded(text, [])
    diagnostics = []
    for match in _FORBIDDEN.finditer(text):
        before = split_lines(text[: match.start()])
        character = ord(match.group())
        message = f"the character U+{character:04X} may not stand in a file"
        escape = f"\\x{character:02X}" if character < 0x100 else f"\\u{character:04X}"
        advice = "remove it" if character >= 0xD800 else f'remove it, or write "{escape}" in double quotes'
        diagnostics.append(_at(file, len(before), len(before[-1]) + 1, "control-character", message, advice))
        if len(diagnostics) == _MANY:
            break
    return Decoded(_FORBIDDEN.sub("\ufffd", text), diagnostics)


def _at(file: str, line: int, column: int, *words: str) -> Diagnostic:
    code, message, advice = words
    return Diagnostic(code, message, Span(file, line, column, line, column + 1), help=advice)
