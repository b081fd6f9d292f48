"""The folder of one run: where each of its files stands."""

import os
import re
from functools import lru_cache

from steplane.digests import blake2b

_PLAIN = re.compile(r"[a-z][a-z0-9_]*(?:/[a-z][a-z0-9_]*)*")
_LONGEST = 100


class RunFolder:
    """`runs/ID/`: names only; nothing is made or opened here."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    @property
    def run(self) -> str:
        """The run's id."""
        return os.path.basename(self.path)

    @property
    def journal(self) -> str:
        """The events (an SQLite database)."""
        return os.path.join(self.path, "journal.db")

    @property
    def lock(self) -> str:
        """The file that the run's owner holds with `flock`."""
        return os.path.join(self.path, "owner.lock")

    @property
    def blobs(self) -> str:
        """Large values."""
        return os.path.join(self.path, "blobs")

    @property
    def artifacts(self) -> str:
        """What steps leave for people."""
        return os.path.join(self.path, "artifacts")

    @property
    def requests(self) -> str:
        """What is asked of the run while it is not live."""
        return os.path.join(self.path, "requests")

    def artifacts_of(self, instance: str) -> str:
        """The folder of the files that are kept of an instance (its path)."""
        return f"{self.path}/artifacts/{log_name(instance).removesuffix('.log')}"

    def log_path(self, instance: str) -> str:
        """The log file of an instance (its path; "" is the run itself)."""
        return f"{self.path}/{log_name(instance)}"


@lru_cache(maxsize=256)
def log_name(instance: str) -> str:
    """A file name for an instance's path, which may hold any characters and be of any length.

    Two paths never share a name, also where the file system ignores case; at most 104 characters. A plain path
    keeps its words: `build/test` is `build.test.log`; any other ends in a digest: `price[A 1]` is
    `price.a.1-<16 hex>.log`.
    """
    if not instance:
        return "_run.log"
    if len(instance) <= _LONGEST and _PLAIN.fullmatch(instance):
        return instance.replace("/", ".") + ".log"
    words = re.sub(r"[^a-z0-9_]+", ".", instance.lower()).strip(".")[:60].strip(".")
    digest = blake2b(instance.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{words or 'step'}-{digest}.log"
