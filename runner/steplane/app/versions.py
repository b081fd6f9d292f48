"""Which versions of step types a run works with."""

import os
from collections.abc import Iterator

from steplane.app.loading import all_types
from steplane.plan.nodes import Plan
from steplane.plugins import Registry
from steplane.plugins.stamps import files_of

_OWN = "steplane"


def type_versions(plan: Plan, registry: Registry) -> dict[str, str]:
    """By namespace, what the plugins of other distributions are just now.

    The step types of Steplane itself are not among them: they go on to do what they did. Of an editable distribution,
    whose code changes under its version, a digest of its code is told too.
    """
    found: dict[str, str] = {}
    for namespace in sorted({name.partition(".")[0] for name in all_types(plan)}):
        for one in registry.index.claims(namespace):
            if one.distribution != _OWN:
                found[namespace] = f"{one.label} {_digest(one.module)}" if one.editable else one.label
    return found


def _digest(module: str) -> str:
    from steplane.digests import blake2b

    digest = blake2b(digest_size=6)
    for path, content in _contents(module):
        digest.update(f"{os.path.basename(path)}\0".encode(errors="surrogateescape") + content)
    return digest.hexdigest()


def _contents(module: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(files_of(module.partition(":")[0].partition(".")[0])):
        try:
            with open(path, "rb") as file:
                yield path, file.read()
        except OSError:
            continue


__all__ = ["type_versions"]
