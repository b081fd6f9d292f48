"""Scripts: no value may become code of the shell."""

from collections.abc import Iterator

from steplane.checks.context import Context, Position
from steplane.diagnostics import Diagnostic
from steplane.expressions.templates import Expression
from steplane.expressions.types import Type, in_words
from steplane.model import Run, Shell, Workflow, shell_of
from steplane.scripts.compiling import compile_script
from steplane.scripts.shapes import Place, slots_of
from steplane.source.nodes import Scalar


def check_scripts(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What the script compiler finds in each `run` for `bash` and `sh`; other shells take values through `env`."""
    for position in context.positions:
        run = position.step.action
        if not isinstance(run, Run) or run.script is None or not run.spans:
            continue
        script, shell = run.script, shell_of(run)
        if _is_misshapen(run, script, context):
            continue
        if shell is None:
            message = "an expression in `run` is for `bash` and `sh` only: another shell could take it for code"
            start, end = run.spans[0]
            yield Diagnostic(
                "foreign-shell",
                message,
                context.place(script, start, end - start),
                help="give the value through `env` and read the variable in the script",
            )
            continue
        yield from _compiled(position, script, shell, context)


def _is_misshapen(run: Run, script: Scalar, context: Context) -> bool:
    """Whether something is wrong between the expressions, so that nobody knows what the script is."""
    wrong = context.wrong_in(script.span)
    places = (context.place(script, start, end - start) for start, end in run.spans if wrong)
    return len(wrong) > sum(len(context.wrong_in(one)) for one in places)


def _compiled(position: Position, script: Scalar, shell: Shell, context: Context) -> Iterator[Diagnostic]:
    run, types = position.step.action, context.types
    assert isinstance(run, Run)
    expressions = [one for one in run.parts if isinstance(one, Expression)]
    places = {
        id(one): context.place(script, start, end - start)
        for one, (start, end) in zip(expressions, run.spans, strict=True)
    }
    wrong = {one for one, place in places.items() if context.is_misshapen(place)}

    def is_number(one: Expression) -> bool:
        """Null is refused in the run. Of what does not compile is said what holds for any value, a number too."""
        return id(one) in wrong or types.of(one, position).there.is_only("integer", "number")

    compiled, found = compile_script(
        run.parts,
        spans=run.spans,
        shell=shell,
        is_number=is_number,
        locate=lambda offset, length: context.place(script, offset, length),
    )
    yield from found
    for slot in slots_of(compiled):
        known = id(slot.expression) not in wrong
        reason = _no_word(slot.place, types.of(slot.expression, position).there) if known else None
        if reason:
            message = f"`{slot.expression.text.strip()}` is {reason[0]}"
            yield Diagnostic("wrong-kind", message, places[id(slot.expression)], help=reason[1])


def _no_word(place: Place, given: Type) -> tuple[str, str] | None:
    """Why a value of this type is surely refused at its place in a script, and what to do."""
    if place == "glued" and given.is_only("list", "object") and given.can_be("list"):
        help_ = "let it stand alone for one word per item, or join it: `| join(',')`; in double quotes it is JSON"
        return f"{in_words(given)}, and the shell takes one word there", help_
    if place in ("glued", "word") and given.is_only("object") and given.kinds:
        return "a mapping, which is no word", "name a field of it; in double quotes it is JSON"
    if place == "word" and given.is_only("list") and given.element.is_only("list", "object"):
        message = f"a list, each item of which is {in_words(given.element)}, and that is no word"
        return message, "take one field of each: `| map(attribute='name')`; in double quotes the list is JSON"
    return None
