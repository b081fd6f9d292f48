"""A step type as data: what `steps`, the schema, the checker and the editor need to know of it."""

import sys
from collections.abc import Mapping
from functools import cache
from typing import Any, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct, ValidationError, convert, inspect, json
from msgspec.structs import fields

from steplane.sdk.durations import duration_text
from steplane.sdk.failures import DefinitionError
from steplane.sdk.steps import DURATION, Result, Secret, Step

RESERVED = frozenset({"run", "plan", "steplane"})


class StepType(Struct, frozen=True):
    """A step type; `parameters` and `outputs` are JSON Schemas (draft 2020-12), `outputs` None where there are none.

    `missing`: what is to be installed before it can run (`steplane[http]`).
    """

    name: str
    title: str
    doc: str
    example: str
    parameters: dict[str, Any]
    outputs: dict[str, Any] | None
    errors: tuple[str, ...]
    capabilities: tuple[str, ...]
    idempotent: bool
    cancellable: bool
    planned: bool
    missing: tuple[str, ...] = ()

    def parameter_names(self) -> tuple[str, ...]:
        """The names that `with` may hold, in the order of declaration."""
        return tuple(self.parameters["properties"])

    @property
    def one_of(self) -> tuple[tuple[str, ...], ...]:
        """The groups of parameters of which a step gives exactly one."""
        return tuple(tuple(group) for group in self.parameters.get("x-steplane-one-of", ()))

    def parameters_marked(self, mark: str) -> tuple[str, ...]:
        """The names of the parameters whose kind carries one of our own marks (`code`, `template`, `url`, `table`)."""
        return tuple(name for name, one in self.parameters["properties"].items() if has_mark(one, mark))


def has_mark(schema: Any, mark: str) -> bool:
    """Whether a parameter's schema, or one of its alternatives, carries the mark."""
    if not isinstance(schema, dict):
        return False
    return schema.get(f"x-steplane-{mark}") is True or any(has_mark(one, mark) for one in schema.get("anyOf", ()))


def missing_requirements(step_type: type[Step]) -> tuple[str, ...]:
    """What is to be installed before the step type can run; nothing is imported."""
    from importlib.util import find_spec

    wanted = step_type.steplane.requires
    return tuple(dict.fromkeys(install for module, install in wanted if find_spec(module) is None))


def describe(step_type: type[Step]) -> StepType:
    """All that a class says of itself. Raises `DefinitionError` when it is declared wrongly."""
    declared = step_type.steplane
    if not declared.type:
        raise DefinitionError(f'class `{step_type.__name__}` has no `type="..."` in its class line')
    if step_type.run is Step.run:
        raise DefinitionError(f"class `{step_type.__name__}` has no `run`")
    if clash := sorted(RESERVED.intersection(step_type.__struct_fields__)):
        raise DefinitionError(f"a parameter may not be called `{clash[0]}`")
    parameters = {**_schema(step_type, open_=False), **_groups(step_type)}
    _check_defaults(step_type)
    text, example = _doc(step_type)
    return StepType(
        name=declared.type,
        title=text.split("\n", 1)[0].strip(),
        doc=text,
        example=example,
        parameters=parameters,
        outputs=_outputs(step_type),
        errors=declared.errors,
        capabilities=declared.capabilities,
        idempotent=declared.idempotent,
        cancellable=declared.cancellable,
        planned=hasattr(step_type, "plan"),
        missing=missing_requirements(step_type),
    )


def _groups(step_type: type[Step]) -> dict[str, Any]:
    """The groups of parameters that depend on each other, as keys of our own beside the schema's."""
    declared = step_type.steplane
    groups = {"x-steplane-one-of": declared.one_of, "x-steplane-at-most-one": declared.at_most_one}
    for name in (name for several in groups.values() for group in several for name in group):
        if name not in step_type.__struct_fields__:
            raise DefinitionError(f"`one_of` or `at_most_one` names `{name}`, which is no parameter")
    return {key: [list(group) for group in several] for key, several in groups.items() if several}


@cache
def marked(struct: type[Struct], mark: str) -> frozenset[str]:
    """The names of the fields that carry one of our own marks (`private`, `spread`)."""
    info = inspect.type_info(struct)
    names = set()
    for one in info.fields if isinstance(info, inspect.StructType) else ():
        extra = one.type.extra if isinstance(one.type, inspect.Metadata) else None
        if extra and extra.get("steplane") == mark:
            names.add(one.encode_name)
    return frozenset(names)


def _doc(step_type: type[Step]) -> tuple[str, str]:
    """The docstring without its example, and the example (what stands under the line `Example:`)."""
    from inspect import cleandoc

    text, _, example = cleandoc(step_type.__doc__ or "").partition("\nExample:\n")
    return text.strip(), cleandoc("\n" + example).strip() if example else ""


def _outputs(step_type: type[Step]) -> dict[str, Any] | None:
    """The schema of the outputs, from the return annotation of `run`; open where that says nothing of names."""
    kind = _return_type(step_type)
    if kind is None or kind is type(None):
        return None
    if isinstance(kind, type) and issubclass(kind, Result):
        return _schema(kind, open_=bool(marked(kind, "spread")))
    if kind is Any or kind is dict or get_origin(kind) in {dict, Mapping}:
        return {"type": "object"}
    raise DefinitionError(f"`run` of `{step_type.steplane.type}` must return a `Result`, a mapping or None")


def _return_type(step_type: type[Step]) -> Any:
    """What `run` is annotated to return; Any where it is not annotated."""
    kind = step_type.run.__annotations__.get("return", Any)
    if not isinstance(kind, str):
        return kind
    module = sys.modules.get(step_type.run.__module__)
    try:
        return eval(kind, vars(module) if module else {})  # noqa: S307 - the plugin's own text, as typing does it
    except Exception as error:
        raise DefinitionError(f"`{kind}`, which `run` returns, must stand at the top level of its module") from error


def _schema(struct: type[Struct], *, open_: bool) -> dict[str, Any]:
    """The JSON Schema of a class's fields, with durations as the text that an author writes."""
    try:
        schema = json.schema(struct, schema_hook=_schema_hook)
    except (TypeError, NameError) as error:
        raise DefinitionError(f"class `{struct.__name__}`: {error}".replace("\n", " ")) from error
    own = _own(schema)
    for name in marked(struct, "private") | marked(struct, "spread"):
        own["properties"].pop(name, None)
    for one in own["properties"].values():
        _describe_whole(one)
    own.pop("title", None)
    own.pop("description", None)
    own["additionalProperties"] = open_
    if schema.get("$defs"):
        own["$defs"] = schema["$defs"]
    _readable(own)
    return own


def _own(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of the class itself, taken out of the definitions unless it contains itself."""
    reference: str = schema["$ref"]
    name = reference.rsplit("/", 1)[-1]
    definitions = schema["$defs"]
    own = definitions[name]
    if json.encode(definitions).count(json.encode(reference)) == 0:
        del definitions[name]
    return {**own, "properties": dict(own["properties"])}


def _check_defaults(step_type: type[Step]) -> None:
    """Refuse a default that its own type does not take: msgspec looks at given values only."""
    kinds = get_type_hints(step_type, include_extras=True)
    for one in fields(step_type):
        default = one.default_factory() if one.default_factory is not NODEFAULT else one.default
        if default is NODEFAULT or isinstance(default, Secret):
            continue
        try:
            convert(default, kinds[one.name], dec_hook=_no_kind)
        except ValidationError as error:
            raise DefinitionError(f"the default of `{one.name}` does not fit its type: {error}") from None


def _no_kind(kind: type, _: object) -> Any:
    raise TypeError(f"`{kind.__name__}` cannot be made from it")


def _schema_hook(kind: type) -> dict[str, Any]:
    """The schema of the kinds of ours that msgspec does not know."""
    if kind is Secret:
        return {"type": "string", "writeOnly": True}
    raise NotImplementedError


def _describe_whole(schema: dict[str, Any]) -> None:
    """Let the description of an optional parameter's one kind be that of the parameter."""
    described = [one for one in schema.get("anyOf", ()) if "description" in one]
    if len(described) == 1 and "description" not in schema:
        schema["description"] = described[0].pop("description")


def _readable(schema: Any) -> None:
    """Turn durations, which are seconds inside, into the text that stands in a file; drop the titles of classes."""
    if isinstance(schema, list):
        for one in schema:
            _readable(one)
    if not isinstance(schema, dict):
        return
    if schema.get("format") == DURATION:
        schema["type"] = "string"
        schema.pop("minimum", None)
    default = schema.get("default")
    if isinstance(default, float) and _has_duration(schema):
        schema["default"] = duration_text(default)
    for key, one in schema.items():
        if key != "default":
            _readable(one)


def _has_duration(schema: dict[str, Any]) -> bool:
    """Whether a duration is what the schema takes, perhaps beside null."""
    return any(one.get("format") == DURATION for one in (schema, *schema.get("anyOf", ())))
