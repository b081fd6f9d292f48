"""Workflows that call themselves, directly or through others, with nothing that could end it."""

import os
from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.checks.files import Files
from steplane.diagnostics import Diagnostic, Related
from steplane.model import Call, Cancel, End, Goto, Group, Parallel, Step, Workflow, all_steps
from steplane.model.files import file_key


def check_recursion(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """A call that every run makes and that leads back to its own file. Said in the first of the files that do so."""
    files = context.files
    if files is None or not any(isinstance(one.step.action, Call) for one in context.positions):
        return
    own = os.path.normpath(workflow.file)
    order = list(files.documents)
    for call in _sure_calls(workflow):
        way = _way_back(own, file_key(workflow.file, call.path.text), files)
        if way is None or any(order.index(file) < order.index(own) for file, _ in way):
            continue
        names = [os.path.basename(own), *(os.path.basename(file) for file, _ in way), os.path.basename(own)]
        said = " calls ".join(f"`{name}`" for name in names)
        message = f"this call goes round without an end: {said}, in every run"
        if not way:
            message = f"the workflow `{names[0]}` calls itself in every run: it goes round without an end"
        related = tuple(Related(one.path.span, "which calls this") for _, one in way)
        help_ = "let an `if` say when it has an end, such as `if: inputs.depth > 0`"
        yield Diagnostic("endless-call", message, call.path.span, related=related, help=help_)
        return


def _way_back(own: str, start: str, files: Files) -> list[tuple[str, Call]] | None:
    """The calls that lead from a file back to the own one, each with its file; empty where it is the own one."""
    came: dict[str, tuple[str, Call] | None] = {start: None}
    pending = [start]
    while pending:
        file = pending.pop(0)
        if file == own:
            way = []
            while (step := came[file]) is not None:
                way.append(step)
                file = step[0]
            return way[::-1]
        called = files.workflow(file)
        for call in _sure_calls(called) if isinstance(called, Workflow) else ():
            target = file_key(file, call.path.text)
            if target not in came:
                came[target] = (file, call)
                pending.append(target)
    return None


def _sure_calls(workflow: Workflow) -> Iterator[Call]:
    """The calls that every run makes in which nothing fails. None where something may end, undo or mend a run."""
    steps = list(all_steps(workflow))
    if workflow.rescue or any(isinstance(one.action, End | Goto | Cancel) or one.rescue for one in steps):
        return
    yield from _within(workflow.steps)
    yield from _within(workflow.finally_)


def _within(steps: tuple[Step, ...]) -> Iterator[Call]:
    for step in steps:
        if not _is_sure(step):
            continue
        action = step.action
        if isinstance(action, Call):
            if "${{" not in action.path.text:
                yield action
        elif isinstance(action, Group):
            yield from _within(action.steps)
        elif isinstance(action, Parallel):
            for branch in action.branches:
                yield from () if branch.condition or branch.default else _within(branch.steps)
        yield from _within(step.finally_)


def _is_sure(step: Step) -> bool:
    """Whether nothing that the step says may keep it from being run, or its failure from counting."""
    waits = step.needs.needs if step.needs is not None else ()
    plain = all("ok" in one.words for one in waits) and step.join is None and step.milestone is None
    alone = step.condition is None and step.loop is None and step.cache is None
    return plain and alone and step.on_error == "fail" and not step.require


__all__ = ["check_recursion"]
