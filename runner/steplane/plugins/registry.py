"""Step types by name: plugins are imported one by one, when a file first uses them."""

import threading
from collections.abc import Iterable

from msgspec import Struct

from steplane.plugins import problems
from steplane.plugins.attempting import Raised, attempted
from steplane.plugins.index import Index, Plugin
from steplane.plugins.loading import Types, load, new_manager
from steplane.plugins.problems import PluginProblem
from steplane.plugins.stamps import stamp
from steplane.sdk import DefinitionError, Step, StepType, describe


class Registered(Struct, frozen=True):
    """A step type's class and the plugin that has it."""

    cls: type[Step]
    plugin: Plugin

    @property
    def source(self) -> str:
        """Step type, distribution and version, for messages that must blame the right one."""
        return f"`{self.cls.steplane.type}` ({self.plugin.label})"


class Listed(Struct, frozen=True):
    """One installed plugin as `plugins` and `steps` list it: its step types, or why it cannot be used."""

    namespace: str
    claims: tuple[Plugin, ...]
    types: tuple[StepType, ...] = ()
    problem: PluginProblem | None = None


class Registry:
    """The step types of an index. Safe to use from several threads.

    `allowed`: the only namespaces that may be used; None for all. Nothing is imported before a type of it is wanted.
    """

    def __init__(self, index: Index, allowed: Iterable[str] | None = None) -> None:
        self.index = index
        self.allowed = None if allowed is None else frozenset(allowed)
        self._manager = new_manager()
        self._loaded: dict[str, Types | PluginProblem] = {}
        self._found: dict[str, Registered] = {}
        self._described: dict[str, StepType | PluginProblem] = {}
        self._lock = threading.RLock()

    def find(self, name: str) -> Registered | PluginProblem:
        """The class behind a `uses`, importing its plugin; it is not described, which costs more."""
        if (known := self._found.get(name)) is not None:
            return known
        namespace = name.partition(".")[0]
        with self._lock:
            types = self._types(name, namespace)
        if isinstance(types, PluginProblem):
            return types
        plugin = self.index.claims(namespace)[0]
        if name not in types:
            return problems.unknown_type(name, namespace, plugin.label, types)
        self._found[name] = found = Registered(types[name], plugin)
        return found

    def step_type(self, name: str) -> StepType | PluginProblem:
        """The description of the step type behind a `uses`: its parameters, outputs, errors."""
        with self._lock:
            if name not in self._described:
                self._described[name] = self._describe(name)
            return self._described[name]

    def namespaces(self) -> tuple[str, ...]:
        """The installed plugins' names; nothing is imported."""
        return self.index.namespaces()

    def all(self) -> tuple[Listed, ...]:
        """Every installed plugin with its step types, or its problem. Imports all of them."""
        return tuple(self._listed(namespace) for namespace in self.namespaces())

    def versions(self, names: Iterable[str]) -> tuple[str, ...]:
        """What the plugins behind these `uses` are just now, as text, without importing them: part of a cache's key."""
        wanted = sorted({name.partition(".")[0] for name in names})
        return tuple(one for namespace in wanted for one in self._stamps(namespace))

    def _stamps(self, namespace: str) -> list[str]:
        refused = ["refused"] if self.allowed is not None and namespace not in self.allowed else []
        return [stamp(one) for one in self.index.claims(namespace)] + refused or [f"{namespace}=missing"]

    def _types(self, name: str, namespace: str) -> Types | PluginProblem:
        """The step types of a namespace, loaded once."""
        claims = self.index.claims(namespace)
        if not claims:
            return problems.unknown_plugin(name, self.namespaces())
        if self.allowed is not None and namespace not in self.allowed:
            return problems.not_allowed(namespace, self.allowed)
        if len(claims) > 1:
            return problems.conflict(namespace, [one.label for one in claims])
        if namespace not in self._loaded:
            self._loaded[namespace] = load(claims[0], self._manager)
        return self._loaded[namespace]

    def _describe(self, name: str) -> StepType | PluginProblem:
        found = self.find(name)
        if isinstance(found, PluginProblem):
            return found
        described = attempted(lambda: describe(found.cls))
        if not isinstance(described, Raised):
            return described
        defined = isinstance(described.error, DefinitionError)
        what = str(described.error) if defined else f"`{name}` cannot be described: {described}"
        return problems.broken(found.plugin.namespace, found.plugin.label, what)

    def _listed(self, namespace: str) -> Listed:
        claims = self.index.claims(namespace)
        types = self._types(namespace, namespace)
        if isinstance(types, PluginProblem):
            return Listed(namespace, claims, problem=types)
        described = [self.step_type(name) for name in types]
        fault = next((one for one in described if isinstance(one, PluginProblem)), None)
        return Listed(namespace, claims, tuple(one for one in described if isinstance(one, StepType)), fault)
