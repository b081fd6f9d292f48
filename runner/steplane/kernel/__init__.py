"""The interpreter of a plan: deterministic, without clock, input, output or threads.

`Kernel.step` takes one input event and returns what is to be done about it. Equal inputs give equal commands.
"""

from collections.abc import Callable

from steplane.commands import Ask, Command
from steplane.events import (
    Answered,
    AttemptEnded,
    CancelRequested,
    Clocked,
    CompensateRequested,
    Input,
    LockAnswered,
    Redefined,
    Resumed,
    RunStarted,
    Sent,
    SignalCame,
    TimerFired,
)
from steplane.kernel import answers, clocks, pool, resume, runs, undoing
from steplane.kernel.bounds import NOT_SELECTED
from steplane.kernel.loop_state import LoopState
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Plan

__all__ = ["NOT_SELECTED", "Instance", "Kernel", "LoopState", "Scope", "State"]


class Kernel:
    """One run of one plan, or of several: `plan_of` gives that of a definition which the run goes on under."""

    def __init__(self, plan: Plan, plan_of: Callable[[Redefined], Plan] | None = None) -> None:
        self.state = State(plan)
        self.plan_of = plan_of

    def step(self, event: Input) -> list[Command]:
        """Take the event in; the commands that follow from it, in order. Events that came too late change nothing."""
        state = self.state
        state.now = max(state.now, event.at)
        if isinstance(event, Clocked):
            clocks.read(state, event)
        state.commands = []
        state.moment += 1
        if state.gone:
            for serial in state.gone:
                state.beside.pop(serial, None)
            state.gone.clear()
        if isinstance(event, Redefined):
            self._redefine(event)
            return state.commands
        self._take(event)
        pool.settle(state)
        return state.commands

    def _take(self, event: Input) -> None:
        state = self.state
        if isinstance(event, AttemptEnded):
            answers.attempt(state, event)
        elif isinstance(event, Answered):
            answers.answered(state, event)
        elif isinstance(event, TimerFired):
            answers.timer(state, event)
        elif isinstance(event, LockAnswered):
            answers.lock(state, event)
        elif isinstance(event, SignalCame | Sent):
            answers.signal(state, event)
        elif isinstance(event, RunStarted):
            state.pool = event.pool
            state.selected = event.selection.part if event.selection is not None else None
            state.taken = event.taken
            state.group = event.group
            runs.begin(state)
        elif isinstance(event, CancelRequested):
            runs.cancel_requested(state)
        elif isinstance(event, Resumed):
            resume.resumed(state, event)
        elif isinstance(event, CompensateRequested):
            undoing.requested(state, event)

    def _redefine(self, event: Redefined) -> None:
        from steplane.kernel import redefining

        assert self.plan_of is not None
        redefining.redefined(self.state, event, self.plan_of(event))

    @property
    def status(self) -> str:
        """The run's status: `running` until it is known how it ends."""
        return runs.status(self.state)

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        return self.state.root is not None and self.state.root.ended

    def awaits(self, ask: Ask) -> bool:
        """Whether the question is still open: what came after it, in the same event too, may have withdrawn it."""
        instance = self.state.instances.get(ask.instance)
        return instance is not None and answers.waits_for(instance, ask.question)

    def in_flight(self) -> list[Instance]:
        """The instances whose attempt has started and not ended: what a crash interrupts."""
        return [*self.state.live("attempt"), *self.state.live("undecided")]
