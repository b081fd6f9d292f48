"""The owner of the kernel: it journals what happens, feeds it in, and does what follows.

There is one at a time, but it is no thread of its own. A thread whose attempt has ended takes over, if nobody else
is at it, and is the first to be given what follows: a chain of steps runs without changing the thread. What comes in
meanwhile, timers and signals are the main thread's.
"""

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any

from msgspec.structs import replace

from steplane.commands import Acquire, Ask, Command, DropTimer, Forward, Record, Release, SetTimer, Start, Stop
from steplane.driver.attempts import Attempts
from steplane.driver.claims import Claims
from steplane.driver.clock import Clock
from steplane.driver.evaluate import Evaluator
from steplane.driver.holding import Held
from steplane.driver.inbox import Inbox
from steplane.driver.keeping import as_heard, to_keep
from steplane.driver.locks import LockAnswer, LocksFailed, LocksFreed, LockWaited
from steplane.driver.messages import CancelAsked, Ending, Interrupted, Journal, Listener, PostCame, SignalAsked
from steplane.driver.plain import unrecordable
from steplane.driver.post import Post, SentMessage, since_sent
from steplane.driver.timers import Timers
from steplane.driver.uncached import CacheLooked, Recall, Uncached
from steplane.driver.warden import is_dying
from steplane.events import AnyEvent, ArtifactsKept, AttemptEnded, CancelRequested, Input, Resumed, Sent, StepEnded
from steplane.executors import AttemptOutcome
from steplane.kernel import Instance, Kernel

_POLL = 3600.0  # an upper bound of one wait, so that a changed clock of the machine cannot hold it for ever


class Coordinator:
    """Runs one kernel to its end, or until nothing but patience is left, or until it is interrupted."""

    def __init__(
        self,
        kernel: Kernel,
        journal: Journal,
        evaluator: Evaluator,
        attempts: Attempts,
        *,
        listener: Listener,
        inbox: Inbox,
        clock: Clock,
        claims: Claims,
        post: Post,
        patience: float,
        held: Held | None = None,
        recall: Recall | None = None,
    ) -> None:
        self.kernel = kernel
        self.journal = journal
        self.evaluator = evaluator
        self.attempts = attempts
        self.listener = listener
        self.inbox = inbox
        self.clock = clock
        self.claims = claims
        self.post = post
        self.patience = patience
        self.held = Held() if held is None else held
        self.recall = recall or Uncached()
        self.timers = Timers()
        self._inputs: deque[Input] = deque()
        self._starts: list[Start] = []
        self._stops: list[Stop] = []
        self._idle: float | None = None  # since when locks of other runs are all that is waited for
        self._shown: list[tuple[AnyEvent, Instance | None]] = []
        self._asked: list[Callable[[str], None]] = []
        self._interrupted: Interrupted | None = None
        self._owned = Lock()
        self._awaited = 0.0  # when the main thread wakes by itself
        self._ending: Ending | None = None
        self._failure: BaseException | None = None

    def run(self, first: Input) -> Ending:
        """Feed the first event and go on. To be called by the main thread."""
        self._inputs.append(first)
        while True:
            with self._owned:
                self._lead()
                self._awaited = self._next_due()
            if self._failure is not None:
                raise self._failure
            if self._ending is not None:
                return self._ending
            if not self.inbox:
                self.inbox.wait(max(0.0, self._awaited - self.clock.monotonic()))

    def ended(self, outcome: AttemptOutcome) -> None:
        """Take in how an attempt ended. Called by its thread, which coordinates meanwhile if nobody else does."""
        self.inbox.add(outcome)
        if self._owned.acquire(blocking=False):
            try:
                self._lead()
                early = self._next_due() < self._awaited
            finally:
                self._owned.release()
            if early or self.inbox or self._over:
                self.inbox.wake()

    @property
    def _over(self) -> bool:
        return self._ending is not None or self._failure is not None

    def _next_due(self) -> float:
        """When something is to be done without being told; bounded, for the machine's clock may be changed."""
        due = self.timers.next_due()
        latest = self.clock.monotonic() + _POLL
        if self._idle is not None:
            latest = min(latest, self._idle + self.patience)
        return latest if due is None else min(due, latest)

    def _lead(self) -> None:
        """Do what there is to do; how it all ends is kept for the main thread."""
        if self._over or is_dying():
            return
        try:
            self._ending = self._wind_down() if self._interrupted is not None else self._go_on()
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self._failure = error

    def _go_on(self) -> Ending | None:
        """Take in what has come and do what follows, until nothing more does."""
        for message in self.inbox.take():
            self._take_message(message)
        self._inputs.extend(self.timers.due(self.clock.monotonic()))
        while self._inputs or self._shown or self._asked or self._interrupted is not None:
            self._turn()
            if self.kernel.ended:
                self._acknowledge()
                return Ending("ended")
            if self._interrupted is not None:
                self.attempts.stop_all()
                return self._wind_down()
            self._execute()
            self._acknowledge()
            if self.held and self._only_waiting():  # what they wait for does not come
                self._begin(*self.held.given_up(self.kernel.state))
                self._execute()
        return self._wait_elsewhere() if self._only_waiting() else None

    def _turn(self) -> None:
        """Take in all that is at hand, make it durable, then tell of it."""
        self._feed_all()
        self.journal.commit()
        self.post.durable()
        for event, instance in self._shown:
            self.listener.event(event, instance)
        self._shown.clear()

    def _feed_all(self) -> None:
        while self._inputs:
            self._feed(self._inputs.popleft())

    def _feed(self, event: Input) -> None:
        now = self.clock.now()
        stamped = replace(as_heard(event, self.evaluator.mask), at=now)
        self._keep(stamped, None)
        for command in self.kernel.step(stamped):
            self._take(command, now)
        if isinstance(stamped, Resumed):
            self.claims.resume(self.kernel.state)

    def _keep(self, event: AnyEvent, instance: Instance | None) -> None:
        kept = to_keep(event, self.kernel.state, self.evaluator.mask, self.evaluator.engine.keeper)
        self.journal.append(kept)
        self._shown.append((kept, instance))

    def _take(self, command: Command, now: int) -> None:
        if isinstance(command, Record):
            fact = command.fact
            path, state = getattr(fact, "path", None), self.kernel.state
            instance = state.root if path is None else state.named(path, getattr(fact, "instance", 0))
            if isinstance(fact, StepEnded) and instance is not None:
                self._keep_files(fact, instance)
            self._keep(replace(fact, at=now), instance)
            if isinstance(fact, StepEnded):
                self._begin(*self.held.over(fact.path, self.kernel.state))
        elif isinstance(command, Start | Ask):
            if not self.held.takes(command, self.kernel.state):
                self._begin(command)
        elif isinstance(command, SetTimer):
            self.timers.set(command, self.clock.monotonic())
            self.claims.limit(command)
        elif isinstance(command, DropTimer):
            self.timers.drop(command)
        elif isinstance(command, Acquire | Release):
            self.claims.take(command)
        elif isinstance(command, Forward):
            self.post.take(command)
        else:
            self._stops.append(command)

    def _keep_files(self, ended: StepEnded, instance: Instance) -> None:
        """Record the result of a step with `cache`, and keep what the `artifacts` of one name that has lists."""
        if instance.node.artifacts:
            self._note(self.attempts.keep(instance, ended.status), instance)
        self.recall.ended(ended, instance, self.attempts.files(instance))

    def _note(self, kept: ArtifactsKept | None, ended: Instance | None = None) -> None:
        if kept is not None:
            self._keep(replace(kept, at=self.clock.now()), ended or self.kernel.state.instances[kept.instance])

    def _begin(self, *commands: Start | Ask) -> None:
        """Begin, or answer, in order; among them what has waited for steps that run again."""
        for command in commands:
            if isinstance(command, Start):
                self._starts.append(command)
            elif self.kernel.awaits(command):
                cache = command.question == "cache"
                self._inputs += self.recall.ask(command) if cache else [self.evaluator.answer(command)]

    def _execute(self) -> None:
        """Begin and stop attempts, claim locks. What was stopped before it began never begins."""
        self.claims.execute(self.kernel.state)
        self.post.execute(self.kernel.state, self.clock.now())
        stops, self._stops = self._stops, []
        starts, self._starts = self._starts, []
        stopped = {(stop.instance, stop.attempt) for stop in stops}
        for start in starts:
            instance = self.kernel.state.instances.get(start.instance)
            if instance is not None and (start.instance, start.attempt) not in stopped:
                self._start(start, instance)
        for stop in stops:
            self.claims.stop(stop)
            self.held.drop(stop)
            if not self.attempts.stop(stop):
                self._inputs.append(AttemptEnded(instance=stop.instance, attempt=stop.attempt, outcome="cancelled"))

    def _start(self, start: Start, instance: Instance) -> None:
        """Begin an attempt, unless a lock around it is not had again yet."""
        if self.claims.hold_up(start, instance):
            self.timers.drop(DropTimer(start.instance, "timeout"))
            return
        refusal = self.claims.refusal(start, instance) or self.attempts.start(start, instance)
        if refusal is not None:
            self._inputs.append(refusal)

    def _lock_answered(self, answer: LockAnswer) -> None:
        found = self.claims.answered(answer)
        if found.event is not None:
            self._inputs.append(found.event)
        for limit in found.limits:
            self.timers.set(limit, self.clock.monotonic())
        for start in found.starts:
            self._start(start, self.kernel.state.instances[start.instance])

    def _cancel(self, message: CancelAsked) -> None:
        """Take the request in. What is at hand came before it, and may have decided how the run ends."""
        self._feed_all()
        if self.kernel.status != "running":
            message.acknowledge(self.kernel.status)
        else:
            self._inputs.append(CancelRequested(actor=message.actor, reason=message.reason))
            self._asked.append(message.acknowledge)

    def _take_post(self, message: SignalAsked | PostCame | SentMessage) -> None:
        if isinstance(message, SignalAsked):
            self._signal(message)
        elif isinstance(message, PostCame):
            self._look_for_post()
        else:
            self.post.arrived()
            self._inputs.append(Sent(instance=message.instance, error=message.error))

    def _signal(self, message: SignalAsked) -> None:
        """Take a signal in, once. What is at hand came before it, and may have ended the run."""
        self._feed_all()
        if self.kernel.ended or unrecordable(message.parcel.data):
            message.acknowledge(self.kernel.status)
            return
        if message.parcel.id not in self.kernel.state.signal_ids:
            self._inputs.append(self.post.event(message.parcel))
        self._asked.append(message.acknowledge)

    def _look_for_post(self) -> None:
        """Take in what was left in the store, each at its time: what was due before it was sent comes first."""
        self._feed_all()
        for one in self.post.left(self.kernel.state.signal_ids):
            ago = since_sent(one, self.clock.now())
            self._inputs.extend(self.timers.due(self.clock.monotonic() - ago))
            self._feed_all()
            if not self.kernel.ended:
                self._feed(self.post.event(one))

    def _acknowledge(self) -> None:
        """Say that what was asked for is durable, and that what it stops is told so."""
        for acknowledge in self._asked:
            acknowledge("")
        self._asked.clear()

    def _take_message(self, message: Any) -> None:
        if isinstance(message, Interrupted):
            self._interrupted = message
        elif isinstance(message, CancelAsked):
            self._cancel(message)
        elif isinstance(message, SignalAsked | PostCame | SentMessage):
            self._take_post(message)
        elif isinstance(message, CacheLooked):
            self._note(self.attempts.reused(self.kernel.state.instances.get(message.instance), message.artifacts))
            self._inputs += self.recall.answered(message)
        elif isinstance(message, LockAnswer):
            self._lock_answered(message)
        elif isinstance(message, LocksFreed | LockWaited):
            self.claims.locks.news(message)
        elif isinstance(message, LocksFailed):
            raise message.error
        else:
            ended = self.attempts.ended(message, self.kernel.state)
            self._note(self.attempts.kept(message, self.kernel.state))  # now all is known that is secret
            if ended is not None:
                self._inputs.append(ended)

    def _only_waiting(self) -> bool:
        """Whether nothing runs and no timer is due within the patience, and no lock has come within it."""
        now, due = self.clock.monotonic(), self.timers.next_due()
        busy = self.attempts.running or self.post.open or self.recall.open or self.claims.unheard
        if self._inputs or busy or (due is not None and due - now <= self.patience):
            self._idle = None
            return False
        if not self.claims.open:
            return True
        self._idle = now if self._idle is None else self._idle
        return now - self._idle >= self.patience

    def _wait_elsewhere(self) -> Ending:
        from steplane.driver.stopping import waiting_fact

        state = self.kernel.state
        fact = replace(waiting_fact(state, self.claims.held_up), at=self.clock.now())
        self._keep(fact, state.root)
        self.journal.commit()
        self.listener.event(fact, state.root)
        return Ending("waiting")

    def _wind_down(self) -> Ending | None:
        """End what runs without recording it: for the journal it is as if the process had been killed."""
        assert self._interrupted is not None
        for message in self.inbox.take():
            if isinstance(message, Interrupted):
                self.attempts.kill_all()
            elif isinstance(message, AttemptOutcome):
                self.attempts.forget(message)
        return None if self.attempts.running else Ending("interrupted", self._interrupted.signal)
