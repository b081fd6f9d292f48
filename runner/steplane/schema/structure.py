"""Walks a file's tree along its JSON Schema, with messages of our own at the exact places.

It reads the keywords that our schemas use (`$ref type enum const pattern minimum maximum minLength minItems maxItems
minProperties properties patternProperties additionalProperties unevaluatedProperties propertyNames required items
anyOf if then`); in an `anyOf` the kind of the value says which alternative is meant, in an `if` its kind and keys.
Values that hold expressions skip value keywords.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.schema.keys import Parameters, is_taken, meaning, unknown_key
from steplane.schema.place import Place, is_flow
from steplane.schema.scalars import check_scalar, expression_in, listing, wrapping
from steplane.schema.steps import ACTIONS
from steplane.schema.words import expected, kind_of, listed, what_it_is
from steplane.source.limits import SHAPE_MISTAKES
from steplane.source.mistakes import Enough, no_more
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence

Schema = dict[str, Any]

PROSE = (("description",), ("$comment",))
"""Keys whose text may well speak about expressions."""


def holds_expression(node: Node) -> bool:
    """Whether the scalar's text has a `${{` or `${%` in it."""
    return isinstance(node, Scalar) and isinstance(node.value, str) and ("${{" in node.text or "${%" in node.text)


class Structure:
    """One check of one file; `diagnostics` grows while it walks."""

    def __init__(self, schema: Schema, parameters: Parameters, broken: Callable[[Span], bool]) -> None:
        self._root = schema
        self._definitions: dict[str, Any] = {**schema.get("$defs", {}), "workflow": schema.get("properties", {})}
        self._resolved: dict[int, tuple[Schema, Schema]] = {}
        self._accepted: dict[int, tuple[Schema, set[str]]] = {}
        self._alternatives: dict[int, tuple[list[Any], list[tuple[Schema, set[str]]]]] = {}
        self._parameters = parameters
        self._broken = broken
        self.diagnostics: list[Diagnostic] = []
        self.meant: dict[Span, str] = {}
        """The keys that unknown ones stand for, by the places of these."""
        self.counted: dict[Span, str] = {}
        """Those of them that count for what follows as the keys that they stand for."""

    def walk(self, root: Node, level: str) -> None:
        """Check the whole tree; `level` names what it is (`workflow`)."""
        with suppress(Enough):
            self._visit(root, {**self._root, "x-level": level}, Place())
        self.diagnostics = no_more(self.diagnostics, SHAPE_MISTAKES, "its keys and values")

    # ---------------------------------------------------------------- schemas

    def _resolve(self, schema: Any) -> Schema:
        """The schema with its `$ref` taken in; properties of both are joined."""
        known = self._resolved.get(id(schema))
        if known is not None and known[0] is schema:
            return known[1]
        if not isinstance(schema, dict):
            return {}
        if not isinstance(schema.get("$ref"), str):
            return schema
        name = schema["$ref"].removeprefix("#/$defs/")
        target = self._resolve(self._definitions[name])
        whole = {"x-level": name, **target, **{key: one for key, one in schema.items() if key != "$ref"}}
        if "properties" in target and "properties" in schema:
            whole["properties"] = {**target["properties"], **schema["properties"]}
        self._resolved[id(schema)] = (schema, whole)
        return whole

    def _accepts(self, schema: Schema) -> set[str]:
        """The kinds of value that a schema may hold for; looked up once for each."""
        known = self._accepted.get(id(schema))
        if known is None or known[0] is not schema:
            known = self._accepted[id(schema)] = (schema, self._kinds_of(schema))
        return known[1]

    def _kinds_of(self, schema: Schema) -> set[str]:
        if "anyOf" in schema:
            return set().union(*(self._accepts(self._resolve(one)) for one in schema["anyOf"]))
        if "enum" in schema or "const" in schema:
            values = schema.get("enum", [schema.get("const")])
            return {
                "boolean" if isinstance(one, bool) else "string" if isinstance(one, str) else "number" for one in values
            }
        kinds = schema.get("type", ["string", "number", "integer", "boolean", "array", "object"])
        return {kinds} if isinstance(kinds, str) else set(kinds)

    def _options(self, schema: Schema) -> list[tuple[Schema, set[str]]]:
        """The alternatives of a schema, each with the kinds of value that it may hold for."""
        alternatives = schema["anyOf"]
        known = self._alternatives.get(id(alternatives))
        if known is not None and known[0] is alternatives:
            return known[1]
        level = {"x-level": schema["x-level"]} if "x-level" in schema else {}
        resolved = [
            {**level, **self._resolve(one)} if "properties" in one else self._resolve(one) for one in alternatives
        ]
        options = [(one, self._accepts(one)) for one in resolved]
        self._alternatives[id(alternatives)] = (alternatives, options)
        return options

    def _choose(self, node: Node, schema: Schema) -> Schema | None:
        """The alternative that is meant, by the kind of the value; None when there is none."""
        options = self._options(schema)
        kind = kind_of(node)
        fitting = [one for one, kinds in options if kind in kinds or (kind == "integer" and "number" in kinds)]
        if kind in {"integer", "number", "boolean"} and not fitting:
            fitting = [one for one, kinds in options if "string" in kinds and not _is_template(one)]
        if kind == "string":
            templated = [one for one in fitting if one.get("x-expressions") or one.get("x-condition")]
            plain = [one for one in fitting if not _is_template(one)]
            fitting = templated or fitting if holds_expression(node) else plain
        return fitting[0] if fitting else None

    # ---------------------------------------------------------------- walking

    def _visit(self, node: Node, raw: Any, place: Place) -> None:
        if len(self.diagnostics) > SHAPE_MISTAKES:
            raise Enough
        schema = self._resolve(raw)
        if not schema:
            return
        if "if" in schema and _is_meant(node, schema["if"]):
            schema = self._resolve(schema["then"])
        if isinstance(node, Scalar):
            if node.value is None and not self._takes_null(schema):
                self._say_empty(node, schema, place)
            elif "anyOf" in schema:
                self._visit_any(node, schema, place)
            else:
                self._visit_scalar(node, schema, place)
        elif "anyOf" in schema:
            self._visit_any(node, schema, place)
        elif kind_of(node) not in self._accepts(schema):
            self._say_kind(node, schema, place)
        elif isinstance(node, Mapping):
            self._visit_mapping(node, schema, place)
        else:
            self._visit_sequence(node, schema, place)

    def _visit_any(self, node: Node, schema: Schema, place: Place) -> None:
        chosen = self._choose(node, schema)
        if chosen is None:
            self._say_kind(node, schema, place)
        else:
            own = {"x-expected": schema["x-expected"]} if "x-expected" in schema and "x-expected" not in chosen else {}
            simple = isinstance(node, Scalar) and "anyOf" not in chosen
            self._visit(node, {**chosen, **own} if own and simple else chosen, place)

    def _visit_scalar(self, node: Scalar, schema: Schema, place: Place) -> None:
        if holds_expression(node):
            if schema.get("x-expressions") or schema.get("x-condition") or place.keys[-1:] in PROSE:
                return
            if schema.get("type") or "enum" in schema or "const" in schema:
                self._say_static(node, place)
                return
        if schema.get("type") == "array" and self._lists_word(schema, node) and listing(node):
            self._say_kind(node, schema, place)
            return
        self.diagnostics += check_scalar(node, schema, place)

    def _visit_mapping(self, node: Mapping, schema: Schema, place: Place) -> None:
        known = schema.get("properties", {})
        names = schema.get("propertyNames")
        others = schema.get("additionalProperties", schema.get("unevaluatedProperties", True))
        self._check_size(node, schema, place)
        meant: set[str] = set()
        flow, needed = is_flow(node), ACTIONS if schema.get("x-level") == "step" else schema.get("required", ())
        for entry in node.entries:
            under = place.under(entry.key, flow=flow, needed=entry.name in needed)
            if entry.name in known:
                self._visit(entry.value, known[entry.name], under)
            elif "patternProperties" in schema and entry.name.startswith("x-"):
                continue
            elif others is False:
                name = self._say_unknown(entry, node, schema, place, meant)
                meant.add(name)
                if entry.key.span in self.counted:
                    self._visit(entry.value, known[name], under)
            else:
                if names is not None:
                    self._check_name(entry, names, place)
                self._visit(entry.value, others, under)
        self._check_required(node, schema, place, meant)

    def _check_name(self, entry: Entry, names: Any, place: Place) -> None:
        key = Scalar(entry.name, entry.name, entry.key.span, plain=True)
        self._visit(key, names, Place((f"{entry.name}",), f"{place.subject}"))

    def _visit_sequence(self, node: Sequence, schema: Schema, place: Place) -> None:
        if len(node.items) < schema.get("minItems", 0):
            self._say_short(node, schema, place)
        if len(node.items) > schema.get("maxItems", len(node.items)):
            message = f"{place.subject} takes {schema['maxItems']} items, not {len(node.items)}"
            self._add("length", message, node.span, help=f"leave {schema['maxItems']}")
        items = schema.get("items")
        if items is None:
            return
        is_step = self._resolve(items).get("x-level") == "step"
        for number, item in enumerate(node.items, 1):
            self._visit(item, items, place.at(number).step(item) if is_step else place.at(number))

    # ---------------------------------------------------------------- words

    def _add(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        label: str = "",
        help: str = "",  # noqa: A002 - the field's own name
        fix: Fix | None = None,
    ) -> None:
        self.diagnostics.append(Diagnostic(code, message, span, label=label, help=help, fix=fix))

    def _takes_null(self, schema: Schema) -> bool:
        kinds = schema.get("type")
        if "anyOf" in schema or "enum" in schema or "const" in schema:
            return False
        return kinds is None or kinds == "null" or (isinstance(kinds, list) and "null" in kinds)

    def _say_empty(self, node: Scalar, schema: Schema, place: Place) -> None:
        span = node.span if place.item or place.key is None else place.key.span
        if self._broken(span) or self._broken(node.span):
            return
        self.diagnostics.append(place.empty(span, f"write {expected(schema)}"))

    def _say_kind(self, node: Node, schema: Schema, place: Place) -> None:
        wanted = (
            expected(schema) if "x-expected" in schema or "type" in schema or "enum" in schema else self._kinds(schema)
        )
        fix = (
            wrapping(node, quote=place.flow)
            if place.keys[-1:] == ("foreach",)
            else listing(node)
            if self._lists_word(schema, node)
            else None
        )
        message = f"{place.subject} must be {wanted}, not {what_it_is(node)}"
        self._add(
            "wrong-kind",
            message,
            node.span,
            help="" if fix else f"write {wanted}",
            fix=fix,
            label=f"write `{fix.edits[0].text}`" if fix else "",
        )

    def _lists_word(self, schema: Schema, node: Node) -> bool:
        """Whether a list is taken that may hold this word."""
        options = [self._resolve(one) for one in schema.get("anyOf", ())] or [schema]
        items = [self._resolve(one.get("items", {})) for one in options if "array" in self._accepts(one)]
        words = (one for one in items if "string" in self._accepts(one))
        return isinstance(node, Scalar) and any("anyOf" in one or not check_scalar(node, one, Place()) for one in words)

    def _kinds(self, schema: Schema) -> str:
        return expected({"type": sorted(self._accepts(schema))})

    def _say_static(self, node: Scalar, place: Place) -> None:
        message = f"{place.subject} is static: no expression is evaluated in it"
        self._add("static", message, expression_in(node), help="write the text itself")

    def _say_short(self, node: Sequence, schema: Schema, place: Place) -> None:
        if not node.items:
            span = place.key.span if place.key is not None and not place.item else node.span
            self.diagnostics.append(place.empty(span, "put something into it"))
            return
        self._add(
            "length",
            f"{place.subject} takes at least {schema['minItems']} items",
            node.span,
            help="add what is missing",
        )

    def _say_unknown(self, entry: Entry, node: Mapping, schema: Schema, place: Place, others: Collection[str]) -> str:
        """Report a key that is not known; gives the one that it stands for. `others` are those of other unknown ones.

        It counts as that one where nothing beside it speaks against it and its value is of a kind that is taken.
        """
        level = schema.get("x-level", "")
        known = schema.get("properties", {})

        def takes(name: str, value: Node) -> bool:
            return name not in known or kind_of(value) in self._accepts(self._resolve(known[name]))

        found = unknown_key(entry, node, known, place, level, self._definitions, self._parameters, takes)
        self.diagnostics.append(found)
        meant = self.meant[entry.key.span] = meaning(found, entry, level)
        renames = found.fix is not None and len(found.fix.edits) == 1
        if renames and takes(meant, entry.value) and not is_taken(meant, node, level, others):
            self.counted[entry.key.span] = meant
        return meant

    def _check_size(self, node: Mapping, schema: Schema, place: Place) -> None:
        if len(node.entries) >= schema.get("minProperties", 0):
            return
        if node.entries:
            message = f"{place.subject} takes at least {schema['minProperties']} entries"
            self._add("length", message, node.span, help="add what is missing")
            return
        span = place.key.span if place.key is not None and not place.item else node.span
        self.diagnostics.append(place.empty(span, "put something into it"))

    def _check_required(self, node: Mapping, schema: Schema, place: Place, meant: Collection[str]) -> None:
        wanted = (name for name in schema.get("required", ()) if name not in meant)
        missing = [name for name in wanted if node.entry(name) is None]
        first = node.entries[0].key.span if node.entries else node.span
        span = place.key.span if place.key is not None and not place.item and place.keys else first
        if not missing or self._broken(node.span) or self._broken(span):
            return
        if not node.entries and "minProperties" in schema:
            return
        for name in missing:
            example = (schema.get("properties", {}).get(name, {}).get("examples") or ["..."])[0]
            words = f"`{name}: {example}`" if isinstance(example, str | int) else f"`{name}`"
            fix = _version_line(node) if name == "steplane" else None
            whole = "the table" if schema.get("x-level") == "decision" else "the workflow"
            subject = place.subject if place.keys or place.owner else whole
            self._add("missing-key", f"{subject} has no {listed([name])}", span, help=f"add {words}", fix=fix)


def _is_meant(node: Node, condition: Schema) -> bool:
    """Whether a value is of the kind and has the keys that an `if` asks for."""
    if kind_of(node) != condition["type"]:
        return False
    return isinstance(node, Mapping) and all(node.entry(name) is not None for name in condition["required"])


def _is_template(schema: Schema) -> bool:
    return schema.get("x-level") == "template"


def _version_line(node: Mapping) -> Fix | None:
    if not node.entries:
        return None
    span = node.entries[0].key.span
    start = Span(span.file, span.line, span.column, span.line, span.column)
    return Fix("begin the file with `steplane: 1`", (Edit(start, "steplane: 1\n"),))
