"""Words for what happens in a run: times, reasons, actions, as people read them."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from steplane.events import ErrorInfo, ItemAdded, StepEnded, StepWaiting, StepWoken
from steplane.expressions.templates import Blocks, Expression, ListOf, Literal, MapOf, Template, Text
from steplane.kernel import NOT_SELECTED
from steplane.moments import spoken
from steplane.plan.caching import Concurrency
from steplane.plan.nodes import Action, Body, Call, Choice, End, ForEach, Fork, Goto, Loop, Node, Perform, Rounds, Undo
from steplane.plan.waits import Awaited, Milestone, Race, Reach, Send, Wait
from steplane.reporters.paint import visible
from steplane.scripts.shapes import Direct, Script, Slot

# Escape sequences (ECMA-48: CSI, OSC and the like, two-character ones) in what a program wrote.
_ESCAPES = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])"
_LONGEST = 100

IF_IS_FALSE = "`if` is false"
"""The reason of a step that its condition skipped."""


def clock(seconds: float) -> str:
    """A length of time to about three figures: `12ms`, `3.4s`, `2m05s`, `1h02m`, `2d03h`."""
    if seconds < 0.9995:
        return f"{max(seconds, 0) * 1000:.0f}ms"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    for size, unit, below, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}{whole % size // below:02d}{small}"
    return f"{whole // 60}m{whole % 60:02d}s"


def count(number: int, word: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def clean(text: str) -> str:
    """A line that a program wrote as it may be shown: no escape sequences, what a carriage return left, no controls."""
    if text.isascii() and text.isprintable():
        return text
    kept = re.sub(_ESCAPES, "", text).rstrip("\r")
    if "\r" in kept:
        kept = next((part for part in reversed(kept.split("\r")) if part.strip()), "")
    return visible(kept.replace("\t", "    ")) if "\t" in kept else visible(kept)


def cause(error: ErrorInfo | None) -> str:
    """Why something failed: the message and the type, on one line."""
    if error is None:
        return ""
    message = visible(error.message)
    return f"{message} ({error.type})" if message and error.type not in message else message or error.type


def reason(status: str, stated: str, by: str, node: Node | None, seen: Sequence[str] = ()) -> str:
    """Why a step was skipped, blocked or cancelled, in words; empty where there is nothing to say.

    `seen`: what its condition saw.
    """
    if stated == IF_IS_FALSE and node is not None and node.condition is not None:
        return false_condition(node.condition.text, seen)
    if stated:
        return visible(stated) + saw(seen)
    if status == "blocked":
        return f"by `{by}`" if by else ""
    if status == "skipped":
        return f"`{by}` ended the workflow" if by else "what it waits for did not come about"
    return f"by `{by}`" if by else ""


def false_condition(text: str, seen: Sequence[str]) -> str:
    """The condition for which a step was skipped, with what it saw."""
    return f"`if: {shortened(text)}` is false{saw(seen, text)}"


def ended_reason(event: StepEnded, node: Node | None) -> str:
    """Why a step that has ended was skipped, blocked or cancelled."""
    return reason(event.status, event.reason, event.by, node, event.seen)


def left_out(event: StepEnded) -> str:
    """Why a step is no part of what runs: `not selected`, or `taken from run ID`; empty where it is one.

    There may be hundreds of them in a run of a part: no view tells of each.
    """
    taken = event.status == "reused" and event.reason.startswith("taken from run ")
    return event.reason if taken or event.reason == NOT_SELECTED else ""


def saw(seen: Sequence[str], condition: str = "", limit: int = _LONGEST) -> str:
    """What a condition saw, in brackets, as much of it as stays short; nothing where it only says itself again."""
    told: list[str] = []
    for one in seen:
        if one == f"{condition.strip()} = false" or sum(map(len, told)) + len(one) > limit:
            continue
        told.append(visible(one))
    return f" ({', '.join(told)})" if told else ""


def stated(status: str, because: str) -> str:
    """How something ended and why: `skipped: REASON`, `blocked by STEP`."""
    between = " " if because.startswith("by ") else ": "
    return f"{status}{between}{because}" if because else status


def shortened(text: str, limit: int = _LONGEST) -> str:
    """The first line of a text, cut where it is long."""
    lines = text.strip().splitlines() or [""]
    line = clean(lines[0])
    return f"{line[: limit - 2]} …" if len(line) > limit or len(lines) > 1 else line


def source(template: Template) -> Any:
    """A template as it stands in the file: data with `${{ }}` in its texts."""
    if isinstance(template, Literal):
        return template.value
    if isinstance(template, Expression):
        return f"${{{{ {template.text} }}}}"
    if isinstance(template, Text):
        return "".join(one if isinstance(one, str) else str(source(one)) for one in template.parts)
    if isinstance(template, Blocks):
        return template.text
    if isinstance(template, ListOf):
        return [source(one) for one in template.items]
    assert isinstance(template, MapOf)
    return {name: source(one) for name, one in template.entries}


def script_text(script: Script | Direct) -> str:
    """The text of a `run` about as the author wrote it."""
    if isinstance(script, Direct):
        return " ".join(_word(word) for word in script.argv)
    return _joined(script.pieces)


def _word(parts: tuple[str | Slot, ...]) -> str:
    """An argument; in quotes where it may be none or several otherwise."""
    text = _joined(parts)
    quoted = any(isinstance(one, Slot) and one.place == "text" for one in parts) or not text
    return f'"{text}"' if quoted else text


def _joined(parts: Iterable[str | Slot]) -> str:
    return "".join(one if isinstance(one, str) else str(source(one.expression)) for one in parts)


def fork_words(act: Fork) -> str:
    """`parallel`, and how many of its branches are wanted where that is not all."""
    if act.active:
        return "parallel, one wanted in the end"
    wanted = "" if act.wanted is None else f", {act.wanted} wanted"
    return f"parallel{wanted}{', the rest is cancelled' if act.rest == 'cancel' else ''}"


def action(node: Node) -> str:
    """What a step does, in a word or as its command."""
    act = node.action
    if isinstance(act, Perform):
        return _performed(act)
    if isinstance(act, Body):
        return "steps"
    if isinstance(act, Fork):
        return fork_words(act)
    if isinstance(act, Choice):
        return "switch"
    if isinstance(act, Call):
        return f"call: {act.file}" + (", detached" if act.detach else "")
    if isinstance(act, Goto):
        return f"goto: {act.name}, at most {count(act.limit, 'time')}"
    if isinstance(act, End):
        return f"end: {act.status}"
    return reaching(act)


def reaching(act: Action) -> str:
    """What a wait, a race or a signal does, and what reaches other steps."""
    if isinstance(act, Wait):
        return f"wait: {awaited_words(act.awaited)}"
    if isinstance(act, Send):
        return f"signal: {source(act.name)}"
    if isinstance(act, Race):
        return "race"
    if isinstance(act, Undo):
        return f"undo: {', '.join(act.names)}"
    assert isinstance(act, Reach)
    named = f"region {act.region}" if act.region else ", ".join(act.names)
    return f"{'finish' if act.force else 'cancel'}: {named}"


def milestone_words(one: Milestone) -> str:
    """Between which steps a step may start."""
    parts = [
        f"once {one.after_id} has ended" if one.after_id else "",
        f"before {one.before_id}" if one.before_id else "",
    ]
    return f"only {' and '.join(part for part in parts if part)}"


def concurrency_words(one: Concurrency) -> str:
    """How many runs of a group there may be, and what becomes of another."""
    full = {"wait": "waits", "fail": "fails", "skip": "is left out"}[one.when_full]
    return f"at most {one.limit} of the group {visible(str(source(one.group)))}, another run {full}"


def awaited_words(one: Awaited) -> str:
    """What is waited for, as it is written."""
    if one.signal is not None:
        return f"signal {source(one.signal)}"
    if one.until is not None:
        return f"until {source(one.until)}"
    return clock(one.seconds) if one.seconds is not None else str(source(one.duration)) if one.duration else ""


def item_words(event: ItemAdded) -> str:
    """What has become of a loop that is kept open."""
    said = f"by the signal {visible(event.signal)}" + (f" from {visible(event.sender)}" if event.sender else "")
    return f"is closed {said}" if event.closed else f"has the further item {visible(event.key)} {said}"


def wait_words(event: StepWaiting | StepWoken) -> str:
    """What a step waits for, or what has come."""
    if isinstance(event, StepWoken):
        came = f"the signal {visible(event.signal)} has come" if event.signal else "the time has come"
        sender = f" from {visible(event.sender)}" if event.sender else ""
        return came + sender + (f": {visible(event.branch)}" if event.branch else "")
    parts = (
        [f"for the signal {' or '.join(visible(one) for one in dict.fromkeys(event.signals))}"] if event.signals else []
    )
    parts += [f"until {moment(event.until)}"] if event.until else []
    return f"waits {' or '.join(parts)}" + (f", at most until {moment(event.limit)}" if event.limit else "")


def moment(at: int) -> str:
    """A time (µs since the epoch) for people."""
    return spoken(at)


def description(node: Node, *, loop: bool) -> str:
    """What stands beside the id of a step: its name, its command, its kind; nothing for a plain group.

    `loop`: all its items are meant.
    """
    if node.title:
        return shortened(node.title)
    if loop:
        return _looped(node.loop)
    return "" if isinstance(node.action, Body) else action(node)


def _looped(loop: Loop | None) -> str:
    if isinstance(loop, Rounds):
        return loop.question
    return "foreach" if isinstance(loop, ForEach) else "matrix"


def _performed(act: Perform) -> str:
    if act.table:
        named = decided_by(act)
        return f"{act.uses} {visible(named)}" if named else act.uses
    if act.uses != "shell":
        return act.uses
    if act.script is not None:
        return f"$ {shortened(script_text(act.script))}"
    given = source(act.parameters)
    words = given.get("argv") if isinstance(given, dict) else None
    if isinstance(words, list):
        return f"$ {shortened(' '.join(map(str, words)))}"
    text = given.get("script") if isinstance(given, dict) else None
    return f"$ {shortened(text)}" if isinstance(text, str) else act.uses


def decided_by(act: Perform) -> str:
    """The name of the decision table that a step decides by."""
    from steplane.decisions import compiled

    return f"by the table {compiled(act.table).table.name}"


def shown_value(value: Any, limit: int = 200) -> str:
    """A value on one line: a plain text as it is, anything else as JSON, cut where it is long."""
    plain = isinstance(value, str) and value.isprintable() and value == value.strip() != ""
    text = value if plain else msgspec.json.encode(value).decode()
    return visible(text if len(text) <= limit else f"{text[:limit]} … ({len(text)} characters)")


def running_clock(seconds: float) -> str:
    """A length of time that is going on: tenths of seconds, so that it does not jump about; else as `clock`."""
    return f"{max(seconds, 0):.1f}s" if seconds < 59.95 else clock(seconds)
