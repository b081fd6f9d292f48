"""Why things happened in a run, in words and as JSON."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from steplane.app.stories import Explained
from steplane.app.stories.shapes import Entry, Failure, Link, Story, Stretch, Wait, Whole
from steplane.cli.history import moment_text
from steplane.cli.story_lines import story_lines
from steplane.cli.story_words import ended_words, entry_words, link_words
from steplane.cli.table import table
from steplane.cli.waiting_words import waiting_words
from steplane.plan.nodes import Node
from steplane.reporters.paint import Paint, visible
from steplane.reporters.signs import ASCII_SIGNS, SIGNS, colored
from steplane.reporters.words import action, cause, clock, count

FEW = 12
"""Rows of one section that are told; what is left is counted."""

_HOLDERS = 3
_LEAST = 0.001


class Look(msgspec.Struct, frozen=True):
    """Colour, and signs beyond ASCII. `state` stands behind commands that are told, such as ` --state DIR`."""

    color: bool = False
    unicode: bool = True
    state: str = ""


def explained_text(told: Explained, look: Look) -> str:
    """For people."""
    teller = _Teller(told, look)
    parts = [teller.whole(told.whole)] if told.whole is not None else [teller.story(one) for one in told.stories]
    if told.pending:
        parts.append(teller.pending())
    if told.more:
        example = told.more[0]
        parts.append(
            f"{count(len(told.more), 'more instance')}: name one, such as steplane explain {told.record.summary.id} "
            f"'{visible(example)}'{look.state}\n"
        )
    return "\n".join(part for part in parts if part)


class _Teller:
    """Tells of one run."""

    def __init__(self, told: Explained, look: Look) -> None:
        self.told, self.look = told, look
        self.paint = Paint(look.color)
        self.signs = SIGNS if look.unicode else ASCII_SIGNS
        sessions = told.record.sessions
        self.begin = sessions[0].begin if sessions else told.record.summary.started_at

    # ------------------------------------------------------------ one instance

    def story(self, story: Story) -> str:
        """One activation, from its begin to its end."""
        node = story.node
        number = f"  activation {story.activation}" if story.activation > 1 else ""
        what = f"  {visible(action(node))}{_region(node)}" if node is not None else ""
        sign = colored(self.paint, story.status, self.signs.get(_sign(story.status), " "))
        status = colored(self.paint, story.status, story.status)
        lines = [f"{sign} {self.paint.bold(visible(story.path))} {status}{self.paint.faint(what + number)}"]
        rows = [(self.offset(entry.at), self._painted(entry, words)) for entry, words in story_lines(story.entries)]
        lines += self.timed(rows)
        lines += self.section("why", [link_words(one) for one in story.chain], "  ")
        blocked = ", ".join(map(visible, story.blocks[:FEW])) + _more(story.blocks)
        lines += self.section("it kept from running", [blocked] if blocked else [], "  ")
        lines += self.section("now", [waiting_words(one, self.told.record) for one in story.waiting], "  ")
        return "\n".join(lines) + "\n"

    def _painted(self, entry: Entry, words: str) -> str:
        """The words of an end in the colour of its status."""
        if entry.kind != "ended":
            return words
        status = entry.data["status"]
        return words.replace(status, colored(self.paint, status, status), 1)

    def timed(self, rows: Sequence[tuple[str, str]]) -> list[str]:
        """Lines with their times in front; one that says nothing is left out."""
        said = [(time, words) for time, words in rows if words]
        wide = max((len(time) for time, _ in said), default=0)
        found, last = [], ""
        for time, words in said:
            shown = " " * wide if time == last else f"{time:>{wide}}"
            found.append(f"  {self.paint.faint(shown)}  {words}")
            last = time
        return found

    def offset(self, at: int) -> str:
        """A time, counted from the begin of the run."""
        return f"+{clock(max(0, at - self.begin) / 1e6)}" if at else ""

    def section(self, title: str, lines: Sequence[str], indent: str = "") -> list[str]:
        """A heading with its lines; nothing without any."""
        said = [line for line in lines if line]
        if not said:
            return []
        return ["", f"{indent}{self.paint.bold(title)}", *(f"{indent}  {line}" for line in said)]

    def pending(self) -> str:
        """A step that has not come about."""
        lines = [waiting_words(one, self.told.record) for one in self.told.pending]
        first = self.told.pending[0]
        name = self.paint.bold(visible(first.path))
        live = self.told.record.summary.status in {"running", "waiting", "interrupted"}
        status = "has not come about yet" if live else "never came about"
        return "\n".join([f"{name} {status}", *(f"  {line}" for line in lines)]) + "\n"

    # ------------------------------------------------------------ the run

    def whole(self, whole: Whole) -> str:
        """The run's own story."""
        record = self.told.record
        one = record.summary
        status = colored(self.paint, one.status, one.status)
        spent = f" in {clock(record.seconds)}" if record.sessions else ""
        faint = self.paint.faint(f"run {one.id}, begun {moment_text(self.begin)} UTC")
        lines = [f"{self.paint.bold(visible(one.workflow or '?'))} {status}{spent}  {faint}"]
        lines += self.timed([(self.offset(entry.at), entry_words(entry)) for entry in whole.requests])
        lines += self.section(self._critical_title(whole), self._critical(whole))
        lines += self.section("what failed", [line for one in whole.failures[:FEW] for line in self._failure(one)]
                              + _rest(whole.failures, "failure"))  # fmt: skip
        lines += self.section("what was cancelled", self._grouped(whole.cancelled, "cancelled"))
        lines += self.section("what was skipped", self._grouped(whole.skipped, "skipped"))
        lines += self.section("what waited longest", [self._wait(one) for one in whole.waits])
        lines += self.section("now", [f"{visible(one.path)}: {waiting_words(one, record)}" for one in whole.waiting])
        if record.steps:
            more = f"steplane explain {one.id} STEP{self.look.state}"
            lines += ["", f"{self.paint.faint('All about one of them:')} {more}"]
        return "\n".join(lines) + "\n"

    def _critical_title(self, whole: Whole) -> str:
        if not whole.critical:
            return ""
        spent = (whole.critical[-1].end - whole.critical[0].begin) / 1e6
        return f"what the time went into ({clock(spent)})"

    def _critical(self, whole: Whole) -> list[str]:
        """The longest stretches of the critical path in the order of time; the short ones between them summed up."""
        told = [one for one in whole.critical if _seconds(one) >= _LEAST / 2] or list(whole.critical)
        groups = list(told) if len(told) <= FEW else _joined(told)
        longest = sorted(groups, key=lambda one: -_spent(one))[:FEW]
        kept = {id(one) for one in longest}
        rows: list[list[str]] = []
        for is_long, some in groupby(groups, key=lambda one: id(one) in kept):
            run = list(some)
            rows += [self._row(one) for one in run] if is_long or len(run) == 1 else self._short(run)
        right = [[f"{row[0]:>8}", f"{row[1]:>7}", *row[2:]] for row in rows]
        return table(right, [self.paint.faint, self.paint.bold]).splitlines()

    def _row(self, one: "Stretch | list[Stretch]") -> list[str]:
        """A stretch, or the items of a loop one after the other."""
        if isinstance(one, Stretch):
            name = visible(one.path) or ("(nobody ran it)" if one.nobody else "(the run itself)")
            return [self.offset(one.begin), clock(_seconds(one)), name, self._stretch(one)]
        longest = max(one, key=_seconds)
        words = f"{count(len(one), 'step')} of its items in a row, the longest {visible(longest.path)}"
        loop = visible(_loop_of(one[0].path))
        return [self.offset(one[0].begin), clock(_spent(one)), loop, f"{words} ({clock(_seconds(longest))})"]

    def _stretch(self, one: Stretch) -> str:
        """What it was spent on beside the work itself."""
        idle = _seconds(one) - self.told.record.worked(one.begin, one.end)
        nobody = [f"nobody ran it for {clock(idle)}"] if idle >= _LEAST and one.path else []
        status = [colored(self.paint, one.status, one.status)] if one.status not in {"", "succeeded"} else []
        return ", ".join([*nobody, *_stretch_words(one), *status])

    def _short(self, short: "Sequence[Stretch | list[Stretch]]") -> list[list[str]]:
        steps = [each for one in short for each in (one if isinstance(one, list) else [one])]
        spent = sum(map(_seconds, steps))
        return [[self.offset(steps[0].begin), clock(spent), f"({count(len(steps), 'shorter step')})", ""]]

    def _failure(self, one: Failure) -> Iterator[str]:
        sign = colored(self.paint, "failed", self.signs["failed"])
        yield f"{sign} {self.paint.bold(visible(one.path))} {self.offset(one.at)}: {cause(one.error)}{_caught(one)}"
        if one.blocked:
            yield f"  it kept from running: {', '.join(map(visible, one.blocked[:FEW]))}{_more(one.blocked)}"

    def _grouped(self, links: Sequence[Link], status: str) -> list[str]:
        """Each with its reason; those of one reason together."""
        reasons: dict[tuple[str, ...], list[Link]] = {}
        for one in links:
            key = ("if", one.condition) if one.condition and one.seen else ("", ended_words(one))
            reasons.setdefault(key, []).append(one)
        sign = colored(self.paint, status, self.signs[status])
        lines = [f"{sign} {_names(found)}: {_reason(found)}" for found in reasons.values()]
        return [*lines[:FEW], *([f"... and {len(lines) - FEW} more reasons"] if len(lines) > FEW else [])]

    def _wait(self, one: Wait) -> str:
        what = f"for the lock `{visible(one.lock)}`" if one.lock else "for a slot (see -j)"
        shown = ", then ".join(f"`{visible(each)}`" for each in one.holders[:_HOLDERS])
        more = f" and {len(one.holders) - _HOLDERS} more" if len(one.holders) > _HOLDERS else ""
        held = f", held by {shown}{more}" if one.holders else ""
        return f"{clock(one.seconds):>7}  {self.paint.bold(visible(one.path))} {what}{held}"


def _region(node: Node) -> str:
    return f"  region {visible(node.region)}" if node.region else ""


def _caught(one: Failure) -> str:
    """What became of a failure."""
    name = f"`{visible(one.caught)}`"
    if one.how == "warning":
        return " (its failure is a warning)" if one.caught == one.path else f" (a warning, by {name})"
    own = "made good by its `rescue`" if one.caught == one.path else f"made good by the `rescue` of {name}"
    words = {"rescue": own, "loop": f"{name} may have such items"}
    if one.how == "again":
        return f" (begun anew since: {one.became})"
    return f" ({words[one.how]})" if one.how else ""


def _sign(status: str) -> str:
    return {"running": "started", "ready": "waiting", "pending": "waiting"}.get(status, status)


def _names(links: Sequence[Link]) -> str:
    """The paths of those that have one reason, the first ones at least."""
    shown = ", ".join(visible(one.path) for one in links[:3])
    return shown + (f" and {len(links) - 3:,} more" if len(links) > 3 else "")


def _reason(links: Sequence[Link]) -> str:
    """Their reason; where the conditions saw different values, those of the first."""
    words = ended_words(links[0]) or "what it waits for did not come about"
    return words if len({one.seen for one in links}) == 1 else f"{words}, ..."


def _joined(stretches: Sequence[Stretch]) -> "list[Stretch | list[Stretch]]":
    """Steps in the items of one loop that follow each other are one."""
    found: list[Stretch | list[Stretch]] = []
    for loop, group in groupby(stretches, key=lambda one: _loop_of(one.path)):
        together = list(group)
        found += [together] if loop and len(together) > 1 else together
    return found


def _loop_of(path: str) -> str:
    """The outermost loop in a path; empty without one."""
    return path.partition("[")[0] if "[" in path else ""


def _spent(one: "Stretch | list[Stretch]") -> float:
    return _seconds(one) if isinstance(one, Stretch) else sum(map(_seconds, one))


def _seconds(one: Stretch) -> float:
    return max(0, one.end - one.begin) / 1e6


def _stretch_words(one: Stretch) -> list[str]:
    words = []
    least = max(_LEAST, 0.01 * _seconds(one))
    if one.locked >= least:
        words.append(f"waited {clock(one.locked)} for the lock `{visible(one.lock)}`")
    if one.slot >= least:
        words.append(f"waited {clock(one.slot)} for a slot")
    if one.attempts > 1 or (one.attempts and not one.status):
        between = f", {clock(one.pauses)} between them" if one.pauses else ""
        words.append(f"{count(one.attempts, 'attempt')}{between}")
    return words


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - FEW} more" if len(names) > FEW else ""


def _rest(found: Sequence[Any], word: str) -> list[str]:
    return [f"... and {count(len(found) - FEW, f'more {word}')}"] if len(found) > FEW else []
