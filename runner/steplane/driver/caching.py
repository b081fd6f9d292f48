"""Recorded results of steps with `cache`: looked for before the step begins, recorded when it has succeeded.

What the expressions of the step give is worked out by the coordinator; files are digested, looked up and put back by a
thread beside it, so that a large tree holds up nothing but the step.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from steplane.commands import Ask
from steplane.driver.cache_parts import Recipe, Seen, Versions, changes, parts_of, recipe_of
from steplane.driver.cached_files import Kept, Stamps, TooMany, digested, keep, keep_artifacts, stamps
from steplane.driver.environment import Environments
from steplane.driver.evaluate import Evaluator
from steplane.driver.inbox import Inbox
from steplane.driver.putting_back import restore, restore_artifacts
from steplane.driver.uncached import CacheLooked
from steplane.errors import SteplaneError
from steplane.events import Answered, ErrorInfo, StepEnded
from steplane.kernel import Instance
from steplane.parts import Artifact
from steplane.plan.nodes import Node
from steplane.store import StateDirectory
from steplane.store.nursery import temporary_folder
from steplane.store.results import Parts, Result, Results

Say = Callable[[str, str, str], None]
"""Shows a line of a step: its path, the stream, the text."""

_AT_THE_END = 5.0
NOTHING = "no result of it is recorded"


class Asked(Struct):
    """A question that is open, or was answered by a miss: what the result will be recorded under."""

    path: str
    node: Node
    known: Recipe
    workdir: str
    parts: Parts
    stamps: Stamps = {}
    forced: str = ""


class Caching:
    """The recorded results as one run uses them. `redo`: the paths that somebody wants done again all the same;
    `artifacts` gives the folder of the files that are kept of an instance's path.
    """

    def __init__(  # noqa: PLR0917 - what it stands on, in one place
        self,
        directory: StateDirectory,
        evaluator: Evaluator,
        environments: Environments,
        versions: Versions,
        inbox: Inbox,
        say: Say,
        *,
        run: str,
        artifacts: Callable[[str], str],
        redo: tuple[str, ...] = (),
    ) -> None:
        self._directory = directory
        self._results = Results(directory)
        self._evaluator = evaluator
        self._environments = environments
        self._versions = versions
        self._inbox = inbox
        self._say = say
        self._run = run
        self._redo = redo
        self._artifacts = artifacts
        self._recipes: dict[tuple[str, int], Recipe] = {}
        self._asked: dict[int, Asked] = {}
        self._orders: SimpleQueue[tuple[int, Asked] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.open: set[int] = set()
        """The instances whose question is not answered."""

    # ------------------------------------------------------------ the coordinator's side

    def ask(self, command: Ask) -> list[Answered]:
        """Look for a result; the answer is to come, or is there at once where the step cannot be judged."""
        here = self._evaluator.state.instances[command.instance]
        try:
            salt = self._results.salt()
        except SteplaneError as broken:
            self._warn(here.path, f"recorded results cannot be used: {broken.message}. {broken.remedy}".strip())
            value = _value("recorded results cannot be used")
            return [Answered(instance=here.serial, question="cache", value=value)]
        asked, error = self._evaluator.guarded(lambda: self._judged(here, salt), here.plan.file)
        if error is not None:
            return [Answered(instance=here.serial, question="cache", error=error)]
        self._asked[here.serial] = asked
        self.open.add(here.serial)
        self._order((here.serial, asked))
        return []

    def _judged(self, here: Instance, salt: bytes) -> Asked:
        place = (here.plan.file, here.node.number)
        if place not in self._recipes:
            self._recipes[place] = recipe_of(here.plan, here.node)
        known = self._recipes[place]
        seen = Seen(self._evaluator.context(here), lambda: self._environments.layers(here), _declared(here))
        parts = parts_of(self._evaluator.engine, self._evaluator.mask, self._versions, known, seen, salt)
        return Asked(here.path, here.node, known, self._environments.workdir(here), parts, forced=self._forced(here))

    def _forced(self, here: Instance) -> str:
        """Why the step is done whatever is recorded."""
        if any(here.path == one or here.path.startswith((f"{one}/", f"{one}[")) for one in self._redo):
            return "it is done again on demand"
        if here.bounds is not None:
            return "only a part of it runs"
        return "it had begun before" if here.begun else ""

    def answered(self, message: CacheLooked) -> list[Answered]:
        """The answer that has come."""
        self.open.discard(message.instance)
        return [Answered(instance=message.instance, question="cache", value=message.value, error=message.error)]

    def ended(self, fact: StepEnded, here: Instance, artifacts: tuple[Artifact, ...] = ()) -> None:
        """Record the result of a step that has succeeded by itself, before anything that waits for it begins."""
        asked = self._asked.pop(here.serial, None)
        self.open.discard(here.serial)
        if asked is None or fact.status != "succeeded" or fact.recovered or here.forced or here.bounds is not None:
            return
        why = self._record(asked, here, artifacts)
        if why:
            self._warn(here.path, f"the result is not recorded: {why}")

    def _record(self, asked: Asked, here: Instance, artifacts: tuple[Artifact, ...]) -> str:
        """Record it; why that could not be."""
        cache = here.node.cache
        assert cache is not None
        if here.scope is not None and any(branch.owner is here for branch in here.scope.late):
            return "a branch of it goes on"
        try:
            if stamps(asked.workdir, cache.files) != asked.stamps:
                return "files that `cache.files` names were changed while it ran"
            with temporary_folder(self._directory.runs, "results") as staging:
                kept = keep(asked.workdir, cache.outputs, self._results.files, staging)
                left = keep_artifacts(self._artifacts(here.path), artifacts, self._results.files, staging)
            if kept.unused:
                return f"nothing matches {', '.join(kept.unused)} of `cache.outputs`"
            if self._holds_secrets(kept):
                return "the name of a file holds a secret"
            if kept.links:
                self._warn(here.path, _left_out(kept.links))
            made, step, folders = here.ended_at, asked.known.step, tuple(kept.folders.values())
            result = Result(
                step, here.path, self._run, made, asked.parts, here.outputs, tuple(kept.files), folders, left
            )
            return self._put(asked, result)
        except SteplaneError as broken:
            return f"{broken.message}. {broken.remedy}".strip()
        except (OSError, TooMany) as problem:
            return str(getattr(problem, "strerror", None) or problem)

    def _holds_secrets(self, kept: Kept) -> bool:
        names = (name for one in kept.files for name in (one.path, one.link))
        return any(self._evaluator.mask.text(name) != name for name in (*names, *kept.folders))

    def _put(self, asked: Asked, result: Result) -> str:
        key = self._results.key_of(asked.known.step, asked.parts)
        return "" if self._results.put(key, result) else "its outputs are too large"

    def _warn(self, path: str, text: str) -> None:
        self._say(path, "warning", self._evaluator.mask.text(f"cache: {text}"))

    def close(self) -> None:
        """Answer nothing more."""
        self._closed = True
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join(_AT_THE_END)

    # ------------------------------------------------------------ the thread

    def _order(self, order: tuple[int, Asked]) -> None:
        self._orders.put(order)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="cache", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while not self._closed and (order := self._orders.get()) is not None:
            serial, asked = order
            try:
                self._inbox.put(self._looked(serial, asked))
            except Exception as problem:  # noqa: BLE001 - without an answer the run would wait for ever
                self._warn(asked.path, f"recorded results cannot be used: {problem}")
                self._inbox.put(CacheLooked(serial, _value("recorded results cannot be used")))

    def _looked(self, serial: int, asked: Asked) -> CacheLooked:
        try:
            self._digest(serial, asked)
        except (OSError, TooMany) as problem:
            why = getattr(problem, "strerror", None) or str(problem)
            return CacheLooked(serial, None, ErrorInfo("input.invalid", f"`cache.files`: {why}", step=asked.path))
        try:
            value, artifacts = self._found(serial, asked)
            return CacheLooked(serial, value, artifacts=artifacts)
        except SteplaneError as broken:
            self._warn(asked.path, f"{broken.message}; the step runs. {broken.remedy}".strip())
            return CacheLooked(serial, _value("what is recorded is damaged"))

    def _digest(self, serial: int, asked: Asked) -> None:
        cache = asked.node.cache
        assert cache is not None
        if not cache.files:
            return
        found = digested(
            asked.workdir, cache.files, self._results.salt(), self._evaluator.mask, lambda: self._given_up(serial)
        )
        asked.parts = replace(asked.parts, files=found.digests)
        asked.stamps = found.stamps
        for pattern in found.unused:
            self._warn(asked.path, f"nothing matches {pattern} of `cache.files`")

    def _found(self, serial: int, asked: Asked) -> tuple[dict[str, Any], tuple[Artifact, ...]]:
        """The value of the answer, and the artifacts that are in their place again."""
        if asked.forced:
            return _value(asked.forced), ()
        key = self._results.key_of(asked.known.step, asked.parts)
        result = self._results.find(key)
        if result is None:
            last = self._results.latest(asked.known.step, asked.path)
            return _value(*((NOTHING,) if last is None else changes(last.parts, asked.parts))), ()
        try:
            with temporary_folder(self._directory.runs, "results") as staging:
                stopped = lambda: self._given_up(serial)  # noqa: E731 - it is handed on
                if not restore(asked.workdir, result, self._results.files, staging, stopped):
                    return _value("it was given up"), ()
                there = restore_artifacts(
                    self._artifacts(asked.path), result.artifacts or (), self._results.files, staging
                )
        except SteplaneError:
            with suppress(SteplaneError):
                self._results.drop(key)
            raise
        except OSError as problem:
            why = f"a file of the result cannot be put back: {problem.strerror or problem}"
            self._warn(asked.path, f"{why}; the step runs")
            return _value(why), ()
        if result.artifacts is None and asked.node.artifacts:
            self._warn(asked.path, "its `artifacts` are missing: they were not kept with the result then")
        return {"hit": True, "outputs": result.outputs, "reason": f"recorded by run {result.run}"}, there

    def _given_up(self, serial: int) -> bool:
        return self._closed or serial not in self.open


def _declared(here: Instance) -> frozenset[str]:
    """The variables that the file sets for the step."""
    found: set[str] = set()
    one: Instance | None = here
    while one is not None:
        found |= {name for name, _ in one.node.env}
        one = one.scope.owner if one.scope is not None else None
    return frozenset(found)


def _left_out(links: int) -> str:
    some = f"{links} symbolic links of `cache.outputs` are" if links > 1 else "a symbolic link of `cache.outputs` is"
    return f"{some} left out, which may lead out of the working directory"


def _value(*why: str) -> dict[str, Any]:
    return {"hit": False, "why": list(why)}


__all__ = ["NOTHING", "Caching"]
