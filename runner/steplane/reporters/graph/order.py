"""What follows what in one list, with as few edges as say it all."""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush

from msgspec import Struct

from steplane.events import OK
from steplane.plan.nodes import Node, Plan


class Edge(Struct, frozen=True):
    """The step at position `after` waits for the one at `before`; `words` are the statuses in which that counts."""

    before: int
    after: int
    words: frozenset[str] = OK


class Order(Struct, frozen=True):
    """The edges of one list; its positions so that each comes after all that it waits for; and its `peers`: positions
    that wait for the same and are waited for by the same, in the order in which they may be drawn.
    """

    edges: tuple[Edge, ...]
    positions: tuple[int, ...]
    peers: tuple[tuple[int, ...], ...]


def order_of(plan: Plan, number: int) -> Order:
    """The order of the list. What follows from other edges is left out: a step without `needs` waits for those above
    it that nothing above it waits for.
    """
    nodes = [plan.nodes[one] for one in plan.lists[number].nodes]
    positions = tuple(_sorted(nodes))
    edges = tuple(_Reducer(nodes).edges(positions))
    return Order(edges, positions, tuple(_peers(positions, edges)))


def _sorted(nodes: Sequence[Node]) -> Iterator[int]:
    """Each position after all that it waits for; of those that may come next the first in the file."""
    left = {node.position: len(node.needs) for node in nodes if node.needs is not None}
    waiting: dict[int, list[int]] = {}
    for node in nodes:
        for need in node.needs or ():
            waiting.setdefault(need.position, []).append(node.position)
    ready = [position for position, count in left.items() if count == 0]
    heapify(ready)
    done = [False] * len(nodes)
    frontier = 0
    while True:
        if frontier < len(nodes) and (done[frontier] or nodes[frontier].needs is None):
            position, frontier = frontier, frontier + 1
            if done[position]:
                continue
        elif ready:
            position = heappop(ready)
            if done[position]:
                continue
        else:
            return  # nothing is left; a circle is refused before a plan is made
        done[position] = True
        yield position
        for after in waiting.get(position, ()):
            left[after] -= 1
            if left[after] == 0:
                heappush(ready, after)


class _Reducer:
    """Sets of positions are the bits of whole numbers: a list of thousands of steps stays cheap."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._before = [0] * len(nodes)  # all that comes before a step
        self._sure = [0] * len(nodes)  # what has ended ok for sure when it starts
        self._covered = 0  # all that comes before the first `_looked` steps
        self._looked = 0

    def edges(self, positions: Sequence[int]) -> Iterator[Edge]:
        for position in positions:
            found = list(self._of(self._nodes[position]))
            for edge in found:
                before = self._before[edge.before] | 1 << edge.before
                self._before[position] |= before
                if edge.words == OK and self._nodes[position].every:
                    self._sure[position] |= self._sure[edge.before] | 1 << edge.before
            yield from found

    def _of(self, node: Node) -> Iterator[Edge]:
        if node.needs is None:
            yield from (Edge(above, node.position) for above in _bits(self._ends_above(node.position)))
            return
        plain = [need.position for need in node.needs if need.words == OK] if node.every else []
        covered = 0
        for position in plain:
            covered |= self._sure[position]
        for need in node.needs:
            if need.words != OK or not node.every or not covered >> need.position & 1:
                yield Edge(need.position, node.position, need.words)

    def _ends_above(self, position: int) -> int:
        """Those above it that nothing above it waits for. Asked for growing positions only."""
        for above in range(self._looked, position):
            self._covered |= self._before[above]
        self._looked = position
        return ((1 << position) - 1) & ~self._covered


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def _peers(positions: Sequence[int], edges: Sequence[Edge]) -> Iterator[tuple[int, ...]]:
    before: dict[int, list[tuple[int, frozenset[str]]]] = {one: [] for one in positions}
    after: dict[int, list[tuple[int, frozenset[str]]]] = {one: [] for one in positions}
    for edge in edges:
        before[edge.after].append((edge.before, edge.words))
        after[edge.before].append((edge.after, edge.words))
    groups: dict[tuple[frozenset[object], frozenset[object]], list[int]] = {}
    for one in positions:
        groups.setdefault((frozenset(before[one]), frozenset(after[one])), []).append(one)
    yield from (tuple(sorted(group)) for group in groups.values())
