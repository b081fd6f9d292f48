"""`measures`: moments that exist and come in that order, numbers that are numbers, targets that can be met."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from msgspec import Struct

from steplane.checks.context import Context
from steplane.checks.named_steps import check_moment
from steplane.diagnostics import Diagnostic, Edit, Fix, Related
from steplane.expressions import Literal, parse_duration
from steplane.expressions.types import WORDS
from steplane.model import Measure, Name, Target, Workflow

if TYPE_CHECKING:
    from steplane.checks.rules.moments import Moments

Scale = OneOf["duration", "value", "share"]
ORDERED = ("p50", "p90", "p95", "p99")
"""Percentiles: a later one is never less than one before it."""
AT_LEAST = frozenset({">", ">=", "=="})
AT_MOST = frozenset({"<", "<=", "=="})
_NUMBER = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)", re.ASCII)
_SHARE = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) *%", re.ASCII)
_WITH_UNIT = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) *([^0-9\s.].*)", re.ASCII)


class Bound(Struct, frozen=True):
    """A limit as a number: seconds, per cent, or in the unit of the measure; `name` is what is written."""

    number: float
    name: Name


def check_measures(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with the measures of a file."""
    moments: list[Moments] = []  # made for the first measure that asks: it looks through the whole file
    for measure in workflow.measures:
        owner = f"measure `{measure.name}`"
        if context.is_misshapen(measure.node.span):
            yield from _unknown(owner, measure, context)
            continue
        wrong = list(_kind(owner, measure))
        yield from wrong
        yield from _moments(owner, measure, workflow, context, moments)
        yield from _value(owner, measure, context)
        if not wrong:
            yield from _bounds(owner, measure)


def _scale(measure: Measure) -> Scale:
    if measure.value is not None:
        return "value"
    return "share" if measure.share is not None and measure.share.text != "on_time" else "duration"


# ---------------------------------------------------------------- what it is


def _kind(owner: str, measure: Measure) -> Iterator[Diagnostic]:
    """Keys that belong to different kinds of measures."""
    given = [one for one in measure.node.entries if one.name in {"value", "yield", "from", "to"}]
    names = {one.name for one in given}
    moments = names & {"from", "to"}
    apart = {"value", "yield"} <= names or ("value" in names and moments)
    if apart or (moments and measure.share is not None and measure.share.text != "on_time"):
        first = given[0]
        second = next(one for one in given[1:] if {first.name, one.name} != {"from", "to"})
        message = f"{owner} has both `{first.name}` and `{second.name}`: it is a duration, a value or a yield"
        related = (Related(first.key.span, f"`{first.name}` is here"),)
        help_ = "make two measures of it, or take one of them out"
        yield Diagnostic("exclusive", message, second.key.span, related=related, help=help_)
    elif measure.unit is not None and measure.value is None:
        message = f"`unit` of {owner} belongs to a `value`: this one is counted in {_unit(measure)}"
        yield Diagnostic("missing-companion", message, measure.unit.span, help="take it out, or give a `value`")
    elif measure.share is not None and measure.share.text == "on_time" and measure.upper is None:
        message = f"{owner} says not how long is on time"
        help_ = "add the longest: `spec: {upper: 8h}`"
        yield Diagnostic("missing-companion", message, measure.share.span, help=help_)


def _unit(measure: Measure) -> str:
    return "per cent" if measure.share is not None else "time"


def _unknown(owner: str, measure: Measure, context: Context) -> Iterator[Diagnostic]:
    """Moments of no step, or that no step has."""
    for key, one in (("from", measure.start), ("to", measure.end)):
        if one is not None and not context.is_misshapen(one.span):
            yield from check_moment(f"`{key}` of {owner}", one, context)


def _moments(
    owner: str, measure: Measure, workflow: Workflow, context: Context, moments: "list[Moments]"
) -> Iterator[Diagnostic]:
    wrong = list(_unknown(owner, measure, context))
    yield from wrong
    if wrong or measure.start is None or measure.end is None:
        return
    from steplane.checks.rules.course import Course
    from steplane.checks.rules.moments import Moments

    if not moments:
        moments.append(Moments(Course(workflow, context), context))
    why = moments[0].reversed(measure.start, measure.end)
    if why is not None:
        message = f"{owner} can never be measured: {why[0]}"
        related = (Related(measure.start.span, "it begins here"),)
        fix = Fix(
            "change `from` and `to` with each other",
            (
                Edit(measure.start.span, f"{measure.end.step}.{measure.end.event}"),
                Edit(measure.end.span, f"{measure.start.step}.{measure.start.event}"),
            ),
            safe=False,
        )
        same = (measure.start.step.text, measure.start.event.text) == (measure.end.step.text, measure.end.event.text)
        help_ = "name two moments" if same else ""
        yield Diagnostic(
            "measure-reversed", message, measure.end.span, related=related, help=help_, fix=None if same else fix
        )


def _value(owner: str, measure: Measure, context: Context) -> Iterator[Diagnostic]:
    if measure.value is None or context.is_misshapen(measure.value.span):
        return
    given = context.types.kind(measure.value.template)
    if given not in {"any", "integer", "number"}:
        shown = "fixed text" if isinstance(measure.value.template, Literal) and given == "string" else WORDS[given]
        message = f"`value` of {owner} must be a number, and this is {shown}"
        help_ = "name an output that is a number, such as `${{ steps.price.outputs.total }}`, or turn it with `| float`"
        yield Diagnostic("not-a-number", message, measure.value.span, help=help_)


# ---------------------------------------------------------------- targets and limits


def _bounds(owner: str, measure: Measure) -> Iterator[Diagnostic]:
    scale = _scale(measure)
    limits: dict[str, Bound] = {}
    for key, name in (("lower", measure.lower), ("upper", measure.upper)):
        if name is not None:
            found = _read(f"`spec.{key}` of {owner}", name, scale, measure)
            if isinstance(found, Bound):
                limits[key] = found
            else:
                yield found
    if "lower" in limits and "upper" in limits and limits["lower"].number > limits["upper"].number:
        yield _crossed(owner, limits["lower"].name, limits["upper"].name)
        limits = {}
    bounds: list[tuple[Target, Bound]] = []
    for target in measure.targets:
        if (wrong := _statistic(owner, target, measure)) is not None:
            yield wrong
            continue
        of = "share" if measure.share is not None else scale
        found = _read(f"target `{target.statistic}` of {owner}", target.bound, of, measure)
        if not isinstance(found, Bound):
            yield found
        elif measure.share is None and (clash := _outside(owner, target, found, limits)) is not None:
            yield clash
        else:
            bounds.append((target, found))
    for target, bound in bounds:
        yield from _unmeetable(owner, target, bound, measure)
    yield from _contradictions(owner, bounds)


def _statistic(owner: str, target: Target, measure: Measure) -> Diagnostic | None:
    rate = target.statistic.text == "rate"
    if rate == (measure.share is not None):
        return None
    what = "a share of runs" if measure.share is not None else "no share of runs"
    message = f"target `{target.statistic}` of {owner} does not fit: it is {what}"
    if rate:
        help_ = "write `mean`, `p50`, `p90`, `p95` or `p99`"
        return Diagnostic("target-statistic", message, target.statistic.span, help=help_)
    fix = None
    if sum(True for _ in measure.targets) == 1:
        edit = Edit(target.statistic.span, "rate")
        fix = Fix(f"replace `{target.statistic}` with `rate`", (edit,), safe=False)
    return Diagnostic("target-statistic", message, target.statistic.span, help="write `rate`", fix=fix)


def _read(owner: str, name: Name, scale: Scale, measure: Measure) -> Bound | Diagnostic:
    """A limit as a number, or what is wrong with it."""
    text = name.text.strip()
    if scale == "duration":
        return _duration(owner, name, text)
    pattern = _SHARE if scale == "share" else _NUMBER
    found = pattern.fullmatch(text)
    if found is not None:
        return Bound(float(found[1]), name)
    if scale == "share":
        return _without_percent(owner, name, text)
    unit = _WITH_UNIT.fullmatch(text)
    if unit is not None and measure.unit is not None and unit[2] == measure.unit.text:
        return Bound(float(unit[1]), name)
    wanted = f"a number of {measure.unit}" if measure.unit is not None else "a number"
    fix = None
    if unit is not None:
        fix = Fix(f"replace `{text}` with `{unit[1]}`", (Edit(name.span, unit[1]),), safe=False)
    message = f"{owner} must be {wanted}, and `{text}` is not"
    return Diagnostic("target-unit", message, name.span, help="" if fix else "write a number", fix=fix)


def _duration(owner: str, name: Name, text: str) -> Bound | Diagnostic:
    if text.startswith("-"):
        message = f"{owner} is negative: no duration is"
        return Diagnostic("impossible-target", message, name.span, help="write a duration such as `4h`")
    try:
        return Bound(parse_duration(text), name)
    except ValueError as error:
        message = f"{owner} must be a duration: {error}"
        return Diagnostic("target-unit", message, name.span, help="write a number with a unit, such as `4h`")


def _without_percent(owner: str, name: Name, text: str) -> Diagnostic:
    message = f"{owner} must be a share in per cent, and `{text}` is not"
    number = float(text) if _NUMBER.fullmatch(text) else -1.0
    if not 0 <= number <= 100:
        return Diagnostic("target-unit", message, name.span, help="write a share such as `95%`")
    meant = f"{number * 100 if number <= 1 else number:g}%"
    fix = Fix(f"replace `{text}` with `{meant}`", (Edit(name.span, meant),), safe=False)
    return Diagnostic("target-unit", message, name.span, label=f"did you mean `{meant}`?", fix=fix)


def _crossed(owner: str, lower: Name, upper: Name) -> Diagnostic:
    message = f"`spec` of {owner} has its `lower` limit above the `upper` one"
    edits = (Edit(lower.span, upper.text), Edit(upper.span, lower.text))
    fix = Fix("change them with each other", edits, safe=False)
    return Diagnostic("spec-reversed", message, upper.span, related=(Related(lower.span, "the lower one"),), fix=fix)


def _unmeetable(owner: str, target: Target, bound: Bound, measure: Measure) -> Iterator[Diagnostic]:
    """A target beyond what a duration or a share can be."""
    least, most = (0.0, 100.0 if measure.share is not None else None)
    if measure.value is not None:
        return
    number, operator = bound.number, target.operator
    above = most is not None and (number > most or (number == most and operator == ">")) and operator in AT_LEAST
    below = (number < least or (number == least and operator == "<")) and operator in AT_MOST
    if above or below:
        words = "no share is above 100 %" if above else f"nothing is less than {target.bound}"
        message = f"target `{target.statistic}` of {owner} can never be met: {words}"
        help_ = "write a share from `0%` to `100%`" if most is not None else "write a longer one"
        yield Diagnostic("impossible-target", message, target.bound.span, help=help_)
    elif most is not None and not least <= bound.number <= most:
        message = f"target `{target.statistic}` of {owner} is always met: a share is from 0 % to 100 %"
        help_ = "write a share from `0%` to `100%`"
        yield Diagnostic("impossible-target", message, target.bound.span, help=help_)


def _outside(owner: str, target: Target, bound: Bound, limits: dict[str, Bound]) -> Diagnostic | None:
    """A target that can be met only outside of the limits of the measure itself."""
    if target.operator in AT_LEAST and "upper" in limits and bound.number > limits["upper"].number:
        limit, words = limits["upper"], "above the `upper` limit"
    elif target.operator in AT_MOST and "lower" in limits and bound.number < limits["lower"].number:
        limit, words = limits["lower"], "below the `lower` limit"
    else:
        return None
    message = f"target `{target.statistic}` of {owner} wants what is {words} of its own `spec`"
    related = (Related(limit.name.span, "the limit"),)
    return Diagnostic("impossible-target", message, target.bound.span, related=related, help="change one of them")


def _contradictions(owner: str, bounds: list[tuple[Target, Bound]]) -> Iterator[Diagnostic]:
    """A percentile that must be more than a higher one may be."""
    by_name = {target.statistic.text: (target, bound) for target, bound in bounds}
    known = [by_name[name] for name in ORDERED if name in by_name]
    for at, (low, least) in enumerate(known):
        for high, most in known[at + 1 :]:
            strict = low.operator == ">" or high.operator == "<"
            apart = least.number > most.number or (strict and least.number == most.number)
            if low.operator in AT_LEAST and high.operator in AT_MOST and apart:
                message = (
                    f"targets `{low.statistic}` and `{high.statistic}` of {owner} contradict each other: "
                    f"`{low.statistic}` is never more than `{high.statistic}`"
                )
                related = (Related(low.bound.span, f"`{low.statistic}` must be as much"),)
                yield Diagnostic("impossible-target", message, high.bound.span, related=related, help="change one")
                return


__all__ = ["check_measures"]
