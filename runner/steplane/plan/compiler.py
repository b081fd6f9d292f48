"""From the model to the plan: numbers for names, needs as positions, defaults filled in."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from steplane import model
from steplane.events import ENDED, OK
from steplane.expressions.templates import Literal, Template
from steplane.model.files import file_key
from steplane.plan.caching import Cache
from steplane.plan.compiling_tables import table_named
from steplane.plan.compiling_waits import awaited_of, reached, simple_wait
from steplane.plan.joining import repeating
from steplane.plan.limits import asks_on_entry, dynamic, lock_of, retry_of
from steplane.plan.loops import loop_of
from steplane.plan.needing import Need
from steplane.plan.nodes import (
    Action,
    Arm,
    Body,
    Branch,
    Call,
    Choice,
    End,
    Fork,
    Goto,
    Node,
    OutputField,
    Perform,
    Plan,
    Role,
    StepList,
    Undo,
)  # fmt: skip
from steplane.plan.own_keys import concurrency, input_spec, objects, secret_spec
from steplane.plan.parameters import as_written, beginnings, extended, mapping
from steplane.plan.tables import Tables
from steplane.plan.waits import Milestone, Race, RaceBranch, Reach
from steplane.plan.written_joins import forked, joined, wanted_of
from steplane.scripts.shapes import Direct, Script
from steplane.sdk import StepType

ScriptOf = Callable[[model.Step], "Script | Direct | None"]
TypeOf = Callable[[str], StepType | None]
"""Gives what is known of a step type by its name."""

_WORDS: Mapping[str, frozenset[str]] = {
    "ok": OK,
    "succeeded": frozenset({"succeeded", "reused"}),
    "warning": frozenset({"warning"}),
    "failed": frozenset({"failed"}),
    "skipped": frozenset({"skipped"}),
    "cancelled": frozenset({"cancelled"}),
    "done": ENDED,
}
_HANDLES = frozenset({"failed", "cancelled", "done"})


class Compiler:
    """Numbers the nodes and lists of one workflow in the order of the file."""

    def __init__(
        self, script_of: ScriptOf, type_of: TypeOf, variables: Mapping[str, Template], file: str, tables: Tables
    ) -> None:
        self.script_of = script_of
        self.type_of = type_of
        self.variables = variables
        self.nodes: list[Node | None] = []
        self.lists: list[StepList | None] = []
        self.types: set[str] = set()
        self.file = file
        self.called: set[str] = set()
        self.tables = tables
        self.decided_by: set[str] = set()

    def workflow(self, workflow: model.Workflow) -> Node:
        """Node 0: the workflow as a group."""
        self.nodes.append(None)
        body = self.steps(workflow.steps, 0, "steps", "")
        root = Node(
            number=0,
            id=workflow.name.text,
            title=workflow.title,
            action=Body(body),
            rescue=self.after(workflow.rescue, 0, "rescue"),
            finally_=self.after(workflow.finally_, 0, "finally"),
            failure=workflow.failure,
            timeout=workflow.timeout.seconds if workflow.timeout else None,
            timeout_value=dynamic(workflow.timeout),
            enter=dynamic(workflow.timeout) is not None,
            outputs=_outputs(workflow.outputs),
            env=_environment(workflow.env),
            cwd=workflow.cwd.template if workflow.cwd else None,
        )
        self.nodes[0] = root
        return root

    def after(self, steps: tuple[model.Step, ...], owner: int, role: Role) -> int | None:
        """The list of a `rescue`, `finally` or `compensate`, where there is one."""
        return self.steps(steps, owner, role, "") if steps else None

    def steps(self, steps: tuple[model.Step, ...], owner: int, role: Role, label: str) -> int:
        """Compile a list; its number."""
        number = len(self.lists)
        self.lists.append(None)
        positions = {step.id: position for position, step in enumerate(steps)}
        nodes = [self.step(step, number, position, positions) for position, step in enumerate(steps)]
        dependents: list[list[tuple[int, int]]] = [[] for _ in nodes]
        for node in nodes:
            for index, need in enumerate(node.needs or ()):
                dependents[need.position].append((node.position, index))
        self.lists[number] = StepList(
            number=number,
            owner=owner,
            role=role,
            label=label,
            nodes=tuple(node.number for node in nodes),
            dependents=tuple(tuple(one) for one in dependents) if any(dependents) else (),
            starts=tuple(node.position for node in nodes if node.needs == ()),
            milestones=tuple(node.position for node in nodes if node.milestone is not None),
            **repeating(nodes),
        )
        return number

    def step(self, step: model.Step, number: int, position: int, positions: Mapping[str, int]) -> Node:
        """Compile one step."""
        own = len(self.nodes)
        self.nodes.append(None)
        needs = _needs(step, position, positions)
        retry, timeout = retry_of(step.retry), step.time_limit
        lock = lock_of(step.lock)
        node = Node(
            number=own,
            id=step.id,
            action=self.action(step, own, positions),
            list=number,
            position=position,
            title=step.name.text if step.name else "",
            line=step.span.line,
            column=step.span.column,
            lane=step.lane.text if step.lane else "",
            region=step.region.text if step.region else "",
            needs=needs,
            **joined(step),
            handler=any(word in _HANDLES for need in (step.needs.needs if step.needs else ()) for word in need.words),
            condition=step.condition.expression if step.condition else None,
            loop=loop_of(step),
            lock=lock,
            enter=asks_on_entry(lock, retry, timeout),
            require=tuple(condition.expression for condition in step.require),
            ensure=tuple(condition.expression for condition in step.ensure),
            retry=retry,
            timeout=timeout.seconds if timeout else None,
            timeout_value=dynamic(timeout),
            tolerant=step.on_error == "warn",
            failure=step.failure,
            rescue=self.after(step.rescue, own, "rescue"),
            finally_=self.after(step.finally_, own, "finally"),
            compensate=self.after(step.compensate, own, "compensate"),
            outputs=_outputs(step.outputs),
            declared=_declared(step.outputs),
            env=_environment(step.env),
            cwd=step.cwd.template if step.cwd else None,
            cache=_cache(step.cache),
            at_most_once=step.at_most_once,
            isolate=step.isolate,
            restart=step.restart,
            any_order=step.any_order,
            milestone=_milestone(step.milestone, positions),
            artifacts=tuple(one.text for one in step.artifacts),
        )
        self.nodes[own] = node
        return node

    def action(self, step: model.Step, own: int, positions: Mapping[str, int]) -> Action:
        """Compile the action."""
        action = step.action
        if isinstance(action, model.Run | model.Uses):
            return self.perform(step, action)
        if isinstance(action, model.Group):
            return Body(self.steps(action.steps, own, "steps", ""))
        if isinstance(action, model.Parallel):
            branches = tuple(self.branch(branch, own) for branch in action.branches)
            return Fork(branches, **forked(step))
        if isinstance(action, model.Switch):
            return Choice(tuple(self.arm(arm, own, index) for index, arm in enumerate(action.arms)))
        if isinstance(action, model.Race | model.Wait | model.Signal | model.Cancel):
            return self.waiting(action, own)
        if isinstance(action, model.Call):
            self.called.add(file := file_key(self.file, action.path.text))
            return Call(file, mapping(action.parameters), action.detach)
        if isinstance(action, model.Undo):
            names = tuple(one.text for one in action.steps)
            return Undo(tuple(positions[one] for one in names), names)
        if isinstance(action, model.End):
            outputs = None if action.outputs is None else mapping(action.outputs)
            return End(action.status, action.message.template if action.message else None, outputs)
        if isinstance(action, model.Goto):
            return Goto(positions[action.target.text], action.target.text, action.limit or 0)
        raise NotImplementedError(type(action).__name__)

    def branch(self, branch: model.Branch, own: int) -> Branch:
        """One branch of a `parallel`."""
        number = self.steps(branch.steps, own, "branch", branch.name.text)
        condition = branch.condition.expression if branch.condition else None
        return Branch(branch.name.text, number, condition, branch.default)

    def waiting(self, action: model.Race | model.Wait | model.Signal | model.Cancel, own: int) -> Action:
        """Waits, signals, and what reaches other steps."""
        if isinstance(action, model.Race):
            return Race(tuple(self.racing(branch, own) for branch in action.branches))
        if isinstance(action, model.Cancel):
            region = action.region.text if action.region else ""
            return Reach(tuple(one.text for one in action.steps), region, action.force)
        return simple_wait(action)

    def racing(self, branch: model.RaceBranch, own: int) -> RaceBranch:
        """One branch of a `race`."""
        number = self.steps(branch.steps, own, "branch", branch.name.text)
        return RaceBranch(branch.name.text, number, awaited_of(branch.wait))

    def arm(self, arm: model.Arm, own: int, index: int) -> Arm:
        """One arm of a `switch`."""
        number = self.steps(arm.steps, own, "arm", str(index + 1))
        return Arm(number, arm.condition.expression if arm.condition else None)

    def perform(self, step: model.Step, action: model.Run | model.Uses) -> Perform:
        """A step type with its parameters."""
        self.types.add(action.type)
        script = self.script_of(step)
        parameters = [named for named in action.parameters if not (script is not None and named.name.text == "script")]
        kind = self.type_of(action.type)
        raw = kind.parameters_marked("template") if kind else ()
        entries = extended(mapping(tuple(parameters)), dict(as_written(parameters, raw)))
        if isinstance(action, model.Run):
            extra = {"argv": action.argv.template} if action.argv else {}
            if script is None and action.script is not None:
                extra["script"] = Literal(action.script.text)
            entries = extended(entries, extra)
        shell = next((named.value.template for named in parameters if named.name.text == "shell"), None)
        trusted = beginnings(parameters, kind.parameters_marked("url") if kind else (), self.variables)
        return Perform(action.type, entries, script, shell, trusted, self.table(action, kind))

    def table(self, action: model.Leaf, kind: StepType | None) -> str:
        """The decision table that the step decides by."""
        file = table_named(action, kind, self.file)
        if not file or file not in self.tables:
            return ""
        self.decided_by.add(file)
        return self.tables[file].rules


def compile_plan(
    workflow: model.Workflow,
    script_of: ScriptOf,
    text: str,
    digest: str,
    type_of: TypeOf = lambda _: None,
    *,
    tables: Tables = MappingProxyType({}),
) -> Plan:
    """The plan of a workflow without errors. `digest` identifies the text, `tables` are those that it may name."""
    variables = {one.name.text: one.value.template for one in workflow.variables}
    compiler = Compiler(script_of, type_of, variables, workflow.file, tables)
    compiler.workflow(workflow)
    nodes = tuple(node for node in compiler.nodes if node is not None)
    lists = tuple(steps for steps in compiler.lists if steps is not None)
    return Plan(
        name=workflow.name.text,
        file=workflow.file,
        hash=digest,
        text=text,
        nodes=reached(nodes, lists, workflow),
        lists=lists,
        title=workflow.title,
        version=workflow.version,
        owner=workflow.owner,
        labels=dict(workflow.labels),
        timezone=workflow.timezone,
        concurrency=concurrency(workflow),
        inputs=tuple(input_spec(one) for one in workflow.inputs),
        secrets=tuple(secret_spec(one) for one in workflow.secrets),
        variables=tuple(variables.items()),
        case=workflow.case.template if workflow.case else None,
        objects=objects(workflow),
        types=tuple(sorted(compiler.types)),
        tables={file: tables[file] for file in sorted(compiler.decided_by)},
    )


def _needs(step: model.Step, position: int, positions: Mapping[str, int]) -> tuple[Need, ...] | None:
    if step.needs is not None:
        return tuple(_need(need, positions) for need in step.needs.needs)
    if step.join is None or isinstance(step.action, model.Parallel) or wanted_of(step) is None:
        return None
    return tuple(Need(above, OK) for above in range(position))


def _need(need: model.Need, positions: Mapping[str, int]) -> Need:
    words: frozenset[str] = frozenset().union(*(_WORDS[word] for word in need.words))
    return Need(positions[need.step.text], words)


def _milestone(milestone: model.Milestone | None, positions: Mapping[str, int]) -> Milestone | None:
    if milestone is None:
        return None
    after, before = ("" if one is None else one.text for one in (milestone.after, milestone.before))
    return Milestone(positions.get(after, -1), positions.get(before, -1), after, before)


def _cache(cache: model.Cache | None) -> Cache | None:
    if cache is None:
        return None
    files, outputs = (tuple(one.text for one in names) for names in (cache.files, cache.outputs))
    return Cache(None if cache.key is None else cache.key.template, files, outputs)


def _outputs(outputs: model.Outputs | None) -> tuple[OutputField, ...] | None:
    if outputs is None or not outputs.reshaped:
        return None
    return tuple(
        OutputField(one.name.text, one.value.template, one.secret, one.schema) for one in outputs.items if one.value
    )


def _declared(outputs: model.Outputs | None) -> tuple[str, ...]:
    return () if outputs is None or outputs.reshaped else tuple(one.name.text for one in outputs.items)


def _environment(environment: model.Environment) -> tuple[tuple[str, Template], ...]:
    return tuple((one.name.text, one.value.template) for one in environment)
