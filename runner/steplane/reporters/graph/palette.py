"""Colours of a graph, for light and dark; a sign or a word says the same wherever a colour does."""

from typing import NamedTuple

from steplane.reporters.graph.shapes import Box, Cluster, State
from steplane.reporters.signs import SIGNS
from steplane.reporters.words import clock, count


class Tone(NamedTuple):
    """Fill and line on a light ground, fill and line on a dark one."""

    fill: str
    line: str
    dark_fill: str
    dark_line: str


PLAIN = Tone("#ffffff", "#57606a", "#22272e", "#909dab")
"""A step of which nothing is known."""

STATES = {
    "succeeded": Tone("#dafbe1", "#1a7f37", "#12361f", "#3fb950"),
    "warning": Tone("#fff3c4", "#9a6700", "#3d2e00", "#d9a521"),
    "failed": Tone("#ffe2e0", "#cf222e", "#4a1416", "#f85149"),
    "running": Tone("#ddf4ff", "#0969da", "#0f2d4f", "#58a6ff"),
    "waiting": Tone("#eef6ff", "#54748f", "#1c2b3a", "#8cb4d9"),
    "skipped": Tone("#f2f4f6", "#818b98", "#1c2128", "#768390"),
    "blocked": Tone("#ffeadb", "#bc4c00", "#3b1d0a", "#e0823d"),
    "cancelled": Tone("#ece9f1", "#6e5f8a", "#29233a", "#a493c7"),
    "pending": Tone("#ffffff", "#afb8c1", "#22272e", "#57606a"),
}
"""By status; the others share one of these."""

SAME = {
    "reused": "succeeded", "interrupted": "cancelled", "compensated": "skipped", "ready": "waiting",
}  # fmt: skip

LANES = (
    Tone("#e7f0fb", "#3b6ea8", "#1b2b40", "#7fb0e6"),
    Tone("#e6f4ec", "#37805a", "#17301f", "#71c596"),
    Tone("#f7ecdd", "#96631f", "#35260f", "#dba75c"),
    Tone("#f1eaf8", "#7a4fa3", "#2c2038", "#b894dd"),
    Tone("#fbe9ef", "#a8446b", "#3a1c28", "#e58fb0"),
    Tone("#e4f3f4", "#2f7c85", "#15292c", "#6cc0c9"),
)
"""In the order in which the lanes appear; after the last it begins again, and the names tell them apart."""


def family(state: State) -> str:
    """The status whose colour it has."""
    return SAME.get(state.status, state.status)


def tone(one: Box | Cluster, lanes: list[str]) -> tuple[str, Tone]:
    """The class of a box or frame (`succeeded`, `lane2`, `plain`) and its colours: a run's state before a lane."""
    if one.state is not None:
        name = family(one.state)
        return name, STATES.get(name, PLAIN)
    if one.lane:
        index = lanes.index(one.lane) % len(LANES)
        return f"lane{index + 1}", LANES[index]
    return "plain", PLAIN


def state_words(state: State | None) -> str:
    """What became of a step, with its sign: `✓ 1.2s`, `✗ failed after 3 attempts, 4s`, `✗ 198 succeeded, 2 failed`."""
    if state is None or state.status == "pending":
        return ""
    sign = SIGNS.get({"running": "started"}.get(state.status, state.status), "·")
    told = [f"{number} {status}" for status, number in state.counts] if state.instances > 1 else []
    if state.attempts > 1:
        words = [f"{state.status} after {count(state.attempts, 'attempt')}"]
    else:
        words = [] if state.status == "succeeded" or state.status in dict(state.counts) else [state.status]
    words += ["rescued"] if state.recovered else []
    words += told
    words += [clock(state.seconds)] if state.seconds is not None else []
    return f"{sign} {', '.join(words) or state.status}"


def lines_of(one: Box) -> list[tuple[str, str]]:
    """What stands in a box below its name, a line each, with its kind: `does`, `note`, `state`, `lane`."""
    found = [("does", one.title or one.does)]
    condition = one.condition if one.condition in {"", "default"} else f"if {one.condition}"
    found += [("note", one.loop), ("note", condition)]
    found += [("note", ", ".join(one.notes)), ("lane", f"lane {one.lane}" if one.lane else "")]
    found.append(("state", state_words(one.state)))
    return [line for line in found if line[1]]


def heading(one: Cluster) -> tuple[str, list[str]]:
    """What stands on a frame: its name, and the lines below."""
    if one.role == "arm":
        return ("default" if one.condition == "default" else f"when {one.condition}"), []
    if one.role == "branch":
        condition = "" if not one.condition else one.condition if one.condition == "default" else f"if {one.condition}"
        return one.label, [condition] if condition else []
    if one.role == "step":
        lines = [one.title, f"if {one.condition}" if one.condition else "", one.loop, ", ".join(one.notes)]
    elif one.role in {"group", "loop", "parallel", "switch"}:
        lines = [one.title, one.label, f"if {one.condition}" if one.condition else "", one.loop, ", ".join(one.notes)]
    else:
        return one.label, []
    lines += [f"lane {one.lane}" if one.lane else "", state_words(one.state)]
    return one.id, [line for line in lines if line]
