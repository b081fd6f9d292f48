"""What happened to an instance, in words."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from steplane.app.history import RunRecord
from steplane.app.stories.shapes import Entry, Link, Waiting
from steplane.events import ENDED, ErrorInfo
from steplane.reporters.paint import visible
from steplane.reporters.words import cause, clock, count, reason, saw, shortened

_Words = Callable[[dict[str, Any]], str]


def entry_words(entry: Entry) -> str:
    """One entry of a story; empty for what is not worth a line."""
    say = _SAYINGS.get(entry.kind)
    return say(entry.data) if say is not None else entry.kind


def _ready(data: dict[str, Any]) -> str:
    after, by = visible(data["after"]), data["by"]
    if by in {"rescue", "finally", "compensate"}:
        return f"ready: the `{by}` begins, now that `{after}` has ended"
    if by == "step":
        return f"ready: `{after}` was the last that it waited for"
    if by == "item":
        return f"its turn in the loop: `{after}` had ended"
    if by == "loop":
        return "its turn in the loop"
    return "begins anew, as the run was resumed" if by == "resume" else "ready: it waits for nothing"


def _condition(data: dict[str, Any]) -> str:
    text = shortened(data["condition"])
    if data["error"] is not None:
        return f"`if: {text}` could not be evaluated: {cause(data['error'])}{saw(data['seen'])}"
    word = "holds" if data["value"] else "is false"
    return f"`if: {text}` {word}{saw(data['seen'], data['condition'])}"


def _items(data: dict[str, Any]) -> str:
    if data["error"] is not None:
        return f"its items could not be had: {cause(data['error'])}"
    value = data["value"]
    keys = ", ".join(visible(key) for key in value["keys"])
    more = ", ..." if value["number"] > len(value["keys"]) else ""
    at_once = f", {value['concurrency']} at a time" if value["concurrency"] is not None else ""
    return f"{count(value['number'], 'item')}{f' ({shortened(keys)}{more})' if keys else ''}{at_once}"


def _limits(data: dict[str, Any]) -> str:
    if data["error"] is not None:
        return f"its lock, timeout or retry could not be evaluated: {cause(data['error'])}"
    words = {"lock": "lock `{}`", "timeout": "timeout {}s", "attempts": "{} attempts", "delay": "{}s between attempts"}
    return ", ".join(words[name].format(visible(str(value))) for name, value in data["value"].items() if name in words)


def _precondition(data: dict[str, Any]) -> str:
    return f"its precondition failed: {cause(data['error'])}" if data["error"] is not None else "its preconditions hold"


def _postcondition(data: dict[str, Any]) -> str:
    return f"its postcondition failed: {cause(data['error'])}" if data["error"] is not None else ""


def _outputs(data: dict[str, Any]) -> str:
    return f"its outputs could not be evaluated: {cause(data['error'])}" if data["error"] is not None else ""


def _arm(data: dict[str, Any]) -> str:
    if data["error"] is not None:
        return f"a `when` could not be evaluated: {cause(data['error'])}{saw(data['seen'])}"
    if data["value"] is None:
        return f"no `when` holds{saw(data['seen'])}"
    what = "the default" if data["condition"] == "default" else f"`when: {shortened(data['condition'])}`"
    return f"arm {data['value'] + 1} is taken: {what}{saw(data['seen'])}"


def _branches(data: dict[str, Any]) -> str:
    if data["error"] is not None:
        return f"a branch's `if` could not be evaluated: {cause(data['error'])}{saw(data['seen'])}"
    taken = f"branches taken: {visible(data['condition'])}" if data["condition"] else "no branch is taken"
    return f"{taken}{saw(data['seen'])}"


def _lock_waits(data: dict[str, Any]) -> str:
    held = ", ".join(f"`{visible(one)}`" for one in data["holders"])
    return f"waits for the lock `{visible(data['lock'] or '')}`" + (f", held by {held}" if held else "")


def _slot_waits(data: dict[str, Any]) -> str:
    running = ", ".join(f"`{visible(one)}`" for one in data["running"][:3])
    more = ", ..." if len(data["running"]) > 3 else ""
    return f"waits for a slot: {data['pool']} may run at once" + (f", now {running}{more}" if running else "")


def _attempt(data: dict[str, Any]) -> str:
    waited = f", after {clock(data['seconds'])} of waiting" if data["seconds"] >= 0.001 else ""
    return f"attempt {data['number']} begins{waited}"


def _attempt_ended(data: dict[str, Any]) -> str:
    took = f" in {clock(data['seconds'])}"
    if data["outcome"] == "succeeded":
        return f"attempt {data['number']} succeeded{took}"
    error = data["error"]
    inside = f"`{visible(error.step)}`: " if error is not None and error.step else ""
    why = f": {inside}{cause(error)}" if error is not None else ""
    return f"attempt {data['number']} {data['outcome']}{took}{why}"


def _retry(data: dict[str, Any]) -> str:
    of = f" of {data['of']}" if data["of"] else ""
    return f"tries again in {clock(data['delay'])}: that was attempt {data['number']}{of}{saw(data['seen'])}"


def _given_up(data: dict[str, Any]) -> str:
    if data["why"] == "attempts":
        return f"is not tried again: {count(data['attempts'], 'attempt')} were allowed"
    if data["why"] == "when":
        return f"is not tried again: `when: {shortened(data['condition'])}` is false{saw(data['seen'])}"
    if data["why"] == "type":
        return f"is not tried again: an error of type {data['type']} would only come again"
    return "is not tried again: the time for it is over"


def _stopping(data: dict[str, Any]) -> str:
    return f"is told to stop: {cause_words(data['cause'])}"


def cause_words(data: dict[str, Any]) -> str:
    """Why something was cancelled."""
    kind = data["kind"]
    if kind == "needs":
        return "; ".join(_need(one) for one in data["needs"])
    if kind == "cancel":
        who = f" by {visible(data['actor'])}" if data["actor"] else ""
        return f"the run was cancelled{who}" + (f" ({visible(data['reason'])})" if data["reason"] else "")
    if kind == "timeout":
        limit = f" of {clock(data['seconds'])}" if data["seconds"] else ""
        return f"`{visible(data['of'])}` ran into its time limit{limit}" if data["of"] else "the run's time was over"
    if kind == "failure":
        return f"`{visible(data['of'])}` failed, and `failure: cancel` ends what runs beside it"
    if kind == "end":
        return f"`{visible(data['of'])}` ended the run" if data["of"] else "a step ended the run"
    return "what is around it was ended"


def _ended(data: dict[str, Any]) -> str:
    status = data["status"]
    if status == "succeeded":
        said = f": {visible(data['reason'])}" if data["reason"] else ""
        return "succeeded, by its `rescue`" if data["recovered"] else f"succeeded{said}"
    if data["error"] is not None:
        return f"{status}: {cause(data['error'])}"
    if data["cause"] is not None:
        return f"{status}: {cause_words(data['cause'])}"
    if data["reason"] == "`if` is false":
        return str(status)  # the condition stands right above
    why = reason(status, data["reason"], data["by"], None, data["seen"])
    return f"{status} {why}" if why.startswith("by ") else f"{status}: {why}" if why else status


def _asked(data: dict[str, Any]) -> str:
    who = f" by {visible(data['actor'])}" if data.get("actor") else ""
    return f"cancelled{who}" + (f": {visible(data['reason'])}" if data.get("reason") else "")


def _resumed(data: dict[str, Any]) -> str:
    who = f" by {visible(data['actor'])}" if data.get("actor") else ""
    if data.get("cancel"):
        return f"taken over{who}, to be cancelled"
    if "again" not in data:
        return f"resumed{who}"
    more = "; its attempt, which was cut off, is made again" if data["again"] else ""
    more += f"; it is taken as {data['assumed']}" if data["assumed"] else ""
    return f"the run was resumed{who}{more}"


_SAYINGS: dict[str, _Words] = {
    "ready": _ready,
    "condition": _condition,
    "items": _items,
    "limits": _limits,
    "precondition": _precondition,
    "postcondition": _postcondition,
    "outputs": _outputs,
    "arm": _arm,
    "branches": _branches,
    "lock.waits": _lock_waits,
    "lock": lambda data: f"has the lock `{visible(data['lock'] or '')}` after {clock(data['seconds'])}",
    "slot.waits": _slot_waits,
    "attempt": _attempt,
    "attempt.ended": _attempt_ended,
    "timeout": lambda data: f"its time limit of {clock(data['seconds'] or 0)} is over",
    "retry": _retry,
    "given_up": _given_up,
    "rescue": lambda _: "its `rescue` begins",
    "rescue.ended": lambda data: f"its `rescue` {'succeeded' if data['ok'] else 'did not succeed'}",
    "finally": lambda _: "its `finally` begins",
    "finally.ended": lambda data: f"its `finally` {'succeeded' if data['ok'] else 'did not succeed'}",
    "stopping": _stopping,
    "undecided": lambda _: "was cut off, and may run at most once: somebody has to say what became of it",
    "resumed": _resumed,
    "ended": _ended,
    "cancel": _asked,
}


def link_words(link: Link) -> str:
    """One step of a chain of causes."""
    return f"`{visible(link.path)}` {link.status}" + (f": {why}" if (why := ended_words(link)) else "")


def ended_words(link: Link) -> str:
    """Why an instance ended as it did."""
    if link.error is not None:
        inside = f"`{visible(link.error.step)}`: " if link.error.step not in {"", link.path} else ""
        return inside + cause(link.error)
    if link.cause is not None and link.cause["kind"] == "needs":
        return "; ".join(_need(one) for one in link.cause["needs"])
    if link.reason == "`if` is false" and link.condition:
        return f"`if: {shortened(link.condition)}` is false{saw(link.seen, link.condition)}"
    return visible(link.reason) + saw(link.seen) if link.reason else ""


def _need(data: dict[str, Any]) -> str:
    return f"`{visible(data['path'])}` is {data['status']}, and this wants it {' or '.join(data['wants'])}"


def waiting_words(one: Waiting, record: RunRecord) -> str:
    """What is waited for now."""
    gone = record.summary.status == "interrupted"
    cut = {"running": "cut off"} if gone else {}
    names = ", ".join(f"`{visible(path)}` ({cut.get(status, status)})" for path, status in one.on)
    if one.kind == "attempt" and gone:
        return f"attempt {one.data['attempt']} was cut off; a resume makes it again"
    say = _WAITS.get(one.kind)
    if say is not None:
        return say(one, names)
    outer = f"`{visible(one.data['outer'])}`" if one.data.get("outer") else "the run"
    if one.kind == "role":
        return f"it stands in the `{one.data['role']}` of {outer}, {_role(one.data['role'], one.data['status'])}"
    if one.kind == "arm":
        taken = f"where arm {one.data['taken']} was taken{saw(one.data.get('seen', ()))}"
        return f"it stands in arm {one.data['arm']} of {outer}, {taken}"
    if one.kind == "branch":
        taken = ", ".join(map(visible, one.data["taken"]))
        took = f"which took {taken}{saw(one.data.get('seen', ()))}"
        return f"it stands in branch {visible(one.data['branch'])} of {outer}, {took}"
    return f"it is inside of {outer}, which is {one.data['status']}"


def _role(role: str, status: str) -> str:
    if status in ENDED:
        return f"which did not call for it ({status})"
    return {"rescue": "which comes if that fails", "finally": "which comes at its end"}.get(role, "which may undo it")


def _needs(one: Waiting, names: str) -> str:
    more = one.data["number"] - len(one.on)
    if not names:
        return "it can start at once"
    return f"waits for {names}" + (f" and {more} more" if more > 0 else "")


def _attempt_now(one: Waiting, _: str) -> str:
    return f"attempt {one.data['attempt']} is running"


def _lock_now(one: Waiting, names: str) -> str:
    return f"waits for the lock `{visible(one.data['lock'] or '')}`{', held by ' if names else ''}{names}"


def _slot_now(one: Waiting, names: str) -> str:
    return f"waits for a slot: {one.data['pool']} may run at once{', now ' if names else ''}{names}"


def _back_off(one: Waiting, _: str) -> str:
    due = time.strftime("%H:%M:%S", time.gmtime(one.data["due"] / 1e6)) if one.data["due"] else "now"
    return f"waits until {due} UTC before attempt {one.data['attempt']}"


def _item(one: Waiting, _: str) -> str:
    most = f": {one.data['at_once']} may go on at once" if one.data["at_once"] is not None else ""
    return f"its turn in `{visible(one.data['outer'])}` has not come{most}"


_WAITS: dict[str, Callable[[Waiting, str], str]] = {
    "needs": _needs,
    "inside": lambda _, names: f"it is inside of {names}",
    "lock": _lock_now,
    "slot": _slot_now,
    "back-off": _back_off,
    "attempt": _attempt_now,
    "decision": lambda _, __: "waits for somebody to say what became of it: resume with --redo or --assume",
    "steps": lambda _, names: f"waits for {names}",
    "question": lambda one, _: f"is about to evaluate its `{one.data['question']}`",
    "item": _item,
}


def story_lines(entries: Sequence[Entry]) -> Iterator[tuple[Entry, str]]:
    """The entries that are worth a line, each with its words: an end says how the last attempt ended."""
    for index, entry in enumerate(entries):
        after = entries[index + 1] if index + 1 < len(entries) else None
        before = entries[index - 1] if index else None
        if entry.kind == "attempt.ended" and _says_the_same(entry, after):
            continue
        if entry.kind == "ended" and before is not None and _says_the_same(before, entry):
            took = f" in {clock(before.data['seconds'])}"
            words = entry_words(entry)
            status = entry.data["status"]
            yield entry, words.replace(status, f"{status}{took}", 1) if before.data["number"] == 1 else words
        elif entry.kind == "ended" and _is_told(entries[:index], entry):
            yield entry, entry.data["status"]
        else:
            yield entry, entry_words(entry)


def _says_the_same(attempt: Entry, end: Entry | None) -> bool:
    """Whether the end of the instance follows from that of its attempt, and says as much."""
    if end is None or end.kind != "ended" or attempt.kind != "attempt.ended" or end.data["recovered"]:
        return False
    return attempt.data["outcome"] == end.data["status"] and _same(attempt.data["error"], end.data["error"])


def _same(one: ErrorInfo | None, other: ErrorInfo | None) -> bool:
    """Whether two errors are one; that of an attempt has no step yet."""
    if one is None or other is None:
        return one is other
    return (one.type, one.message, one.code) == (other.type, other.message, other.code)


def _is_told(before: Sequence[Entry], end: Entry) -> bool:
    """Whether an attempt has told the error already."""
    error = end.data["error"]
    attempts = [one.data["error"] for one in before if one.kind == "attempt.ended"]
    return error is not None and any(_same(one, error) for one in attempts)
