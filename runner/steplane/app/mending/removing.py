"""Mends that take something out."""

import re

from steplane.app.mending.text import Found, Source
from steplane.checks.ignoring import COMMENT
from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.schema.steps import COMPANIONS
from steplane.source.nodes import Entry, Mapping

_CONDITION = re.compile(r".*\b(?:if|when|while|until):[ \t]+")
"""What stands on a line before an expression that holds or not."""


def entry(diagnostic: Diagnostic, source: Source, *, safe: bool = False) -> Fix | None:
    """Take out the key at the place, or whose value stands there, with its value."""
    found = source.entry_at(diagnostic.span)
    if found is None or found.entry is None or not _is_at(found.entry, diagnostic.span):
        return None
    return _fix(f"take `{found.entry.name}` out", source.without(found), safe=safe)


def second(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take out the second of two keys that exclude each other, and what has a meaning beside that one alone."""
    fix = entry(diagnostic, source)
    found = source.entry_at(diagnostic.span)
    if fix is None or found is None or not isinstance(found.holder, Mapping):
        return fix
    left = {one.name for one in found.holder.entries if one is not found.part}
    beside = {name for names, wanted, _ in COMPANIONS if left.isdisjoint(wanted) for name in names}
    alone = [one for one in enumerate(found.holder.entries) if one[1].name in beside & left]
    if alone and source.is_flow(found.holder):
        return None
    more = [edit for place, one in alone for edit in source.without(Found(found.holder, place, one))]
    return Fix(fix.message, (*fix.edits, *more), fix.safe)


def empty(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take out a key without a value, where it may be left out, and no expression names what is in it."""
    found = source.entry_at(diagnostic.span)
    if found is None or found.entry is None or not diagnostic.omittable:
        return None
    used = found.holder is source.document.root and f"{found.entry.name}." in source.document.text
    return None if used else entry(diagnostic, source)


def safe_entry(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """The same where it has no effect."""
    return entry(diagnostic, source, safe=True)


def second_key(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take out a key that the tree does not hold, being the second one; not several, which may be a step of its own."""
    name = source.text(diagnostic.span) or "the second one"
    where = diagnostic.message.partition(" is set twice")[2]
    twice = [one for one in source.document.diagnostics if one.code == "duplicate-key" and one.message.endswith(where)]
    if sum(one.span.column == diagnostic.span.column for one in twice) > 1:
        return None
    return _fix(f"take the second `{name}` out", source.without_key(diagnostic.span.line, diagnostic.span.column))


def item(diagnostic: Diagnostic, source: Source, *, safe: bool = False) -> Fix | None:
    """Take out the item of a list at the place; of a list with no other, what the list is for."""
    found = source.item_at(diagnostic.span)
    if found is None:
        return None
    if len(getattr(found.holder, "items", ())) == 1 and source.is_flow(found.holder):
        line, column = found.start
        end_line, end_column = found.end
        if line != end_line:
            return None
        return _fix("take it out", (source.edit(line, column, end_column - column, ""),), safe=safe)
    return _fix("take it out", source.without(found), safe=safe)


def other_item(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take out the item of a list at the place, where the list has others."""
    found = source.item_at(diagnostic.span)
    return None if found is None or source.is_only(found) else item(diagnostic, source)


def safe_item(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """The same where it has no effect."""
    return item(diagnostic, source, safe=True)


def need(diagnostic: Diagnostic, source: Source, *, safe: bool = False) -> Fix | None:
    """Take the step at the place out of `needs`; of the last one is left that there are none."""
    path = source.path(diagnostic.span)
    owner = next((one.entry for one in reversed(path[:-1]) if one.entry is not None), None)
    if owner is None or owner.name != "needs" or owner.value is not path[-1].holder:
        return None
    if source.is_only(path[-1]):
        key, whole = owner.key.span, owner.value.span
        end = (whole.end_line, whole.end_column) if source.is_flow(path[-1].holder) else path[-1].end
        edit = Edit(Span(key.file, key.end_line, key.end_column, *end), ": []")
        return _fix("take it out", (edit,), safe=safe)
    return _fix("take it out", source.without(path[-1]), safe=safe)


def safe_need(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """The same where it has no effect."""
    return need(diagnostic, source, safe=True)


def condition(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take out a condition that decides nothing, where it is one of a step that always runs."""
    if "one round" in diagnostic.message:
        return None
    if "always" not in diagnostic.message:
        step = next((one for one in reversed(source.path(diagnostic.span)) if one.entry is None), None)
        return None if step is None or source.is_only(step) else _fix("take the step out", source.without(step))
    return entry(diagnostic, source)


def anchor(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take out an anchor that no alias uses."""
    return _word(r"&[^\s,\[\]{}]+[ \t]*", "take the anchor out", diagnostic, source, safe=True)


def tag(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take out a tag; in a condition `!x` was meant as `not x`."""
    span = diagnostic.span
    operand = re.compile(r"!(?=[\w(])").match(source.line(span.line), span.column - 1)
    if operand and _CONDITION.fullmatch(source.line(span.line)[: span.column - 1]):
        return _fix("write `not`", (source.edit(span.line, span.column, 1, "not "),))
    return _word(r"![^\s,\[\]{}]*[ \t]*", "take the tag out", diagnostic, source)


def character(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take out the one character at the place."""
    span = diagnostic.span
    return _fix("take it out", (source.edit(span.line, span.column, 1, ""),))


def before(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take out the one character before the place."""
    span = diagnostic.span
    sign = source.line(span.line)[span.column - 2 : span.column - 1]
    if sign not in ("\\", "$"):
        return None
    return _fix(f"take the `{sign}` out", (source.edit(span.line, span.column - 1, 1, ""),))


def hidden(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take out the invisible character that the message names."""
    code = re.search(r"U\+([0-9A-F]{4,6})", diagnostic.message)
    span = diagnostic.span
    text = source.line(span.line)
    column = text.find(chr(int(code[1], 16)), span.column - 1) if code else -1
    return None if column < 0 else _fix("take it out", (source.edit(span.line, column + 1, 1, ""),))


def ignore(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take a code out of a comment that ignores it, or the comment where it has no other."""
    span = diagnostic.span
    text = source.line(span.line)
    found = (one for one in COMMENT.finditer(text) if one.start("codes") < span.column <= one.end("codes"))
    comment = next(found, None)
    if comment is None:
        return None
    codes = re.findall(r"[^\s,]+", comment["codes"])
    codes.remove(source.text(span))
    before = len(text[: comment.start()].rstrip())
    if codes:
        edit = source.edit(span.line, comment.start("codes") + 1, len(comment["codes"]), ", ".join(codes))
    elif before or text[comment.end() :].strip():
        edit = source.edit(span.line, before + 1, comment.end() - before, "")
    else:
        edit = Edit(Span(span.file, span.line, 1, span.line + 1, 1), "")
    return _fix("take it out", (edit,), safe=True)


def _is_at(one: Entry, span: Span) -> bool:
    """Whether it is this entry that a place is of, and not something inside of its value."""
    return (span.line, span.column) in {(part.span.line, part.span.column) for part in (one.key, one.value)}


def _word(pattern: str, words: str, diagnostic: Diagnostic, source: Source, *, safe: bool = False) -> Fix | None:
    span = diagnostic.span
    match = re.compile(pattern).match(source.line(span.line), span.column - 1)
    if match is None:
        return None
    return _fix(words, (source.edit(span.line, span.column, len(match[0]), ""),), safe=safe)


def _fix(words: str, edits: tuple[Edit, ...], *, safe: bool = False) -> Fix | None:
    return Fix(words, edits, safe) if edits else None
