"""What a run has recorded of its definition: the one that it was begun with, and those that it went on under."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from steplane.app.loading import Recorded, load_data
from steplane.app.senseless import making_sense
from steplane.driver.keeping import restored
from steplane.errors import StateDamaged, UsageError
from steplane.events import Redefined, Resumed
from steplane.kernel import Kernel, calls
from steplane.plan.nodes import Plan
from steplane.plugins import Registry
from steplane.store import Definition, JournalReader, RunStore

NEEDED = ("file", "home", "called_in", "case", "inputs", "vars", "started_at")
"""What the header of a run has to say for it to be gone on with."""

Compile = Callable[[Definition, str, Mapping[str, str]], Plan]
"""From the text of a workflow, the name of its file and the texts of those that it calls (by name) to its plan."""


def recorded_plan(journal: JournalReader, registry: Registry, store: RunStore | None) -> Plan:
    """The plan of the definition that the run goes on under. Raises `UsageError`, `StateDamaged`."""
    return Plans(journal, compiler(journal, registry, store)).latest


def recorded_header(journal: JournalReader) -> dict[str, Any]:
    """The header of the run, with the inputs, variables and files of the definition that it goes on under, and with the
    secret inputs that it was given so far.
    """
    event = latest_definition(journal)
    header = header_under(journal.header, event, journal)
    resumed = journal.newest_of(Resumed) if "given" in header or event is not None else None
    return {**header, "given": resumed.given} if isinstance(resumed, Resumed) and resumed.given else header


def header_under(header: Mapping[str, Any], event: Redefined | None, journal: JournalReader) -> dict[str, Any]:
    """What the header of a run says from that event on."""
    if event is None:
        return dict(header)
    texts = {one.hash: one.text for one in journal.definitions()}
    files = {name: texts.get(hashed, "") for name, hashed in event.files.items()}
    return {**header, "inputs": event.inputs, "vars": event.vars, "files": files, "types": event.types}


def latest_definition(journal: JournalReader) -> Redefined | None:
    """The event with which the run went on under another definition last."""
    event = journal.newest_of(Redefined) if len(journal.definitions()) > 1 else None
    return event if isinstance(event, Redefined) else None


def folded(journal: JournalReader, registry: Registry, store: RunStore | None) -> Kernel:
    """The kernel at the point where the journal ends; its plan is that of the latest definition."""
    plans = Plans(journal, compiler(journal, registry, store))
    calls.make_room(plans.first)
    kernel = Kernel(plans.first, plans.of)
    with making_sense(journal.run):
        for event in journal.inputs():
            kernel.step(restored(event))
    return kernel


class Plans:
    """The plans of a run, each compiled when it is asked for."""

    def __init__(self, journal: JournalReader, compile_one: Compile) -> None:
        self._journal, self._compile = journal, compile_one
        self._header = journal.header
        if missing := [name for name in NEEDED if name not in self._header]:
            raise StateDamaged(
                f"the journal of run {journal.run} does not say `{missing[0]}` of it", "Start a new run."
            )
        self._definitions = {one.hash: one for one in journal.definitions()}

    @property
    def first(self) -> Plan:
        """That of the definition which the run was begun with."""
        return self._compile(
            next(iter(self._definitions.values())), self._header["file"], self._header.get("files", {})
        )

    @property
    def latest(self) -> Plan:
        """That of the definition which it goes on under."""
        event = latest_definition(self._journal)
        return self.first if event is None else self.of(event)

    def held(self) -> "Held":
        """All of them, for when the journal is closed."""
        events = [event for _, event in self._journal.events() if isinstance(event, Redefined)] if self._more else []
        return Held(self.first, {event.hash: self.of(event) for event in events})

    @property
    def _more(self) -> bool:
        return len(self._definitions) > 1

    def of(self, event: Redefined) -> Plan:
        """That of a definition which it went on under."""
        missing = [one for one in (event.hash, *event.files.values()) if one not in self._definitions]
        if missing:
            raise StateDamaged(
                f"the journal of run {self._journal.run} has not all of its definitions", "Start a new run."
            )
        files = {name: self._definitions[hashed].text for name, hashed in event.files.items()}
        return self._compile(self._definitions[event.hash], self._header["file"], files)


class Held:
    """The plans of a run, compiled: the first, and by the key of their definitions those that it went on under."""

    def __init__(self, first: Plan, others: Mapping[str, Plan]) -> None:
        self.first, self._others = first, others

    @property
    def latest(self) -> Plan:
        """That of the definition which it goes on under."""
        return [self.first, *self._others.values()][-1]

    def of(self, event: Redefined) -> Plan:
        """That of a definition which it went on under."""
        return self._others[event.hash]


def compiler(journal: JournalReader, registry: Registry, store: RunStore | None) -> Compile:
    """Compiles with what is installed."""

    def compile_one(definition: Definition, file: str, files: Mapping[str, str]) -> Plan:
        loaded = load_data(definition.text.encode(), file, registry, store, Recorded(files), recorded=True)
        if loaded.plan is None:
            first = next(one for one in loaded.diagnostics if one.severity == "error")
            raise UsageError(
                f"the recorded workflow of run {journal.run} cannot be used any more: {first.message}",
                "Install the plugins and the release that it was begun with.",
            )
        return replace(loaded.plan, hash=definition.hash)

    return compile_one


__all__ = [
    "NEEDED",
    "Held",
    "Plans",
    "compiler",
    "folded",
    "header_under",
    "latest_definition",
    "recorded_header",
    "recorded_plan",
]
