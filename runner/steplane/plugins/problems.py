"""What is wrong with a plugin, as a value: it becomes a diagnostic on the line that uses the plugin."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from steplane.plugins.attempting import Raised
from steplane.suggest import did_you_mean

Code = Literal[
    "unknown-plugin", "unknown-step-type", "plugin-conflict", "plugin-import", "plugin-version", "plugin-broken",
    "plugin-not-allowed", "not-in-this-release",
]  # fmt: skip

LATER = frozenset({"human", "sql"})
"""Namespaces that a later release brings. Whoever installs a plugin of such a name has it at once."""
BUNDLED = frozenset(
    {
        "archive", "assert", "csv", "decide", "fail", "file", "git", "http", "json", "log", "notify", "python", "shell",
        "template",
    }
)  # fmt: skip
"""Namespaces that come with Steplane itself."""


class PluginProblem(Struct, frozen=True):
    """Why a step type cannot be had: a stable `code`, a sentence, the remedy, and the name that was probably meant."""

    code: Code
    message: str
    help: str = ""
    suggestion: str | None = None


def unknown_plugin(name: str, namespaces: Iterable[str]) -> PluginProblem:
    """No plugin of that namespace is installed: one of a later release, a misspelling, or one that nobody knows."""
    namespace, _, rest = name.partition(".")
    if namespace in LATER:
        return PluginProblem("not-in-this-release", f"`{name}` is not in this release")
    if namespace in BUNDLED:
        remedy = "it comes with Steplane: install that anew (`pip install --force-reinstall steplane`)"
        return PluginProblem("unknown-plugin", f"the plugin `{namespace}` is not installed", remedy)
    near = did_you_mean(namespace, namespaces)
    meant = f"{near}.{rest}" if near and rest else near
    remedy = (
        f"did you mean `{meant}`?" if meant else "install the distribution that has it; `steplane plugins` lists all"
    )
    return PluginProblem("unknown-plugin", f"no plugin `{namespace}` is installed", remedy, meant)


def unknown_type(name: str, namespace: str, label: str, known: Iterable[str]) -> PluginProblem:
    """The plugin is there but has no step type of that name."""
    names = sorted(known)
    near = did_you_mean(name, names) or (names[0] if len(names) == 1 else None)
    listed = ", ".join(f"`{one}`" for one in names[:8]) + (", ..." if len(names) > 8 else "")
    remedy = f"did you mean `{near}`?" if near else f"it has {listed}" if names else "it has none"
    return PluginProblem(
        "unknown-step-type", f"the plugin `{namespace}` ({label}) has no step type `{name}`", remedy, near
    )


def conflict(namespace: str, labels: Iterable[str]) -> PluginProblem:
    """Several distributions claim one namespace; none of them is taken."""
    named = " and ".join(labels)
    return PluginProblem(
        "plugin-conflict", f"{named} both claim the plugin name `{namespace}`", "uninstall one of them"
    )


def import_failed(namespace: str, label: str, raised: Raised) -> PluginProblem:
    """The plugin's module raised while it was imported."""
    return PluginProblem(
        "plugin-import",
        f"the plugin `{namespace}` ({label}) cannot be imported: {raised}",
        "this is a fault of the plugin or its installation; reinstall or upgrade it",
    )


def broken(namespace: str, label: str, what: str) -> PluginProblem:
    """The plugin breaks the contract; its author has to mend it."""
    remedy = "this is a fault of the plugin: tell its author, or install another version"
    return PluginProblem("plugin-broken", f"the plugin `{namespace}` ({label}) is broken: {what}", remedy)


def other_version(namespace: str, label: str, wanted: object, ours: int) -> PluginProblem:
    """The plugin was written for another version of the contract."""
    newer = isinstance(wanted, int) and wanted > ours
    remedy = "upgrade Steplane, or install an older version of the plugin" if newer else "upgrade the plugin"
    what = f"the plugin `{namespace}` ({label}) is written for plugin API {wanted}; this is API {ours}"
    return PluginProblem("plugin-version", what, remedy)


def not_allowed(namespace: str, allowed: Iterable[str]) -> PluginProblem:
    """An allow-list is set, and the plugin is not on it."""
    listed = ", ".join(f"`{one}`" for one in sorted(allowed))
    return PluginProblem(
        "plugin-not-allowed",
        f"the plugin `{namespace}` is not among those that the configuration allows",
        f"allowed: {listed}" if listed else "the list of allowed plugins is empty",
    )
