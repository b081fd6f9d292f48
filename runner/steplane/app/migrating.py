"""Bringing files to the newest version of the language."""

from collections.abc import Callable, Mapping

from steplane.errors import UsageError
from steplane.source import read
from steplane.source.nodes import Mapping as Node
from steplane.source.nodes import Scalar

NEWEST = 1
"""The newest version of the language that this release knows."""

MIGRATIONS: Mapping[int, Callable[[str], str]] = {}
"""What brings a text from the version that is the key to the next one: nothing yet, for there is one version."""


def version_of(text: str, file: str) -> int:
    """The language version that a file says. Raises `UsageError` where it says none that is known."""
    root = read(text, file).root
    version = root.get("steplane") if isinstance(root, Node) else None
    if not isinstance(version, Scalar) or not isinstance(version.value, int) or isinstance(version.value, bool):
        raise UsageError(f"{file} says no language version", "Begin it with `steplane: 1`.")
    if not 1 <= version.value <= NEWEST:
        raise UsageError(
            f"{file} is written for version {version.value} of the language, and this release knows {NEWEST}",
            "Install a newer release of Steplane.",
        )
    return version.value


def migrated(text: str, file: str) -> str:
    """The text in the newest version of the language. Raises `UsageError`."""
    for version in range(version_of(text, file), NEWEST):
        text = MIGRATIONS[version](text)
    return text
