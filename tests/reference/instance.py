"""An instance from outside in: lock, finally, on_error, rescue, require, retry, timeout, action, ensure."""

from typing import TYPE_CHECKING, Any

from tests.reference import bodies, compensation
from tests.reference.life import Cancelled, Error, LaidBy, Life, Process, Stillborn, Trouble
from tests.reference.reading import RANK, Branch, Step, retry_of
from tests.reference.scope import Scope
from tests.reference.words import dynamic, seconds

if TYPE_CHECKING:
    from tests.reference.interpreter import Reference

NEVER_AGAIN = frozenset({"expression", "input.invalid", "require", "cancelled"})


class Reused(Exception):
    """The recorded result is taken."""


class LeftOut(Exception):
    """The run is not let in, and that is no failure."""


class Instance(Life):
    """One life of an action with its modifiers."""

    def __init__(self, reference: "Reference", step: Step, scope: Scope | None, path: str) -> None:
        super().__init__(reference, step, scope, path)
        self.scopes: list[Scope] = []
        self.body: dict[int, Scope] = {}
        self.in_body = False
        self.enough = False  # enough branches have arrived, and the rest is being cancelled
        self.trying = False  # it is in an attempt
        self.going_back = False  # it had come to what follows its body, which is another now
        self.here: Scope | None = None  # the rescue, finally or compensate list that it is in
        self.undoing: list[Instance] = []
        self.chosen: list[int] = []
        self.verdict = "succeeded"
        self.recovered = False
        self.attempt = 0
        self.first_start: float | None = None
        self.settings: dict[str, Any] = {}
        self.lock_wanted: tuple[str, str] | None = None
        self.lock_asked = False  # the store was asked for it
        self.lock_limit = 1
        self.lock_held: tuple[str, str] | None = None
        self.deadlocked = False
        self.refusal: str | None = None  # why the store did not give the lock
        self.wanting_since = 0
        self.queued = False
        self.has_slot = False
        self.stopping = False
        self.assumed: str | None = None
        self.outcome: tuple[str, str | None] | None = None
        self.ending: str | None = None
        self.ending_scope: Scope | None = None
        self.ending_gives = False  # the `end` has outputs of its own
        self.gave_up = False  # it has failed for good
        self.reached = False  # it is a `goto` that has made its jump

    # ------------------------------------------------------------ from outside in

    def live(self) -> Process[None]:
        """Everything inside `if` and the loop."""
        try:
            outcome = yield from self.guarded()
        except Reused:
            self.well = True
            self.end("reused")
            return
        except LeftOut:
            self.end("succeeded")
            return
        if self.ends() and not self.cancelling:
            outcome = yield from self.decided()
        if outcome == "cancelled" and self.completed_by_force:
            outcome = "succeeded"
        self.finishing = True
        self.reached = self.reached and outcome == "succeeded" and not self.recovered
        if self.begun and "finally" in self.step.after:
            scope = self.here = self.open(self.step.after["finally"])
            self.status = "running"
            yield lambda: scope.over
            self.here = None
            if self.ends(scope):
                outcome = self.ending or outcome
            if scope.result != "succeeded":
                outcome = "failed"
                self.error = self.error or scope.error
        self.jumps = self.reached and outcome == "succeeded"
        self.end(outcome)

    def decided(self) -> Process[str]:
        """An `end` says how it came out: what is completed is undone where it failed, else there may be outputs."""
        outcome = self.ending or ""
        self.error = Error("end", self.path) if outcome == "failed" else None
        if outcome == "failed" and not self.gave_up:
            self.finishing = True
            yield from self.compensate(cut=True)
        if outcome == "succeeded" and "outputs" in self.step.raw and not self.ending_gives:
            self.question, self.answer = "outputs", None
            yield lambda: self.answer is not None or self.cancelling
            self.question = None
        return "cancelled" if self.cancelling else outcome

    def guarded(self) -> Process[str]:
        """What `finally` guards; how it came out."""
        try:
            if not self.going_back:
                yield from self.prepare()
            yield from self.tries()
        except Cancelled:
            return "cancelled"
        except Stillborn:
            raise
        except LaidBy as rest:
            self.error, self.unfinished = rest.error, True
            return "failed"
        except Trouble as trouble:
            self.error = trouble.error
        else:
            self.error = None
            return self.verdict
        self.gave_up = True
        self.has_begun()
        self.status = "running"
        yield from self.compensate()
        if self.cancelling and "rescue" in self.step.after:
            return "cancelled"
        try:
            if (yield from self.rescued()):
                self.error = None
                return "succeeded"
        except Cancelled:
            return "cancelled"
        return "warning" if self.step.raw.get("on_error") == "warn" else "failed"

    def rescued(self) -> Process[bool]:
        """Whether the `rescue` list mended it."""
        if "rescue" not in self.step.after:
            return False
        scope = self.here = self.open(self.step.after["rescue"])
        yield from self.until_over([scope])
        self.here = None
        self.give_way()
        if scope.result != "succeeded":
            return False
        self.recovered = True
        if "outputs" in self.step.raw:
            try:
                yield from self.ask("outputs")
            except Trouble:
                return True
        return True

    def prepare(self) -> Process[None]:
        """`enter`, the lock, `require`. What goes on from an earlier body has them behind it but for the lock."""
        before = self.adopted()
        if before is not None:
            self.settings = before.settings
        elif any(dynamic(one) for one in (self.step.raw.get("lock"), self.time_limit, self.retry_values())):
            self.settings = yield from self.ask("enter")
        yield from self.take_lock()
        self.status = "ready"
        if before is None and "cache" in self.step.raw and (yield from self.ask("cache"))["hit"]:
            raise Reused
        if self.step.kind != "leaf":
            self.has_begun()
            self.status = "running"
        if before is None and "require" in self.step.raw:
            yield from self.ask("require")

    def tries(self) -> Process[None]:
        """Attempts until one succeeds or no more may be made."""
        while True:
            self.attempt += not self.going_back
            self.trying = True
            try:
                yield from bodies.act(self)
            except Trouble as trouble:
                failure = trouble
            else:
                return
            finally:
                self.trying = False
                self.timers.discard("timeout")
                self.timed_out = False
            if not (yield from self.again(failure.error)):
                raise failure
            yield from self.compensate()
            self.give_way()
            self.status = "waiting"
            self.timers.add("retry")
            yield lambda: "retry" not in self.timers or self.cancelling
            self.timers.discard("retry")
            self.give_way()

    def again(self, error: Error) -> Process[bool]:
        """Whether another attempt follows the failed one."""
        retry = retry_of(self.step.raw.get("retry"))
        attempts = self.settings.get("attempts", retry.get("attempts"))
        if not retry or error.type in NEVER_AGAIN or (attempts is not None and self.attempt >= int(attempts)):
            return False
        if attempts is None and "for" not in retry:
            return False
        if not self.fits(0.0):
            return False
        if "when" in retry or retry.get("jitter") not in {None, "none", 0}:
            answer = yield from self.ask("retry")
            return bool(answer["again"]) and self.fits(answer.get("delay", 0.0))
        return self.fits(self.delay(retry))

    def fits(self, delay: float) -> bool:
        """Whether an attempt after `delay` seconds begins within the retry's `for`."""
        retry = retry_of(self.step.raw.get("retry"))
        return "for" not in retry or self.reference.now + delay - (self.first_start or 0.0) <= seconds(retry["for"])

    def delay(self, retry: dict[str, Any]) -> float:
        """Seconds before the next attempt."""
        base = float(self.settings["delay"] if "delay" in self.settings else seconds(retry.get("delay", "1s")))
        factor: dict[str, float] = {"constant": 1, "linear": self.attempt, "exponential": 2 ** (self.attempt - 1)}
        delay = base * factor[retry.get("backoff", "constant")]
        limit = seconds(retry["max_delay"]) if "max_delay" in retry else seconds("36500d")
        return min(delay, limit)

    def retry_values(self) -> dict[str, Any]:
        """The keys of `retry` that may hold expressions."""
        retry = retry_of(self.step.raw.get("retry"))
        return {key: retry[key] for key in ("attempts", "delay") if key in retry}

    @property
    def time_limit(self) -> Any:
        """`timeout` as it is written: on the step, or in its `wait`."""
        wait = self.step.raw.get("wait")
        return self.step.raw.get("timeout", wait.get("timeout") if isinstance(wait, dict) else None)

    @property
    def limited(self) -> bool:
        """Whether an attempt has a time limit."""
        static = self.time_limit
        return self.settings.get("timeout", None if dynamic(static) else static) is not None

    def compensate(self, *, cut: bool = False) -> Process[None]:
        """Undo what the last attempt had completed in the body. No cancel stops that."""
        done = [one for scope in self.body.values() for one in compensation.completed_in(scope, cut=cut)]
        self.undoing = done
        yield from compensation.undo(self, done)

    # ------------------------------------------------------------ `end`

    def workflow(self) -> "Instance":
        """The workflow that it stands in: the run's, or a child's."""
        one: Instance = self
        while one.scope is not None and not one.step.is_workflow:
            one = one.scope.owner
        return one

    def end_here(self, status: str, *, gives: bool) -> None:
        """An `end` step in this workflow: cancel what runs, skip what has not begun, go to `finally`."""
        if self.ending is not None:
            return
        self.ending, self.ending_gives = status, gives
        for scope in self.scopes:
            if not scope.over:
                self.ending_scope = scope
                scope.cancel("skipped")

    def ends(self, scope: Scope | None = None) -> bool:
        """Whether an `end` decides how this workflow ends (in its `finally`: that list)."""
        if self.ending is None:
            return False
        return self.ending_scope is scope if scope is not None else not self.finishing

    # ------------------------------------------------------------ lists

    def open(self, branch: Branch, undone: "Instance | None" = None) -> Scope:
        """Enter one of the step's lists, or the `compensate` list of a step that it undoes."""
        scope = Scope(self, branch) if undone is None else Scope(undone, branch, self)
        self.scopes.append(scope)
        return scope

    def adopted(self) -> "Instance | None":
        """The activation before a resume whose lists this one goes on with."""
        old = self.old
        if not isinstance(old, Instance) or not old.begun or self.step.raw.get("restart"):
            return None
        if old.status == "compensated" and "compensate" in self.step.after:
            return None
        return old if old.body else None

    def until_over(self, scopes: list[Scope]) -> Process[None]:
        """Wait for the lists; cancel them when interrupted."""
        yield lambda: self.interrupted or all(scope.over for scope in scopes)
        for scope in scopes:
            if not scope.over:
                scope.cancel(self.unbegun)
        yield lambda: all(scope.over for scope in scopes)

    # ------------------------------------------------------------ lock

    def take_lock(self) -> Process[None]:
        """Hold the step's lock, unless something around it holds the same name."""
        lock = self.step.raw.get("lock")
        if self.scope is None and "concurrency" in self.step.raw:
            group = self.step.raw["concurrency"]
            lock = {**group, "name": group["group"], "scope": "group"}
        if lock is None or self.lock_held is not None:
            return
        written = lock if isinstance(lock, dict) else {"name": lock}
        name = (str(written.get("scope", "run")), str(self.settings.get("lock", written["name"])))
        if name in self.held_around():
            return
        self.lock_limit = int(self.settings.get("limit") or written.get("limit") or 1)
        self.lock_wanted = name
        self.wanting_since = self.reference.moment
        self.status = "waiting"
        yield lambda: self.lock_held is not None or self.deadlocked
        if self.refusal == "concurrency.full" and written.get("when_full") == "skip":
            raise LeftOut
        if self.deadlocked:
            raise Stillborn(Error("lock.deadlock", self.path))

    def held_around(self) -> list[tuple[str, str] | None]:
        """The locks that the instances around this one hold."""
        held, around = [], self.around()
        while around is not None:
            held.append(around.lock_held)
            around = around.around()
        return held

    def around(self) -> "Instance | None":
        """The instance that owns the list that this one stands in."""
        return (self.scope.driver or self.scope.owner) if self.scope is not None else None

    # ------------------------------------------------------------ what others see and do

    @property
    def over(self) -> bool:
        """Ended, and no late branch goes on."""
        return self.ended and all(scope.over for scope in self.scopes)

    def everyone(self) -> list[Life | Scope]:
        """It, then its lists."""
        found: list[Life | Scope] = [self]
        for scope in self.scopes:
            found += scope.everyone()
        return found

    def has_left(self, scope: Scope) -> bool:
        """Whether the list is of its body, or was of an attempt before: it is over, whatever a resume leaves out."""
        inside = self.in_body and scope in self.body.values()
        return not (inside or scope.late or scope.branch.rank in RANK.values())

    def cancel_inside(self) -> None:
        """Cancel the lists that it is in."""
        rescue = self.here is not None and self.here.branch.rank == RANK["rescue"]
        inside = [self.here] if rescue else list(self.body.values()) if self.in_body else []
        for scope in inside:
            if scope is not None and not scope.over:
                scope.cancel(self.unbegun)

    def late_scopes(self) -> list[Scope]:
        """Its branches that run on."""
        return [scope for scope in self.scopes if scope.late]

    # ------------------------------------------------------------ resume

    def resume(self) -> None:
        """Go on with a live instance: the lists that it is in are walked."""
        if self.step.raw.get("restart") and self.in_body and not self.interrupted:
            self.begin_again()
        inside = list(self.body.values()) if self.in_body and not (self.interrupted or self.enough) else []
        inside += [self.here] if self.here is not None else []
        for scope in self.scopes:
            if scope in inside or not scope.over or (scope.late and scope.cut_off):
                scope.resume()

    def stop_here(self, status: str) -> None:
        """End at once, whatever it does: it is in none of its lists any more."""
        if not self.ended:
            self.here, self.in_body = None, False
            compensation.release(self)
        super().stop_here(status)

    def begin_again(self) -> None:
        """A group with `restart: true` begins with new scopes; what was in the old ones is gone with the process."""
        inside = [one for scope in self.body.values() for one in scope.everyone()]
        for scope in [one for one in inside if not isinstance(one, Life) and not one.over]:
            scope.drop_due()
        for life in [one for one in inside if isinstance(one, Life)]:
            if not (life.ended or life.is_due):
                life.come_about()
                life.status, life.process = "cancelled", None
                self.reference.give_back(life)
        self.scopes = [scope for scope in self.scopes if scope not in self.body.values()]
        self.body, self.attempt, self.in_body, self.going_back = {}, 0, False, False
        self.timers.clear()
        self.process, self.waits = self.live(), lambda: True
