"""What does no harm and no good: inputs, variables, outputs and ids that nothing uses, needs that others imply."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic, Span
from steplane.expressions import uses
from steplane.model import (
    Call,
    Cancel,
    Goto,
    Named,
    Need,
    Run,
    Step,
    StepList,
    Undo,
    Until,
    Uses,
    Wait,
    While,
    Workflow,
)


def check_hints(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """All hints of one file."""
    used = _Used(workflow, context)
    for one in workflow.inputs:
        if not used.knows("inputs", one.name.text):
            yield _unused("input", one.name.text, one.name.span, "nothing in this file uses it")
    for variable in workflow.variables:
        if not used.knows("vars", variable.name.text):
            yield _unused("variable", variable.name.text, variable.name.span, "nothing in this file uses it")
    for position in context.positions:
        yield from _of_step(position.step, used)
    for listed in context.lists:
        for step in listed.steps:
            yield from _redundant(step, listed)
    if workflow.rules:
        from steplane.checks.rules import proved_rules

        yield from proved_rules(workflow, context)


class _Used:
    """What the expressions, needs and jumps of a file refer to."""

    def __init__(self, workflow: Workflow, context: Context) -> None:
        self.paths = {use.path for site in context.sites for use in context.uses(site.template)}
        for position in context.positions:  # what a step renders itself is no site
            self.paths |= {use.path for one in _parameters(position.step) for use in uses(one.value.template)}
        self.ids = {name for position in context.positions for name in _named_by(position.step)}
        self.ids |= {path[1] for path in self.paths if path[0] == "steps" and len(path) > 1}
        self.ids |= set(_observed(workflow))
        self.wholly = {path[0] for path in self.paths if len(path) == 1}

    def knows(self, root: str, name: str) -> bool:
        """Whether `root.name` is used, or all of `root` at once."""
        return root in self.wholly or any(path[:2] == (root, name) for path in self.paths)

    def knows_step(self, name: str) -> bool:
        """Whether anything refers to the step."""
        return "steps" in self.wholly or name in self.ids

    def knows_output(self, step: str, name: str) -> bool:
        """Whether an output of the step is used, or all that is known of the step."""
        paths = [path for path in self.paths if path[:2] == ("steps", step)]
        whole = any(
            (len(path) < 4 and path[2:3] in ((), ("outputs",))) or path[2:3] == ("instances",) for path in paths
        )
        return whole or "steps" in self.wholly or any(path[2:4] == ("outputs", name) for path in paths)


def _parameters(step: Step) -> tuple[Named, ...]:
    return step.action.parameters if isinstance(step.action, Run | Uses | Call) else ()


def _named_by(step: Step) -> Iterator[str]:
    for need in step.needs.needs if step.needs else ():
        yield need.step.text
    if isinstance(step.action, Goto):
        yield step.action.target.text
    elif isinstance(step.action, Undo | Cancel):
        yield from (name.text for name in step.action.steps)
    for milestone in (step.milestone.after, step.milestone.before) if step.milestone else ():
        if milestone is not None:
            yield milestone.text


def _observed(workflow: Workflow) -> Iterator[str]:
    """The steps that measures and rules name."""
    moments = [one for measure in workflow.measures for one in (measure.start, measure.end) if one is not None]
    for rule in workflow.rules:
        yield from (name.text for name in rule.steps)
        moments += [rule.within.start, rule.within.end] if rule.within is not None else []
    yield from (one.step.text for one in moments)


def _of_step(step: Step, used: _Used) -> Iterator[Diagnostic]:
    if step.id_span is None:
        return
    if not _goes_by_its_id(step) and not used.knows_step(step.id):
        yield _unused("id", step.id, step.id_span, "nothing in this file refers to it")
        return
    for one in step.outputs.items if step.outputs else ():
        if isinstance(step.loop, While | Until):
            continue  # the next round may look at it
        if not used.knows_output(step.id, one.name.text):
            yield _unused("output", one.name.text, one.name.span, f"nothing uses this output of {words_for(step)}")


def _goes_by_its_id(step: Step) -> bool:
    """Whether history and resume want an id of it."""
    return step.loop is not None or isinstance(step.action, Call | Wait) or bool(step.cache or step.compensate)


def _unused(what: str, name: str, span: Span, why: str) -> Diagnostic:
    return Diagnostic(f"unused-{what}", f"{what} `{name}`: {why}", span, "hint", help="take it out")


def _redundant(step: Step, listed: StepList) -> Iterator[Diagnostic]:
    """Needs of a step that another of its needs waits for in the same way."""
    if step.needs is None or len(step.needs.needs) < 2 or (step.join is not None and step.join.mode != "all"):
        return
    plain = {one.id: _plain_needs(one, listed) for one in listed.steps}
    named = [need for need in step.needs.needs if _is_plain(need)]
    for need in named:
        for other in named:
            if other is not need and _implies(other.step.text, need.step.text, plain):
                message = f"{words_for(step)} need not name `{need.step}`: `{other.step}` waits for it already"
                yield Diagnostic("redundant-need", message, need.step.span, "hint", help="take it out")
                break


def _is_plain(need: Need) -> bool:
    return set(need.words) == {"ok"}


def _plain_needs(step: Step, listed: StepList) -> tuple[str, ...]:
    """The steps that must have ended well before this one begins."""
    if step.needs is None:
        above = listed.steps[: listed.steps.index(step)]
        return tuple(one.id for one in above)
    if step.join is not None and step.join.mode != "all":
        return ()
    return tuple(need.step.text for need in step.needs.needs if _is_plain(need))


def _implies(start: str, wanted: str, plain: dict[str, tuple[str, ...]]) -> bool:
    seen, pending = {start}, [start]
    while pending:
        for other in plain.get(pending.pop(), ()):
            if other == wanted:
                return True
            if other not in seen:
                seen.add(other)
                pending.append(other)
    return False
