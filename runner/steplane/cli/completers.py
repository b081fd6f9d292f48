"""What may stand in place of an argument or an option's value: given to click as `shell_complete`, or asked because of
what the help calls the value.

Each is called with the context of what stands on the line so far, the parameter and the unfinished word; none needs
more of the application than it asks about. Descriptions are shown by zsh and fish.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from steplane.errors import SteplaneError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from steplane.app.outline import Outline
    from steplane.store import RunStore

Items: TypeAlias = "list[CompletionItem[Any]]"
Completer = Callable[[click.Context, click.Parameter, str], Items]

_MOST_RUNS = 200


def _item(value: str, type: str = "plain", help: str | None = None) -> "CompletionItem[Any]":  # noqa: A002 - click's
    from click.shell_completion import CompletionItem  # each command names its completers, and seldom is one asked

    return CompletionItem(value, type, help)


def _fitting(known: Iterable[tuple[str, str]], begun: str) -> Items:
    return [_item(name, help=text) for name, text in known if name.startswith(begun)]


def file(_: click.Context, __: click.Parameter, ___: str) -> Items:
    """Any file."""
    return [_item("", type="file")]


def folder(_: click.Context, __: click.Parameter, ___: str) -> Items:
    """Any folder."""
    return [_item("", type="dir")]


# ---------------------------------------------------------------- workflows


def workflow(_: click.Context, __: click.Parameter, begun: str) -> Items:
    """Workflows by their names, with their titles, then files: those here, or where a path is begun."""
    from steplane.app.project import find_workflow, workflows

    anywhere: Items = [_item("", type="yaml")]
    here = os.getcwd()
    names = [name for name in workflows(here) if name.startswith(begun)]
    found = [_item(name, help=_title(find_workflow(name, here))) for name in names]
    if os.sep not in begun:  # a name may have one, as a path has
        found += [_item(name) for name in _workflow_files(here) if name.startswith(begun)]
    return found or anywhere


def _workflow_files(folder: str) -> list[str]:
    """The names of the workflow files in a folder; all YAML files where none looks like one."""
    names = sorted(name for name in os.listdir(folder) if name.endswith((".yaml", ".yml")) and name[0] != ".")
    return [name for name in names if any(line.startswith("steplane:") for line in _head(name))] or names


def _head(path: str) -> list[str]:
    """The first lines of a file."""
    from steplane.store.files import read_plain

    try:
        return read_plain(path, 4096).decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def _title(path: str) -> str:
    """The title in a workflow file, where it stands in a line of its own: reading all files whole would take long."""
    lines = _head(path)
    found = next((line for line in lines if line.startswith(("title:", "description:"))), "")
    text = found.partition(":")[2].strip().strip("'\"")
    return "" if text[:1] in {">", "|"} else text


def workflow_name(_: click.Context, __: click.Parameter, begun: str) -> Items:
    """The names of workflows, as runs have them."""
    from steplane.app.project import workflows

    return _fitting(((name, "") for name in workflows(os.getcwd())), begun)


def _outline(context: click.Context) -> "Outline":
    """That of the workflow on the line, or of the run that is named there."""
    from steplane.app.outline import Outline, outline, outline_of
    from steplane.app.project import find_workflow

    named = context.params.get("workflow")
    if named:
        return outline_of(find_workflow(str(named), os.getcwd()))
    store = _store(context)
    run = _run(context, store)
    if not run:
        return Outline()
    with store.read(run) as journal:
        return outline(journal.definitions()[-1].text, run)


def signal(context: click.Context, _: click.Parameter, begun: str) -> Items:
    """The names of the signals that the run waits for, as far as they are written down."""
    return _fitting(((name, "") for name in _outline(context).signals), begun)


def input_value(context: click.Context, _: click.Parameter, begun: str) -> Items:
    """`NAME=` for an input that is not given yet; behind the `=` its values, or files behind an `@`."""
    return _input(context, begun, secret=False)


def secret_value(context: click.Context, _: click.Parameter, begun: str) -> Items:
    """The same for inputs that are given again on resume."""
    return _input(context, begun, secret=True)


def _input(context: click.Context, begun: str, *, secret: bool) -> Items:
    inputs = [one for one in _outline(context).inputs if one.secret or not secret]
    name, equals, value = begun.partition("=")
    if not equals:
        given = {word.partition("=")[0] for word in context.params.get("inputs") or ()}
        known = ((f"{one.name}=", _about(one)) for one in inputs if one.name not in given)
        return _fitting(known, begun)
    found = next((one for one in inputs if one.name == name), None)
    if value.startswith("@") and not value.startswith("@@"):
        return [_item(f"{name}=@", type="file")]
    if found is not None and found.path:
        return [_item(f"{name}=", type="file")]
    return _fitting(((f"{name}={one}", "") for one in (found.values if found else ())), begun)


def _about(one: Any) -> str:
    return ", ".join(part for part in (one.description, "required" if one.required else "") if part)


def step(context: click.Context, _: click.Parameter, begun: str) -> Items:
    """The ids of the steps of the workflow, or of the run, on the line."""
    return _fitting(((one.id, one.what) for one in _outline(context).steps), begun)


# ---------------------------------------------------------------- runs


def _store(context: click.Context) -> "RunStore":
    from steplane.app.project import open_store, read_settings

    settings = read_settings(os.getcwd(), os.environ, {"state": context.params.get("state")})
    return open_store(settings, os.getcwd(), make=False)


def runs(*statuses: str) -> Completer:
    """A completer of run ids, newest first; with statuses only of such runs."""

    def complete(context: click.Context, _: click.Parameter, begun: str) -> Items:
        return _runs(_store(context), begun, statuses)

    return complete


def earlier_run(context: click.Context, _: click.Parameter, begun: str) -> Items:
    """`latest`, then run ids, newest first."""
    found = [one for one in _runs(_store(context), begun) if one.value != "latest"]
    return [*(_fitting([("latest", "the newest run of the workflow")], begun) if found or begun else []), *found]


def _runs(store: "RunStore", begun: str, statuses: tuple[str, ...] = ()) -> Items:
    from steplane.store import LATEST

    try:
        listed = store.list_runs()
    except SteplaneError:  # a damaged catalogue: the folders are there all the same
        return [_item(one) for one in reversed(store.ids()) if one.startswith(begun)]
    fitting = [one for one in listed if one.id.startswith(begun) and (not statuses or one.status in statuses)]
    found = [_item(one.id, help=f"{one.status}, {one.workflow or '?'}") for one in fitting[:_MOST_RUNS]]
    if begun and LATEST.startswith(begun) and listed and not statuses:
        found.append(_item(LATEST, help=f"{listed[0].id}: {listed[0].status}, {listed[0].workflow or '?'}"))
    return found


def _run(context: click.Context, store: "RunStore") -> str:
    """The run that is named on the line, or else the latest one."""
    named = context.params.get("run")
    return store.resolve(str(named)) if named else store.latest()


def instance(context: click.Context, _: click.Parameter, begun: str) -> Items:
    """The instances of the run on the line, by their paths, with their statuses."""
    store = _store(context)
    return _instances(store, _run(context, store), begun)


def _instances(store: "RunStore", run: str, begun: str) -> Items:
    with store.read(run) as journal:
        return _fitting(journal.instances(), begun)


def workflow_or_run(context: click.Context, parameter: click.Parameter, begun: str) -> Items:
    """Workflows, then runs."""
    found = workflow(context, parameter, begun)
    return [one for one in found if one.type == "plain"] + _runs(_store(context), begun) or found


def run_or_instance(context: click.Context, _: click.Parameter, begun: str) -> Items:
    """Runs, then the instances of the latest one."""
    store = _store(context)
    found = _runs(store, begun)
    with suppress(SteplaneError):  # then there is no latest one
        found += _instances(store, store.latest(), begun)
    return found


def assumption(context: click.Context, _: click.Parameter, begun: str) -> Items:
    """`STEP=` for the instances of the run on the line that have not succeeded; behind the `=`, taken as what."""
    store = _store(context)
    with store.read(_run(context, store)) as journal:
        known = [(path, status) for path, status in journal.instances() if status != "succeeded"]
    taken = next((path for path, _ in known if begun.startswith(f"{path}=")), None)
    if taken is not None:
        return _fitting(((f"{taken}={end}", "") for end in ("succeeded", "failed", "skipped")), begun)
    return _fitting(((f"{path}=", status) for path, status in known), begun)


# ---------------------------------------------------------------- step types and templates


def step_type(context: click.Context, _: click.Parameter, begun: str) -> Items:
    """Step types with what they do; plugins, of which `steps` shows all types."""
    from steplane.app.loading import make_registry

    store = _store(context)
    registry = make_registry(store if os.path.isdir(store.directory.path) else None, None)
    plugins = [one for one in registry.all() if one.namespace.startswith(begun) or begun.startswith(one.namespace)]
    return _fitting(((kind.name, kind.title) for one in plugins for kind in one.types), begun)


def subject(context: click.Context, _: click.Parameter, begun: str) -> Items:
    """What there is help about; behind a command its own commands."""
    from steplane.cli.application import COMMANDS, SUBCOMMANDS
    from steplane.cli.topics import TOPICS

    words = context.params.get("words") or ()
    if words:
        return _fitting(SUBCOMMANDS.get(words[0], {}).items() if len(words) == 1 else (), begun)
    return _fitting({**COMMANDS, **TOPICS}.items(), begun)


def template(_: click.Context, __: click.Parameter, begun: str) -> Items:
    """The first workflows that `init` has."""
    from steplane.app.starting import TEMPLATES

    return _fitting(((name, one.title) for name, one in TEMPLATES.items()), begun)


def ci_system(_: click.Context, __: click.Parameter, begun: str) -> Items:
    """The systems that `init` makes a job for."""
    from steplane.app.starting import CI

    return _fitting(((name, "") for name in CI), begun)


def code(_: click.Context, __: click.Parameter, begun: str) -> Items:
    """The codes of what `check` finds."""
    from steplane.app.codes import explanations

    return _fitting(((name, one.title) for name, one in explanations().items()), begun)


# ---------------------------------------------------------------- who is asked

BY_METAVAR: dict[str, Completer] = {
    "FILE|NAME": workflow,
    "FILE|NAME|RUN": workflow_or_run,
    "RUN": runs(),
    "STEP": step,
    "STEP[KEY]": instance,
    "INSTANCE": instance,
    "FILE": file,
    "PATH": file,
    "DIR": folder,
    "CODE": code,
}
"""By what the help calls the value of a parameter that names no completer itself."""


def offered(context: click.Context, parameter: click.Parameter, begun: str) -> Items:
    """What may stand in place of a value: as the parameter itself says, else by what the help calls it."""
    found = parameter.shell_complete(context, begun)
    if found or isinstance(parameter.type, click.Choice):
        return found
    called = parameter.metavar or ""
    completer = BY_METAVAR.get(called[1:-1] if called.startswith("[") else called)
    return completer(context, parameter, begun) if completer is not None else []
