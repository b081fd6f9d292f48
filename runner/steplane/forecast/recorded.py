"""Whether a recorded result would stand for a step with `cache`, as things are now. Nothing is put back or changed."""

from collections.abc import Mapping
from typing import Any

from steplane.driver.cache_parts import Recipe, Seen, Versions, changes, parts_of, recipe_of
from steplane.driver.cached_files import TooMany, digested
from steplane.driver.caching import NOTHING
from steplane.driver.refusal import Refused
from steplane.errors import SteplaneError
from steplane.expressions import Engine, ExpressionError
from steplane.expressions.faults import NotKnown
from steplane.expressions.telling import Hides
from steplane.plan.nodes import Node, Plan
from steplane.store.results import Parts, Results

MOST = 1000
"""Instances that are looked at in one forecast."""


class RecordedResults:
    """The recorded results of a state directory, looked at before a run."""

    def __init__(self, results: Results, versions: Versions, engine: Engine, mask: Hides) -> None:
        self._results, self._versions, self._engine, self._mask = results, versions, engine, mask
        self._recipes: dict[int, Recipe] = {}
        self._files: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}
        self._left = MOST

    def look(
        self, plan: Plan, node: Node, names: Mapping[str, Any], around: tuple[Node, ...], folder: str | None
    ) -> tuple[bool | None, str]:
        """Whether the step would be reused (None: nobody knows yet), and why, in words."""
        if not self._left or folder is None:
            return None, "its working directory is not known yet" if folder is None else ""
        self._left -= 1
        try:
            return self._look(plan, node, names, around, folder)
        except NotKnown as unknown:
            waits = f"depends on {' and '.join('.'.join(path) for path in unknown.paths)}"
            other = self._other(plan, node, names, around, folder)
            return None, f"{waits}; since the last one, {other}" if other else waits
        except Refused as refused:
            return False, self._mask.text(refused.error.message)
        except ExpressionError as problem:
            return False, self._mask.text(problem.message)
        except (SteplaneError, OSError, TooMany) as problem:
            return False, self._mask.text(str(getattr(problem, "message", problem)))

    def _look(
        self, plan: Plan, node: Node, names: Mapping[str, Any], around: tuple[Node, ...], folder: str
    ) -> tuple[bool, str]:
        if not self._results.exists():
            return False, NOTHING
        known = self._recipes.setdefault(node.number, recipe_of(plan, node))
        parts = self._parts(node, known, names, around, folder)
        found = self._results.peek(self._results.key_of(known.step, parts))
        if found is not None:
            return True, f"recorded by run {found.run}"
        last = self._last(known)
        return False, NOTHING if last is None else "; ".join(changes(last, parts))

    def _other(self, plan: Plan, node: Node, names: Mapping[str, Any], around: tuple[Node, ...], folder: str) -> str:
        """What is another already than when the step was recorded last, though not all of it is known."""
        known = self._recipes.setdefault(node.number, recipe_of(plan, node))
        try:
            last = self._last(known)
            return (
                "" if last is None else "; ".join(changes(last, self._parts(node, known, names, around, folder, last)))
            )
        except (Refused, SteplaneError, OSError, TooMany):
            return ""

    def _last(self, known: Recipe) -> Parts | None:
        found = self._results.latest(known.step, known.step.rpartition("/")[2])
        return None if found is None else found.parts

    def _parts(  # noqa: PLR0917 - what a result stands on, in one place
        self,
        node: Node,
        known: Recipe,
        names: Mapping[str, Any],
        around: tuple[Node, ...],
        folder: str,
        last: Parts | None = None,
    ) -> Parts:
        declared = frozenset(name for one in around for name, _ in one.env)
        seen = Seen(names, lambda: names["env"], declared)
        salt = self._results.salt(make=False)
        parts = parts_of(self._engine, self._mask, self._versions, known, seen, salt, last)
        return self._with_files(node, parts, folder, salt)

    def _with_files(self, node: Node, parts: Parts, folder: str, salt: bytes) -> Parts:
        patterns = node.cache.files if node.cache is not None else ()
        if patterns and (folder, patterns) not in self._files:
            found = digested(folder, patterns, salt, self._mask, lambda: False)
            self._files[folder, patterns] = found.digests
        return Parts(
            parts.text, parts.values, parts.key, parts.shown, self._files.get((folder, patterns), {}), parts.versions
        )


__all__ = ["RecordedResults"]
