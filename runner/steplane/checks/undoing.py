"""`undo` and `compensate`: steps of the same list that have something to undo; nothing that ends the run meanwhile."""

from collections.abc import Iterator

from steplane.checks.context import Context, Position, words_for
from steplane.diagnostics import Diagnostic, Edit, Fix, Related
from steplane.model import End, Name, Step, Undo, Workflow
from steplane.model.walk import lists_of
from steplane.schema.words import listed
from steplane.suggest import did_you_mean


def check_undoing(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Targets of `undo` that are not beside it, or have nothing to undo; an `end` in a `compensate`."""
    by_list: dict[int, dict[str, Step]] = {}
    for position in context.positions:
        step, action = position.step, position.step.action
        if isinstance(action, Undo):
            key = id(position.list)
            if key not in by_list:
                by_list[key] = {one.id: one for one in position.list.steps}
            for name in action.steps:
                if not context.is_misshapen(name.span):
                    yield from _target(position, name, by_list[key])
        elif isinstance(action, End) and any(listed.role == "compensate" for listed, _ in position.chain):
            message = f"{words_for(step)} ends the run while something is undone, and the rest would not be"
            yield Diagnostic("end-in-compensate", message, action.span, help="let a step fail that is told instead")


def _target(position: Position, name: Name, beside: dict[str, Step]) -> Iterator[Diagnostic]:
    step = position.step
    found = beside.get(name.text)
    if found is None or found is step:
        written = [one.id for one in position.list.steps if one.id_span is not None]
        what = "itself" if found is step else f"`{name.text}`, which is no step of its list"
        message = f"{words_for(step)} undoes {what}"
        meant = did_you_mean(name.text, written, but=step.id)
        if meant:
            fix = Fix(f"replace `{name.text}` with `{meant}`", (Edit(name.span, meant),), safe=False)
            yield Diagnostic("undo-target", message, name.span, label=f"did you mean `{meant}`?", fix=fix)
        else:
            names = [one for one in written if one != step.id]
            help_ = f"the steps beside it are {listed(names, 'and')}" if names else "there are no others beside it"
            yield Diagnostic("undo-target", message, name.span, help=help_)
    elif not _has_something(found):
        message = f"{words_for(step)} undoes `{name.text}`, which has no `compensate`, nor any step in it that has"
        related = (Related(found.span, "this step"),)
        yield Diagnostic("nothing-to-undo", message, name.span, "warning", related=related, help="add `compensate`")


def _has_something(step: Step) -> bool:
    """Whether something of it can be undone; of a file that is called that is not looked at."""
    from steplane.model import Call

    if step.compensate or isinstance(step.action, Call):
        return True
    return any(_has_something(one) for steps, role, _ in lists_of(step) if role not in _AFTER for one in steps)


_AFTER = frozenset({"rescue", "finally", "compensate"})


__all__ = ["check_undoing"]
