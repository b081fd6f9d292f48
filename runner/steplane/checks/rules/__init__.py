"""`rules`: what they name, and whether the file alone proves or breaks them.

Nothing watches rules while a run goes on in this release: one that the file does not prove is refused by name.
"""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.checks.named_steps import check_moment, check_step
from steplane.checks.rules.verdicts import Judge, Verdict
from steplane.diagnostics import Diagnostic, Related
from steplane.model import Rule, Workflow

_HELP = {
    "precedence": "let the second wait for the first alone, with nothing that can leave the first out",
    "response": "let the second come after the first in every run that ends well, with nothing that can leave it out",
    "not_coexistence": "put them into two arms of one `switch`, or let one need that the other was `skipped`",
    "exactly_once": "let it stand where every run comes by once",
}
"""What would make a rule of a kind provable."""
_LATER = "take the rule out, or wait for a release that watches rules while a run goes on"


def check_rules(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with the rules of a file, and which cannot be proved."""
    for rule, found in _of_each(workflow, context):
        if isinstance(found, Verdict):
            yield from _judged(found)
        else:
            yield from found
            if rule.kind.text == "four_eyes" and not found:
                message = "`four_eyes` is not in this release: it needs steps that people do"
                yield Diagnostic("not-in-this-release", message, rule.kind.span, help=_LATER)


def proved_rules(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """A hint for each rule that the file proves."""
    for rule, found in _of_each(workflow, context):
        if isinstance(found, Verdict) and found.answer == "proved" and not found.idle:
            message = f"this file alone proves {_shown(rule)}: no run can break it"
            yield Diagnostic("rule-proved", message, rule.kind.span, "hint", help="nothing needs to watch it")


def _of_each(workflow: Workflow, context: Context) -> Iterator[tuple[Rule, Verdict | list[Diagnostic]]]:
    """Each rule with its verdict, or with what is wrong with its names."""
    judge: Judge | None = None
    for rule in workflow.rules:
        wrong = list(_names(rule, context))
        if wrong or rule.kind.text == "four_eyes" or not _is_whole(rule, context):
            yield rule, wrong
            continue
        judge = judge or Judge(workflow, context)
        yield rule, judge.verdict(rule)


def _is_whole(rule: Rule, context: Context) -> bool:
    """Whether the rule has the shape of its kind, and names steps that could be read; if not that has been said."""
    ends = () if rule.within is None else (rule.within.start.step, rule.within.end.step)
    if context.is_misshapen(rule.node.span) or any(one.text in context.unread_ids for one in (*rule.steps, *ends)):
        return False
    if rule.kind.text in {"within", "never"}:
        return rule.within is not None or rule.condition is not None
    return len(rule.steps) == (1 if rule.kind.text == "exactly_once" else 2)


def _names(rule: Rule, context: Context) -> Iterator[Diagnostic]:
    owner = f"`{rule.kind}`"
    for name in rule.steps:
        yield from check_step(owner, name, context)
    if rule.within is not None:
        yield from check_moment(owner, rule.within.start, context)
        yield from check_moment(owner, rule.within.end, context)
    if len(rule.steps) == 2 and rule.steps[0].text == rule.steps[1].text:
        first, second = rule.steps
        message = f"{owner} names `{second}` twice: it is about two steps"
        related = (Related(first.span, "named here too"),)
        yield Diagnostic("rule-names-twice", message, second.span, related=related, help="name another step")


def _judged(found: Verdict) -> Iterator[Diagnostic]:
    rule = found.rule
    if found.answer == "broken":
        message = f"no run can keep {_shown(rule)}: {found.reason}"
        yield Diagnostic("rule-broken", message, rule.kind.span, related=found.places, help=_mend(rule))
    elif found.answer == "unproved":
        message = f"{_shown(rule)} cannot be proved from this file, and to watch it is not in this release"
        help_ = f"{found.reason}; {_LATER}" if not found.places else f"{_HELP[rule.kind.text]}; or {_LATER}"
        related = tuple(Related(one.span, found.reason) for one in found.places[:1])
        yield Diagnostic("not-in-this-release", message, rule.kind.span, related=related, help=help_)
    elif found.idle:
        message = f"{_shown(rule)} can never apply: what it is about never happens"
        yield Diagnostic("rule-idle", message, rule.kind.span, "warning", help="take the rule out, or mend the `if`")


def _mend(rule: Rule) -> str:
    return "change the order of the steps, or the rule" if rule.steps else "mend the rule, or what it is about"


def _shown(rule: Rule) -> str:
    """A rule as it is named in messages."""
    if rule.name:
        return f"rule `{rule.name}`"
    if rule.steps:
        return f"`{rule.kind}` of {' and '.join(f'`{one}`' for one in rule.steps)}"
    return f"`{rule.kind}`"


__all__ = ["check_rules", "proved_rules"]
