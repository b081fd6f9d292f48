"""Reads a file: bytes to text to events to a tree."""

import os

from steplane.diagnostics import Diagnostic, Span, in_file_order
from steplane.errors import UsageError
from steplane.pipes import read_named
from steplane.source.document import Document
from steplane.source.limits import FILE_BYTES
from steplane.source.mistakes import BEGIN, no_more
from steplane.source.text import decode, split_lines, without_pairs


def read_file(path: str | os.PathLike[str], remedy: str = "Give the path of a workflow file.") -> Document:
    """The document in the file, named in messages as the caller spells it. `remedy` is for one that cannot be read.

    Raises:
        UsageError: the file is not there or cannot be read.
    """
    file = os.fspath(path)
    try:
        data = read_named(file, FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read `{file}`: {error.strerror}", remedy) from error
    return read(data, file)


def read(data: str | bytes, file: str) -> Document:
    """The document in the text. Mistakes are in its `diagnostics`; nothing is raised."""
    decoded = decode(data, file)
    if decoded.text is None:
        return Document(file, "", ("",), None, tuple(decoded.diagnostics))
    lines = split_lines(decoded.text)
    if not decoded.text.strip():
        empty = Diagnostic("empty-file", "the file is empty", Span(file, 1, 1, 1, 1), help=BEGIN)
        return Document(file, decoded.text, lines, None, (*decoded.diagnostics, empty))
    from steplane.source.recovery import parse

    if file.endswith(".json"):
        text = without_pairs(decoded.text)
        parsed = parse(text, split_lines(text), file)
    else:
        parsed = parse(decoded.text, lines, file)
    diagnostics = no_more(in_file_order([*decoded.diagnostics, *parsed.diagnostics]))
    return Document(file, decoded.text, lines, parsed.root, tuple(diagnostics), parsed.broken)
