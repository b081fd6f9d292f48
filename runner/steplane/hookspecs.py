"""The hooks that a plugin may implement: few, typed, prefixed `steplane_`; they gain only optional arguments."""

from collections.abc import Sequence

from pluggy import HookspecMarker

from steplane.sdk import Step

hookspec = HookspecMarker("steplane")


@hookspec
def steplane_steps() -> Sequence[type[Step]]:  # type: ignore[empty-body]
    """The step types of this plugin, each named `NAMESPACE` or `NAMESPACE.NAME` after its entry point.

    Called once, when a file first uses the plugin. Should be quick: import what is heavy where a step runs.
    """
