"""One plugin, from its module's name to its checked step types."""

import contextlib
import importlib
import re
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from pluggy import PluginManager, PluginValidationError

from steplane import hookspecs
from steplane.plugins import problems
from steplane.plugins.attempting import Raised, attempted
from steplane.plugins.index import Plugin
from steplane.plugins.problems import PluginProblem
from steplane.sdk import API, Step

NAMESPACE = r"[a-z][a-z0-9_]*"
TYPE = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*"

Types = dict[str, type[Step]]


def new_manager() -> PluginManager:
    """A pluggy manager that knows our hooks and no plugin."""
    manager = PluginManager("steplane")
    manager.add_hookspecs(hookspecs)
    return manager


def load(plugin: Plugin, manager: PluginManager) -> Types | PluginProblem:
    """Import the plugin, register it, ask it for its step types and check them. Any fault of it is a problem."""
    if not re.fullmatch(NAMESPACE, plugin.namespace):
        return problems.broken(plugin.namespace, plugin.label, "its entry point's name is no `[a-z][a-z0-9_]*`")
    module = _imported(plugin)
    if isinstance(module, PluginProblem):
        return module
    if (wanted := getattr(module, "STEPLANE_API", API)) != API:
        return problems.other_version(plugin.namespace, plugin.label, wanted, API)
    declared = attempted(lambda: _declared(plugin, module, manager))
    if isinstance(declared, Raised):
        _forget(manager, plugin)
        return problems.broken(plugin.namespace, plugin.label, str(declared))
    checked = _checked(plugin, declared)
    if isinstance(checked, str):
        _forget(manager, plugin)
        return problems.broken(plugin.namespace, plugin.label, checked)
    return checked


def _imported(plugin: Plugin) -> ModuleType | PluginProblem:
    """The module. What it prints while it is imported goes to stderr: stdout carries results only."""
    if ":" in plugin.module:
        what = f"its entry point must name a module, not `{plugin.module}`"
        return problems.broken(plugin.namespace, plugin.label, what)
    with contextlib.redirect_stdout(sys.stderr):
        module = attempted(lambda: importlib.import_module(plugin.module))
    return problems.import_failed(plugin.namespace, plugin.label, module) if isinstance(module, Raised) else module


def _declared(plugin: Plugin, module: ModuleType, manager: PluginManager) -> Any:
    """What the plugin's own `steplane_steps` returns; None where it has none."""
    manager.register(module, name=plugin.namespace)
    _refuse_unknown_hooks(plugin, manager)
    others = [one for one in manager.get_plugins() if one is not module]
    with contextlib.redirect_stdout(sys.stderr):
        answers = manager.subset_hook_caller("steplane_steps", others)()
    return answers[0] if answers else None


def _refuse_unknown_hooks(plugin: Plugin, manager: PluginManager) -> None:
    """A marked function that is none of our hooks is a misspelling: nobody would ever call it."""
    try:
        manager.check_pending()
    except PluginValidationError as error:
        raise ValueError(f"{error}".partition(" in plugin ")[0]) from None


def _forget(manager: PluginManager, plugin: Plugin) -> None:
    if manager.has_plugin(plugin.namespace):
        manager.unregister(name=plugin.namespace)


def _checked(plugin: Plugin, declared: Any) -> Types | str:
    """The step types by name, or what is wrong with them."""
    if declared is None:
        return "it has no `steplane_steps` marked with `@hookimpl` that returns its step types"
    if not isinstance(declared, Sequence) or isinstance(declared, str):
        return f"`steplane_steps` returned {type(declared).__name__}, not a list of step types"
    types: Types = {}
    for one in declared:
        if not (isinstance(one, type) and issubclass(one, Step)):
            return f"`steplane_steps` returned {one!r}, which is no subclass of `Step`"
        name = one.steplane.type
        if name.partition(".")[0] != plugin.namespace or not re.fullmatch(TYPE, name):
            return f"its step type `{name}` is outside its namespace `{plugin.namespace}`"
        if name in types:
            return f"it has two step types `{name}`"
        types[name] = one
    return types
