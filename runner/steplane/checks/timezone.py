"""The workflow's time zone: one that this machine knows."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic, Edit, Fix
from steplane.model import Workflow
from steplane.source.nodes import Scalar
from steplane.suggest import did_you_mean


def check_timezone(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """A `timezone` that the database of time zones does not hold."""
    node = workflow.node.get("timezone")
    name = workflow.timezone
    if not isinstance(node, Scalar) or name == "UTC" or context.is_misshapen(node.span) or _is_known(name):
        return
    message = f"the time zone `{name}` is not known on this machine"
    if meant := _meant(name):
        fix = Fix(f"replace `{name}` with `{meant}`", (Edit(node.span, meant),), safe=False)
        yield Diagnostic("unknown-timezone", message, node.span, label=f"did you mean `{meant}`?", fix=fix)
        return
    help_ = "write a name of the IANA database, such as `Europe/Berlin`, or `UTC`"
    yield Diagnostic("unknown-timezone", message, node.span, help=help_)


def _is_known(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _meant(name: str) -> str | None:
    """The zone that was meant: by its whole name, or by its place alone (`Berlin`)."""
    from zoneinfo import available_timezones

    zones = sorted(available_timezones())
    by_place = {zone.rpartition("/")[2]: zone for zone in zones if "/" in zone}
    place = did_you_mean(name, by_place) if name not in by_place else name
    return did_you_mean(name, zones) or (by_place[place] if place and "/" not in name else None)
