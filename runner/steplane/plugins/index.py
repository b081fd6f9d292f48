"""Which plugins are installed, without importing any: read from the installed distributions' entry points.

Reading them needs importlib.metadata, which costs more than the rest of the start-up. So the index is kept in a cache
and read again only when a directory of the search path has changed (installing and removing touches it).
"""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import DecodeError, Struct, json

import steplane

if TYPE_CHECKING:
    from importlib.metadata import Distribution

GROUP = "steplane.steps"
"""The entry-point group of plugins with step types."""


class Cache(Protocol):
    """Where bytes are kept between processes; losing them costs time only."""

    def get(self, key: str) -> bytes | None:
        """The bytes under that key, or None."""

    def put(self, key: str, value: bytes) -> None:
        """Keep the bytes."""


class Plugin(Struct, frozen=True, order=True):
    """One entry point: the namespace that it claims, the module behind it, and the distribution that has it."""

    namespace: str
    module: str
    distribution: str
    version: str
    editable: bool = False

    @property
    def label(self) -> str:
        """Distribution and version, as messages name them."""
        return f"{self.distribution} {self.version}".strip()


class Index(Struct, frozen=True):
    """All installed plugins, sorted; several of one namespace where distributions quarrel."""

    plugins: tuple[Plugin, ...] = ()

    def namespaces(self) -> tuple[str, ...]:
        """The names that are claimed, sorted, each once."""
        return tuple(dict.fromkeys(one.namespace for one in self.plugins))

    def claims(self, namespace: str) -> tuple[Plugin, ...]:
        """Who claims the namespace: none, one, or several that quarrel."""
        return tuple(one for one in self.plugins if one.namespace == namespace)


class Stamped(Struct, frozen=True):
    """An index as it is cached: with the state of the search path for which it holds."""

    stamp: tuple[str, ...]
    index: Index


def read_index(cache: Cache | None = None, path: Sequence[str] | None = None) -> Index:
    """The plugins on the search path (`sys.path`), from the cache where that still holds.

    The empty entry (the current directory of an interactive Python) is left out: what lies about there is no plugin.
    """
    places = [one for one in (sys.path if path is None else path) if one]
    stamp = tuple(_stamps(places))
    key = _key(places)
    if cache is not None and (known := _cached(cache.get(key), stamp)) is not None:
        return known
    index = discover(places)
    if cache is not None:
        cache.put(key, json.encode(Stamped(stamp, index)))
    return index


def discover(places: Sequence[str]) -> Index:
    """The plugins of all distributions in these directories; of two copies of a distribution the first one counts."""
    from importlib.metadata import Distribution

    found: list[Plugin] = []
    seen: set[str] = set()
    for distribution in Distribution.discover(path=list(places)):
        name = _name(distribution)
        if name not in seen:
            seen.add(name)
            found.extend(_plugins(distribution))
    return Index(tuple(sorted(set(found))))


def _plugins(distribution: "Distribution") -> list[Plugin]:
    """The claims of one distribution; none where its metadata cannot be read (it is not ours to mend)."""
    try:
        if GROUP not in (distribution.read_text("entry_points.txt") or ""):
            return []
        points = list(distribution.entry_points.select(group=GROUP))
        name, version = distribution.metadata["Name"], distribution.version
        editable = '"editable": true' in (distribution.read_text("direct_url.json") or "")
    except Exception:  # noqa: BLE001 - any fault of a foreign distribution's metadata
        return []
    return [Plugin(one.name, one.value, name or "?", version or "", editable) for one in points]


def _name(distribution: "Distribution") -> str:
    """The distribution's name in its normal form (PEP 503); its folder where it has none."""
    import re

    try:
        name = distribution.metadata["Name"]
    except Exception:  # noqa: BLE001 - as above
        name = None
    return re.sub(r"[-_.]+", "-", name).lower() if name else repr(getattr(distribution, "_path", distribution))


def _cached(data: bytes | None, stamp: tuple[str, ...]) -> Index | None:
    if data is None:
        return None
    try:
        known = json.decode(data, type=Stamped)
    except (DecodeError, UnicodeDecodeError):
        return None
    return known.index if known.stamp == stamp else None


def _key(places: Sequence[str]) -> str:
    """One key for each environment, so that several may share a cache."""
    from steplane.digests import blake2b

    return "plugins-" + blake2b("\0".join(places).encode(errors="surrogateescape"), digest_size=12).hexdigest()


def _stamps(places: Sequence[str]) -> Iterator[str]:
    """The release and each place's time of change in ns; -1 where there is nothing."""
    yield f"{steplane.__version__} {sys.hexversion:x}"
    for place in places:
        try:
            yield str(os.stat(place).st_mtime_ns)
        except OSError:
            yield "-1"
