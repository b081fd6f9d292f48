"""Filters, tests and the one function: from allow-lists, with their arguments checked."""

from collections.abc import Callable
from typing import Any

from steplane.expressions.faults import ExpressionError, Missing, SyntaxFault
from steplane.expressions.filters import FILTERS
from steplane.expressions.frames import Frame, Run, closest
from steplane.expressions.limits import RANGE
from steplane.expressions.predicates import PREDICATES
from steplane.expressions.values import kind_of, truth

APPLICATION_FILTERS = frozenset({"yaml", "from_yaml"})
"""Filters that the application passes in."""

MAY_BE_MISSING = frozenset({"default", "d", "defined", "undefined"})
"""The filters and tests that take a value which is not there."""

_BUILTIN_FAULTS = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)


def arguments(node: Any) -> Callable[[Frame], tuple[list[Any], dict[str, Any]]]:
    """The arguments of a filter, test or call, evaluated."""
    from steplane.expressions.compiling import solid, used

    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise SyntaxFault("`*` and `**` arguments are not part of the language", node.lineno or 0)
    positional = [used(argument) for argument in node.args]
    named = [(keyword.key, used(keyword.value)) for keyword in node.kwargs]

    def run(frame: Frame) -> tuple[list[Any], dict[str, Any]]:
        return [solid(one(frame)) for one in positional], {name: solid(one(frame)) for name, one in named}

    return run


def compile_filter(node: Any) -> Run:
    """The function of `x | name(...)`."""
    from steplane.expressions.compiling import loose, used

    if node.node is None:
        raise SyntaxFault("this filter has nothing to work on", node.lineno or 0)
    return filter_run(node, loose(node.node) if node.name in MAY_BE_MISSING else used(node.node))


def filter_run(node: Any, inner: Run) -> Run:
    """The function of a filter on what `inner` gives."""
    name = node.name
    if name in FILTERS:
        check_arguments(FILTERS[name], f"the filter `{name}`", len(node.args), [one.key for one in node.kwargs], node)
    values = arguments(node)
    if name in {"default", "d"}:
        return _default_run(node, inner)

    def run(frame: Frame) -> Any:
        positional, named = values(frame)
        return apply_filter(frame, name, inner(frame), positional, named)

    return run


def _default_run(node: Any, inner: Run) -> Run:
    """`x | default(y)`: `y` is evaluated only if it is needed, and may be missing too, for a further `default`."""
    from steplane.expressions.compiling import loose, solid, used

    given = dict(zip(("default_value", "boolean"), node.args, strict=False)) | {
        one.key: one.value for one in node.kwargs
    }
    otherwise = loose(given["default_value"]) if "default_value" in given else None
    boolean = used(given["boolean"]) if "boolean" in given else None

    def run(frame: Frame) -> Any:
        value = inner(frame)
        empty = value is None or value.__class__ is Missing
        if not empty and (boolean is None or not truth(boolean(frame)) or truth(value)):
            return apply_filter(frame, node.name, value, [], {})
        other = "" if otherwise is None else otherwise(frame)
        if other.__class__ is Missing:
            return other
        return apply_filter(frame, node.name, value, [solid(other)], {"boolean": True})

    return run


def check_arguments(function: Callable[..., Any], what: str, count: int, names: list[str], node: Any) -> None:
    """Raise SyntaxFault when a built-in filter or test cannot take these arguments."""
    code = function.__code__
    known = list(code.co_varnames[2 : code.co_argcount])
    open_ended = bool(code.co_flags & 0x04)
    least = len(known) - len(function.__defaults__ or ())
    wrong = next((name for name in names if name not in known and not code.co_flags & 0x08), None)
    if wrong is not None:
        raise SyntaxFault(f"{what} has no argument `{wrong}`", node.lineno or 0, remedy=_known(known))
    if count > len(known) and not open_ended:
        raise SyntaxFault(f"{what} takes at most {len(known)} arguments, not {count}", node.lineno or 0,
                          remedy=_known(known))  # fmt: skip
    if any(name in known[:count] for name in names):
        raise SyntaxFault(f"{what} gets an argument twice", node.lineno or 0)
    if count < least and any(name not in names for name in known[count:least]):
        raise SyntaxFault(f"{what} needs the argument `{known[count]}`", node.lineno or 0, remedy=_known(known))


def _known(names: list[str]) -> str:
    return f"it has {', '.join(f'`{name}`' for name in names)}" if names else "it has none"


def apply_filter(frame: Frame, name: str, value: Any, positional: list[Any], named: dict[str, Any]) -> Any:
    """Apply a filter by name; raises ExpressionError for an unknown one and for whatever it objects to."""
    budget = frame.budget
    budget.left -= 1
    if budget.left < 0:
        budget.look()
    function = FILTERS.get(name)
    if function is not None:
        try:
            result = function(frame, value, *positional, **named)
        except _BUILTIN_FAULTS as error:
            raise ExpressionError(f"the filter `{name}` cannot do this: {error}") from None
        if frame.watch is None:
            return result
        return frame.watch.filtered(name, result, value, *positional, *named.values())
    from steplane.expressions.compiling import solid

    from_outside = frame.engine.filters.get(name)
    if from_outside is None:
        raise ExpressionError(unknown_message("filter", name, [*FILTERS, *frame.engine.filters]))
    result = _outside(frame, name, lambda: from_outside(budget, solid(value), *positional, **named))
    return result if frame.watch is None else frame.watch.filtered(name, result, value, *positional, *named.values())


def _outside(frame: Frame, name: str, action: Callable[[], Any]) -> Any:
    from steplane.expressions.compiling import solid

    try:
        result = action()
    except ExpressionError:
        raise
    except Exception as error:  # a plugin may raise anything; its name and words are passed on
        raise ExpressionError(f"the filter `{name}` failed: {error or type(error).__name__}") from error
    frame.budget.tick(16)
    return solid(result)


def unknown_message(what: str, name: str, known: list[str]) -> str:
    """The sentence for a filter or test that is not on the allow-list."""
    close = closest(name, known)
    return f"there is no {what} `{name}`" + (f"; did you mean `{close}`?" if close else "")


def compile_test(node: Any) -> Run:
    """The function of `x is name(...)`."""
    from steplane.expressions.compiling import loose, used

    return test_run(node, loose(node.node) if node.name in MAY_BE_MISSING else used(node.node))


def test_run(node: Any, inner: Run) -> Run:
    """The function of a test of what `inner` gives."""
    name = node.name
    if name not in PREDICATES:
        raise SyntaxFault(unknown_message("test", name, list(PREDICATES)), node.lineno or 0)
    check_arguments(PREDICATES[name], f"the test `{name}`", len(node.args), [one.key for one in node.kwargs], node)
    values = arguments(node)
    if name in MAY_BE_MISSING:
        return lambda frame: (inner(frame).__class__ is Missing) == (name == "undefined")

    def run(frame: Frame) -> bool:
        positional, named = values(frame)
        return apply_test(frame, name, inner(frame), positional, named)

    return run


def apply_test(frame: Frame, name: str, value: Any, positional: list[Any], named: dict[str, Any] | None = None) -> bool:
    """Apply a test by name; raises ExpressionError for an unknown one."""
    function = PREDICATES.get(name)
    if function is None:
        raise ExpressionError(unknown_message("test", name, list(PREDICATES)))
    budget = frame.budget
    budget.left -= 1
    if budget.left < 0:
        budget.look()
    try:
        return bool(function(frame, value, *positional, **(named or {})))
    except _BUILTIN_FAULTS as error:
        raise ExpressionError(f"the test `{name}` cannot do this: {error}") from None


def compile_call(node: Any) -> Run:
    """The function of a call: `range(...)` is the only one."""
    target = type(node.node).__name__
    if target == "Getattr":
        name = node.node.attr
        raise SyntaxFault(
            f"`.{name}(...)`: methods cannot be called", (node.lineno or 0) - len(name), len(name), _instead_of(name)
        )
    if target != "Name":
        raise SyntaxFault(
            "only `range(...)` can be called", node.lineno or 0, remedy="filters do such work: `x | name`"
        )
    if node.node.name != "range":
        name = node.node.name
        message = f"there is no function `{name}`: only `range(...)` can be called"
        raise SyntaxFault(message, node.node.lineno or 0, len(name), _instead_of(name))
    values = arguments(node)

    def run(frame: Frame) -> list[int]:
        positional, named = values(frame)
        if named or not 1 <= len(positional) <= 3 or any(kind_of(one) != "integer" for one in positional):
            raise ExpressionError("`range` takes one to three whole numbers")
        return _range(frame, positional)

    return run


_INSTEAD = {
    "always": "`finally`, or `needs: {STEP: done}`",
    "cancelled": "`needs: {STEP: cancelled}`, or `run.status == 'cancelled'`",
    "contains": "`'x' in y`",
    "endswith": "`| regex_match('...$')`",
    "failure": "`needs: {STEP: failed}`, or `run.status == 'failed'`",
    "get": "`x.key | default(...)`",
    "len": "`| length`",
    "lstrip": "`| trim`",
    "rstrip": "`| trim`",
    "splitlines": "`| split('\\n')`",
    "startswith": "`| regex_match('^...')`",
    "str": "`| string`",
    "strip": "`| trim`",
    "success": "`needs: {STEP: succeeded}`, or `run.status == 'succeeded'`",
}
"""What serves in the place of a function or method of other languages that has no filter of its name."""


def _instead_of(name: str) -> str:
    if name in FILTERS or name in APPLICATION_FILTERS:
        return f"filters do such work: `| {name}`"
    if name in _INSTEAD:
        return f"write {_INSTEAD[name]}"
    return "filters do such work: `x | name`; for all see `steplane help expressions`"


def _range(frame: Frame, bounds: list[int]) -> list[int]:
    if len(bounds) == 3 and bounds[2] == 0:
        raise ExpressionError("the step of `range` is not 0")
    if any(abs(bound) > 10**15 for bound in bounds) or len(range(*bounds)) > RANGE:
        raise ExpressionError(f"`range` gives at most {RANGE:,} numbers")
    frame.budget.items(len(range(*bounds)))
    return list(range(*bounds))
