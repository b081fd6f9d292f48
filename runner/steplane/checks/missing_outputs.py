"""Outputs that are missing where their step was skipped or tolerated, used as if they were always there."""

import re
from collections.abc import Iterator
from typing import Any

from steplane.checks.absences import AFTER, by_needs, in_own_handler, of_rescue, why_absent
from steplane.checks.context import Context, Position, words_for
from steplane.checks.sites import Site
from steplane.checks.visibility import Sighting
from steplane.diagnostics import Diagnostic, Related
from steplane.expressions.deciding import conjuncts, held_at
from steplane.expressions.templates import Expression
from steplane.expressions.usage import Use
from steplane.model import Condition, Parallel, Race, Step, StepList, Switch, Workflow

_ASKED = re.compile(r"\s*is\s+(not\s+)?(un)?defined\b")

_OVER_ROUNDS = frozenset({"`while`", "`until`", "`complete`"})
"""What is asked of a step also where a recorded result stands for one of its instances."""


def check_missing_outputs(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Uses of an output without `default` whose step need not have run where it stands."""
    sighting = Sighting(context)
    for site in context.sites:
        for use in context.uses(site.template):
            if use.path[:1] == ("steps",) and len(use.path) > 3 and use.path[2] == "outputs" and not use.defaulted:
                target = context.by_id.get(use.path[1])
                if target is not None:
                    found = list(_use(site, use, target, context))  # mostly none, so that the sight is seldom asked
                    yield from found if found and sighting.sight(site, target)[0] == "seen" else ()


def _use(site: Site, use: Use, target: Position, context: Context) -> Iterator[Diagnostic]:
    own = site.position.chain if site.position is not None else ()
    beyond = [part for part in target.chain if part not in own]
    lists = {id(listed) for listed, _ in own}
    itself = site.position.step if site.position is not None and site.key not in _OVER_ROUNDS else None
    reasons = (why_absent(part, use, itself, shared=id(part[0]) in lists, context=context) for part in beyond)
    why = (
        of_rescue(beyond, lists)
        or next(filter(None, reasons), "")
        or in_own_handler(site, target)
        or by_needs(site, target)
    )
    if not why or _is_guarded(site, use.path[1], beyond, context) or _is_implied(site, use, beyond):
        return
    span = context.place(site.scalar, site.offset_of(use.expression) + use.offset, use.length)
    message = f"`{use.path[3]}` of {words_for(target.step)} may be missing: {why}"
    help_ = "say what stands for it (`| default(...)`), or ask for it in the `if` of this step"
    yield Diagnostic(
        "may-be-missing", message, span, "warning", help=help_, related=(Related(target.step.span, "the step"),)
    )


def _is_guarded(site: Site, name: str, beyond: list[tuple[StepList, Step]], context: Context) -> bool:
    """Whether a condition around the use asks about the step, or is the very one that the step has."""
    if any(use.path[:2] == ("steps", name) and _is_asked(use) for use in context.uses(site.template)):
        return True
    if any(_asks_for_branch(use, beyond, context) for use in context.uses(site.template)):
        return True
    if site.condition:  # it may ask for the step in its own text
        own = context.uses(site.template)
        return any(use.path[:2] == ("steps", name) and use.path[2:3] != ("outputs",) for use in own)
    for _, step in site.position.chain if site.position is not None else ():
        if step.needs is not None and any(
            need.step.text == name and not {"ok", "skipped", "done"}.intersection(need.words)
            for need in step.needs.needs
        ):
            return True
    for condition in (*conditions_around(site), *_required_around(site)):
        if any(use.path[:2] == ("steps", name) for use in context.uses(condition.expression)):
            return True
    return any(use.path[:2] == ("steps", name) and len(use.path) < 4 for use in context.uses(site.template))


def _is_implied(site: Site, use: Use, beyond: list[tuple[StepList, Step]]) -> bool:
    """Whether what holds where the use stands has in it all that a step asks for whose output is used."""
    asked = [step.condition.expression.text for _, step in beyond if step.condition is not None]
    if not asked:
        return False
    held: list[Any] = []
    for condition in (*conditions_around(site), *_required_around(site)):
        if condition.expression is not site.template:
            held += [node for node, _ in conjuncts(condition.expression.text)]
    if isinstance(use.expression, Expression):  # what is asked in its own text
        held += held_at(use.expression.text, use.offset)
    return any((wanted := conjuncts(text)) and all(node in held for node, _ in wanted) for text in asked)


def _asks_for_branch(use: Use, beyond: list[tuple[StepList, Step]], context: Context) -> bool:
    """Whether it is asked which branch or arm was taken: of the step that has them, or of what is in another."""
    other = context.by_id.get(use.path[1]) if use.path[0] == "steps" and len(use.path) > 2 else None
    if other is None:
        return False
    owners = [
        listed.owner
        for listed, _ in beyond
        if listed.owner is not None and isinstance(listed.owner.action, Parallel | Race | Switch)
    ]
    if use.path[2] == "outputs":
        return any(other.step is owner for owner in owners) and use.path[3:4] == ("branch",)
    return any(listed.owner is owner for listed, _ in other.chain for owner in owners)


def conditions_around(site: Site) -> Iterator[Condition]:
    """The conditions that hold where an expression is evaluated: of the steps, arms and branches around it."""
    for listed, step in site.position.chain if site.position is not None else ():
        yield from (one for one in (step.condition, *_of_list(listed)) if one is not None)


def _required_around(site: Site) -> Iterator[Condition]:
    """What the steps around require: it holds in their attempts, and not where a failure is dealt with."""
    chain = site.position.chain if site.position is not None else ()
    for number, (_, step) in enumerate(chain):
        if number + 1 < len(chain) and chain[number + 1][0].role in AFTER:
            return
        if number + 1 < len(chain) or site.moment == "attempt":
            yield from step.require


def _is_asked(use: Use) -> bool:
    """Whether it is asked of the path whether it is there: `x if x is defined else y`."""
    return _ASKED.match(use.expression.text, use.offset + use.length) is not None


def _of_list(listed: StepList) -> Iterator[Condition | None]:
    """The conditions of the arm or branch that a list is."""
    owner, label = listed.owner, listed.label
    if owner is None:
        return
    if isinstance(owner.action, Parallel):
        yield from (one.condition for one in owner.action.branches if one.name.text == label)
    elif isinstance(owner.action, Switch):
        yield from (arm.condition for number, arm in enumerate(owner.action.arms, 1) if str(number) == label)
