"""The structure of a workflow file: every key, kind and combination."""

from collections.abc import Callable, Iterable

from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.schema.files import read_schema
from steplane.schema.keys import Parameters
from steplane.schema.steps import ACTIONS, check_secrets, check_steps, lacks_action, no_action, steps_in
from steplane.schema.structure import Structure
from steplane.source.limits import SHAPE_MISTAKES
from steplane.source.nodes import Mapping, Scalar, with_keys

VERSION = 1
"""The version of the language that this release reads."""


def check_structure(
    root: Mapping, parameters: Parameters | None = None, broken: Callable[[Span], bool] | None = None
) -> tuple[list[Diagnostic], Mapping]:
    """What is wrong with the shape of a workflow file, and its tree as it is meant: misspelt keys as they should be.

    `parameters` gives the parameter names of a step type, so that one that stands beside `with` is recognised;
    `broken` says where the tree is not whole, so that nothing is missed there.
    """
    is_broken = broken or (lambda _: False)
    structure = Structure(read_schema("workflow"), parameters or _no_parameters, is_broken)
    structure.walk(root, "workflow")
    if len(structure.diagnostics) > SHAPE_MISTAKES:
        return structure.diagnostics, root
    found = [one for one in structure.diagnostics if not _is_version(one, root)]
    found += _version(root)
    meant = structure.meant
    if structure.counted:
        root = with_keys(root, structure.counted)
    found += check_steps(root, meant)
    found += check_secrets(root, meant)
    found += [
        no_action(step)
        for step in steps_in(root)
        if step.entries and lacks_action(step) and not is_broken(step.span)
        if not any(meant.get(entry.key.span) in ACTIONS for entry in step.entries)
    ]
    return found, root


def _no_parameters(_: str) -> Iterable[str]:
    return ()


def _is_version(diagnostic: Diagnostic, root: Mapping) -> bool:
    node = root.get("steplane")
    return isinstance(node, Scalar) and diagnostic.span == node.span


def _version(root: Mapping) -> Iterable[Diagnostic]:
    entry = root.entry("steplane")
    if entry is None or not isinstance(entry.value, Scalar) or entry.value.value is None:
        return
    value, span = entry.value.value, entry.value.span
    if type(value) is int and value > VERSION:
        message = f"the file is written in version {value} of the language; this release reads version {VERSION}"
        yield Diagnostic("newer-language", message, span, help="install a newer release of Steplane")
    elif type(value) is not int or value != VERSION:
        fix = Fix("replace it with `1`", (Edit(span, "1"),))
        yield Diagnostic(
            "enum", f"`steplane` is the version of the language: `1`, not `{entry.value.text}`", span, fix=fix
        )
    first = next((one for one in root.entries if not one.name.startswith("x-")), entry)
    if first is not entry:
        message = "`steplane` stands first in a file, so that every reader knows the language at once"
        yield Diagnostic("not-first", message, entry.key.span, "warning", help="move the line to the top")
