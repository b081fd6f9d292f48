"""What is wrong in a workflow file, all of it in one go: shape, values, names, order, step types."""

from collections.abc import Callable, Iterator

from steplane.checks.artifacts import check_artifacts
from steplane.checks.caching import check_caching
from steplane.checks.calls import check_calls
from steplane.checks.captures import check_captures
from steplane.checks.code_variables import check_code_variables
from steplane.checks.conditions import check_conditions
from steplane.checks.constants import check_constants
from steplane.checks.context import Context, StepTypes
from steplane.checks.credentials import check_credentials
from steplane.checks.decisions import check_decisions
from steplane.checks.dollars import check_dollars
from steplane.checks.environment import check_environment
from steplane.checks.files import Files
from steplane.checks.first_round import check_first_round
from steplane.checks.flow import check_ends, check_switches
from steplane.checks.identities import check_identities
from steplane.checks.inputs import check_inputs
from steplane.checks.jumps import check_jumps
from steplane.checks.keys import check_keys
from steplane.checks.locks import check_locks
from steplane.checks.loops import check_loops
from steplane.checks.milestones import check_milestones
from steplane.checks.missing_outputs import check_missing_outputs
from steplane.checks.modifiers import check_modifiers
from steplane.checks.names import check_names
from steplane.checks.near_misses import check_near_misses
from steplane.checks.needs import check_cycles, check_join_forms, check_joins, check_needs
from steplane.checks.nulls import check_nulls
from steplane.checks.operations import check_operations
from steplane.checks.outputs import check_outputs
from steplane.checks.parameters import check_parameters
from steplane.checks.programs import check_programs
from steplane.checks.reaching import check_reaching
from steplane.checks.recursion import check_recursion
from steplane.checks.release import check_release
from steplane.checks.restarts import check_restarts
from steplane.checks.scripts import check_scripts
from steplane.checks.secrets import check_secrets
from steplane.checks.shaped import parameters_in, shaped
from steplane.checks.templates import check_templates
from steplane.checks.timezone import check_timezone
from steplane.checks.undoing import check_undoing
from steplane.checks.unnamed import check_unnamed
from steplane.checks.waits import check_signals, check_waits
from steplane.diagnostics import Diagnostic, has_errors, in_file_order
from steplane.model import Workflow, read_workflow
from steplane.source import Document
from steplane.source.limits import COMPARISONS, SHAPE_MISTAKES
from steplane.source.stretches import Stretches
from steplane.suggest import no_more_than

IGNORE = "ignore"
"""What stands in every comment that ignores warnings."""

Check = Callable[[Workflow, Context], Iterator[Diagnostic]]


def _check_observed(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Measures and rules. Few files have them: what checks them is read only then."""
    if workflow.measures:
        from steplane.checks.measures import check_measures

        yield from check_measures(workflow, context)
    if workflow.rules:
        from steplane.checks.rules import check_rules

        yield from check_rules(workflow, context)


CHECKS: tuple[Check, ...] = (
    check_identities,
    check_needs,
    check_joins,
    check_join_forms,
    check_cycles,
    check_jumps,
    check_names,
    check_conditions,
    check_operations,
    check_modifiers,
    check_parameters,
    check_inputs,
    check_environment,
    check_code_variables,
    check_near_misses,
    check_switches,
    check_ends,
    check_loops,
    check_locks,
    check_restarts,
    check_scripts,
    check_programs,
    check_templates,
    check_release,
    check_timezone,
    check_waits,
    check_signals,
    check_outputs,
    check_artifacts,
    check_caching,
    check_captures,
    check_calls,
    check_recursion,
    check_decisions,
    check_undoing,
    check_reaching,
    check_milestones,
    check_constants,
    check_secrets,
    check_credentials,
    check_keys,
    check_unnamed,
    check_missing_outputs,
    check_first_round,
    check_nulls,
    check_dollars,
    _check_observed,
)
"""Every check of a workflow, in no order that matters."""


def check_workflow(
    document: Document,
    registry: StepTypes | None = None,
    filters: tuple[str, ...] = (),
    files: Files | None = None,
    *,
    hints: bool = False,
) -> tuple[Workflow | None, tuple[Diagnostic, ...]]:
    """The workflow in a document, and everything that is wrong with it: in the order of the file, each once.

    `registry` gives the step types (None: nothing is said of them), `filters` are those that plugins add, `files` the
    workflows that are called (None: nothing is said of calls); `hints` asks for what does no harm and no good too. The
    workflow is None where the document holds no mapping; with errors among the diagnostics it must not run.
    """
    shape = shaped(document, parameters_in(registry)) if files is None else files.shaped(document)
    found = [*document.diagnostics, *shape.diagnostics]
    if len(shape.diagnostics) > SHAPE_MISTAKES:
        return None, tuple(in_file_order(found))
    document = shape.document
    workflow, said = read_workflow(document, filters)
    found += said
    if workflow is not None:
        context = Context(document, workflow, registry, [*shape.diagnostics, *said], files)
        with no_more_than(COMPARISONS):
            for check in CHECKS:
                found += check(workflow, context)
        if hints and not has_errors(found):
            from steplane.checks.hints import check_hints

            found += check_hints(workflow, context)
    found = _without_echoes(document, found)
    if IGNORE in document.text:
        from steplane.checks.ignoring import without_ignored

        found = without_ignored(document, found)
    return workflow, tuple(in_file_order(found))


UNREAD = frozenset({"unquoted-template", "number"})
"""What is said of a value that YAML itself gives no meaning."""


STRANGE = frozenset({"control-character", "encoding"})
"""What is said of characters that are not what they will be."""


def _without_echoes(document: Document, found: list[Diagnostic]) -> list[Diagnostic]:
    """Of a value that is wrong as YAML already nothing more is said.

    What stands inside a foreign template waits until that is written as an expression; a text with a character that may
    not stand in a file is not what it will be.
    """
    unread = Stretches(one.span for one in document.diagnostics if one.code in UNREAD)
    strange = Stretches(one.span for one in document.diagnostics if one.code in STRANGE)
    said = set(document.diagnostics)

    def is_echo(one: Diagnostic) -> bool:
        return unread.holds(one.span) or (one.span.line == one.span.end_line and strange.touches(one.span))

    return [one for one in found if one in said or not is_echo(one)] if said else found


__all__ = ["CHECKS", "Check", "Context", "Files", "StepTypes", "check_workflow"]
