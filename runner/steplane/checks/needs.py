"""`needs`: names that exist in the same list, no step twice, no circle; `join` that can be reached."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic, Edit, Fix, Related
from steplane.model import Name, Parallel, Step, StepList, Workflow
from steplane.suggest import Names, did_you_mean


def check_needs(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with the names in `needs`."""
    for listed in context.lists:
        beside = _Beside(listed, context)
        for step in listed.steps:
            seen: dict[str, Name] = {}
            for need in step.needs.needs if step.needs else ():
                yield from _need(step, need.step, beside, seen, context)
                seen.setdefault(need.step.text, need.step)


class _Beside:
    """The ids of the steps of a list; those that are written, to choose from."""

    def __init__(self, listed: StepList, context: Context) -> None:
        self.ids = {step.id for step in listed.steps}
        self._context = context

    @cached_property
    def given(self) -> Names:
        """The written ones, made ready for many questions."""
        return Names(one for one in self._context.given_ids if one in self.ids)


def _need(step: Step, name: Name, beside: _Beside, seen: dict[str, Name], context: Context) -> Iterator[Diagnostic]:
    if name.text == step.id:
        message = f"{words_for(step)} needs itself: it could never start"
        yield Diagnostic("needs-itself", message, name.span, help="remove it from `needs`")
    elif name.text in seen:
        related = (Related(seen[name.text].span, "named here already"),)
        message = f"`needs` of {words_for(step)} names `{name.text}` twice"
        yield Diagnostic("needs-twice", message, name.span, "warning", related=related, help="keep one")
    elif (
        name.text not in beside.ids and name.text not in context.unread_ids and "${{" not in name.text
    ):  # the shape said so
        yield _unknown(step, name, beside, context)


def _unknown(step: Step, name: Name, beside: _Beside, context: Context) -> Diagnostic:
    other = context.by_id.get(name.text)
    if other is not None:
        place = other.step.span
        around = other.list.owner
        where = f"inside {words_for(around)}" if around is not None else "in the workflow's own list"
        message = f"`needs` of {words_for(step)} names `{name.text}`, which is a step of another list ({where})"
        outer = next((one.id for _, one in other.chain if one.id in beside.ids), None)
        named = {one.step.text for one in step.needs.needs} if step.needs is not None else set()
        help_ = f"name the step around it, `{outer}`" if outer else "`needs` names steps of the same list"
        help_ = f"take it out: `{outer}`, the step around it, is named here too" if outer in named else help_
        return Diagnostic("needs-across", message, name.span, related=(Related(place, "it stands here"),), help=help_)
    meant = did_you_mean(name.text, beside.given, but=step.id)
    message = f"`needs` of {words_for(step)} names `{name.text}`, which is not a step"
    if meant is None:
        help_ = "`needs` names ids of steps in the same list"
        return Diagnostic("unknown-step", message, name.span, help=help_)
    related = (Related(context.by_id[meant].step.span, "declared here"),)
    fix = Fix(f"replace `{name.text}` with `{meant}`", (Edit(name.span, meant),), safe=False)
    return Diagnostic("unknown-step", message, name.span, label=f"did you mean `{meant}`?", related=related, fix=fix)


def check_joins(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """`join: N` with fewer than N needs or branches."""
    for position in context.positions:
        step = position.step
        if step.join is None or step.join.count is None:
            continue
        if step.needs is not None:
            size = len(step.needs.needs)
            what = "need" if size == 1 else "needs"
        elif isinstance(step.action, Parallel):
            size = len(step.action.branches)
            what = "branch" if size == 1 else "branches"
        else:
            continue
        if step.join.count > size:
            arrivals = "1 arrival" if step.join.count == 1 else f"{step.join.count} arrivals"
            message = f"`join` of {words_for(step)} wants {arrivals}, and it has {size} {what}"
            place, other = step.join.count_span, "" if step.join.count_span else ", or `all`"
            help_ = f"write at most {size}{other}" if size else "take `join` out: nothing is waited for"
            yield Diagnostic("join-too-large", message, place or step.join.span, help=help_)


def check_join_forms(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Joins of branches that are about steps, and what a join that cancels does to the steps below it."""
    for position in context.positions:
        step = position.step
        if step.join is None:
            continue
        if isinstance(step.action, Parallel):
            yield from _of_branches(step)
        elif step.join.rest == "cancel":
            yield from _blocked_by(position.list, step)


def _of_branches(step: Step) -> Iterator[Diagnostic]:
    join = step.join
    if join is None or (join.mode != "each" and join.rest != "block"):
        return
    if join.mode == "each":
        why = "a `parallel` ends once, and `each` begins what waits for several steps once for each of them"
        help_ = "write what is to be done once for each at the end of each branch; or "
    else:
        why = "all its branches begin together, and none of them has to be held back, as `rest: block` would"
        help_ = "write `rest: run` or `rest: cancel`; or "
    message = f"`join` of {words_for(step)} is about its branches: {why}"
    yield Diagnostic("join-of-branches", message, join.span, help=f"{help_}make steps with `needs: []` of the branches")


def _blocked_by(listed: StepList, step: Step) -> Iterator[Diagnostic]:
    """The first step below that waits for all above it, and so for what the join cancels."""
    number = next(at for at, one in enumerate(listed.steps) if one is step)
    if step.needs is None or step.join is None or len(step.needs.needs) < 2:
        return
    for later in listed.steps[number + 1 :]:
        if later.needs is None:
            message = f"{words_for(later)} waits for every step above it, also for those that {words_for(step)} cancels"
            related = (Related(step.join.span, "the rest is cancelled here"),)
            help_ = f"write `needs: [{step.id}]`: it is blocked else"
            yield Diagnostic("blocked-by-join", message, later.span, "warning", related=related, help=help_)
            return


def check_cycles(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Circles of `needs`: of each knot of steps the shortest one, told from the first `needs` of it in the file."""
    for listed in context.lists:
        graph = _Graph(listed)
        for knot in graph.knots():
            yield _circle(graph, graph.shortest(knot))


def _circle(graph: "_Graph", circle: list[int]) -> Diagnostic:
    steps = [graph.steps[number] for number in circle]
    first = min(range(len(steps)), key=lambda index: _line(steps[index]))
    steps = steps[first:] + steps[:first]
    places = [_edge(step, steps[(index + 1) % len(steps)]) for index, step in enumerate(steps)]
    told = " needs ".join(f"`{step.id}`" for step in [*steps, steps[0]])
    message = f"`needs` form a cycle, so that none of these steps can start: {told}"
    others = list(zip(steps, places, strict=True))[1:]
    related = tuple(Related(name.span, f"`{step.id}` needs `{name.text}`") for step, name in others if name)
    span = places[0].span if places[0] is not None else steps[0].span
    return Diagnostic("cycle", message, span, related=related, help="take one of these out of its `needs`")


def _line(step: Step) -> tuple[bool, int]:
    return step.needs is None, step.needs.span.line if step.needs else step.span.line


def _edge(step: Step, other: Step) -> Name | None:
    """Where `step` names `other`; None where it waits for all above it."""
    needs = step.needs.needs if step.needs else ()
    return next((need.step for need in needs if need.step.text == other.id), None)


class _Graph:
    """The steps of a list by number and what each waits for; "every step above" is never written out."""

    def __init__(self, listed: StepList) -> None:
        self.steps = listed.steps
        numbers = {step.id: number for number, step in reversed(list(enumerate(listed.steps)))}
        self.edges: list[list[int]] = []
        for number, step in enumerate(listed.steps):
            named = (
                [numbers[one.step.text] for one in step.needs.needs if one.step.text in numbers] if step.needs else []
            )
            self.edges.append([other for other in named if other != number])

    def waits_for(self, number: int) -> range | list[int]:
        """What a step waits for directly."""
        return range(number) if self.steps[number].needs is None else self.edges[number]

    def knots(self) -> list[list[int]]:
        """Sets of steps of which each waits for each other, directly or not."""
        if all(other < number for number, edges in enumerate(self.edges) for other in edges):
            return []
        knots = Knots(self.waits_for)
        for number in range(len(self.steps)):
            knots.visit(number)
        return knots.found

    def shortest(self, knot: list[int]) -> list[int]:
        """The shortest circle within a knot; of equal ones the one that begins first in the file."""
        inside = set(knot)
        best: list[int] = []
        for start in sorted(knot)[: max(200_000 // len(knot), 1)][:200]:
            circle = self._from(start, inside, len(best) or len(knot) + 1)
            if circle and (not best or len(circle) < len(best)):
                best = circle
        return best or knot

    def _from(self, start: int, inside: set[int], bound: int) -> list[int]:
        before: dict[int, int | None] = {start: None}
        reached, length = [start], 1
        while reached and length < bound:
            further = []
            for number in reached:
                for other in self.waits_for(number):
                    if other == start:
                        return _back(before, number)
                    if other in inside and other not in before:
                        before[other] = number
                        further.append(other)
            reached, length = further, length + 1
        return []


def _back(before: dict[int, int | None], number: int | None) -> list[int]:
    """The way to a step, from where it begins."""
    way = []
    while number is not None:
        way.append(number)
        number = before[number]
    return way[::-1]


class Knots:
    """The strongly connected components with more than one member (Tarjan 1972), without recursion."""

    def __init__(self, waits_for: Callable[[int], Iterable[int]]) -> None:
        self._waits_for = waits_for
        self._index: dict[int, int] = {}
        self._low: dict[int, int] = {}
        self._stack: list[int] = []
        self._on_stack: set[int] = set()
        self.found: list[list[int]] = []
        self.parts: list[list[int]] = []
        """All components, also those of one; what a component waits for stands before it."""

    def visit(self, root: int) -> None:
        """Take in everything that `root` waits for."""
        if root in self._index:
            return
        work = [self._enter(root)]
        while work:
            number, rest = work[-1]
            other = next(rest, None)
            if other is None:
                work.pop()
                self._leave(number, work[-1][0] if work else None)
            elif other not in self._index:
                work.append(self._enter(other))
            elif other in self._on_stack:
                self._low[number] = min(self._low[number], self._index[other])

    def _enter(self, number: int) -> tuple[int, Iterator[int]]:
        self._index[number] = self._low[number] = len(self._index)
        self._stack.append(number)
        self._on_stack.add(number)
        return number, iter(self._waits_for(number))

    def _leave(self, number: int, around: int | None) -> None:
        if around is not None:
            self._low[around] = min(self._low[around], self._low[number])
        if self._low[number] != self._index[number]:
            return
        knot = [self._stack.pop()]
        while knot[-1] != number:
            knot.append(self._stack.pop())
        knot.reverse()
        self._on_stack.difference_update(knot)
        self.parts.append(knot)
        if len(knot) > 1:
            self.found.append(knot)
