"""The steps of a run as the live view knows them: a tree that notes bring up to date."""

from typing import Literal, NamedTuple, TypeAlias, cast

from steplane.events import (
    CancelRequested,
    RunWaiting,
    StepEnded,
    StepReady,
    StepRetry,
    StepStarted,
    StepWaiting,
)
from steplane.plan.nodes import Body, Call, Choice, Fork, Node, Perform, Plan
from steplane.reporters.ending import notice
from steplane.reporters.failures import Failures
from steplane.reporters.live.notes import Note, Waits
from steplane.reporters.paint import visible, width
from steplane.reporters.words import cause, left_out, wait_words

Condition: TypeAlias = Literal[
    "ready", "running", "retry", "waits",
    "succeeded", "warning", "failed", "skipped", "blocked", "cancelled", "reused", "compensated",
]  # fmt: skip
"""How an entry stands: it waits to begin, it runs, an attempt failed and another follows, it waits for a time or for a
signal, or how it has ended.
"""


class Progress(NamedTuple):
    """How far a step says that it is."""

    done: float
    total: float | None
    text: str


class Entry:
    """A step, or an item of a loop. Times are microseconds since the epoch, as in events.

    `acting` says whether an attempt of its own runs or is to be made again, `active` counts the acting ones of it and
    of all below it. `children` are those inside that are of interest: of a loop not the items that ended well or wait;
    `busy` are the active ones of them. `counts` are of all inside that have ended, by status, `before` of those that an
    earlier process has brought to a good end. `lists` are the plan's lists inside, as far as it is known that they are
    taken, `seen` the ids of the steps in them that are not to come any more. `where` is the place of its failure,
    `said` what it logged last, `written` the path of its log, `wide` the width of the widest label inside that was
    ever shown.
    """

    __slots__ = (
        "acting", "active", "attempt", "before", "begun", "busy", "children", "counts", "due", "ended", "key",
        "lists", "most", "node", "parent", "path", "plan", "progress", "said", "seen", "size", "status",
        "where", "why", "wide", "written",
    )  # fmt: skip

    def __init__(
        self, path: str, node: Node, parent: "Entry | None", key: str | None = None, written: str = "", *, plan: Plan
    ) -> None:
        self.plan = plan  # of the file in which the step stands
        self.path, self.node, self.parent, self.key = path, node, parent, key
        self.written = written or path
        self.status: Condition = "ready"
        self.acting = False
        self.active = self.attempt = self.begun = self.ended = self.due = self.before = self.wide = 0
        self.most: int | None = None
        self.size: int | None = None
        self.why = self.where = self.said = ""
        self.progress: Progress | None = None
        self.forget()

    def forget(self) -> None:
        """What is inside begins anew."""
        self.children: dict[str, Entry] = {}
        self.busy: dict[str, Entry] = {}
        self.counts: dict[str, int] = {}
        self.lists: list[int] = []
        self.seen: set[str] = set()
        self.progress = None

    @property
    def loop(self) -> bool:
        """Whether it stands for all items of a loop."""
        return self.node.loop is not None and self.key is None

    @property
    def leaf(self) -> bool:
        """Whether it does the work itself."""
        return not self.loop and isinstance(self.node.action, Perform)

    @property
    def label(self) -> str:
        """What it is called inside of what it stands in."""
        return visible(self.key if self.key is not None else self.path.rpartition("/")[2] or self.node.id)

    @property
    def done(self) -> int:
        """How many inside have ended, in whatever way."""
        return self.before + sum(self.counts.values())

    @property
    def fraction(self) -> float:
        """How much of it is done, from 0 to 1, as far as that can be known."""
        if self.size:
            parts = self.done + sum(one.fraction for one in self.busy.values())
            return min(1.0, parts / self.size)
        progress = self.progress
        if progress is None or not progress.total or not progress.done > 0:
            return 0.0
        return min(1.0, progress.done / progress.total)


class Tree:
    """All of a run that is of interest now. `root` is the workflow itself; `finished` are the entries at its top that
    have ended with all that is below them, each with the failures in it (path and cause), for who prints them to take
    away; `said` is what was said of the run as a whole. `retrying` are those that wait for their next attempt.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.root = Entry("", plan.nodes[0], None, plan=plan)
        self._open_list(self.root, 0)
        self.root.wide = max((width(plan.nodes[one].id) for one in plan.lists[0].nodes), default=0)
        self.finished: list[tuple[Entry, list[tuple[str, str]]]] = []
        self.said: list[tuple[str, str]] = []
        self.retrying: set[str] = set()
        self._entries: dict[str, Entry] = {"": self.root}
        self._latest: dict[str, str] = {}  # what the latest of several activations of a path is called
        self._over: dict[str, tuple[Entry, list[tuple[str, str]]]] = {}
        self._failures = Failures()

    @property
    def failed(self) -> int:
        """How many steps have failed that nothing has caught."""
        return len(self._failures)

    def at(self, path: str) -> Entry | None:
        """The entry of a path, if it has not ended."""
        return self._entries.get(self._latest.get(path, path))

    def take(self, note: Note, because: str = "") -> None:
        """Something has happened; `because` says why, where a step has ended."""
        event = note.event
        if isinstance(event, CancelRequested | RunWaiting):
            self.said.append(notice(event))
        elif note.node is None or note.inside is None:
            return
        elif isinstance(event, StepReady):
            self._enter(event.path, note)
        elif isinstance(event, StepStarted):
            self._started(event, note)
        elif isinstance(event, StepRetry):
            self._retry(event, note)
        elif isinstance(event, Waits):
            self._waits(event, note)
        elif isinstance(event, StepEnded) and left_out(event) and event.path not in self._entries:
            self._leave_out(note)
        elif isinstance(event, StepEnded):
            self._ended(event, note, because)

    # ------------------------------------------------------------ entries

    def _enter(self, path: str, note: Note) -> Entry:
        """A new entry, in the place of an older one."""
        assert note.node is not None
        parent = self._entries.get(note.inside or "", self.root)
        if path in self._entries:
            _rest(self._entries[path])
        if parent.status in {"retry", "waits"}:  # it was given up while it waited: what follows now cleans up
            parent.status = "running"
            self.retrying.discard(parent.path)
            if not parent.leaf:
                _rest(parent)
        plan = self._plan_of(parent, note.node)
        entry = self._entries[path] = Entry(path, note.node, parent, note.key, note.path, plan=plan)
        if note.path and note.path != path:
            self._latest[note.path] = path
            self._add_one(parent, note)
        if note.key is None:
            self._meet(parent, note)
        if not parent.loop:
            parent.children[path] = entry
        return entry

    def _plan_of(self, parent: Entry, node: Node) -> Plan:
        """The plan of the file in which the step stands: that of the parent, but for a workflow that it calls."""
        action = parent.node.action
        return self.plan.of_file(action.file) if not node.number and isinstance(action, Call) else parent.plan

    def _meet(self, parent: Entry, note: Note) -> None:
        """A step of a list inside of the parent has come up."""
        assert note.node is not None
        if note.node.list not in parent.lists and note.node.list in _main_lists(parent.node):
            self._open_list(parent, note.node.list)
        parent.seen.add(note.node.id)
        parent.seen |= note.done
        parent.before += len(note.done)

    @staticmethod
    def _add_one(parent: Entry, note: Note) -> None:
        """A step begins once more: there is one more to come."""
        assert note.node is not None
        if parent.size is not None and note.node.id in parent.seen and note.node.list in parent.lists:
            parent.size += 1

    def _open_list(self, entry: Entry, number: int) -> None:
        entry.lists.append(number)
        entry.size = (entry.size or 0) + len(entry.plan.lists[number].nodes)

    def _known(self, path: str, note: Note) -> Entry:
        found = self._entries.get(path)
        return found if found is not None else self._enter(path, note)

    # ------------------------------------------------------------ events

    def _started(self, event: StepStarted, note: Note) -> None:
        entry = self._known(event.path, note)
        if event.attempt > 1:
            self._begin_anew(entry)
        if not entry.leaf:
            _rest(entry)  # what is inside acts from now on
        entry.status, entry.attempt, entry.most = "running", event.attempt, note.most
        entry.begun = note.begun or entry.begun or event.at
        self.retrying.discard(event.path)
        if entry.loop:
            entry.size, entry.before = note.size, note.before
        elif entry.leaf:
            _act(entry)
        elif isinstance(entry.node.action, Body) and not entry.lists:
            self._open_list(entry, entry.node.action.list)

    def _begin_anew(self, entry: Entry) -> None:
        """Another attempt: what was inside of it counts no longer."""
        self._failures.forget_below(entry.path)
        inside = (f"{entry.path}/", f"{entry.path}[")
        for path in [one for one in self._entries if one.startswith(inside)]:
            _rest(self._entries.pop(path))
            self.retrying.discard(path)
        entry.forget()
        entry.size, entry.before = None, 0

    def _retry(self, event: StepRetry, note: Note) -> None:
        entry = self._known(event.path, note)
        entry.status, entry.attempt, entry.most = "retry", event.attempt, note.most
        entry.begun = note.begun or entry.begun
        entry.due = event.at + round(event.delay * 1e6)
        entry.why, entry.progress = cause(event.error), None
        self.retrying.add(event.path)
        _act(entry)

    def _waits(self, event: Waits, note: Note) -> None:
        entry = self._known(event.path, note)
        if isinstance(event, StepWaiting):
            entry.status, entry.why = "waits", wait_words(event)
            _act(entry)
        else:
            entry.status, entry.why, entry.size = "running", "", note.size or entry.size
            _rest(entry)

    def _ended(self, event: StepEnded, note: Note, because: str) -> None:
        entry = self._known(event.path, note)
        below = [(one.path, cause(one.error)) for one in self._failures.below(event.path)]
        self._failures.ended(event)
        self.retrying.discard(event.path)
        entry.status, entry.ended, entry.attempt = cast("Condition", event.status), event.at, event.attempts
        entry.begun = note.begun or entry.begun
        entry.why, entry.progress = because, None
        entry.where = event.error.step if event.error is not None else ""
        _rest(entry)
        self._count(entry)
        self._over[event.path] = (entry, below if event.status not in {"succeeded", "reused"} else [])
        self._settle()

    def _leave_out(self, note: Note) -> None:
        """A step, or an item, that is no part of what runs: there is one less to come."""
        assert note.node is not None
        parent = self._entries.get(note.inside or "", self.root)
        if note.key is None:
            known = note.node.id in parent.seen
            self._meet(parent, note)
            if known and note.node.list in parent.lists:
                return  # it would have begun once more
        if parent.size and (parent.loop or note.node.list in parent.lists):
            parent.size -= 1

    def _settle(self) -> None:
        """Let go of what has ended, once nothing below it goes on (a branch may be late)."""
        for path, (entry, below) in [one for one in self._over.items() if not one[1][0].active]:
            del self._over[path]
            self._forget(path, entry)
            if entry.parent is self.root:
                self.root.children.pop(path, None)
                self.finished.append((entry, below))

    def _forget(self, path: str, entry: Entry) -> None:
        """Know it no more; but branches of a join that did not wait for them may begin further steps."""
        for child in entry.children.values():
            if child.ended and self._entries.get(child.path) is child:
                del self._entries[child.path]
        late = isinstance(entry.node.action, Fork) and entry.node.action.leaves_late and not entry.loop
        if self._entries.get(path) is entry and not late:
            del self._entries[path]

    def _count(self, entry: Entry) -> None:
        """Tell what it stands in that it has ended."""
        parent = entry.parent
        assert parent is not None
        if parent.loop or entry.node.list in parent.lists:
            parent.counts[entry.status] = parent.counts.get(entry.status, 0) + 1
        if parent.loop and entry.status == "failed":
            parent.children[entry.path] = entry
        elif parent.loop:
            parent.children.pop(entry.path, None)


def _act(entry: Entry) -> None:
    """It does something now."""
    if not entry.acting:
        entry.acting = True
        _add(entry, 1)


def _rest(entry: Entry) -> None:
    """It does nothing any more."""
    if entry.acting:
        entry.acting = False
        _add(entry, -1)


def _add(entry: Entry, number: int) -> None:
    """Count it in all around it."""
    one = entry
    one.active += number
    while one.parent is not None:
        if one.active:
            one.parent.busy[one.path] = one
        else:
            one.parent.busy.pop(one.path, None)
        one = one.parent
        one.active += number


def _main_lists(node: Node) -> set[int]:
    """The lists of a step's own action: what it does when all goes well."""
    action = node.action
    if isinstance(action, Body):
        return {action.list}
    if isinstance(action, Fork):
        return {one.list for one in action.branches}
    return {one.list for one in action.arms} if isinstance(action, Choice) else set()
