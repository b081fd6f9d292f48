"""What happened to an instance, in words."""

from collections.abc import Callable
from typing import Any

from steplane.app.stories.shapes import Entry, Link
from steplane.cli.cause_words import cause_words
from steplane.cli.changed_words import changed_words, under_change
from steplane.events import ItemAdded, StepWaiting, StepWoken
from steplane.reporters.paint import visible
from steplane.reporters.words import (
    IF_IS_FALSE,
    cause,
    clock,
    count,
    false_condition,
    item_words,
    reason,
    saw,
    shortened,
    shown_value,
    stated,
    wait_words,
)

_Words = Callable[[dict[str, Any]], str]


def entry_words(entry: Entry) -> str:
    """One entry of a story; empty for what is not worth a line."""
    say = _SAYINGS.get(entry.kind)
    return say(entry.data) if say is not None else entry.kind


def _ready(data: dict[str, Any]) -> str:
    return under_change(_let_start(data), data.get("changed", ""), alone=data["by"] in {"resume", "adopted"})


def _let_start(data: dict[str, Any]) -> str:
    after, by = visible(data["after"]), data["by"]
    if by == "step":
        return f"ready: {_last_of(data, after)}"
    if by in {"item", "loop"}:
        return "its turn in the loop" + (f": `{after}` had ended" if by == "item" else "")
    if by in {"each", "goto"}:
        return f"ready: `{after}` {'came' if by == 'each' else 'leads here'}"
    if by == "reset":
        return f"ready: `{after}` reset its join, and what it waits for had come already"
    if by == "join":
        return "ready: what it waits for had come already"
    if by == "resume":
        return "ready anew, as the run was resumed"
    outer = f"`{visible(data['outer'])}`" if data["outer"] else "the run"
    if by == "adopted":
        return f"ready anew, as {outer} goes on after the resume"
    apart = "; what it would wait for is not selected" if data.get("apart") else ""
    if by == "steps" and not data["outer"] and not apart:
        return "ready: it waits for nothing"
    return f"ready as {_begun(by, outer, data['of'])}{apart}"


def _last_of(data: dict[str, Any], after: str) -> str:
    """The step that let it start."""
    ended = f" ended as {data['status']}" if "status" in data else ""
    if "wanted" in data and data["wanted"] < data["named"]:
        need = "one is" if data["wanted"] == 1 else f"{data['wanted']} are"
        return f"`{after}`{ended or ' came'}, and of the {data['named']} that it waits for {need} enough"
    if ended:
        return f"`{after}`{ended}, the last that it waited for"
    return f"`{after}` was the last that it waited for"


def _begun(role: str, outer: str, part: Any) -> str:
    """What of the step around it began."""
    if role == "arm":
        return f"arm {part} of {outer} was taken"
    if role == "branch":
        return f"branch {visible(part)} of {outer} began"
    if role == "steps":
        return f"attempt {part} of {outer} began" if part > 1 else f"{outer} began"
    return f"the `{role}` of {outer} began"


def _condition(data: dict[str, Any]) -> str:
    return _held("if", data, "holds", "is false")


def _held(key: str, data: dict[str, Any], holds: str, not_: str) -> str:
    """A condition that stands under that key, and what it came to."""
    text = shortened(data["condition"])
    if data["error"] is not None:
        return f"`{key}: {text}` could not be evaluated: {cause(data['error'])}{saw(data['seen'])}"
    word = holds if data["value"] else not_
    return f"`{key}: {text}` {word}{saw(data['seen'], data['condition'])}"


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
    if data["loop"]:
        return ""
    waited = f", after {clock(data['seconds'])} of waiting" if data["seconds"] >= 0.001 else ""
    again = " again" if data["again"] else ""
    return f"begins{again}{waited}" if data["only"] else f"attempt {data['number']} begins{again}{waited}"


def _attempt_ended(data: dict[str, Any]) -> str:
    took, error = f" in {clock(data['seconds'])}", data["error"]
    name = "" if data["only"] else f"attempt {data['number']} "
    if data["outcome"] == "succeeded":
        return f"{name}succeeded{took}"
    if data["outcome"] == "cancelled":
        return f"{name}stopped, {clock(data['seconds'])} after it began"
    inside = f"`{visible(error.step)}`: " if error is not None and data["inner"] else ""
    return f"{name}failed{took}" + (f": {inside}{cause(error)}" if error is not None else "")


def _decided(data: dict[str, Any]) -> str:
    if not data["rules"]:
        return "decided by the table's default: no rule matches"
    named = [f"`{visible(rule)}`" + (f" ({visible(because)})" if because else "") for rule, because in data["rules"]]
    return f"decided by rule{'' if len(named) == 1 else 's'} {', '.join(named)}"


def _retry(data: dict[str, Any]) -> str:
    of = f" of {data['of']}" if data["of"] else ""
    return f"tries again in {clock(data['delay'])}: that was attempt {data['number']}{of}{saw(data['seen'])}"


def _given_up(data: dict[str, Any]) -> str:
    if data["why"] == "attempts":
        allowed = "one attempt was" if data["attempts"] == 1 else f"{data['attempts']} attempts were"
        return f"is not tried again: {allowed} allowed"
    if data["why"] == "when":
        return f"is not tried again: `when: {shortened(data['condition'])}` is false{saw(data['seen'])}"
    if data["why"] == "error":
        return f"is not tried again: its `retry` could not be evaluated: {cause(data['error'])}"
    if data["why"] == "type":
        return f"is not tried again: an error of type {data['type']} would only come again"
    return f"is not tried again: another attempt would not begin within {clock(data['within'] or 0)}"


def _stopping(data: dict[str, Any]) -> str:
    return f"is told to stop: {cause_words(data['cause'])}"


def _ended(data: dict[str, Any]) -> str:
    status = data["status"]
    items = _items_ended(data)
    if status == "succeeded":
        said = f": {visible(data['reason'])}" if data["reason"] else items
        return "succeeded, by its `rescue`" if data["recovered"] else f"succeeded{said}"
    if data["inner"]:
        return f"{status} by `{visible(data['error'].step)}`"
    if data["error"] is not None:
        return f"{status}: {cause(data['error'])}"
    if data["cause"] is not None:
        return f"{status}: {cause_words(data['cause'])}"
    if data["reason"] == IF_IS_FALSE:
        return str(status)  # the condition stands right above
    why = reason(status, data["reason"], data["by"], None, data["seen"])
    return stated(status, why) if why else f"{status}{items}"


def _items_ended(data: dict[str, Any]) -> str:
    """How the items of a loop came out."""
    found = data.get("items")
    if not found:
        return ""
    number = sum(found.values())
    if len(found) == 1 and number == 1 and data["status"] in found:
        return ""
    every = [f"all {number} {next(iter(found))}"] if len(found) == 1 and number > 1 else []
    each = every or [f"{some} {status}" for status, some in found.items()]
    may = [f"{data['allowed']} may fail"] if "failed" in found else []
    return f": {', '.join([*each, *may])}"


def _asked(data: dict[str, Any]) -> str:
    who = f" by {visible(data['actor'])}" if data.get("actor") else ""
    return f"cancelled{who}" + (f": {visible(data['reason'])}" if data.get("reason") else "")


def _ended_by(data: dict[str, Any]) -> str:
    said = f": {visible(data['message'])}" if data["message"] else ""
    return f"`{visible(data['of'])}` ended it as {data['status']}{said}"


def _resumed(data: dict[str, Any]) -> str:
    who = f" by {visible(data['actor'])}" if data.get("actor") else ""
    if data.get("cancel"):
        return f"taken over{who}, to be {_asked({'reason': data['reason']})}"
    if "again" not in data:
        return f"resumed{who}{_options(data)}"
    more = "; its attempt, which was cut off, is made again" if data["again"] else ""
    more += ", as --redo said" if data["again"] and data["redo"] else ""
    more += f"; it is taken as {data['assumed']}" if data["assumed"] else ""
    return f"the run was resumed{who}{more}"


def _redefined(data: dict[str, Any]) -> str:
    who = f" by {visible(data['actor'])}" if data.get("actor") else ""
    return f"goes on{who} under a changed definition: {changed_words(data['steps'])}"


def _options(data: dict[str, Any]) -> str:
    """What a resume was told."""
    words = [f"--only {visible(one)}" for one in data["only"]]
    words += [f"--redo {visible(one)}" for one in data["redo"]]
    words += [f"--assume {visible(path)}={status}" for path, status in data["assume"].items()]
    return f" with {', '.join(words)}" if words else ""


def _compensated(data: dict[str, Any]) -> str:
    who = f"`{visible(data['by'])}`" if data["by"] else "the run"
    return f"compensated by {who}" if data["ok"] else f"its compensation did not succeed: {cause(data['error'])}"


def _given(data: dict[str, Any]) -> str:
    if data["error"] is not None:
        return f"what it is given: {cause(data['error'])}"
    given = [f"{name} = {shown_value(value, 40)}" for name, value in data["value"].items()]
    return f"is given {', '.join(given)}" if given else "is given nothing"


def _cache(data: dict[str, Any]) -> str:
    if data["error"] is not None:
        return f"its recorded result cannot be looked for: {cause(data['error'])}"
    if data["value"]["hit"]:
        return f"its result is there, {visible(data['value'].get('reason', ''))}"
    why = "; ".join(visible(one) for one in data["value"].get("why", ()))
    return f"no recorded result fits: {why}" if why else "no recorded result fits"


_SAYINGS: dict[str, _Words] = {
    "ready": _ready,
    "condition": _condition,
    "items": _items,
    "complete": lambda data: _held("complete", data, "holds: the loop is complete", "does not hold: it goes on"),
    "while": lambda data: _held("while", data, "holds: another round", "does not hold: no further round"),
    "until": lambda data: _held("until", data, "holds: that was the last round", "does not hold: another round"),
    "limits": _limits,
    "cache": _cache,
    "precondition": _precondition,
    "postcondition": _postcondition,
    "outputs": _outputs,
    "arm": _arm,
    "branches": _branches,
    "given": _given,
    "lock.waits": _lock_waits,
    "lock": lambda data: f"has the lock `{visible(data['lock'] or '')}` after {clock(data['seconds'])}",
    "slot.waits": _slot_waits,
    "attempt": _attempt,
    "attempt.ended": _attempt_ended,
    "decided": _decided,
    "timeout": lambda data: f"its time limit of {clock(data['seconds'] or 0)} is over",
    "retry": _retry,
    "waits": lambda data: wait_words(StepWaiting(step="", path="", **data)),
    "item.refused": lambda data: f"takes no further items: {cause(data['error'])}",
    "item": lambda data: item_words(ItemAdded(step="", path="", **data)),
    "woken": lambda data: wait_words(StepWoken(step="", path="", **data)),
    "given_up": _given_up,
    "rescue": lambda _: "its `rescue` begins",
    "rescue.ended": lambda data: f"its `rescue` {'succeeded' if data['ok'] else 'did not succeed'}",
    "finally": lambda _: "its `finally` begins",
    "finally.ended": lambda data: f"its `finally` {'succeeded' if data['ok'] else 'did not succeed'}",
    "stopping": _stopping,
    "undecided": lambda _: "was cut off, and may run at most once: somebody has to say what became of it",
    "resumed": _resumed,
    "redefined": _redefined,
    "ended": _ended,
    "compensated": _compensated,
    "cancel": _asked,
    "end": _ended_by,
}


def link_words(link: Link) -> str:
    """One step of a chain of causes; of one that failed by what is in it the next one says why."""
    inner = link.error is not None and link.error.step not in {"", link.path}
    why = "" if inner else ended_words(link)
    return f"`{visible(link.path)}` {stated(link.status, why)}"


def ended_words(link: Link) -> str:
    """Why an instance ended as it did."""
    if link.error is not None:
        inside = f"`{visible(link.error.step)}`: " if link.error.step not in {"", link.path} else ""
        return inside + cause(link.error)
    if link.cause is not None:
        return cause_words(link.cause)
    if link.reason == IF_IS_FALSE and link.condition:
        return false_condition(link.condition, link.seen)
    if link.status in {"skipped", "blocked", "cancelled"}:
        return reason(link.status, link.reason, link.by, None, link.seen)
    return visible(link.reason)
