"""Groups that a resume runs whole: nothing in them may be what runs at most once."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic, Related
from steplane.model import Workflow


def check_restarts(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """A step that runs at most once inside a group that is run again."""
    for position in context.positions:
        step = position.step
        if not step.at_most_once:
            continue
        owners = [listed.owner for listed, _ in position.chain if listed.owner is not None and listed.role == "steps"]
        groups = [one for one in owners if one.restart]
        if groups:
            message = (
                f"{words_for(step)} runs at most once, and {words_for(groups[-1])} around it runs whole on a resume"
            )
            related = (Related(groups[-1].key_span("restart"), "a resume runs all of it again"),)
            help_ = "take `restart` or `at_most_once` away"
            yield Diagnostic("contradiction", message, step.key_span("at_most_once"), related=related, help=help_)
