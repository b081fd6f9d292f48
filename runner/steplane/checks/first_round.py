"""`loop.previous` in the first round, before which there was none."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.checks.missing_outputs import conditions_around
from steplane.checks.sites import Site
from steplane.diagnostics import Diagnostic
from steplane.expressions.usage import Use
from steplane.model import Step, Until, While, Workflow

_ASKING = frozenset({"first", "index", "index0"})


def check_first_round(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Uses of what the round before gave, without `default` and without a question whether there was one."""
    for site in context.sites:
        if "loop" not in site.names or site.key == "`until`":  # there it is the round that has just ended
            continue
        for use in context.uses(site.template):
            if use.path[:2] == ("loop", "previous") and len(use.path) > 2 and not use.defaulted:
                step = _loop(site)
                if step is not None and not _asked(site, context):
                    yield _diagnostic(site, use, step, context)


def _loop(site: Site) -> Step | None:
    """The step whose rounds the site is about; None where it is about items."""
    chain = site.position.chain if site.position is not None else ()
    step = next((one for _, one in reversed(chain) if one.loop is not None), None)
    return step if step is not None and isinstance(step.loop, While | Until) else None


def _asked(site: Site, context: Context) -> bool:
    """Whether it is asked, there or by a condition around, whether this is the first round."""
    asked = [site.template, *(one.expression for one in conditions_around(site))]
    return any(
        use.path[:1] == ("loop",) and ((use.path[1:2] and use.path[1] in _ASKING) or use.path == ("loop", "previous"))
        for one in asked
        for use in context.uses(one)
    )


def _diagnostic(site: Site, use: Use, step: Step, context: Context) -> Diagnostic:
    span = context.place(site.scalar, site.offset_of(use.expression) + use.offset, use.length)
    message = f"`{'.'.join(use.path)}` may be missing: before the first round of {words_for(step)} there was none"
    help_ = "say what stands for it (`| default(...)`), or ask for `loop.first` before"
    return Diagnostic("may-be-missing", message, span, "warning", help=help_)


__all__ = ["check_first_round"]
