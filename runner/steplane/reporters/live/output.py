"""What steps write and say of their progress, kept only as far as it may be shown. Told from many threads."""

import threading
from collections.abc import Sequence

from steplane.reporters.live.rows import LAST_LINES
from steplane.reporters.live.state import Entry, Progress, Tree
from steplane.reporters.live.summary import Summary
from steplane.reporters.words import clean

_KEPT = 2000
"""Characters of the latest text of a step that are kept: nobody sees a longer line whole."""


class Written:
    """The end of each step's output, by path; `progress` is the latest of each, until it is shown."""

    def __init__(self, summary: Summary) -> None:
        self.progress: dict[str, Progress] = {}
        self._summary = summary
        self._ends: dict[str, str] = {}
        self._logged: dict[str, str] = {}
        self._cleaned: dict[str, tuple[str, Sequence[str]]] = {}
        self._lock = threading.Lock()

    def take(self, path: str, stream: str, text: str) -> None:
        """A step has written a text of whole lines. That it waits is no word of its own, and not kept as such."""
        if stream == "waits":
            return
        end = text[-_KEPT:]
        if end.count("\n") < LAST_LINES:
            end = f"{self._ends.get(path, '')[-_KEPT:]}\n{end}"
        self._ends[path] = end
        if stream == "log":
            self._logged[path] = text[-_KEPT:]
        elif stream == "warning":
            with self._lock:
                self._summary.warn(path, text)

    def last(self, path: str, most: int) -> Sequence[str]:
        """The last lines of a step that hold something, made harmless."""
        end = self._ends.get(path)
        if end is None:
            return ()
        known = self._cleaned.get(path)
        if known is None or known[0] is not end:
            lines = (clean(line).rstrip() for line in end.split("\n")[-2 * LAST_LINES :])
            known = self._cleaned[path] = (end, [line for line in lines if line])
        return known[1][-most:]

    def end(self, path: str, entry: Entry | None) -> None:
        """A step has ended: what it logged last stays with its entry, all else is forgotten."""
        logged = self._logged.pop(path, "")
        if entry is not None and logged:
            entry.said = clean(logged.rstrip("\n").rpartition("\n")[2])
        self._ends.pop(path, None)
        self._cleaned.pop(path, None)
        self.progress.pop(path, None)

    def show_progress(self, tree: Tree) -> None:
        """Give the entries the progress that was told since the last time."""
        for path in list(self.progress):
            progress, entry = self.progress.pop(path, None), tree.at(path)
            if entry is not None and entry.status == "running":
                entry.progress = progress
