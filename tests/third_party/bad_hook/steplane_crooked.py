"""A plugin whose hook raises."""

from steplane.sdk import hookimpl


@hookimpl
def steplane_steps() -> list[type]:
    """Not what the contract wants."""
    raise SystemExit(0)
