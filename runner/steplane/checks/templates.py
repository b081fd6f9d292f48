"""Templates in a file that their step renders itself: read before the run, their names held to the step's `values`."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic
from steplane.expressions.faults import SyntaxFault
from steplane.expressions.pieces import JINJA, LANGUAGE
from steplane.expressions.templates import Blocks, Literal, MapOf
from steplane.model import Named, Uses, Workflow
from steplane.schema.words import listed
from steplane.source.nodes import Scalar
from steplane.suggest import did_you_mean


def check_templates(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with the templates that stand in a file (`Template` of the SDK)."""
    for position in context.positions:
        action = position.step.action
        if not isinstance(action, Uses):
            continue
        given = {one.name.text: one for one in action.parameters}
        for name in context.rendered_by_step(action):
            node = given[name].value.node if name in given else None
            if isinstance(node, Scalar) and isinstance(node.value, str) and not context.is_misshapen(node.span):
                yield from _template(context, node, given)


def _template(context: Context, node: Scalar, given: dict[str, Named]) -> Iterator[Diagnostic]:
    from steplane.expressions.grammar import parse_template
    from steplane.expressions.usage import unknown_calls
    from steplane.expressions.walking import Walker

    jinja = _static(given, "delimiters") == "jinja"
    try:
        tree = parse_template(node.text, JINJA if jinja else LANGUAGE)
        faults = unknown_calls(node.text, tree, ())
        names = [] if faults else Walker(Blocks(node.text)).walk(tree)
    except SyntaxFault as fault:
        faults, names = [fault], []
    except RecursionError:
        faults, names = [SyntaxFault("this template is nested too deeply", 0)], []
    if faults and jinja:  # the reader of values reports those of its own marks
        place = context.place(node, faults[0].offset, faults[0].length)
        yield Diagnostic(faults[0].code, faults[0].message, place, help=faults[0].remedy)
    known = _names(given)
    for use in names:
        name = use.path[0]
        if known is not None and name not in known and not use.defaulted:
            message = f"`{name}` is not among the `values` of this template"
            yield Diagnostic("unknown-name", message, context.place(node, *use.parts[0]), help=_help(name, known))


def _static(given: dict[str, Named], name: str) -> object:
    template = given[name].value.template if name in given else None
    return template.value if isinstance(template, Literal) else None


def _names(given: dict[str, Named]) -> tuple[str, ...] | None:
    """The names that the template may use; None where they are not known before the run."""
    if "values" not in given:
        return ()
    template = given["values"].value.template
    if isinstance(template, MapOf):
        return tuple(name for name, _ in template.entries)
    value = template.value if isinstance(template, Literal) else None
    return tuple(value) if isinstance(value, dict) else None


def _help(name: str, known: tuple[str, ...]) -> str:
    near = did_you_mean(name, known)
    if near:
        return f"did you mean `{near}`?"
    has = f"it has {listed(known, 'and')}; " if 0 < len(known) <= 8 else ""
    return f"{has}give it under `values`: `{name}: ${{{{ ... }}}}`"
