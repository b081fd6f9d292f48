"""The state of a plugin's code, for keys of caches that depend on it."""

import os
from collections.abc import Iterator

from steplane.plugins.index import Plugin


def stamp(plugin: Plugin) -> str:
    """Distribution and version; for an editable one, whose code changes under its version, also its files' state."""
    base = f"{plugin.namespace}={plugin.module} {plugin.label}"
    return f"{base} {_digest(plugin.module)}" if plugin.editable else base


def _digest(module: str) -> str:
    """A digest of name, size and time of change of the files of the module's top-level package; nothing is imported."""
    from steplane.digests import blake2b

    digest = blake2b(digest_size=12)
    for path in sorted(files_of(module.partition(":")[0].partition(".")[0])):
        try:
            state = os.stat(path)
        except OSError:
            continue
        digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()


def files_of(package: str) -> Iterator[str]:
    """The Python files of a top-level package or module."""
    from importlib.util import find_spec

    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return
    if spec is None:
        return
    if spec.submodule_search_locations is None:
        yield from [spec.origin] if spec.origin else []
        return
    for place in spec.submodule_search_locations:
        for folder, folders, names in os.walk(place):
            folders[:] = [one for one in folders if not one.startswith((".", "__pycache__"))]
            yield from (os.path.join(folder, one) for one in names if one.endswith((".py", ".pyi", ".so", ".json")))
