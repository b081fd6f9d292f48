"""The base classes of a step type and of its outputs, and the kinds of its parameters."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, dataclass_transform

from msgspec import Meta, Struct, StructMeta, field

if TYPE_CHECKING:
    from steplane.sdk.context import StepContext

API = 1
"""The version of this contract. A plugin may state the one that it was written for as `STEPLANE_API = 1`."""

DURATION = "duration"
"""The `format` of a duration in a schema."""


class Secret:
    """A text that is never shown: its own text is `***`, `reveal()` gives the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))


Duration = Annotated[float, Meta(ge=0, extra_json_schema={"format": DURATION})]
"""Seconds. In a file it is written as text with a unit (`30s`, `1h30m`)."""

Private = Meta(extra={"steplane": "private"})
"""Marks a field that the core fills in and no author may name: `Annotated[str | None, Private]`. Not in the schema."""

Code = Annotated[str, Meta(extra_json_schema={"x-steplane-code": True})]
"""Text that is run as a program: no expression may stand in it, values are given to it in another way."""

Template = Annotated[str, Meta(extra_json_schema={"x-steplane-template": True})]
"""Text that the step renders itself (`ctx.render`): expressions in it reach the step as they stand in the file.

The names that they may use are the keys of the step's parameter `values`; the checker holds them to it.
"""

Url = Annotated[str, Meta(min_length=1, extra_json_schema={"x-steplane-url": True})]
"""An address. How much of it the author of the file wrote is told in a field `trusted: Trusted`, if there is one."""

Query = Meta(extra_json_schema={"x-steplane-query": True})
"""Marks a field whose values go into the query of an address, which others log: `Annotated[dict[str, str], Query]`."""

Decision = Annotated[str, Meta(min_length=1, extra_json_schema={"x-steplane-table": True})]
"""The path of a decision table, relative to the workflow's file and static. The checker reads the table: the step's
parameter `inputs` must give its columns, and the step's outputs are what it answers. The table itself, as the run has
recorded it, reaches the step in a field `rules: Rules`; `steplane.decisions.decide` answers by it."""

Rules = Annotated[str, Private]
"""The table that a parameter of kind `Decision` names, as text for `steplane.decisions.decide`."""

Trusted = Annotated[dict[str, str], Private]
"""For each parameter of kind `Url` how it begins: what stands in the file, or in a secret, before any other value."""

Spread = Annotated[dict[str, Any], Meta(extra={"steplane": "spread"})]
"""A field of a `Result` whose entries are outputs of their own; one with the name of a declared one replaces it."""


class Declaration(NamedTuple):
    """What a step type says of itself in its class line."""

    type: str
    errors: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    idempotent: bool = False
    cancellable: bool = False
    requires: tuple[tuple[str, str], ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    at_most_one: tuple[tuple[str, ...], ...] = ()


@dataclass_transform(field_specifiers=(field,), kw_only_default=True, frozen_default=True)
class StepMeta(StructMeta):
    """Takes what a step type says of itself as class keywords; msgspec takes none but its own."""

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        type: str = "",  # noqa: A002 - the language's own word
        errors: tuple[str, ...] = (),
        capabilities: tuple[str, ...] = (),
        idempotent: bool = False,
        cancellable: bool = False,
        requires: Mapping[str, str] = MappingProxyType({}),
        one_of: Iterable[Sequence[str]] = (),
        at_most_one: Iterable[Sequence[str]] = (),
        **options: Any,
    ) -> "StepMeta":
        """Build the class: frozen, parameters by keyword only, unknown ones refused."""
        fixed = {"frozen": True, "kw_only": True, "forbid_unknown_fields": True}
        made = super().__new__(mcls, name, bases, namespace, **{**options, **fixed})
        needed = tuple(requires.items())
        made.steplane = Declaration(
            type, tuple(errors), tuple(capabilities), idempotent, cancellable, needed,
            tuple(tuple(group) for group in one_of), tuple(tuple(group) for group in at_most_one),
        )  # fmt: skip
        return made

    steplane: Declaration


class Step(Struct, metaclass=StepMeta):
    """One step type: its fields are the parameters of `with`, `run` does the work.

    Class keywords: `type` (`NAMESPACE.NAME`, or the namespace alone), `errors` (the types it raises), `capabilities`
    (`network`, `filesystem`, `process`, `secrets`), `idempotent` (a second run changes nothing more), `cancellable`
    (`run` looks at `ctx.cancelled`, or is always over within a moment: only such types run in a thread), `requires`
    (modules that `run` imports and that may not be installed, each with what to install: `{"httpx": "steplane[http]"}`;
    without them the type is listed and checked, and refused before a run), `one_of` and `at_most_one` (groups of
    parameters of which a step gives exactly one, or no more than one; the checker holds authors to it, and `run` still
    has to, for an expression may be null).

    `run` may be followed by `plan(self, ctx: PlanContext) -> Planned`: what a dry run can truthfully say.
    """

    def run(self, ctx: "StepContext") -> Any:
        """Do the work; return a `Result` (or None) or raise `StepError`. The return annotation gives the outputs."""
        raise NotImplementedError


@dataclass_transform(field_specifiers=(field,), frozen_default=True)
class ResultMeta(StructMeta):
    """Makes every result frozen, so that an author need not say it."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> "ResultMeta":
        """Build the class."""
        return super().__new__(mcls, name, bases, namespace, **{**options, "frozen": True})


class Result(Struct, metaclass=ResultMeta):
    """The outputs of a step type; subclasses stand at the top level of a module."""
