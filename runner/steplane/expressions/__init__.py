"""Expressions: reading values and conditions, the names that they use, and their evaluation on plain data.

Nothing is imported before it is used: a plain path such as `steps.build.outputs.stdout` never loads Jinja2.
"""

from typing import TYPE_CHECKING

from steplane.exports import lazily

if TYPE_CHECKING:
    from steplane.expressions.durations import format_duration, parse_duration
    from steplane.expressions.engine import Engine
    from steplane.expressions.faults import ExpressionError, Missing
    from steplane.expressions.reading import expression_offsets, parse_condition, parse_value
    from steplane.expressions.templates import Blocks, Expression, ListOf, Literal, MapOf, Template, Text
    from steplane.expressions.usage import Called, Use, calls, uses

__all__ = [
    "Blocks",
    "Called",
    "Engine",
    "Expression",
    "ExpressionError",
    "ListOf",
    "Literal",
    "MapOf",
    "Missing",
    "Template",
    "Text",
    "Use",
    "calls",
    "expression_offsets",
    "format_duration",
    "parse_condition",
    "parse_duration",
    "parse_value",
    "uses",
]

_MODULES = {
    "Blocks": "templates",
    "Called": "usage",
    "Engine": "engine",
    "Expression": "templates",
    "ExpressionError": "faults",
    "ListOf": "templates",
    "Literal": "templates",
    "MapOf": "templates",
    "Missing": "faults",
    "Template": "templates",
    "Text": "templates",
    "Use": "usage",
    "calls": "usage",
    "expression_offsets": "reading",
    "format_duration": "durations",
    "parse_condition": "reading",
    "parse_duration": "durations",
    "parse_value": "reading",
    "uses": "usage",
}

__getattr__ = lazily(__name__, _MODULES)
