"""Evaluation: values and conditions on a context of plain data."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from steplane.expressions.faults import ExpressionError
from steplane.expressions.frames import Frame
from steplane.expressions.templates import Blocks, Expression, ListOf, Literal, MapOf, Template, Text
from steplane.expressions.values import Solid, in_words, kind_of, text_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from steplane.expressions.deriving import Keeper, Watch
    from steplane.expressions.pieces import Marks

_SCALARS = frozenset({type(None), bool, int, float, str})


class Engine:
    """Evaluates expressions. `filters` (name to function of the limits, the value and the arguments) join the built-in
    ones; `zone` is that of times without an offset (None: UTC).

    A context maps names to plain data, to lazy mappings, or to `Missing`. Lazy mappings may stand in the context, in
    a lazy mapping, and in the dict of one step (`steps.build`); within any other list or dict all is plain. Every
    method raises ExpressionError, with the author's words and the place of the expression.

    `keeper` is who knows the secrets, where there are any: it is told what expressions make of them.
    """

    __slots__ = ("filters", "keeper", "zone")

    def __init__(self, filters: Mapping[str, Callable[..., Any]] | None = None, zone: "tzinfo | None" = None) -> None:
        self.filters = dict(filters or {})
        self.zone = zone
        self.keeper: Keeper | None = None

    def evaluate(self, expression: Expression, context: Mapping[str, Any]) -> Any:
        """The value of one expression, with its type, as plain data."""
        return _placed(expression, lambda: self._value(expression.text, context))

    def render(self, template: Template, context: Mapping[str, Any]) -> Any:
        """The value of a template: data with its type, or text."""
        if isinstance(template, Literal):
            return template.value
        if isinstance(template, Expression):
            return self.evaluate(template, context)
        if isinstance(template, Text):
            return self._text(template, context)
        if isinstance(template, Blocks):
            return _placed(template, lambda: self._blocks(template.text, context))
        if isinstance(template, ListOf):
            return [self.render(item, context) for item in template.items]
        assert isinstance(template, MapOf)
        return {name: self.render(value, context) for name, value in template.entries}

    def shown(self, template: Template, value: Any) -> Any:
        """What may be told of the value that the template gave: without what cannot be found in it by who masks it."""
        if self.keeper is None or isinstance(template, Literal):
            return value
        if isinstance(template, ListOf):
            return [self.shown(one, part) for one, part in zip(template.items, value, strict=True)]
        if isinstance(template, MapOf):
            return {name: self.shown(one, value[name]) for name, one in template.entries}
        return self.keeper.shown(value) if self.keeper.meets(template) else value

    def text(self, value: Any) -> str:
        """A value where text is wanted: a number or boolean as text; a list, mapping or null is an error."""
        kind = kind_of(value)
        if kind in ("list", "object"):
            raise ExpressionError(
                f"text is wanted, and this is {in_words(value)}: `| json` or `| join(' ')` makes text of it"
            )
        return text_of(value, Frame({}, self).budget)

    def render_text(self, template: Template, context: Mapping[str, Any]) -> str:
        """A template where text is wanted; see `text`."""
        value = self.render(template, context)
        if isinstance(template, Expression):
            return str(_placed(template, lambda: self.text(value)))
        return self.text(value)

    def document(self, text: str, values: Mapping[str, Any], marks: "Marks") -> str:
        """A whole template that sees these values and nothing else; one that is not there is missing, not unknown.

        The place of an ExpressionError is that within the text.
        """
        from steplane.expressions.documents import render

        return render(self, text, values, marks)

    def condition(
        self, expression: Expression, context: Mapping[str, Any], seen: list[tuple[str, Any]] | None = None
    ) -> bool:
        """The truth of a condition; a value that is no boolean is an error.

        `seen` takes each part that was evaluated (its source) with its value; `telling` makes texts of them.
        """
        if seen is None:
            value = self.evaluate(expression, context)
        else:
            from steplane.expressions.tracing import compile_traced

            frame = Frame(context, self, seen)
            if self.keeper is not None:
                frame.watch = self._watch(frame, self.keeper, expression.text)
            told = len(seen)
            try:
                value = _placed(expression, lambda: compile_traced(expression.text)(frame))
            finally:
                if self.keeper is not None and frame.watch is not None:
                    seen[told:] = [(source, self.keeper.shown(part)) for source, part in seen[told:]]
        if not isinstance(value, bool):
            raise ExpressionError(
                f"`{expression.text}` is a condition and must be true or false, but it is {in_words(value)}",
                expression.line,
                expression.column,
            )
        return value

    def _value(self, text: str, context: Mapping[str, Any]) -> Any:
        frame = Frame(context, self)
        if self.keeper is not None:
            frame.watch = self._watch(frame, self.keeper, text)
        value = _compiled(text)(frame)
        return value if value.__class__ in _SCALARS else _plain(value, text, frame)

    @staticmethod
    def _watch(frame: Frame, keeper: "Keeper", text: str, *, blocks: bool = False) -> "Watch | None":
        """Who looks on, where the evaluation may meet a secret."""
        if not keeper.may_meet(text, blocks=blocks):
            return None
        from steplane.expressions.deriving import Watch

        return Watch(keeper, frame.budget)

    def _text(self, template: Text, context: Mapping[str, Any]) -> str:
        frame = Frame(context, self)
        pieces: list[str] = []
        size, withheld, watched = 0, False, False
        for part in template.parts:
            if isinstance(part, str):
                piece = part
            else:
                if self.keeper is not None:
                    frame.watch = self._watch(frame, self.keeper, part.text)
                piece = _printed(part, frame)
                watched = watched or frame.watch is not None
                withheld = withheld or (frame.watch is not None and frame.watch.printed)
            size += len(piece)
            frame.budget.text(size)
            pieces.append(piece)
        text = "".join(pieces)
        if self.keeper is not None:
            if withheld:
                self.keeper.withhold_text(text)
            if watched and "://" in text:
                self.keeper.addressed(text)
        return text

    def _blocks(self, text: str, context: Mapping[str, Any]) -> str:
        from steplane.expressions.blocks import compile_blocks

        frame = Frame(context, self)
        if self.keeper is not None:
            frame.watch = self._watch(frame, self.keeper, text, blocks=True)
        return str(compile_blocks(text)(frame))


def _compiled(text: str) -> Callable[[Frame], Any]:
    """The expression as a function. What compiles is imported now: many a workflow holds no expression at all."""
    from steplane.expressions.compiling import compile_text

    return compile_text(text)


def _printed(part: Expression, frame: Frame) -> str:
    def action() -> str:
        value = _compiled(part.text)(frame)
        if value is None:
            raise ExpressionError(
                f"`{part.text}` is null, and null cannot be put into text: `| default(...)` says what stands for it"
            )
        if frame.watch is not None:
            frame.watch.prints(value)
        return text_of(value, frame.budget)

    return str(_placed(part, action))


def _plain(value: Any, text: str, frame: Frame) -> Any:
    """Lazy views become plain data; what an expression has made is checked for its size."""
    if value.__class__ in (dict, list) and _deep_path(text):
        return value
    return Solid(frame.budget).copy(value)


def _deep_path(text: str) -> bool:
    from steplane.expressions.paths import read_path

    steps = read_path(text)
    return steps is not None and len(steps) > (2 if steps[0].key == "steps" else 1)


def _placed(where: Any, action: Callable[[], Any]) -> Any:
    """Do it; an error gets the place of the expression."""
    try:
        return action()
    except ExpressionError as error:
        if not error.line and isinstance(where, Expression | Blocks):
            error.line, error.column = where.line, where.column
        raise
    except RecursionError:
        line, column = (where.line, where.column) if isinstance(where, Expression | Blocks) else (0, 0)
        raise ExpressionError("this expression is nested too deeply", line, column) from None
