"""Whatever the language says can be shown: random workflows, drawn, planned, told while they run, and afterwards."""

from functools import cache
from pathlib import Path
from random import Random
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import replace
from tests.runner.kernel.against_reference import play
from tests.runner.kernel.compiled import plan_of
from tests.runner.kernel.sides import Sides
from tests.runner.kernel.workflows import workflow_of

from steplane.commands import Record
from steplane.events import AnyEvent
from steplane.kernel import Instance
from steplane.plan.nodes import Action, Plan
from steplane.reporters.graph.building import graph_of
from steplane.reporters.graph.data import graph_data
from steplane.reporters.graph.dot import dot_text
from steplane.reporters.graph.lanes import lanes_text
from steplane.reporters.graph.mermaid import mermaid_text
from steplane.reporters.jsonlines import JsonLinesReporter
from steplane.reporters.live.reporter import LiveReporter
from steplane.reporters.plain import PlainReporter, Style
from steplane.reporters.plan_data import plan_data
from steplane.reporters.subject import Result, Subject
from steplane.reporters.words import action
from steplane.store import RunFolder

PARTS = 3
SEEDS = 16
"""Of each part."""

PLAYED = 10


@cache
def plans(part: int) -> list[Plan]:
    """Plans of the whole language."""
    return [plan_of(workflow_of(Random(f"{part} {seed}"))) for seed in range(SEEDS)]


@pytest.mark.parametrize("part", range(PARTS))
def test_each_can_be_drawn_and_described(part: int) -> None:
    for plan in plans(part):
        graph = graph_of(plan)
        boxes = {one.key for one in graph.boxes()} | {one.key for one in graph.clusters()}
        assert all({arrow.before, arrow.after} <= boxes for arrow in graph.arrows)
        drawn = lanes_text(graph, 0, color=False, unicode=True)
        for text in (drawn, mermaid_text(graph), dot_text(graph)):
            assert all(node.id in text for node in plan.nodes[1:])
        assert {one["key"] for one in msgspec.to_builtins(graph_data(graph))["nodes"]} == boxes
        assert plan_data(plan)["steps"]


def test_each_kind_of_step_has_words() -> None:
    met = {type(node.action): node for part in range(PARTS) for plan in plans(part) for node in plan.nodes}
    assert set(met) == set(get_args(Action))
    assert all(action(node) for node in met.values())


class Told(Sides):
    """Both sides, and those who show a run while it goes on."""

    def __init__(self, workflow: dict[str, Any], plan: Plan, *rest: Any) -> None:
        subject = Subject("one", plan, RunFolder("nowhere"), "steplane resume one")
        self.written: list[str] = []
        write, style = self.written.append, Style()
        live = LiveReporter(subject, write, write, style, err_color=False, descriptor=1)
        setattr(live, "_begin", lambda at: None)  # noqa: B010 - no thread draws
        plain = PlainReporter(subject, write, write, style)
        self.reporters: list[Any] = [plain, JsonLinesReporter(subject, write), live]
        super().__init__(workflow, plan, *rest)

    def step(self, event: Any) -> None:
        super().step(event)
        self.tell(event, None)
        for command in self.commands[-1]:
            if isinstance(command, Record):
                fact: AnyEvent = replace(command.fact, at=event.at)
                path = getattr(fact, "path", None)
                state = self.kernel.state
                self.tell(fact, state.root if path is None else state.named(path, getattr(fact, "instance", 0)))

    def tell(self, event: AnyEvent, instance: Instance | None) -> None:
        for one in self.reporters:
            one.event(event, instance)


@pytest.mark.parametrize("part", range(PARTS))
def test_each_can_be_told_while_it_runs(part: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tests.runner.kernel.against_reference.Sides", Told)
    monkeypatch.chdir(tmp_path)
    for seed in range(PLAYED):
        sides = play(Random(f"{part} {seed}"), resumes=2 * (seed % 2))
        assert isinstance(sides, Told)
        for one in sides.reporters:
            one.finish(Result(sides.kernel.status if sides.kernel.ended else "waiting"))
        assert f"test ({sides.plan.file})" in "".join(sides.written)
