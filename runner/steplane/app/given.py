"""What an attempt was given: its parameters and items, worked out again from the journal as it was at its beginning."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from steplane.app.execution import zone_of
from steplane.app.recorded import Plans, header_under
from steplane.driver.children import Children
from steplane.driver.evaluate import Evaluator
from steplane.driver.keeping import restored
from steplane.driver.names import Lazy, loop_names, moment
from steplane.driver.refusal import Refused
from steplane.events import Input, Redefined, StepStarted
from steplane.expressions import Engine, ExpressionError, Missing
from steplane.expressions.templates import Literal, MapOf, Template
from steplane.kernel import Instance, Kernel
from steplane.plan.nodes import Call, Perform, Plan
from steplane.rendering import filters
from steplane.scripts import expressions_of
from steplane.store import JournalReader

_BREAK = re.compile(r"\s*\n\s*")
_SECRET = "it is secret, and secrets are not recorded"  # noqa: S105 - no secret
_OF_THEN = "the environment of that time is not recorded"


class Given(Struct, frozen=True):
    """One value that an attempt was given, or why it is not known any more (`unknown`)."""

    name: str
    value: Any = None
    unknown: str = ""


class _Absent(Mapping[str, Any]):
    """A mapping in which everything is missing, for one reason."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def __getitem__(self, name: str) -> Any:
        return Missing(self._reason)

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def given(plans: Plans, journal: JournalReader, serial: int) -> list[Given]:
    """What the last attempt of the activation with that serial number was given: items of loops, the values of the
    expressions in its script, its parameters. Empty where it never began.
    """
    kernel, found, header = _at_its_beginning(plans, journal, serial)
    if found is None:
        return []
    evaluator = _evaluator(kernel, journal, header)
    items = _items(found)
    values = [Given(name, value) for name, value in items.items()]
    action = found.node.action
    engine, context = evaluator.engine, evaluator.context(found)
    if isinstance(action, Call) and found.loop is None:
        values += [_worked_out(name, one, engine, context) for name, one in _parameters(action.given)]
    if isinstance(action, Perform) and found.loop is None:
        written = expressions_of(action.script) if action.script is not None else ()
        shown = [one for one in written if one.text not in items]
        values += [_worked_out(f"${{{{ {_on_one_line(one.text)} }}}}", one, engine, context) for one in shown]
        values += [_worked_out(name, one, engine, context) for name, one in _parameters(action.parameters)]
    return list({one.name: one for one in values}.values())


def _at_its_beginning(
    plans: Plans, journal: JournalReader, serial: int
) -> tuple[Kernel, Instance | None, dict[str, Any]]:
    """The run as it was when the last attempt of the instance began, with its header as that was then."""
    last = 0
    for number, event in journal.events():
        if isinstance(event, StepStarted) and event.instance == serial:
            last = number
    kernel = Kernel(plans.first, plans.of)
    redefined: Redefined | None = None
    for number, event in journal.events():
        if number > last:
            break
        if isinstance(event, Redefined):
            redefined = event
        if isinstance(event, Input):
            kernel.step(restored(event))
    found = kernel.state.instances.get(serial) if last else None
    return kernel, found, header_under(journal.header, redefined, journal)


def _evaluator(kernel: Kernel, journal: JournalReader, header: Mapping[str, Any]) -> Evaluator:
    plan = kernel.state.plan
    zone = zone_of(plan)
    run = {
        "id": lambda: journal.run, "started_at": lambda: moment(header["started_at"], zone), "parent": lambda: None,
        "status": lambda: kernel.status, "case": lambda: header["case"],
    }  # fmt: skip
    workflow = {
        "name": plan.name, "version": plan.version, "title": plan.title, "owner": plan.owner, "file": plan.file,
        "hash": plan.hash, "labels": plan.labels,
    }  # fmt: skip
    names = {
        "inputs": _with_secrets([one.name for one in plan.inputs], header["inputs"]),
        "vars": _with_secrets([name for name, _ in plan.variables], header["vars"]),
        "secrets": _Absent(_SECRET), "run": Lazy(run), "workflow": workflow,
    }  # fmt: skip
    evaluator = Evaluator(plan, kernel.state, Engine(filters(), zone), names, max, zone=zone)  # nothing is drawn
    evaluator.environment = lambda _: _Absent(_OF_THEN)
    evaluator.children = Children(evaluator, _withheld, lambda _: _Absent(_SECRET))
    return evaluator


def _withheld(_: Plan, __: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a child was given and is not recorded is not worked out again."""
    raise Refused("secret.withheld", _SECRET)


def _with_secrets(names: list[str], recorded: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: Missing(_SECRET) for name in names}, **recorded}


def _on_one_line(text: str) -> str:
    """An expression without its line breaks and the indentation behind them."""
    return _BREAK.sub(" ", text.strip())


def _items(instance: Instance) -> dict[str, Any]:
    names = {name: value for name, value in loop_names(instance).items() if name != "loop"}
    return {name: value for name, value in names.items() if not isinstance(value, Missing)}


def _parameters(template: Template) -> Iterator[tuple[str, Template]]:
    if isinstance(template, Literal) and isinstance(template.value, dict):
        yield from ((str(name), Literal(value)) for name, value in template.value.items())
    elif isinstance(template, MapOf):
        yield from template.entries


def _worked_out(name: str, template: Template, engine: Engine, context: Mapping[str, Any]) -> Given:
    try:
        return Given(name, engine.render(template, context))
    except ExpressionError as error:
        return Given(name, unknown=error.message)
