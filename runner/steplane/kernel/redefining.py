"""The run goes on under another definition: what it remembers is brought over to the lists of the new plan.

What the new definition says something else of counts no more. What is unchanged keeps its end, or goes on at the
resume that follows; a list of which something is changed is gone through by that resume as one with steps to do again.
"""

from steplane.events import Redefined
from steplane.kernel import instances, leaving, lists, members, repairing
from steplane.kernel.queues import Queues
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Call, End, Node, Plan, StepList, inner_lists
from steplane.plan.recipes import ANEW

_AFTER = frozenset({"rescue", "finally"})
_IN_ATTEMPT = frozenset({"choose", "wait", "listening", "body", "ensure", "outputs", "trailing"})
"""Phases of a composite step in which the limit of its attempt runs."""
GONE = "its `rescue` is there no more"
_ROLES = frozenset({"rescue", "finally", "compensate"})


def redefined(state: State, event: Redefined, plan: Plan) -> None:
    """Bring all that there is over to the new plan. Of what is in flight no process runs any more."""
    root = state.root
    if root is not None:
        carrying = _Carrying(state, event, plan)
        carrying.undecide(root)
        carrying.instance(root, plan.nodes[0], plan)
        carrying.forget_the_rest()
    state.plan = plan


class _Carrying:
    """Goes through the run from outside in: first what is in a list is put down, then the list is renewed."""

    def __init__(self, state: State, event: Redefined, plan: Plan) -> None:
        self._state, self._plan, self._words = state, plan, event.steps
        self._nodes = {one.file: {node.id: node for node in one.nodes[1:]} for one in plan.with_callees()}
        self._seen: set[Instance] = set()
        self._lists: set[Scope] = set()
        self._freed: dict[Instance, set[str]] = {}  # of a workflow whose `end` counts no more: the paths of the `end`s

    def _word(self, plan: Plan, name: str) -> str:
        return self._words.get(plan.file, {}).get(name, "")

    def _is_anew(self, plan: Plan, name: str) -> bool:
        return self._word(plan, name) in ANEW

    # ------------------------------------------------------------ an `end` that counts no more

    def undecide(self, root: Instance) -> None:
        """Where an `end` that is changed has decided how its workflow ends, that is open again."""
        ended = [one for one in members.all_in(root) if isinstance(one.node.action, End) and one.status == "succeeded"]
        for one in ended:
            workflow = one.workflow
            others = (each for each in ended if each.workflow is workflow and not self._is_put_down(each))
            if workflow.ending is not None and self._is_put_down(one) and not any(others):
                self._freed.setdefault(workflow, set()).add(one.path)
        for workflow in self._freed:
            workflow.ending = workflow.end_outputs = workflow.error = None

    def _is_put_down(self, one: Instance) -> bool:
        around: Instance | None = one
        while around is not None and around.scope is not None:
            if self._is_anew(around.scope.plan, around.node.id):
                return True
            around = around.scope.owner
        return False

    # ------------------------------------------------------------ one instance

    def instance(self, one: Instance, node: Node, plan: Plan) -> None:
        """It is one of this node now, with all that is inside it."""
        if one in self._seen:
            return
        self._seen.add(one)
        was, before = one.node, one.plan
        one.node, one.plan = node, plan
        if node.timeout != was.timeout or node.retry != was.retry:
            self._limits(one)
        back = self._goes_back(one, was, before)
        if back:
            self._forget_cut(one)
        self._body(one, was)
        self._after(one, back=back)
        for each in one.loop.instances if one.loop is not None else ():
            if each is not None:
                self.instance(each, node, plan)
        if self._word(plan, node.id if node.number else "") == "around" or one in self._freed:
            self._reopen(one)

    def _limits(self, one: Instance) -> None:
        """What its next attempts may take; a time limit that runs is that of the new definition.

        What is an expression was worked out when the instance was entered, and stays at that.
        """
        node, key, retry = one.node, (one.serial, "timeout"), one.node.retry
        if node.timeout_value is None:
            one.timeout = node.timeout
        if retry is None or retry.attempts_value is None:
            one.attempts = retry.attempts if retry is not None else 1
        if retry is None or retry.delay_value is None:
            one.delay = retry.delay if retry is not None else 0.0
        if one.phase in _IN_ATTEMPT and not one.timed_out:
            self._state.timers.pop(key, None)
            if one.timeout is not None:
                self._state.timers[key] = one.started_at + round(one.timeout * 1_000_000)

    def _body(self, one: Instance, was: Node) -> None:
        if isinstance(one.node.action, Call):
            callee = self._plan.of_file(one.node.action.file)
            for scope in one.body:
                steps = StepList(number=-1, owner=one.node.number, role="call", label="", nodes=(0,))
                self._scope(scope, steps, callee)
            return
        places = {number: place for place, number in enumerate(inner_lists(was))}
        numbers = inner_lists(one.node)
        for scope in one.body:
            self._scope(scope, one.plan.lists[numbers[places[scope.list.number]]], one.plan)

    def _goes_back(self, one: Instance, was: Node, before: Plan) -> bool:
        """Whether it is in its `rescue` or `finally` and goes back to its body, where it has entered that."""
        if one.phase not in _AFTER or not one.body or _is_decided(one):
            return False
        gone = (one.node.rescue if one.phase == "rescue" else one.node.finally_) is None
        return gone or one in self._freed or self._is_other_inside(one, was, before)

    def _forget_cut(self, one: Instance) -> None:
        """Its attempt is not over: what had cut it short counts no more, a time limit or another branch."""
        one.timed_out = False
        for scope in one.body:
            if scope.cancelled and not (one.scope is not None and scope in one.scope.late):
                scope.cancelled = ""

    def _after(self, one: Instance, *, back: bool) -> None:
        """What came, or comes, after its body."""
        scope = one.after
        if scope is None or scope.owner is not one:
            return
        role = scope.list.role
        number = {"rescue": one.node.rescue, "finally": one.node.finally_}.get(role, one.node.compensate)
        if back:
            leaving.put_down_list(self._state, scope, repairing.ANEW)
            self._go_back(one)
        elif number is None:
            self._leave_after(one, scope)
        elif one.ended and role == "finally" and self._is_touched(scope, one.plan.lists[number]):
            one.after = None
        else:
            self._scope(scope, one.plan.lists[number], one.plan)

    def _is_other_inside(self, one: Instance, was: Node, before: Plan) -> bool:
        """Whether something in its body is another now, but for what goes on after that."""
        late = {scope.list.number for scope in one.body if one.scope is not None and scope in one.scope.late}
        if isinstance(one.node.action, Call):
            return not late and "" in self._words.get(one.node.action.file, {})
        left = {place for place, number in enumerate(inner_lists(was)) if number in late}
        lists_of = [(before, number) for place, number in enumerate(inner_lists(was)) if place not in left]
        lists_of += [(one.plan, number) for place, number in enumerate(inner_lists(one.node)) if place not in left]
        return any(self._word(plan, plan.nodes[at].id) for plan, number in lists_of for at in plan.lists[number].nodes)

    def _leave_after(self, one: Instance, scope: Scope) -> None:
        """The list that it is in, or was in, is there no more. One without a body has failed, and begins anew."""
        if one.phase not in _AFTER:
            one.after = None
        elif _is_decided(one):  # nothing of it is to do: the resume finds it over, and what follows then follows
            leaving.put_down_list(self._state, scope, repairing.ANEW)
            nothing = StepList(number=-1, owner=one.node.number, role=scope.list.role, label="", nodes=())
            one.after = Scope(nothing, one)
        else:
            leaving.put_down(self._state, one, GONE, "failed")
            one.after = None

    def _go_back(self, one: Instance) -> None:
        """It had come to what follows its body, for what is another now: it goes on in its body."""
        one.after, one.phase, one.recovered = None, "body", False
        one.outcome, one.error = "succeeded", one.error if one.ending is not None else None
        for scope in one.body:
            scope.over, scope.withdrawn = scope.over and scope.cancelled != "", False
        if one.timeout is not None:
            self._state.timers.setdefault((one.serial, "timeout"), self._state.now + round(one.timeout * 1_000_000))

    def _reopen(self, one: Instance) -> None:
        """Something in it is to do: a new activation goes on with it, or it goes on itself."""
        if one.scope is not None and _is_history(one.scope):
            return
        if one.ended:
            repairing.mark(self._state, one)
        elif one.phase in {"ensure", "outputs", "rescued"} and one.body and one.ending is None and not one.recovered:
            instances.leave_question(self._state, one)
            self._go_back(one)

    # ------------------------------------------------------------ one list

    def _scope(self, scope: Scope, steps: StepList, plan: Plan) -> None:
        if scope in self._lists:
            return
        self._lists.add(scope)
        touched = self._is_touched(scope, steps)
        whole = touched and bool(scope.queues or scope.course or steps.often)
        history = _is_history(scope)
        names = [scope.plan.nodes[number].id for number in scope.list.nodes]
        for position, name in enumerate(names):
            if not history and (whole or self._is_anew(scope.plan, name)):
                self._put_down(scope, position)
            elif scope.owner.workflow in self._freed:
                self._free(scope, position)
        places = {name: position for position, name in enumerate(names)}
        now = [plan.nodes[number] for number in steps.nodes]
        kept = [places.get(node.id) for node in now]
        self._renew(scope, steps, plan, kept, touched=touched)
        for node in now:
            self._members(scope, node, plan)
        for owner in {branch.owner for branch in scope.late}:
            self.instance(owner, self._nodes[plan.file][owner.node.id], plan)
        if {*names} != {node.id for node in now} or any(self._is_anew(plan, name) for name in names):
            self._open(scope)  # not where its steps only stand in another order

    def _is_touched(self, scope: Scope, steps: StepList) -> bool:
        """Whether the list is another now, or something in it begins anew."""
        plan = self._plan.of_file(scope.plan.file)
        then = [scope.plan.nodes[number].id for number in scope.list.nodes]
        now = [plan.nodes[number].id for number in steps.nodes]
        return then != now or any(self._is_anew(scope.plan, name) for name in then)

    def _put_down(self, scope: Scope, position: int) -> None:
        """What the step has done counts no more; what goes on there ends."""
        state, course = self._state, scope.course
        leaving_here = [one for one in course.leaving if one.node.position == position] if course is not None else []
        for one in [*members.at(scope, position), *leaving_here]:
            leaving.put_down(state, one, repairing.ANEW)
            leaving.put_down_late(state, one, repairing.ANEW)
            one.forgotten = True
            state.again.discard(one)
        scope.current[position] = None
        scope.old.pop(position, None)

    def _free(self, scope: Scope, position: int) -> None:
        """What an `end` had skipped or cancelled, that counts no more, is to do."""
        one = scope.current[position]
        if one is None:
            return
        skipped = one.ended and not one.begun and one.by in self._freed[scope.owner.workflow]
        if skipped or (one.cancelling and not one.ended):
            self._put_down(scope, position)

    def _renew(self, scope: Scope, steps: StepList, plan: Plan, kept: list[int | None], *, touched: bool) -> None:
        """The list as it is now, with what is kept of each step."""
        current, old = scope.current, scope.old
        scope.list, scope.plan = steps, plan
        scope.current = [None if place is None else current[place] for place in kept]
        scope.old = {at: old[place] for at, place in enumerate(kept) if place is not None and place in old}
        if scope.turn is not None and scope.turn.forgotten:
            scope.turn = None
        if touched:
            scope.course, scope.queues = None, Queues(steps) if steps.often else None
            scope.failed = _first_failed(scope)
        if scope.owner.workflow in self._freed and scope.cancelled == "skipped":
            scope.cancelled, scope.over = "", False
        scope.tallies.clear()
        scope.waiting.clear()

    def _members(self, scope: Scope, node: Node, plan: Plan) -> None:
        """All activations of the step in the list."""
        position = node.position
        found = [*members.at(scope, position), scope.old.get(position)]
        if scope.course is not None:
            course = scope.course
            found += [one for one in (course.before.get(position), course.forced.get(position)) if one is not None]
            found += [one for one in (*course.leaving, course.latest, course.asked) if one is not None]
        if scope.queues is not None:
            found += scope.queues.waiting[position]
        for one in found:
            if one is not None and one.node.id == node.id:
                self.instance(one, node, plan)
        for stray in scope.strays:
            if stray.node.id == node.id:
                self.instance(stray, node, plan)

    def _open(self, scope: Scope) -> None:
        """There is something to do in it; what is cancelled has nothing to do."""
        state = self._state
        if _is_history(scope):
            return
        if _is_cut(scope.owner) and scope.over:  # it was over before that, and stays so
            scope.cancelled = "skipped" if scope.owner.unbegun == "skipped" else "cancelled"
        if scope.cancelled:
            for position in range(len(scope.current)):
                if members.is_pending(scope, position):
                    one = lists.place(state, scope, lists.node_at(state, scope, position))
                    instances.conclude(state, one, scope.cancelled)
                    if scope.queues is not None:
                        scope.queues.leave(position, one)
                    self._seen.add(one)
        else:
            scope.over = False
        scope.open = members.count_open(scope)
        scope.blocked_from = len(scope.current)
        self._reopen_around(scope)

    def _reopen_around(self, scope: Scope) -> None:
        owner = scope.owner
        if owner.ended and scope.list.role not in _ROLES:
            repairing.mark(self._state, owner)

    # ------------------------------------------------------------ what is left

    def forget_the_rest(self) -> None:
        """Activations that are over and stand nowhere any more; the next one of each path counts on from them."""
        state = self._state
        for one in list(state.paths.values()):
            scope = one.scope
            if one not in self._seen and scope is not None and scope.owner in self._seen and not one.forgotten:
                self._other_list(scope)
        for path, one in list(state.paths.items()):
            if one not in self._seen:
                state.past[path] = one.number
                del state.paths[path]
        state.again &= self._seen

    def _other_list(self, scope: Scope) -> None:
        """A list that is over and that another came after: `finally` may look at what was in `rescue`."""
        node = scope.owner.node
        number = {"rescue": node.rescue, "finally": node.finally_, "compensate": node.compensate}.get(scope.list.role)
        if number is not None:
            self._scope(scope, scope.owner.plan.lists[number], scope.owner.plan)


def _is_decided(one: Instance) -> bool:
    """Whether it goes on only to what it has come to already: by an `end`, or as it is cancelled."""
    return one.ending is not None or one.cancelling


def _is_cut(one: Instance) -> bool:
    """Whether its body is being cancelled."""
    return one.phase == "body" and (one.cancelling or one.timed_out)


def _is_history(scope: Scope) -> bool:
    """Whether it is, or stands in, a list after a body that is over, or of what is superseded: nothing goes on."""
    here: Scope | None = scope
    while here is not None and not (here.list.role in _ROLES and here.over) and not members.is_superseded(here.owner):
        here = here.owner.scope
    return here is not None


def _first_failed(scope: Scope) -> Instance | None:
    failed = [one for one in members.everyone(scope) if one.status == "failed"]
    return min(failed, key=lambda one: one.order, default=None)
