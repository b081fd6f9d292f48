"""Whether a recorded result would stand for a step with `cache`, as things are now. Nothing is put back or changed."""

from collections.abc import Mapping
from typing import Any

import msgspec

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


class Site(msgspec.Struct, frozen=True):
    """One instance of a step before a run: the names there, the steps around it from outside in (the workflow first,
    itself last), and the keys of the loops (as `a/b`). `folder`: its working directory, None where that is not known.
    """

    plan: Plan
    node: Node
    names: Mapping[str, Any]
    around: tuple[Node, ...]
    key: str
    folder: str | None

    @property
    def path(self) -> str:
        """Where it will be in the run, unless a key holds a `/`."""
        keys = iter(self.key.split("/"))
        ids = (f"{one.id}[{next(keys, '')}]" if one.loop is not None else one.id for one in self.around[1:])
        return "/".join(ids)


class RecordedResults:
    """The recorded results of a state directory, looked at before a run."""

    def __init__(self, results: Results, versions: Versions, engine: Engine, mask: Hides) -> None:
        self._results, self._versions, self._engine, self._mask = results, versions, engine, mask
        self._recipes: dict[tuple[str, int], Recipe] = {}
        self._files: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}
        self._left = MOST

    def look(self, at: Site) -> tuple[bool | None, str]:
        """Whether the step would be reused (None: nobody knows yet), and why, in words."""
        if not self._left or at.folder is None:
            return None, "its working directory is not known yet" if at.folder is None else ""
        self._left -= 1
        try:
            return self._look(at, at.folder)
        except NotKnown as unknown:
            waits = f"depends on {' and '.join('.'.join(path) for path in unknown.paths)}"
            other = self._other(at, at.folder)
            return None, f"{waits}; since the last one, {other}" if other else waits
        except Refused as refused:
            return False, self._mask.text(refused.error.message)
        except ExpressionError as problem:
            return False, self._mask.text(problem.message)
        except (SteplaneError, OSError, TooMany) as problem:
            return False, self._mask.text(str(getattr(problem, "message", problem)))

    def _look(self, at: Site, folder: str) -> tuple[bool, str]:
        if not self._results.exists():
            return False, NOTHING
        known = self._recipe(at)
        parts = self._parts(at, known, folder)
        found = self._results.peek(self._results.key_of(known.step, parts))
        if found is not None:
            return True, f"recorded by run {found.run}"
        last = self._results.latest(known.step, at.path)
        return False, NOTHING if last is None else "; ".join(changes(last.parts, parts))

    def _other(self, at: Site, folder: str) -> str:
        """What is another already than when the step was recorded last, though not all of it is known."""
        known = self._recipe(at)
        try:
            last = self._results.latest(known.step, at.path)
            return "" if last is None else "; ".join(changes(last.parts, self._parts(at, known, folder, last.parts)))
        except (ExpressionError, Refused, SteplaneError, OSError, TooMany):
            return ""

    def _recipe(self, at: Site) -> Recipe:
        place = (at.plan.file, at.node.number)
        if place not in self._recipes:
            self._recipes[place] = recipe_of(at.plan, at.node)
        return self._recipes[place]

    def _parts(self, at: Site, known: Recipe, folder: str, last: Parts | None = None) -> Parts:
        declared = frozenset(name for one in at.around for name, _ in one.env)
        seen = Seen(at.names, lambda: at.names["env"], declared)
        salt = self._results.salt(make=False)
        parts = parts_of(self._engine, self._mask, self._versions, known, seen, salt, last)
        return self._with_files(at.node, parts, folder, salt)

    def _with_files(self, node: Node, parts: Parts, folder: str, salt: bytes) -> Parts:
        patterns = node.cache.files if node.cache is not None else ()
        if patterns and (folder, patterns) not in self._files:
            found = digested(folder, patterns, salt, self._mask, lambda: False)
            self._files[folder, patterns] = found.digests
        return Parts(
            parts.text, parts.values, parts.key, parts.shown, self._files.get((folder, patterns), {}), parts.versions
        )


__all__ = ["RecordedResults", "Site"]
