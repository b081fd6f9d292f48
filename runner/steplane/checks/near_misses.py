"""Variables of the environment that the file does not set, and whose names are slips of those that it does."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.checks.sites import Site
from steplane.diagnostics import Diagnostic, Edit, Fix
from steplane.model import Workflow
from steplane.suggest import is_slip


def check_near_misses(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Uses of `env.NAME`. The caller may have set what the file has not, so only a sure slip is told."""
    names = {one.name.text for one in workflow.env}
    names |= {one.name.text for position in context.positions for one in position.step.env}
    for site in context.sites if names else ():
        if "env" in site.scalar.text:
            yield from _at(site, names, context)


def _at(site: Site, names: set[str], context: Context) -> Iterator[Diagnostic]:
    for use in context.uses(site.template):
        if use.path[0] != "env" or len(use.path) < 2 or use.path[1] in names:
            continue
        name, (offset, length) = use.path[1], use.parts[1]
        meant = next((one for one in sorted(names) if is_slip(name, one)), None)
        if meant is not None:
            span = context.place(site.scalar, site.offset_of(use.expression) + offset, length)
            message = f"`{name}` is not set in this file, and `{meant}` is"
            fix = Fix(f"replace `{name}` with `{meant}`", (Edit(span, meant),), safe=False)
            yield Diagnostic("env-near-miss", message, span, "warning", label=f"did you mean `{meant}`?", fix=fix)
