"""A file with what is wrong with its shape, and as it is meant: a misspelt key counts as the one that it stands for."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from steplane.diagnostics import Diagnostic
from steplane.plugins import PluginProblem
from steplane.schema import check_structure
from steplane.source import Document
from steplane.source.limits import COMPARISONS
from steplane.source.nodes import Mapping
from steplane.suggest import no_more_than

if TYPE_CHECKING:
    from steplane.checks.context import StepTypes

Parameters = Callable[[str], Iterable[str]]
"""The names of the parameters of a step type; none where it is not known."""


class Shaped(Struct, frozen=True, eq=False):
    """What the check of its shape says of a file, and the file with the tree that is meant."""

    diagnostics: tuple[Diagnostic, ...]
    document: Document


def shaped(document: Document, parameters: Parameters) -> Shaped:
    """Check the shape of a file. One that holds no mapping has none."""
    if not isinstance(document.root, Mapping):
        return Shaped((), document)
    with no_more_than(COMPARISONS):
        found, root = check_structure(document.root, parameters, document.is_broken)
    whole = document if root is document.root else structs.replace(document, root=root)
    return Shaped(tuple(found), whole)


def parameters_in(registry: "StepTypes | None") -> Parameters:
    """Asks a registry for the names of parameters."""

    def names(step_type: str) -> Iterable[str]:
        found = registry.step_type(step_type) if registry is not None else None
        return () if found is None or isinstance(found, PluginProblem) else found.parameter_names()

    return names


__all__ = ["Parameters", "Shaped", "parameters_in", "shaped"]
