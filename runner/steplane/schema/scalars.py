"""Whether a scalar is what a schema asks for, and the words where it is not."""

import re
from functools import cache
from typing import Any

from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.schema.place import Place
from steplane.schema.simple import LIMITS
from steplane.schema.texts import unquoted
from steplane.schema.words import as_written, expected, kind_of, listed, shown, what_it_is
from steplane.source import canonical_text
from steplane.source.nodes import Node, Scalar
from steplane.suggest import word_meant

OLD_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
"""What YAML 1.1 took for booleans."""

NUMERIC = frozenset({"integer", "number"})


def check_scalar(scalar: Scalar, schema: dict[str, Any], place: Place) -> list[Diagnostic]:
    """What is wrong with a scalar that holds no expression, against `type const enum pattern minimum ...`."""
    if "const" in schema or "enum" in schema:
        return _choice(scalar, schema, place)
    wanted = schema.get("type")
    if wanted is None:
        return []
    kinds = {wanted} if isinstance(wanted, str) else set(wanted)
    if found := _kind(scalar, kinds, schema, place):
        return found
    if "string" in kinds and kind_of(scalar) not in kinds - {"string"}:
        return _text(scalar, schema, place)
    return _number(scalar, schema, place) if kind_of(scalar) in NUMERIC else []


def _choice(scalar: Scalar, schema: dict[str, Any], place: Place) -> list[Diagnostic]:
    allowed = [schema["const"]] if "const" in schema else schema["enum"]
    if any(_same(scalar, one) for one in allowed):
        return []
    if old := _old_boolean(scalar, {"boolean"} if True in allowed else set(), place):
        return [old]
    names = [shown(one) for one in allowed]
    meant = word_meant(scalar.text, names)
    message = f"{place.subject} must be {expected(schema)}, not {as_written(scalar)}"
    fix = Fix(f"replace `{scalar.text}` with `{meant}`", (Edit(scalar.span, meant),), safe=False) if meant else None
    label = f"did you mean `{meant}`?" if meant else ""
    return [Diagnostic("enum", message, scalar.span, label=label, fix=fix, help=_choose(schema, names, meant))]


def _choose(schema: dict[str, Any], names: list[str], meant: str | None) -> str:
    if "x-expected" in schema and "enum" in schema:  # which says what it is, and not which there are
        return f"the words are {listed(names, 'and')}"
    return "" if meant else f"write {expected(schema)}"


def _same(scalar: Scalar, value: Any) -> bool:
    if isinstance(value, str):
        return canonical_text(scalar) == value
    return type(scalar.value) is type(value) and scalar.value == value


def _kind(scalar: Scalar, kinds: set[str], schema: dict[str, Any], place: Place) -> list[Diagnostic]:
    kind = kind_of(scalar)
    spelled = kind in NUMERIC and scalar.plain and ("string" in kinds) and (not kinds & NUMERIC or schema.get("x-text"))
    if spelled and (said := unquoted(place.subject, scalar)):
        return [said]
    if kind in kinds or spelled or (kind == "integer" and "number" in kinds):
        return []
    if kind == "number" and "integer" in kinds and float(scalar.text).is_integer():
        return []
    if old := _old_boolean(scalar, kinds, place):
        return [old]
    message = f"{place.subject} must be {expected(schema)}, not {what_it_is(scalar)}"
    return [
        Diagnostic("wrong-kind", message, scalar.span, help=_remedy(scalar, kinds, schema), fix=_quoting(scalar, kinds))
    ]


def _old_boolean(scalar: Scalar, kinds: set[str], place: Place) -> Diagnostic | None:
    return old_boolean(place.subject, scalar) if "boolean" in kinds and "string" not in kinds else None


def old_boolean(subject: str, node: Node) -> Diagnostic | None:
    """What to say of a word that YAML 1.1 took for a boolean, where one is wanted; None of anything else."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or not node.plain:
        return None
    meant = OLD_BOOLEANS.get(node.text.lower())
    if meant is None:
        return None
    fix = Fix(f"replace `{node.text}` with `{meant}`", (Edit(node.span, meant),))
    message = f"{subject} must be `true` or `false`; `{node.text}` is text"
    return Diagnostic("old-boolean", message, node.span, label=f"write `{meant}`", fix=fix)


def _remedy(scalar: Scalar, kinds: set[str], schema: dict[str, Any]) -> str:
    if _quoting(scalar, kinds):
        return ""
    if "array" in kinds and "object" not in kinds:
        return f"write a list: `[{scalar.text}]`" if len(scalar.text) <= 30 and scalar.text else "write a list"
    return f"write {expected(schema)}"


def listing(node: Node) -> Fix | None:
    """Brackets around one word where a list of words is wanted."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return None
    if not node.plain or not re.fullmatch(r"[A-Za-z0-9_./*-]+", node.text):
        return None
    return Fix(f"write `[{node.text}]`", (Edit(node.span, f"[{node.text}]"),))


def expression_in(node: Scalar) -> Span:
    """Where the first expression begins, in a text of one line without escapes; else the whole text."""
    span, offset = node.span, min(at for mark in ("${{", "${%") if (at := node.text.find(mark)) >= 0)
    quotes = span.end_column - span.column - len(node.text)
    if span.line != span.end_line or quotes not in (0, 2):
        return span
    return Span(span.file, span.line, span.column + quotes // 2 + offset, span.end_line, span.end_column - quotes // 2)


def wrapping(node: Node, *, quote: bool) -> Fix | None:
    """An expression written bare where a value is wanted: `foreach: inputs.x`."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or "\n" in node.text:
        return None
    if fix := with_dollar(node):
        return fix
    head = node.text.strip().split(".")[0].split("[")[0]
    if not head.isidentifier() or "`" in node.text:
        return None
    wrapped = f"${{{{ {node.text.strip()} }}}}"
    return Fix(f"write `{wrapped}`", (Edit(node.span, f'"{wrapped}"' if quote or not node.plain else wrapped),))


def with_dollar(scalar: Scalar) -> Fix | None:
    """An expression as other tools write it: `{{ x }}`."""
    text = scalar.text.strip()
    if not re.fullmatch(r"\{\{ *[A-Za-z_][^{}\n]*\}\}", text) or '"' in text or "\\" in text:
        return None
    return Fix(f"write `${text}`", (Edit(scalar.span, f'"${text}"'),), safe=False)


def _quoting(scalar: Scalar, kinds: set[str]) -> Fix | None:
    """Quotes for what is no text, or none for a quoted number or boolean."""
    if "string" in kinds and isinstance(scalar.value, bool | int | float):
        return Fix(f'quote it: `"{scalar.text}"`', (Edit(scalar.span, f'"{scalar.text}"'),))
    bare = scalar.text.strip()
    number = kinds & NUMERIC and re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", bare)
    boolean = "boolean" in kinds and bare in {"true", "false"}
    if not scalar.plain and (number or boolean):
        return Fix(f"write `{bare}` without quotes", (Edit(scalar.span, bare),))
    return None


def _text(scalar: Scalar, schema: dict[str, Any], place: Place) -> list[Diagnostic]:
    if not scalar.text.strip() and schema.get("minLength"):
        return [place.empty(scalar.span, f"write {expected(schema)}")]
    pattern = schema.get("pattern")
    if not pattern or _compiled(pattern).search(scalar.text):
        return []
    message = f"{place.subject} must be {expected(schema)}, not {as_written(scalar)}"
    fix = with_dollar(scalar) or _mended(scalar, schema)
    return [Diagnostic("pattern", message, scalar.span, help="" if fix else f"write {expected(schema)}", fix=fix)]


def _mended(scalar: Scalar, schema: dict[str, Any]) -> Fix | None:
    """A unit for a bare number where a duration is wanted; a spelling that is allowed for an id or a name."""
    text = {"id": scalar.text.lower(), "word": scalar.text}.get(schema.get("x-level", ""), "")
    if spelling := re.sub(r"[^A-Za-z0-9_]", "_", text).lstrip("_0123456789"):
        return Fix(f"replace `{scalar.text}` with `{spelling}`", (Edit(scalar.span, spelling),), safe=False)
    if "duration" in str(schema.get("x-expected")) and re.fullmatch(r"[0-9]+(\.[0-9]+)?", scalar.text):
        return Fix(f"`{scalar.text}s` for seconds", (Edit(scalar.span, f"{scalar.text}s"),), safe=False)
    return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("$", r"\Z") if pattern.endswith("$") and "\\$" not in pattern else pattern)


def _number(scalar: Scalar, schema: dict[str, Any], place: Place) -> list[Diagnostic]:
    for keyword, (words, holds) in LIMITS.items():
        if keyword in schema and not holds(scalar.value, schema[keyword]):
            message = f"{place.subject} must be {words} {schema[keyword]}, not {scalar.text}"
            return [Diagnostic("range", message, scalar.span, help=f"write {expected(schema)}")]
    return []
