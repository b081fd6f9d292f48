"""The entries of a story as lines: what says the same, or follows at once, is one line."""

from collections.abc import Iterator, Sequence

from steplane.app.stories.shapes import Entry
from steplane.cli.story_words import entry_words
from steplane.events import ErrorInfo
from steplane.reporters.words import IF_IS_FALSE, clock


def story_lines(entries: Sequence[Entry]) -> Iterator[tuple[Entry, str]]:
    """The entries that are worth a line, each with its words: what follows from each other at once is one line."""
    for index, entry in enumerate(entries):
        after = entries[index + 1] if index + 1 < len(entries) else None
        before = entries[index - 1] if index else None
        if entry.kind == "attempt.ended" and _says_the_same(entry, after):
            continue
        if _is_skip(entry, after) or (before is not None and _begins_at_once(before, entry)):
            continue
        if entry.kind == "ended" and before is not None and _says_the_same(before, entry):
            yield entry, _with_time(entry, before)
        elif before is not None and _is_skip(before, entry):
            yield entry, f"{entry.data['status']}: {entry_words(before)}"
        elif after is not None and _begins_at_once(entry, after):
            yield entry, _begins(entry)
        elif entry.kind == "ended" and _is_told(entries[:index], entry):
            yield entry, entry.data["status"]
        elif entry.kind == "attempt.ended" and before is not None and _is_told([before], entry):
            yield entry, entry_words(Entry(entry.at, entry.kind, {**entry.data, "error": None}))
        else:
            yield entry, entry_words(entry)


def _is_skip(condition: Entry, end: Entry | None) -> bool:
    """Whether it is the condition for which the instance was skipped."""
    if condition.kind != "condition" or end is None or end.kind != "ended":
        return False
    return condition.data["error"] is None and end.data["reason"] == IF_IS_FALSE


def _begins_at_once(ready: Entry, attempt: Entry) -> bool:
    """Whether the first attempt begins as soon as it is ready."""
    return ready.kind == "ready" and attempt.kind == "attempt" and attempt.at == ready.at and not attempt.data["loop"]


def _begins(ready: Entry) -> str:
    words = entry_words(ready)
    return f"begins{words.removeprefix('ready')}" if words.startswith("ready") else f"{words}; begins"


def _with_time(end: Entry, attempt: Entry) -> str:
    """The end with the time of its only attempt."""
    status, words = end.data["status"], entry_words(end)
    took = f" in {clock(attempt.data['seconds'])}"
    if status == "cancelled":
        took = f", {clock(attempt.data['seconds'])} after it began"
    return words.replace(status, f"{status}{took}", 1) if attempt.data["number"] == 1 else words


def _says_the_same(attempt: Entry, end: Entry | None) -> bool:
    """Whether the end of the instance follows from that of its attempt, and says as much."""
    if end is None or end.kind != "ended" or attempt.kind != "attempt.ended" or end.data["recovered"]:
        return False
    if attempt.data["outcome"] == end.data["status"] == "cancelled" or attempt.data["loop"]:
        return True
    return attempt.data["outcome"] == end.data["status"] and _same(attempt.data["error"], end.data["error"])


def _same(one: ErrorInfo | None, other: ErrorInfo | None) -> bool:
    """Whether two errors are one; that of an attempt has no step yet."""
    if one is None or other is None:
        return one is other
    return (one.type, one.message, one.code) == (other.type, other.message, other.code)


def _is_told(before: Sequence[Entry], end: Entry) -> bool:
    """Whether an attempt, or what was evaluated, has told the error already."""
    error = end.data["error"]
    return error is not None and any(_same(one.data.get("error"), error) for one in before)
