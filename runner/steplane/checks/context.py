"""What every check may ask: the document, the step types, and where each step stands."""

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from steplane.checks.files import Files
from steplane.checks.unclear import Declared, Unclear
from steplane.diagnostics import Diagnostic, Span
from steplane.expressions import Literal, Template, uses
from steplane.expressions.usage import Use
from steplane.model import Call, Cancel, ForEach, Leaf, Matrix, Named, Run, Step, StepList, Uses, Workflow, step_lists
from steplane.model.files import file_key
from steplane.plugins import PluginProblem
from steplane.sdk import StepType
from steplane.source import Document
from steplane.source.nodes import Scalar

if TYPE_CHECKING:
    from steplane.checks.sites import Site
    from steplane.checks.tables import CheckedTable
    from steplane.checks.types import Types


class StepTypes(Protocol):
    """Where step types come from: the plugin registry, or a stand-in in tests."""

    def step_type(self, name: str) -> StepType | PluginProblem:
        """The step type of that name, or why it cannot be had."""


class Position:
    """Where a `step` stands: the lists around it with the step that leads on, outermost first, itself last; the
    innermost is its `list`.
    """

    __slots__ = ("chain", "list", "step")

    def __init__(self, chain: tuple[tuple[StepList, Step], ...]) -> None:
        self.chain = chain
        self.list, self.step = chain[-1]  # every check asks for them


class Context:
    """One check of one file. `registry` None: nothing is known of step types, so nothing is said of them."""

    def __init__(
        self,
        document: Document,
        workflow: Workflow,
        registry: StepTypes | None = None,
        shape: Collection[Diagnostic] = (),
        files: Files | None = None,
    ) -> None:
        self.document = document
        self.unclear = Unclear(document, shape)
        self._wrong = sorted((one.span.line, one.span.column) for one in shape if one.severity == "error")
        self.workflow = workflow
        self.registry = registry
        self.files = files
        self.lists: tuple[StepList, ...] = tuple(step_lists(workflow))
        self._uses: dict[int, tuple[Use, ...]] = {}  # templates live as long as their workflow
        self._marks: dict[tuple[str, str], tuple[str, ...]] = {}

    def is_misshapen(self, span: Span) -> bool:
        """Whether its shape or its expressions are wrong, so that more about it would be noise."""
        return bool(self.wrong_in(span))

    def wrong_in(self, span: Span) -> list[tuple[int, int]]:
        """Where in it something of that kind is wrong: lines and columns, in order."""
        first = bisect_left(self._wrong, (span.line, span.column))
        return self._wrong[first : bisect_left(self._wrong, (span.end_line, span.end_column), first)]

    @cached_property
    def positions(self) -> tuple[Position, ...]:
        """Where each step stands, list by list."""
        chains: dict[int, tuple[tuple[StepList, Step], ...]] = {}
        found = []
        for listed in self.lists:
            around = () if listed.owner is None else chains[id(listed.owner)]
            for step in listed.steps:
                chains[id(step)] = (*around, (listed, step))
                found.append(Position(chains[id(step)]))
        return tuple(found)

    @cached_property
    def by_id(self) -> dict[str, Position]:
        """Where the steps stand, by id; the first of those that share one."""
        found: dict[str, Position] = {}
        for position in self.positions:
            found.setdefault(position.step.id, position)
        return found

    @cached_property
    def repeated_ids(self) -> frozenset[str]:
        """The ids that more than one step has."""
        counted = Counter(position.step.id for position in self.positions)
        return frozenset(name for name, number in counted.items() if number > 1)

    @cached_property
    def unread_ids(self) -> frozenset[str]:
        """The ids of what would be steps, were the key above them spelled rightly."""
        return self.unclear.ids(self.workflow.node, self.by_id)

    @cached_property
    def declared(self) -> dict[str, Declared]:
        """The names of inputs, variables and secrets, those that are declared wrongly too."""
        return {
            key: self.unclear.declared(self.workflow.node, key, "workflow") for key in ("inputs", "vars", "secrets")
        }

    @cached_property
    def finished(self) -> frozenset[str]:
        """The ids of the steps that a `finish` names."""
        actions = [position.step.action for position in self.positions]
        return frozenset(name.text for one in actions if isinstance(one, Cancel) and one.force for name in one.steps)

    @cached_property
    def given_ids(self) -> tuple[str, ...]:
        """The ids that the author gave: the only ones to suggest."""
        return tuple(name for name, position in self.by_id.items() if position.step.id_span is not None)

    @cached_property
    def sites(self) -> "tuple[Site, ...]":
        """Every place of the file where an expression may stand."""
        from steplane.checks.sites import all_sites

        return tuple(all_sites(self.workflow, self))

    @cached_property
    def types(self) -> "Types":
        """The types of the file's names and expressions, worked out once for all checks."""
        from steplane.checks.types import Types

        return Types(self.workflow, self)

    def types_of(self, called: Workflow) -> "Types":
        """The types of a workflow that is called, worked out once for all files."""
        if self.files is None:
            return self.types
        if called.file not in self.files.types:
            shape = self.files.shaped(self.files.documents[os.path.normpath(called.file)])
            context = Context(shape.document, called, self.registry, shape.diagnostics, self.files)
            self.files.types[called.file] = context.types
        return self.files.types[called.file]

    def declared_by(self, called: Workflow, key: str) -> Declared:
        """The names under a key of a workflow that is called, those that are declared wrongly too."""
        if self.files is None:
            return Declared(frozenset())
        shape = self.files.shaped(self.files.documents[os.path.normpath(called.file)])
        return Unclear(shape.document, shape.diagnostics).declared(called.node, key, "workflow")

    def uses(self, template: Template) -> tuple[Use, ...]:
        """The paths of names that a template of this file uses."""
        found = self._uses.get(id(template))
        if found is None:
            found = self._uses[id(template)] = uses(template)
        return found

    def type_of(self, action: object) -> StepType | None:
        """The step type behind a `run` or `uses`, where it can be had."""
        if self.registry is None or not isinstance(action, Run | Uses):
            return None
        found = self.registry.step_type(action.type)
        return found if isinstance(found, StepType) else None

    def called(self, action: Call, by: Workflow | None = None) -> Workflow | str | None:
        """The workflow that is called, `by` another than this; or why it cannot be had.

        None where nothing is known of other files.
        """
        if self.files is None or "${{" in action.path.text:
            return None
        return self.files.workflow(file_key((by or self.workflow).file, action.path.text))

    def beside(self, path: str) -> list[str]:
        """The YAML files where the one of that path was looked for, as it would be named."""
        if self.files is None:
            return []
        found = self.files.nearby(file_key(self.workflow.file, path))
        folder = os.path.dirname(path)
        return [os.path.join(folder, name) for name in found]

    def table_path(self, action: object) -> Named | None:
        """The parameter of a step that names a decision table, where its type has one."""
        if not isinstance(action, Run | Uses):
            return None
        names = self._marked(action.type, "table")
        return next((one for one in action.parameters if one.name.text in names), None) if names else None

    def table(self, action: object) -> "CheckedTable | str | None":
        """The table that a step decides by, or why it cannot be had; None where nothing is known of one."""
        named = self.table_path(action)
        template = None if named is None else named.value.template
        if self.files is None or not isinstance(template, Literal) or not isinstance(template.value, str):
            return None
        return self.files.table(file_key(self.workflow.file, template.value))

    def rendered_by_step(self, action: object) -> tuple[str, ...]:
        """The names of the parameters whose expressions are the step's own affair (`Template` of the SDK)."""
        return self._marked(action.type, "template") if isinstance(action, Run | Uses) else ()

    def sent_in_query(self, action: object) -> tuple[str, ...]:
        """The names of the parameters whose values go into the query of an address (`Query` of the SDK)."""
        return self._marked(action.type, "query") if isinstance(action, Run | Uses) else ()

    def _marked(self, kind: str, mark: str) -> tuple[str, ...]:
        """The names of the parameters with a mark of ours; looked up once for each step type."""
        found = self._marks.get((kind, mark))
        if found is None:
            described = None if self.registry is None else self.registry.step_type(kind)
            found = described.parameters_marked(mark) if isinstance(described, StepType) else ()
            self._marks[kind, mark] = found
        return found

    def place(self, scalar: Scalar, offset: int, length: int) -> Span:
        """Where a stretch of a scalar's text stands."""
        return self.document.place(scalar, offset, length)


def words_for(step: Step) -> str:
    """What a step is called in messages."""
    if step.id_span is not None:
        return f"step `{step.id}`"
    return f"step `{step.name.text}`" if step.name is not None else f"the step in line {step.node.span.line}"


def is_spread(step: Step) -> bool:
    """Whether the step is a `foreach` or `matrix`."""
    return isinstance(step.loop, ForEach | Matrix)


__all__ = ["Context", "Leaf", "Position", "StepTypes", "is_spread", "words_for"]
