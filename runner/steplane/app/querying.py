"""Runs chosen by an expression of the workflow language: `runs --where`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from steplane.diagnostics import Diagnostic, Span
from steplane.driver.names import moment
from steplane.errors import StateDamaged, StateError, UsageError
from steplane.events import RunEnded
from steplane.expressions import Engine, Expression, ExpressionError, Missing, parse_condition, uses
from steplane.expressions.durations import TooLong, parse_duration
from steplane.rendering import filters
from steplane.store import RunStore, RunSummary, now
from steplane.suggest import did_you_mean

SOURCE = "--where"
"""What the text of the expression is called in diagnostics."""

NAMES = (
    "id", "workflow", "status", "title", "version", "case", "labels", "started_at", "ended_at", "duration", "file",
    "inputs", "outputs",
)  # fmt: skip
"""The names in the expression. Times are ISO texts in UTC, `duration` seconds (of a run that runs: up to now)."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def read_query(text: str) -> tuple[Expression, list[Diagnostic]]:
    """The condition, and what is wrong with it."""
    expression, found = parse_condition(text, _locator(text), tuple(filters()))
    if not any(one.severity == "error" for one in found):
        found += _unknown_names(text, expression)
    return expression, found


class Left(Struct):
    """What came of the runs that were looked at: how many, how many fitted, lacked a name (`absent`: which), or could
    not be judged (`first`: the first such run, with the mistake).
    """

    looked: int = 0
    matched: int = 0
    lacking: int = 0
    absent: str = ""
    failed: int = 0
    first: tuple[str, Diagnostic] | None = None
    known: dict[str, None] = {}


def matching(
    store: RunStore, runs: Iterable[RunSummary], text: str, expression: Expression, left: Left
) -> Iterator[RunSummary]:
    """The runs for which the condition holds. One that lacks an input or output that is asked for is not one of them.

    `left` is filled while the runs are looked at. A journal is read only where `inputs` or `outputs` are asked for.
    """
    engine = Engine(filters())
    for run in runs:
        left.looked += 1
        row = _Row(store, run, left)
        try:
            fits = engine.condition(expression, row.context)
        except ExpressionError as error:
            if row.reason in error.message:
                left.lacking += bool(row.absent)
                left.absent = row.absent or left.absent
            else:
                left.failed += 1
                left.first = left.first or (run.id, _mistake(text, expression, error))
            continue
        if fits:
            left.matched += 1
            yield run


def parse_since(text: str) -> int:
    """The time (µs) that `--since` means: so long ago, or a date, or a time (UTC where it says no other).

    Raises `UsageError`.
    """
    try:
        return now() - round(parse_duration(text) * 1e6)
    except TooLong as error:
        raise UsageError(f"`--since`: {error}", "Leave the option out, for all runs.") from error
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        at = None
    if at is None:
        raise UsageError(
            f"`--since {text}` is neither a length of time nor a date",
            "Write `2d`, `2026-11-23` or `2026-11-23T08:00`.",
        )
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6)


class _Row:
    """One run as the expression sees it. `absent` is set to the input or output that was asked for and is not there;
    `reason` is why something is missing.
    """

    def __init__(self, store: RunStore, run: RunSummary, left: Left) -> None:
        self._store, self._run, self._left = store, run, left
        self.absent = ""
        self.reason = f"run {run.id} has none"
        over = run.ended_at or (now() if run.status == "running" else 0)
        plain = {name: getattr(run, name) for name in ("id", "workflow", "status", "title", "version", "case", "file")}
        self.context: dict[str, Any] = {
            **plain,
            "labels": _Lenient("labels", lambda: run.labels, self),
            "started_at": moment(run.started_at),
            "ended_at": moment(run.ended_at) if run.ended_at else None,
            "duration": (over - run.started_at) / 1e6 if over else None,
            "inputs": _Lenient("inputs", self._inputs, self),
            "outputs": _Lenient("outputs", self._outputs, self),
        }
        for name in ("ended_at", "duration"):
            if self.context[name] is None:
                self.context[name] = Missing(self.reason)

    def lacks(self, path: str, known: Iterable[str]) -> Missing:
        """Remember that it has no such thing."""
        self.absent = path
        self._left.known.update(dict.fromkeys(known))
        return Missing(self.reason)

    def _inputs(self) -> Mapping[str, Any]:
        try:
            with self._store.read(self._run.id) as journal:
                values: Mapping[str, Any] = journal.header.get("inputs", {})
        except (StateDamaged, StateError):
            return {}
        return values

    def _outputs(self) -> Mapping[str, Any]:
        try:
            with self._store.read(self._run.id) as journal:
                last = journal.last()
        except (StateDamaged, StateError):
            return {}
        values = last.event.outputs if last is not None and isinstance(last.event, RunEnded) else None
        return values if isinstance(values, dict) else {}


class _Lenient(Mapping[str, Any]):
    """A mapping that is made when it is first looked into; what is not in it is missing, and no mistake."""

    def __init__(self, name: str, make: Callable[[], Mapping[str, Any]], row: _Row) -> None:
        self._name, self._make, self._row = name, make, row
        self._made: Mapping[str, Any] | None = None

    def _whole(self) -> Mapping[str, Any]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, name: str) -> Any:
        found = self._whole()
        return found[name] if name in found else self._row.lacks(f"{self._name}.{name}", found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())


def _unknown_names(text: str, expression: Expression) -> Iterator[Diagnostic]:
    base, locate = text.index(expression.text), _locator(text)
    for use in uses(expression):
        name = use.path[0]
        if name not in NAMES:
            near = did_you_mean(name, NAMES)
            label = f"did you mean `{near}`?" if near else ""
            help_ = f"names here: {', '.join(NAMES)}"
            place = locate(base + use.parts[0][0], use.parts[0][1])
            yield Diagnostic("unknown-name", f"a run has no `{name}`", place, label=label, help=help_)


def _mistake(text: str, expression: Expression, error: ExpressionError) -> Diagnostic:
    place = _locator(text)(text.index(expression.text), len(expression.text))
    return Diagnostic("expression", error.message, place, help="see the section Expressions of the language manual")


def _locator(text: str) -> Callable[[int, int], Span]:
    def locate(offset: int, length: int) -> Span:
        line, column = _place(text, offset)
        end_line, end_column = _place(text, offset + length)
        return Span(SOURCE, line, column, end_line, end_column)

    return locate


def _place(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
