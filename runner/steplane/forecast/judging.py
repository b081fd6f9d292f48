"""Conditions and values looked at before the run."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from steplane.expressions import Engine, Expression, ExpressionError, Template, uses
from steplane.expressions.faults import NotKnown
from steplane.expressions.telling import Hides, Part, seen_texts
from steplane.forecast.fates import Condition

Path = tuple[str, ...]


class Judge:
    """Evaluates what can be evaluated, and says of the rest what it depends on.

    `why` says of a path (`("vars", "day")`) why it is not known, as the rest of a sentence; empty where that is clear.
    """

    def __init__(self, engine: Engine, mask: Hides, why: Callable[[Path], str]) -> None:
        self.engine, self.mask, self.why = engine, mask, why

    def condition(self, expression: Expression, names: Mapping[str, Any]) -> Condition:
        """The condition with its truth, as far as it has one."""
        parts: list[Part] = []
        text = expression.text.strip()
        try:
            value = self.engine.condition(expression, names, parts)
        except NotKnown as unknown:
            return Condition(text, None, seen_texts(parts, self.mask), self.words(expression, unknown.paths))
        except ExpressionError as error:
            return Condition(text, None, seen_texts(parts, self.mask), error=self.mask.text(error.message))
        return Condition(text, value, seen_texts(parts, self.mask))

    def words(self, template: Template, paths: Iterable[Path]) -> tuple[str, ...]:
        """What is not known, as it stands in the template: `steps.load.outputs.count`."""
        used = [use.path for use in uses(template)]
        said: dict[str, None] = {}
        for path in paths:
            whole = [one for one in used if one[: len(path)] == path] or [path]
            for one in whole:
                why = self.why(one)
                said[f"{'.'.join(one)}{f', {why}' if why else ''}"] = None
        return tuple(said)
