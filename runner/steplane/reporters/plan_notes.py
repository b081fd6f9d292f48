"""What a plan says of a step beside its action, a line each, with what is known of it before the run."""

from collections.abc import Callable, Iterator

from steplane.expressions.durations import format_duration
from steplane.forecast.fates import Condition, Items, Planned, StepForecast
from steplane.plan.nodes import ForEach, Node, Perform, Plan, Rounds
from steplane.plan.retries import Retry
from steplane.reporters.plan_data import loop_data, need_data
from steplane.reporters.words import count, milestone_words, saw, shortened, shown_value, source

FIRST = 3
"""Instances whose plans are told."""

Saying = Callable[[Plan, Node, "StepForecast | None"], str]


def notes(plan: Plan, node: Node, found: StepForecast | None, arrow: str) -> Iterator[str]:
    """The lines about the step, in the order in which they count. Of what is skipped it is only why.

    `found` is what becomes of it; None where nobody has asked.
    """
    if found is not None and found.verdict == "skip":
        asked = _condition(plan, node, found) if found.condition is not None and not found.condition.error else ""
        yield from (words for words in (asked, _reason(plan, node, found)) if words)
        return
    for say in _SAYINGS:
        words = say(plan, node, found)
        if words:
            yield words
    if found is not None:
        yield from _planned(node, found, arrow)


def held(condition: Condition) -> str:
    """What a condition came to: `true (inputs.region = "eu")`, `depends on steps.load.outputs.count`."""
    if condition.value is not None:
        word = "true" if condition.value else "false"
        return word + saw(condition.seen, condition.text)
    known = saw(condition.seen, condition.text)
    return f"depends on {' and '.join(condition.unknown)}{known}" if condition.unknown else ""


def _needs(plan: Plan, node: Node, found: StepForecast | None) -> str:
    if node.needs is None or (found is not None and found.reason.startswith("only if")):
        return ""
    if not node.needs:
        one_at_a_time = plan.nodes[plan.lists[node.list].owner].any_order and plan.lists[node.list].role == "steps"
        return "" if one_at_a_time else "starts at once"
    named = []
    for need in node.needs:
        data = need_data(plan, node, need)
        words = "" if data["outcomes"] == ["ok"] else f" ({' or '.join(data['outcomes'])})"
        named.append(data["step"] + words)
    return f"after {', '.join(named)}{_joined(node, len(named))}"


def _joined(node: Node, named: int) -> str:
    """How many of the steps that it waits for have to come, and how often."""
    words = [f"{node.wanted} of them"] if node.wanted and node.wanted < named else []
    words += [f"the rest is {'cancelled' if node.rest == 'cancel' else 'held back'}"] if node.rest != "run" else []
    words += ["once for each arrival"] if node.each else ["all that can still come"] if node.active else []
    words += [f"{node.collect} arrivals count as one"] if node.collect > 1 else []
    return f" ({', '.join(words)})" if words else ""


def _milestone(_: Plan, node: Node, __: StepForecast | None) -> str:
    return milestone_words(node.milestone) if node.milestone is not None else ""


def _reason(_: Plan, node: Node, found: StepForecast | None) -> str:
    if found is None or found.inherited or (node.condition is not None and _is_mixed(found)):
        return ""
    return found.reason


def _is_mixed(found: StepForecast) -> bool:
    """Whether the condition holds for some items only."""
    return found.condition is None and found.counts is not None and found.verdict == "run"


def _condition(_: Plan, node: Node, found: StepForecast | None) -> str:
    if node.condition is None or (found is not None and found.inherited and found.condition is None):
        return ""
    known = held(found.condition) if found is not None and found.condition is not None else ""
    if found is not None and _is_mixed(found):
        known = found.reason
    return f"if {node.condition.text}{f': {known}' if known else ''}"


def _group(_: Plan, node: Node, __: StepForecast | None) -> str:
    said = (
        "its steps run one at a time, in any order" if node.any_order else "",
        "a resume runs it whole" if node.restart else "",
        f"its end counts as {node.split} arrivals" if node.split > 1 else "",
    )
    return "; ".join(one for one in said if one)


def _requires(_: Plan, node: Node, found: StepForecast | None) -> str:
    if not node.require:
        return ""
    asked = {one.text: one for one in found.requires} if found is not None else {}
    said = []
    for condition in node.require:
        known = held(asked[condition.text.strip()]) if condition.text.strip() in asked else ""
        said.append(f"{condition.text}{f': {known}' if known else ''}")
    return "requires " + " and ".join(said)


def _loop(_: Plan, node: Node, found: StepForecast | None) -> str:
    if node.loop is None:
        return ""
    data = loop_data(node.loop)
    if isinstance(node.loop, Rounds):
        return f"rounds {node.loop.question} {shown_value(data[node.loop.question], 80)}, at most {node.loop.limit}"
    known = found is not None and found.items is not None and bool(found.items.keys)
    if isinstance(node.loop, ForEach):
        plain = known and not isinstance(data["foreach"], str)  # the keys say it better
        words = f"for each {data['as']}" + ("" if plain else f" of {shown_value(data['foreach'], 80)}")
    else:
        words = "for each combination" + ("" if known else f" of {shown_value(data['matrix'], 80)}")
    words += f", and for those that the signal {data['open']} adds" if "open" in data else ""
    words += f", key {data['key']}" if "key" in data else ""
    words += f", {data['concurrency']} at a time" if "concurrency" in data else ""
    words += f", {data['max_failures']} may fail" if "max_failures" in data else ""
    words += f", complete {_enough(data['complete'])}" if "complete" in data else ""
    words += ", the rest is cancelled" if data.get("rest") == "cancel" else ""
    return words + (f": {_items(found.items)}" if found is not None and found.items is not None else "")


def _enough(complete: int | str) -> str:
    return f"with {complete}" if isinstance(complete, int) else f"when {complete}"


def _items(items: Items) -> str:
    if items.number is None:
        return f"how many depends on {' and '.join(items.unknown)}"
    words = count(items.number, "item")
    if not items.keys:
        return words
    keys = shortened(", ".join(items.keys), 80)
    more = ", ..." if items.number > len(items.keys) and not keys.endswith("…") else ""
    return f"{words} ({keys}{more})"


def _retry(_: Plan, node: Node, __: StepForecast | None) -> str:
    one = node.retry
    if one is None or (one.attempts == 1 and one.within is None and one.attempts_value is None):
        return ""
    tries = source(one.attempts_value) if one.attempts_value is not None else one.attempts
    words = f"up to {tries} attempts" if tries is not None else "attempts"
    words += f" for {format_duration(one.within)}" if one.within is not None else ""
    return words + _pause(one) + (f", when {one.when.text}" if one.when else "")


def _pause(one: Retry) -> str:
    delay = source(one.delay_value) if one.delay_value is not None else format_duration(one.delay)
    growth = "" if one.backoff == "constant" else f" {one.backoff}"
    most = f" to {format_duration(one.max_delay)}" if one.max_delay is not None else ""
    return f",{growth} {'from ' if growth else ''}{delay}{most} apart"


def _cached(_: Plan, node: Node, found: StepForecast | None) -> str:
    if node.cache is None:
        return ""
    if found is None or not found.cached:
        return "its recorded result may be reused"
    if len(found.cached) > 1:
        hits = sum(hit is True for hit, _ in found.cached)
        why = next((why for hit, why in found.cached if hit is not True), "")
        said = f"a recorded result stands for {hits} of {len(found.cached)} instances"
        return f"{said}; for the first of the others: {why}" if why else said
    hit, why = found.cached[0]
    if hit is None:
        return f"whether a recorded result is reused {why}" if why.startswith("depends") else "it may be reused"
    return f"would be reused: {why}" if hit else f"no recorded result fits: {why}"


def _limits(_: Plan, node: Node, __: StepForecast | None) -> str:
    words = [f"timeout {format_duration(node.timeout)}"] if node.timeout is not None else []
    words += [f"timeout {source(node.timeout_value)}"] if node.timeout_value is not None else []
    if node.lock is not None:
        limit = f" ({count(node.lock.limit, 'holder')})" if node.lock.limit > 1 else ""
        shared = " of the store" if node.lock.scope == "store" else ""
        words.append(f"lock {source(node.lock.name)}{shared}{limit}")
    words += ["a failure is a warning"] if node.tolerant else []
    words += [f"failure: {node.failure}"] if node.failure != "stop" else []
    words += ["at most once"] if node.at_most_once else []
    words += ["in a process of its own"] if node.isolate else []
    words += [f"region {node.region}"] if node.region else []
    words += [f"lane {node.lane}"] if node.lane else []
    return ", ".join(words)


_SAYINGS: tuple[Saying, ...] = (
    _needs,
    _milestone,
    _condition,
    _reason,
    _loop,
    _group,
    _requires,
    _cached,
    _retry,
    _limits,
    lambda _, node, __: "ensures " + " and ".join(one.text for one in node.ensure) if node.ensure else "",
)
"""What is said of a step, in this order."""


# ---------------------------------------------------------------- what the step type says


def command(node: Node, found: StepForecast | None) -> str:
    """The command of a step with its values in it, where they are known; empty for what is none."""
    planned = found.planned if found is not None else None
    if planned is None or not isinstance(node.action, Perform) or not planned.summary.startswith("$ "):
        return ""
    return f"$ {shortened(planned.summary[2:])}"


def _planned(node: Node, found: StepForecast, arrow: str) -> Iterator[str]:
    """What the step type says, else its parameters."""
    if not isinstance(node.action, Perform):
        return
    if found.planned is not None:
        if not command(node, found):
            yield from _lines("", found.planned, arrow)
    elif found.parameters is not None:
        if found.parameters and node.action.uses != "shell":
            yield f"with {shown_value(found.parameters, 100)}"
    else:
        yield from _each(found, arrow)


def _each(found: StepForecast, arrow: str) -> Iterator[str]:
    """What the step type says of the first instances."""
    told = [(one.key, one.planned) for one in found.instances if one.planned is not None]
    for key, planned in told[:FIRST]:
        yield from _lines(f"[{key}] ", planned, arrow)
    number = found.items.number if found.items else None
    skipped = found.counts[1] if found.counts else 0
    several = sum(found.counts) if found.counts else number or len(told)
    if told and several - skipped > FIRST:
        yield f"... and {several - skipped - FIRST} more"


def _lines(key: str, planned: Planned, arrow: str) -> Iterator[str]:
    if planned.summary:
        yield f"{key}{arrow} {shortened(planned.summary)}"
    if planned.note:
        yield f"{key}{shortened(planned.note, 200)}"
