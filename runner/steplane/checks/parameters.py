"""Step types that exist, with parameters that they have and take."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from steplane.checks.context import Context, Position, words_for
from steplane.checks.inferring import Taker, inferred
from steplane.checks.types import Types
from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span
from steplane.expressions import Expression, ListOf, Literal, MapOf, Template
from steplane.model import Call, Named, Run, Step, Uses, Workflow
from steplane.plugins import PluginProblem
from steplane.schema import Problem
from steplane.schema.problems import Templated, shown_path, wants_boolean
from steplane.schema.scalars import old_boolean
from steplane.schema.steps import ACTIONS
from steplane.schema.texts import as_wanted, unquoted, wants_text
from steplane.schema.words import listed
from steplane.sdk.describe import StepType, has_mark
from steplane.source import canonical_text
from steplane.source.nodes import Mapping as MappingNode
from steplane.source.nodes import Node, Scalar, Sequence, plain
from steplane.suggest import did_you_mean


def check_parameters(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Unknown step types; unknown, missing and mistyped parameters."""
    if context.registry is None:
        return
    types = context.types
    for position in context.positions:
        step = position.step
        if isinstance(step.action, Run | Uses) and not _has_two_actions(step):
            found = context.registry.step_type(step.action.type)
            if isinstance(found, PluginProblem):
                if not (isinstance(step.action, Uses) and context.is_misshapen(step.action.name.span)):
                    yield _problem(step, step.action, found)
            else:
                yield from _not_installed(step.action, found)
                yield from check_given(position, _of_type(step.action, found.parameters), types)


def _has_two_actions(step: Step) -> bool:
    """Whether it is not clear what the parameters belong to."""
    return sum(entry.name in ACTIONS for entry in step.node.entries) > 1


def _of_type(action: Run | Uses, schema: dict[str, Any]) -> "Given":
    span = action.name.span if isinstance(action, Uses) else action.span
    return Given(action, action.type, span, schema, more=f"see `steplane steps {action.type}`")


def check_given(position: Position, given: "Given", types: Types) -> Iterator[Diagnostic]:
    """What is wrong with what stands under `with`: of a step type, or of a workflow that is called."""
    yield from _Parameters(position, given, types).check()


def with_places(
    found: Iterable[Diagnostic], places: Mapping[str, Span], one_label: str, all_label: str
) -> Iterator[Diagnostic]:
    """What is wrong with what is given to another file, with the place there: `places` of its names."""
    for one in found:
        name = next((name for name in places if f"`{name}`" in one.message), "")
        span = places[name] if name else next(iter(places.values()), None)
        related = () if span is None else (Related(span, one_label if name else all_label),)
        yield replace(one, related=(*one.related, *related))


def _not_installed(action: Run | Uses, found: StepType) -> Iterator[Diagnostic]:
    """A library that the step type needs and that is not there: it would fail in the middle of a run."""
    if found.missing:
        span = action.name.span if isinstance(action, Uses) else action.span
        what = " ".join(f"'{one}'" for one in found.missing)
        message = f"`{action.type}` needs a library that is not installed"
        yield Diagnostic("not-installed", message, span, help=f"pip install {what}")


def _problem(step: Step, action: Run | Uses, problem: PluginProblem) -> Diagnostic:
    span = action.name.span if isinstance(action, Uses) else action.span
    meant = problem.suggestion
    fix = Fix(f"replace `{action.type}` with `{meant}`", (Edit(span, meant),), safe=False) if meant else None
    message = f"`uses` of {words_for(step)} names `{action.type}`: {problem.message}"
    label = f"did you mean `{meant}`?" if meant else ""
    later = "take it out, or wait for a later release" if problem.code == "not-in-this-release" else ""
    help_ = "" if meant else problem.help or later
    return Diagnostic(problem.code, message, span, label=label, help=help_, fix=fix)


def _has_value(one: Named) -> bool:
    return not isinstance(one.value.template, Expression) and one.value.template != Literal(None)


class Given(Struct, frozen=True):
    """What is given under `with`, and to what: `kind` is its name in messages, `span` its place, `schema` what it has.

    `noun`: what one of them is called; `more`: where a person finds more about it. `entries` are what is given where
    that is not all of `with` but what stands under its key `under`, at `place`.
    """

    action: Run | Uses | Call
    kind: str
    span: Span
    schema: dict[str, Any]
    noun: str = "parameter"
    more: str = ""
    entries: tuple[Named, ...] | None = None
    under: str = "with"
    place: Span | None = None


class _Parameters:
    """The parameters of one step against the schema of its type."""

    def __init__(self, position: Position, given: Given, types: Types) -> None:
        self.position = position
        self.step = position.step
        self.given = given
        self.action = given.action
        self.schema = given.schema
        self.types = types
        self.entries = self.action.parameters if given.entries is None else given.entries
        self.outside = ("script", "argv") if isinstance(self.action, Run) else ()
        self.properties: dict[str, Any] = {
            name: one for name, one in self.schema.get("properties", {}).items() if name not in self.outside
        }

    def check(self) -> Iterator[Diagnostic]:
        given = {one.name.text: one for one in self.entries}
        meant = {self._meant(one.name.text, given) for one in self.entries}
        meant |= {one.name for one in self.step.node.entries}  # beside `with`, which is said
        under = self.step.node.get(self.given.under)
        whole = under is None or isinstance(under, MappingNode)  # else that has been said
        for name in self.schema.get("required", ()) if whole else ():
            if name not in given and name not in self.outside and name not in meant:
                yield self._missing(name)
        if whole:
            yield from self._choice(given, meant)
        yield from self._contradictions(given)
        for one in self.entries:
            if one.name.text in self.properties:
                yield from self._value(one)
            elif self.schema.get("additionalProperties", True) is False:
                yield self._unknown(one, given)

    def _choice(self, given: dict[str, Named], meant: set[str | None]) -> Iterator[Diagnostic]:
        """None, or several, of the parameters of which a step gives one. A `run` gives its own."""
        if isinstance(self.action, Uses):
            for names in self.schema.get("x-steplane-one-of", ()):
                yield from self._one_of(self.action, names, given, meant)

    def _one_of(
        self, action: Uses, names: list[str], given: dict[str, Named], meant: set[str | None]
    ) -> Iterator[Diagnostic]:
        there = [given[name] for name in names if name in given]
        words, kind = words_for(self.step), self.given.kind
        if len(there) > 1:
            yield self._both(there)
        elif not there and not meant & set(names):
            with_ = self.step.node.entry("with")
            span = with_.key.span if with_ else action.name.span
            message = f"{words} gives neither {listed(names, 'nor')}, and `{kind}` needs one of them"
            yield Diagnostic("missing-parameter", message, span, help=f"add it under `with`: `{names[0]}: ...`")

    def _contradictions(self, given: dict[str, Named]) -> Iterator[Diagnostic]:
        """The first two that cannot stand together. An expression may be null, which is no value."""
        there = {name: one for name, one in given.items() if _has_value(one)}
        for group in self.schema.get("x-steplane-at-most-one", ()):
            several = [one for name, one in there.items() if name in group]
            if len(several) > 1:
                yield self._both(several[:2])
                return

    def _both(self, there: list[Named]) -> Diagnostic:
        names = listed(sorted((one.name.text for one in there), key=self._place), "and")
        message = f"{words_for(self.step)} gives both {names}, and `{self.given.kind}` takes one of them"
        related = (Related(there[0].name.span, "the first one"),)
        return Diagnostic("exclusive", message, there[1].name.span, related=related, help="keep one of them")

    def _place(self, name: str) -> int:
        return list(self.schema.get("properties", ())).index(name)

    def _missing(self, name: str) -> Diagnostic:
        with_ = self.step.node.entry("with")
        message = f"{words_for(self.step)} gives no `{name}`, which `{self.given.kind}` needs"
        span = self.given.place or (with_.key.span if with_ else self.given.span)
        return Diagnostic("missing-parameter", message, span, help=f"add it under `{self.given.under}`: `{name}: ...`")

    def _unknown(self, one: Named, given: dict[str, Named]) -> Diagnostic:
        name, span = one.name.text, one.name.span
        if name in self.outside:
            message = f"`{name}` is given by `run` of {words_for(self.step)} and not under `with`"
            return Diagnostic("unknown-parameter", message, span, help="use `uses: shell` to give it under `with`")
        message = f"`{self.given.kind}` has no {self.given.noun} `{name}`"
        meant = self._meant(name, given)
        if meant:
            fix = Fix(f"replace `{name}` with `{meant}`", (Edit(span, meant),), safe=False)
            return Diagnostic("unknown-parameter", message, span, label=f"did you mean `{meant}`?", fix=fix)
        names = list(self.properties)
        help_ = f"it has {listed(names, 'and')}" if 0 < len(names) <= 12 else self.given.more
        return Diagnostic("unknown-parameter", message, span, help=help_)

    def _meant(self, name: str, given: dict[str, Named]) -> str | None:
        """The parameter that an unknown name was probably meant to be."""
        if name in self.properties:
            return None
        return did_you_mean(name, [known for known in self.properties if known not in given])

    def _value(self, one: Named) -> Iterator[Diagnostic]:
        schema = self.properties[one.name.text]
        if has_mark(schema, "code") and not isinstance(one.value.template, Literal):
            yield self._value_in_code(one)
            return
        defs = self.schema.get("$defs")
        whole = {**schema, "$defs": defs} if defs and isinstance(schema, dict) else schema
        node, name = one.value.node, one.name.text
        _, problems = as_wanted(whole, _data(one.value.template, node), lambda at, _: _as_text(node, at), (name,))
        for problem in problems:
            if problem.keyword != "schema":  # that is said where the schema stands
                yield self._problem(problem, one)
        if not has_mark(schema, "template"):
            taker = Taker(self.types, self.position, self.given.noun, self.given.kind, defs)
            yield from inferred(taker, one.value.template, node, schema, (name,))

    def _problem(self, problem: Problem, one: Named) -> Diagnostic:
        node, key = _at(one.value.node, problem.path[1:])
        shown, kind = shown_path(problem.path), self.given.kind
        if wants_text(problem) and (said := unquoted(f"`{shown}`", node)):
            return said
        if wants_boolean(problem) and (said := old_boolean(f"{self.given.noun} `{shown}` of `{kind}`", node)):
            return said
        span = key if key is not None else node.span
        if problem.keyword == "additionalProperties":
            message = f"`{shown}` of `{kind}` {problem.message}"
        else:
            message = f"{self.given.noun} `{shown}` of `{kind}` {problem.message}"
        fix = None
        if problem.suggestion:
            text = str(problem.path[-1]) if key is not None else node.text if isinstance(node, Scalar) else ""
            fix = Fix(f"replace `{text}` with `{problem.suggestion}`", (Edit(span, problem.suggestion),), safe=False)
        label = f"did you mean `{problem.suggestion}`?" if problem.suggestion else ""
        return Diagnostic("bad-parameter", message, span, label=label, fix=fix, help="" if fix else self.given.more)

    def _value_in_code(self, one: Named) -> Diagnostic:
        name, kind = one.name.text, self.given.kind
        message = f"`{name}` of `{kind}` is code, and a value put into its text would be run as code"
        help_ = f"give the value through {'`values`' if 'values' in self.properties else '`env`'}"
        return Diagnostic("value-in-code", message, one.value.node.span, help=help_)


def _data(template: Template, node: Node) -> Any:
    """Plain data in which what is not known yet is `Templated`."""
    if isinstance(template, Literal):
        return plain(node) if not isinstance(node, Scalar) else node.value
    if isinstance(template, ListOf) and isinstance(node, Sequence):
        return [_data(item, inner) for item, inner in zip(template.items, node.items, strict=True)]
    if isinstance(template, MapOf) and isinstance(node, MappingNode):
        return {
            name: _data(item, entry.value) for (name, item), entry in zip(template.entries, node.entries, strict=True)
        }
    return Templated("${{ }}")


def _as_text(node: Node, path: tuple[str | int, ...]) -> str | None:
    """What the number or boolean at the path stands for where text is wanted."""
    scalar, _ = _at(node, path)
    if isinstance(scalar, Scalar) and isinstance(scalar.value, bool):
        return scalar.text.lower()
    return canonical_text(scalar) if isinstance(scalar, Scalar) else None


def _at(node: Node, path: tuple[str | int, ...]) -> tuple[Node, Span | None]:
    """The node at the end of a path, as far as it is there, and the key's place for one that is not a value's own."""
    for index, part in enumerate(path):
        if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            continue
        entry = node.entry(part) if isinstance(node, MappingNode) and isinstance(part, str) else None
        if entry is None:
            return node, None
        if index == len(path) - 1 and not isinstance(entry.value, Scalar):
            return entry.value, entry.key.span
        node = entry.value
    return node, None
