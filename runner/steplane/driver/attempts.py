"""Attempts: from a node to a request that any executor can take, and from its outcome to an event."""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from steplane.commands import Start, Stop
from steplane.driver.environment import Environments
from steplane.driver.evaluate import Evaluator, Refused, masked_error
from steplane.driver.plain import unrecordable
from steplane.driver.views import secret_names
from steplane.events import ArtifactsKept, AttemptEnded
from steplane.executors import AttemptOutcome, AttemptRequest, Executor, KeepRequest
from steplane.expressions.templates import Literal
from steplane.kernel import Instance, State
from steplane.parts import Artifact
from steplane.plan.nodes import Node, Perform, Plan, Rounds
from steplane.plan.secrecy import says_secrets
from steplane.scripts import Direct, ScriptValueError, arguments, assemble, expressions_of

if TYPE_CHECKING:
    from steplane.executors.logs import Listener

_LEAVES_FILES = frozenset({"succeeded", "warning", "failed"})
"""How a step may end so that its files are kept."""


class Folders(Struct, frozen=True):
    """Where the files of a run go: `log` gives the log file of an instance's path, `artifacts` the folder of the files
    that are kept of it; `state` is the state directory, from which nothing is kept.
    """

    log: Callable[[str], str]
    artifacts: Callable[[str], str]
    state: str = ""


class Attempts:
    """Hands attempts to the executor and brings their outcomes back. `secrets` gives the names for steps of a file."""

    def __init__(
        self,
        run: str,
        evaluator: Evaluator,
        environments: Environments,
        executor: Executor,
        *,
        folders: Folders,
        secrets: Callable[[Plan], tuple[str, ...]] = lambda _: (),
        say: "Listener | None" = None,
    ) -> None:
        self.run = run
        self.evaluator = evaluator
        self.environments = environments
        self.executor = executor
        self.folders = folders
        self.secrets = secrets
        self._say = say
        self._files: dict[int, tuple[Artifact, ...]] = {}  # of instances whose result may be recorded
        self._live: dict[tuple[int, int], str] = {}  # with the file of `$STEPLANE_OUTPUT`

    @property
    def running(self) -> int:
        """How many attempts have been handed over and have not ended."""
        return len(self._live)

    def start(self, command: Start, instance: Instance) -> AttemptEnded | None:
        """Begin the attempt; an event at once if its parameters cannot be made."""
        self._files.pop(command.instance, None)
        request, error = self.evaluator.guarded(lambda: self.request(instance), instance.plan.file)
        if error is not None:
            return AttemptEnded(instance=command.instance, attempt=command.attempt, outcome="failed", error=error)
        self._live[command.instance, command.attempt] = request.env["STEPLANE_OUTPUT"]
        self.executor.submit(request)
        return None

    def stop(self, command: Stop) -> bool:
        """Ask the attempt to end; whether there is one."""
        if (command.instance, command.attempt) not in self._live:
            return False
        self.executor.cancel(command.instance, command.attempt, command.reason)
        return True

    def stop_all(self) -> None:
        """Ask every attempt to end."""
        for instance, attempt in self._live:
            self.executor.cancel(instance, attempt, "cancelled")

    def kill_all(self) -> None:
        """End every attempt without grace."""
        for instance, attempt in self._live:
            self.executor.cancel(instance, attempt, "cancelled", at_once=True)

    def forget(self, outcome: AttemptOutcome) -> None:
        """The attempt is over and nobody wants to know how."""
        written = self._live.pop((outcome.instance, outcome.attempt), None)
        if written and outcome.touched:
            with suppress(OSError):  # it may hold what must not be stored
                os.unlink(written)

    def ended(self, outcome: AttemptOutcome, state: State) -> AttemptEnded | None:
        """The event of an outcome, with the step's postconditions and outputs evaluated; None if it came too late."""
        self.forget(outcome)
        instance = state.instances.get(outcome.instance)
        if instance is None:
            return None
        ended = AttemptEnded(instance=outcome.instance, attempt=outcome.attempt, outcome=outcome.outcome)
        if outcome.outcome != "succeeded":
            error = outcome.error and masked_error(outcome.error, self.evaluator.mask)
            return replace(ended, error=error)
        if outcome.decided is not None:
            ended = replace(ended, decided=outcome.decided)
        outputs, error = self.evaluator.guarded(lambda: self._outputs(instance, outcome.outputs), instance.plan.file)
        if secret_names(instance.node):
            self._blot(instance)
        if error is None and isinstance(instance.node.loop, Rounds) and instance.node.loop.keeps:
            ended = replace(ended, result=self._kept_result(outcome.outputs, instance.node.loop.keeps))
        return replace(ended, outputs=outputs) if error is None else replace(ended, outcome="failed", error=error)

    def _blot(self, instance: Instance) -> None:
        """What the step has printed of its secret outputs before they were known stands in its log."""
        from steplane.executors.blotting import blot

        with suppress(OSError):
            blot(self.folders.log(instance.path), self.evaluator.mask)

    def kept(self, outcome: AttemptOutcome, state: State) -> ArtifactsKept | None:
        """The fact that an attempt has left files; None if it has not."""
        instance = state.instances.get(outcome.instance)
        if instance is None or not outcome.artifacts:
            return None
        return self._kept(instance, outcome.attempt, outcome.artifacts)

    def reused(self, instance: Instance | None, files: tuple[Artifact, ...]) -> ArtifactsKept | None:
        """The fact that the files of a recorded result are those of the instance."""
        return self._kept(instance, instance.attempt, files) if instance is not None and files else None

    def files(self, instance: Instance) -> tuple[Artifact, ...]:
        """What is kept of an instance with `cache` that has ended."""
        return self._files.pop(instance.serial, ())

    def keep(self, instance: Instance, status: str) -> ArtifactsKept | None:
        """Keep the files of a step with lists that has ended, at once: what follows may change them. Attempts keep
        theirs themselves.
        """
        if isinstance(instance.node.action, Perform) or instance.loop is not None or status not in _LEAVES_FILES:
            return None
        workdir, error = self.evaluator.guarded(lambda: self.environments.workdir(instance), instance.plan.file)
        if error is not None:
            return None
        request = KeepRequest(
            path=instance.path, workdir=workdir, log=self.folders.log(instance.path), keep=instance.node.artifacts,
            artifacts=self.folders.artifacts(instance.path), state=self.folders.state, quiet=status == "failed",
        )  # fmt: skip
        files = self.executor.keep(request)
        return self._kept(instance, instance.attempt, files) if files else None

    def _kept(self, instance: Instance, attempt: int, files: tuple[Artifact, ...]) -> ArtifactsKept | None:
        """The fact, without names that hold a secret: one that has become known with the outputs of the step."""
        mask = self.evaluator.mask
        shown = tuple(one for one in files if not mask or mask.text(one.name) == one.name)
        if len(shown) < len(files):
            self._leave_out(instance, [one.name for one in files if one not in shown])
        if not shown:
            return None
        if instance.node.cache is not None:
            self._files[instance.serial] = shown
        return ArtifactsKept(
            step=instance.node.id, path=instance.path, activation=instance.number, instance=instance.serial,
            attempt=attempt, files=shown,
        )  # fmt: skip

    def _leave_out(self, instance: Instance, names: list[str]) -> None:
        from steplane.executors.artifacts import discard, left_out
        from steplane.executors.logs import LogSink

        discard(self.folders.artifacts(instance.path), names)
        log = LogSink(self.folders.log(instance.path), self.evaluator.mask, step=instance.path, listener=self._say)
        log.line("warning", left_out(names))
        log.close()

    def _outputs(self, instance: Instance, result: Any) -> Any:
        """The outputs of a step type that succeeded. Raises `Refused` for `ensure`, `ExpressionError`."""
        node = instance.node
        if not node.ensure and node.outputs is None:
            return _named(node, result)
        context = self.evaluator.context(instance, result=result)
        self.evaluator.learn_from(node.outputs or (), context)
        self.evaluator.hold("ensure", instance, node.ensure, context)
        if node.outputs is None:
            return _named(node, result)
        return self.evaluator.reshape(node.outputs, context, lenient=False)

    def _kept_result(self, result: Any, names: tuple[str, ...]) -> Any:
        """What an `until` will look at, without secrets; nothing where that cannot be recorded."""
        kept = result if "*" in names else {name: result[name] for name in names if name in (result or {})}
        kept = self.evaluator.mask.data(kept, names)
        return None if unrecordable(kept) else kept

    # ------------------------------------------------------------ requests

    def request(self, instance: Instance) -> AttemptRequest:
        """Everything that an executor needs. Raises `Refused`, `ExpressionError`."""
        node, action = instance.node, instance.node.action
        assert isinstance(action, Perform)
        key = f"{self.run}/{instance.path}/{instance.number}"
        log, artifacts = self.folders.log(instance.path), self.folders.artifacts(instance.path)
        parameters, private = self._parameters(action, instance)
        return AttemptRequest(
            run=self.run,
            path=instance.path,
            step=node.id,
            activation=instance.number,
            attempt=instance.attempt,
            instance=instance.serial,
            type=action.uses,
            parameters=parameters,
            private=private,
            env=self._environment(instance, log, artifacts, key),
            workdir=self.environments.workdir(instance),
            idempotency_key=key,
            outputs_declared=node.declared,
            timeout=instance.timeout,
            isolate=node.isolate,
            log=log,
            secrets=self.secrets(instance.plan),
            file="" if instance.plan is self.evaluator.plan else instance.plan.file,
            artifacts=artifacts,
            timezone=self.evaluator.plan.timezone,
            keep=node.artifacts,
            state=self.folders.state,
            unmasked=bool(secret_names(node)),
            unheard=says_secrets(node),
        )

    def _environment(self, instance: Instance, log: str, artifacts: str, key: str) -> dict[str, str]:
        """The whole environment of the attempt."""
        return {
            **self.environments.layers(instance),
            "STEPLANE_RUN_ID": self.run,
            "STEPLANE_STEP": instance.path,
            "STEPLANE_ATTEMPT": str(instance.attempt),
            "STEPLANE_OUTPUT": _output(log, instance.number),
            "STEPLANE_ARTIFACTS": artifacts,
            "STEPLANE_IDEMPOTENCY_KEY": key,
        }

    def _parameters(self, action: Perform, instance: Instance) -> tuple[dict[str, Any], dict[str, Any]]:
        """The parameters of `with`, and what the step type is given beside them."""
        wanted = () if action.script is None else expressions_of(action.script)
        plain = isinstance(action.parameters, Literal) and not action.trusted and not wanted
        engine, context = self.evaluator.engine, {} if plain else self.evaluator.context(instance)
        parameters = dict(engine.render(action.parameters, context))
        if action.table:
            from steplane.driver.deciding import refuse_inputs

            refuse_inputs(action.table, parameters)
            return parameters, {"rules": action.table}
        if action.trusted:
            return parameters, {"trusted": {name: engine.render_text(one, context) for name, one in action.trusted}}
        if action.script is None:
            return parameters, {}
        values = [engine.evaluate(expression, context) for expression in wanted]
        try:
            if isinstance(action.script, Direct):
                return {**parameters, "argv": arguments(action.script, values)}, {}
            assembled = assemble(action.script, values, _shell(action))
        except ScriptValueError as wrong:
            raise Refused("expression", str(wrong)) from wrong
        return {**parameters, "script": assembled.script}, {"prelude": assembled.prelude or None}


def _output(log: str, number: int) -> str:
    """Where a script writes its outputs; activations of one path may run beside each other."""
    return f"{log}.output" if number == 1 else f"{log.removesuffix('.log')}.{number}.log.output"


def _named(node: Node, result: Any) -> Any:
    """With `outputs: [NAME, ...]` those of the result, else all of it."""
    return {name: result[name] for name in node.declared if name in (result or {})} if node.declared else result


def _shell(action: Perform) -> Any:
    return "sh" if isinstance(action.shell, Literal) and action.shell.value == "sh" else "bash"
