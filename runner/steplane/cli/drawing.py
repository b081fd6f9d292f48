"""What `steplane graph` draws: which workflow or run is meant, the states of its steps, and where the text goes."""

import os
from collections import Counter
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from steplane.app.history import RunRecord, StepRecord, read_run
from steplane.app.loading import load
from steplane.app.project import find_workflow, workflows
from steplane.app.running import recorded_plan
from steplane.cli.call import Call
from steplane.errors import UnknownRun, UsageError
from steplane.pipes import write_whole_into
from steplane.plan.nodes import Plan
from steplane.plan.step_names import Instances
from steplane.reporters.graph.building import graph_of
from steplane.reporters.graph.shapes import Graph, State
from steplane.suggest import nearest_of

_WEIGHT = (
    "failed", "running", "waiting", "interrupted", "blocked", "cancelled", "warning", "compensated", "ready", "pending",
    "succeeded", "reused", "skipped",
)  # fmt: skip
"""Of several instances of one step the first of these is told."""


class Subject(Struct, frozen=True):
    """What is to be drawn: a workflow file, or a run by its whole id (with the file that was named beside it)."""

    file: str = ""
    run: str = ""


def find_subject(call: Call, word: str | None, run: str | None) -> Subject:
    """What FILE|NAME|RUN and `--run` mean: a workflow first, then a run. Raises `UsageError`."""
    if run is not None:
        file = find_workflow(word, call.here) if word is not None else ""
        return Subject(file, call.history.resolve(run))
    if word is None:
        raise UsageError("there is nothing to draw", "Name a workflow or a run: steplane graph FILE|NAME|RUN")
    try:
        return Subject(find_workflow(word, call.here))
    except UsageError as no_workflow:
        if os.sep in word or word.endswith((".yaml", ".yml")):
            raise
        return Subject(run=_run_of(call, word, no_workflow))


def _run_of(call: Call, word: str, no_workflow: UsageError) -> str:
    try:
        return call.history.resolve(word)
    except UnknownRun as unknown:
        names = workflows(call.here)
        known = nearest_of(word, names, "Workflows", "steplane list") if names else no_workflow.remedy
        raise UsageError(f"there is no workflow and no run `{word}`", f"{known} Runs: {unknown.remedy}") from None


def graph_of_subject(call: Call, subject: Subject) -> Graph | None:
    """The graph; None where the file has errors, which are then told."""
    if subject.run:
        return _of_run(call, subject)
    loaded = load(subject.file, call.registry, call.cache_store)
    call.show_diagnostics(loaded)
    return None if loaded.plan is None else graph_of(loaded.plan)


def _of_run(call: Call, subject: Subject) -> Graph:
    record = read_run(call.history, subject.run)
    with call.history.read(subject.run) as journal:
        plan = recorded_plan(journal, call.registry, call.cache_store)
    _refuse_another(call, subject, plan)
    graph = graph_of(plan, states_of(record, plan))
    summary = record.summary
    return _with_run(graph, summary.id, summary.status, record.seconds)


def _with_run(graph: Graph, run: str, status: str, seconds: float) -> Graph:
    return replace(graph, run=run, status=status, seconds=seconds)


def _refuse_another(call: Call, subject: Subject, plan: Plan) -> None:
    """Raise `UsageError` if the run is not one of the file that was named beside it."""
    if not subject.file:
        return
    named = load(subject.file, call.registry, call.cache_store).plan
    if named is not None and named.name != plan.name:
        raise UsageError(
            f"run {subject.run} is one of `{plan.name}`, not of `{named.name}` ({subject.file})",
            f"Name the run alone: steplane graph {subject.run}",
        )


def states_of(record: RunRecord, plan: Plan) -> dict[str, State]:
    """What became of each step that has begun, by its id; in a file that is called behind those of the calls."""
    found: dict[str, list[StepRecord]] = {}
    known = Instances(plan)
    for one in record.steps:
        found.setdefault(known.way(one.path), []).append(one)
    return {step: _state(records) for step, records in found.items()}


def _state(records: Sequence[StepRecord]) -> State:
    loops = [one for one in records if not one.path.endswith("]")]
    items = [one for one in records if one.path.endswith("]")]
    counted = items or (records if len(records) > 1 else [])
    counts = Counter(one.status for one in counted)
    told = loops or items
    status = min((one.status for one in told), key=_WEIGHT.index)
    alone = loops[0] if len(loops) == 1 else None
    return State(
        status=status,
        counts=tuple(sorted(counts.items(), key=lambda one: _WEIGHT.index(one[0]))),
        seconds=alone.seconds if alone is not None else None,
        attempts=alone.attempts if alone is not None else 0,
        recovered=alone is not None and alone.recovered,
    )


def draw(call: Call, graph: Graph, form: str, *, to_file: bool) -> str:
    """The text of a graph in a format."""
    if form == "mermaid":
        from steplane.reporters.graph.mermaid import MOST_EDGES, mermaid_text

        if len(graph.arrows) > MOST_EDGES:
            call.warn(
                f"this graph has {len(graph.arrows)} edges, and Mermaid draws {MOST_EDGES} at most",
                "Set its `maxEdges` higher, or take `--format svg`.",
            )
        return mermaid_text(graph)
    if form == "dot":
        from steplane.reporters.graph.dot import dot_text

        return dot_text(graph)
    if form == "svg":
        from steplane.reporters.graph.svg import svg_text

        return svg_text(graph)
    if form == "json":
        from steplane.reporters.graph.data import graph_data

        return msgspec.json.format(msgspec.json.encode(graph_data(graph)), indent=2).decode() + "\n"
    from steplane.reporters.graph.lanes import lanes_text

    columns = call.out.columns if call.out.terminal and not to_file else 0
    return lanes_text(graph, columns, color=call.color(call.out) and not to_file, unicode=to_file or call.out.unicode)


def write(call: Call, text: str, output: str | None) -> None:
    """Write it to the file or to stdout. Raises `UsageError` where the file cannot be written."""
    if output is None:
        call.out.write(text)
        return
    try:
        if os.path.exists(output) and not os.path.isfile(output) and not os.path.isdir(output):
            write_whole_into(output, text.encode("utf-8", "backslashreplace"))
            return
        with open(output, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}", "Name another file with `-o`.") from error
