"""Which steps an expression can see, and what of them."""

from typing import Literal as OneOf

from steplane.checks.context import Context, Position, words_for
from steplane.checks.sites import Site
from steplane.diagnostics import Span
from steplane.model import (
    Call,
    End,
    Goto,
    Group,
    Parallel,
    Race,
    Run,
    Step,
    StepList,
    Switch,
    Until,
    Uses,
    Wait,
    While,
    Workflow,
    all_steps,
)  # fmt: skip

Sight = OneOf["seen", "later", "itself", "around", "in a loop", "handler", "elsewhere"]
"""Whether a step can have ended where an expression stands, and if not, why."""

AFTER = frozenset({"rescue", "finally", "compensate"})


class Sighting:
    """Answers for one file which step is seen from where."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._above: dict[int, _Upstream] = {}

    def sight(self, site: Site, target: Position) -> tuple[Sight, Step | None]:
        """What of `target` is known at the site, and the step that is to blame where it is not."""
        if site.position is None:
            return self._from_end(site, target)
        depth = 0
        own, other = site.position.chain, target.chain
        while depth < min(len(own), len(other)) and own[depth][1] is other[depth][1]:
            depth += 1
        if depth == len(other):
            return self._ancestor(site, target, depth)
        if depth == len(own):
            return self._within(site, target, depth)
        if own[depth][0] is not other[depth][0]:
            return self._other_list(own[depth][0], target, depth)
        step, needed = own[depth][1], other[depth][1]
        if self._goes_round(own[depth][0], step, needed):
            return self._through(target, depth)
        if not self.is_upstream(own[depth][0], step, needed):
            return "later", needed
        return self._through(target, depth)

    def is_upstream(self, listed: StepList, step: Step, other: Step) -> bool:
        """Whether `step` waits, directly or not, for `other` of the same list."""
        return self._upstream(listed).waits(step, other)

    def _upstream(self, listed: StepList) -> "_Upstream":
        if id(listed) not in self._above:
            self._above[id(listed)] = _Upstream(listed)
        return self._above[id(listed)]

    def _goes_round(self, listed: StepList, step: Step, other: Step) -> bool:
        """Whether a `goto` can lead back to or before the step when the other one has ended."""
        above = self._upstream(listed)
        return above.back_to <= min(above.numbers[step.id], above.numbers[other.id])

    def _from_end(self, site: Site, target: Position) -> tuple[Sight, Step | None]:
        role = target.chain[0][0].role
        if role != "steps" and site.moment == "end" and not _is_given(site, role):
            return "handler", None
        return self._through(target, 0)

    def _ancestor(self, site: Site, target: Position, depth: int) -> tuple[Sight, Step | None]:
        """The step itself, or one around it."""
        assert site.position is not None
        if depth < len(site.position.chain):
            decided = isinstance(target.step.action, Race) and site.position.chain[depth][0].role == "branch"
            after = decided or site.position.chain[depth][0].role in AFTER
            return ("seen", None) if after else ("around", target.step)
        return ("seen", None) if site.moment == "after" else ("itself", target.step)

    def _within(self, site: Site, target: Position, depth: int) -> tuple[Sight, Step | None]:
        """A step inside the one that the site belongs to."""
        role = target.chain[depth][0].role
        if role in AFTER and not _is_given(site, role):
            return "handler", target.chain[depth - 1][1]
        return ("later", target.step) if site.moment != "after" else self._through(target, depth)

    def _other_list(self, own: StepList, target: Position, depth: int) -> tuple[Sight, Step | None]:
        """A step in another list of the same owner: rescue, finally and compensate see the others."""
        role = target.chain[depth][0].role
        if own.role not in AFTER or (role in AFTER and own.role != "finally"):
            return "elsewhere", target.chain[depth][1]
        return self._through(target, depth)

    def _through(self, target: Position, depth: int) -> tuple[Sight, Step | None]:
        """Steps inside a loop are not visible outside."""
        for _, step in target.chain[depth:-1]:
            if step.loop is not None:
                return "in a loop", step
        return "seen", None


def _is_given(site: Site, role: str) -> bool:
    """Whether `outputs` see the steps of a list beside the body: of a `rescue`, after which they are worked out."""
    return role == "rescue" and site.key.startswith("`outputs.")


def why_unseen(sight: Sight, site: Site, step: Step, blamed: Step | None) -> tuple[str, str] | None:
    """Why a step is not seen, and what to write instead; None where it is only not waited for."""
    if sight == "in a loop" and blamed is not None:
        message = f"{words_for(step)} is inside the loop `{blamed.id}` and is not visible outside it"
        return message, f"give {words_for(blamed)} `outputs`, and use `steps.{blamed.id}.outputs`"
    if sight == "itself":
        return (
            f"{words_for(step)} has not ended when {site.key} is worked out",
            "use `result` in `outputs` and `ensure`",
        )
    if sight == "around":
        return f"{words_for(step)} is around this one and has not ended here", "use the steps beside this one"
    if sight == "handler":
        what = words_for(blamed) if blamed is not None else "the workflow"
        message = f"{words_for(step)} has not ended when {site.key} of {what} is worked out: it runs after that"
        return message, "only `outputs` see the steps of a `rescue`, and nothing here those of `finally`"
    return None


class _Upstream:
    """Reachability over the needs of one list; "every step above" counts as a stretch, not as edges."""

    def __init__(self, listed: StepList) -> None:
        self._steps = listed.steps
        self.numbers = {step.id: number for number, step in enumerate(listed.steps)}
        targets = (self.numbers.get(one.action.target.text) for one in listed.steps if isinstance(one.action, Goto))
        self.back_to = min((one for one in targets if one is not None), default=len(listed.steps))
        """The first step that a `goto` of the list leads to."""
        self._plain = all(step.needs is None for step in listed.steps)

    def waits(self, step: Step, other: Step) -> bool:
        start, wanted = self.numbers[step.id], self.numbers[other.id]
        if self._plain or (step.needs is None and wanted < start):
            return wanted < start
        if step.needs is not None and any(need.step.text not in self.numbers for need in step.needs.needs):
            return True  # who names no step, which is said, may mean this one
        seen: set[int] = set()
        pending, stretch = [start], 0
        while pending:
            number = pending.pop()
            needs = self._steps[number].needs
            if needs is None:
                if wanted < number:
                    return True
                pending += range(stretch, number)
                stretch = max(stretch, number)
                continue
            for need in needs.needs:
                named = self.numbers.get(need.step.text)
                if named is None or named in seen:
                    continue
                if named == wanted:
                    return True
                seen.add(named)
                pending.append(named)
        return False


def step_attributes(step: Step) -> tuple[str, ...]:
    """What follows `steps.x.`."""
    own: tuple[str, ...] = (
        "outputs",
        "status",
        "error",
        "attempts",
        "recovered",
        "started_at",
        "ended_at",
        "duration",
    )
    if isinstance(step.loop, While | Until):
        return (*own, "rounds")
    return (*own, "instances") if step.loop is not None else own


def output_names(step: Step, context: Context) -> tuple[str, ...] | None:
    """The names of a step's outputs; None where they are not known."""
    own = ("branch", "data", "sender", "at") if isinstance(step.action, Race) else ()
    if step.outputs is not None:
        return (*(one.name.text for one in step.outputs.items), *own)
    if isinstance(step.action, Race):
        return own
    if isinstance(step.action, Wait):
        return ("data", "sender", "at") if step.action.signal is not None else ()
    if isinstance(step.action, Group | Parallel | Switch):
        return ()
    if isinstance(step.action, Call):
        return _outputs_of_call(step.action, context)
    if not isinstance(step.action, Run | Uses):
        return None
    return _outputs_of_type(step.action, context)


def _outputs_of_type(action: Run | Uses, context: Context) -> tuple[str, ...] | None:
    """Those of a step type; of one that decides by a table the table's."""
    kind = context.type_of(action)
    if kind is None:
        return None
    table = context.table(action)
    if table is not None and not isinstance(table, str):
        return tuple(table.outputs) or None
    if kind.outputs is None:
        return ()
    # What a script writes besides is an output only where `outputs` names it.
    if kind.outputs.get("additionalProperties", True) and action.type != "shell":
        return None
    return tuple(kind.outputs.get("properties", {}))


def _outputs_of_call(action: Call, context: Context) -> tuple[str, ...] | None:
    """Those that the called workflow declares; what its `end` steps give may be others."""
    called = context.called(action)
    if action.detach:
        return ()
    if called is None or isinstance(called, str) or any(isinstance(one.action, End) for one in all_steps(called)):
        return None
    if called.outputs is None:
        return () if called.node.entry("outputs") is None else None
    return tuple(one.name.text for one in called.outputs.items)


def declared_outputs(step: Step, context: Context) -> Span | None:
    """Where the outputs of a step are declared in another file, the workflow that it calls."""
    called = context.called(step.action) if isinstance(step.action, Call) else None
    if not isinstance(called, Workflow) or called.node.entry("outputs") is None:
        return None
    return called.key_span("outputs")


__all__ = [
    "AFTER",
    "Position",
    "Sight",
    "Sighting",
    "declared_outputs",
    "output_names",
    "step_attributes",
    "why_unseen",
]
