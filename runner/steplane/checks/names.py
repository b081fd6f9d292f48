"""Names in expressions: known at all, known at this key, with attributes that exist."""

import re
from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from steplane.checks.context import Context, Position, words_for
from steplane.checks.sites import BASE, Site
from steplane.checks.visibility import Sighting, declared_outputs, output_names, step_attributes, why_unseen
from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span
from steplane.expressions.usage import Use
from steplane.model import Call, Group, Matrix, Parallel, Step, Switch, Until, Wait, While, Workflow
from steplane.schema.words import listed
from steplane.suggest import did_you_mean

FIXED: dict[str, tuple[str, ...]] = {
    "run": ("id", "started_at", "status", "case", "parent"),
    "workflow": ("name", "version", "title", "owner", "file", "hash", "labels"),
    "error": ("type", "message", "code", "detail", "step"),
    "loop": ("index", "index0", "first", "last", "length", "key", "previous"),
}
"""The attributes of names that are the same in every file."""

ITEMS_HAVE = ("last", "length")
ROUNDS_HAVE = ("previous",)
"""What `loop` has beside items, and beside rounds."""

KNOWN_SOMEWHERE = {
    "error": "in `rescue`, `finally`, `compensate` and `retry.when`",
    "result": "in `outputs`, `ensure` and `until`",
    "attempt": "in what an attempt uses and in `retry.when`",
    "loop": "inside a loop",
    "matrix": "inside a `matrix`",
    "item": "inside a `foreach`",
    "steps": "once the first step may have ended, not at the run's start",
}
"""Where names are known that are not known everywhere."""

_GIVES: dict[type, str] = {
    **dict.fromkeys((Group, Parallel, Switch), "a group gives what its own `outputs` say"),
    Wait: "a wait for a time gives nothing; declare something under `outputs`",
    Call: "the workflow that is called declares no `outputs`",
}
"""Why a step has no outputs at all, or how it has some."""


def check_names(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with the names in all expressions of a file."""
    names = _Names(workflow, context)
    for site in context.sites:
        for use in context.uses(site.template):
            yield from names.check(site, use)


class _Names:
    def __init__(self, workflow: Workflow, context: Context) -> None:
        self.workflow = workflow
        self.context = context
        self.sighting = Sighting(context)
        self.declared = {
            "inputs": tuple(one.name.text for one in workflow.inputs),
            "vars": tuple(one.name.text for one in workflow.variables),
            "secrets": tuple(one.name.text for one in workflow.secrets),
        }
        self.items = {
            name for one in context.positions for name in _own_loop_names(one.step) if name not in {"loop", "matrix"}
        }

    def check(self, site: Site, use: Use) -> Iterator[Diagnostic]:
        """What is wrong with one path of names."""
        root = use.path[0]
        if root not in site.names:
            unread = self._is_of_unread_loop(site, root) or site.is_between_blocks
            if not unread and not self._is_rest_of_subtraction(use):
                yield self._unknown(site, use)
        elif len(use.path) == 1:
            return
        elif root in self.declared:
            yield from self._declared(site, use)
        elif root == "steps":
            yield from self._step(site, use)
        elif root == "loop":
            yield from self._loop(site, use)
        elif root in FIXED and not self._is_item(site, root):
            yield from self._attribute(site, use, 1, FIXED[root], f"`{root}`")
        elif root == "matrix":
            yield from self._matrix(site, use)

    # ---------------------------------------------------------------- roots

    def _unknown(self, site: Site, use: Use) -> Diagnostic:
        name, span = use.path[0], self._span(site, use, 0)
        if name in KNOWN_SOMEWHERE or name in self.items:
            return self._elsewhere(site, name, span)
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(name) or self._meant(name, site)
        message = f"`{name}` is not a name that is known here"
        if meant is None:
            return Diagnostic("unknown-name", message, span, help=f"known are {listed(sorted(site.names), 'and')}")
        return Diagnostic(
            "unknown-name", message, span, label=f"did you mean `{meant}`?", fix=_replace(span, name, meant)
        )

    def _elsewhere(self, site: Site, name: str, span: Span) -> Diagnostic:
        where = KNOWN_SOMEWHERE.get(name, "inside the loop that names its items so")
        message = f"`{name}` is not known in {site.key}: it is known {where}"
        beside = site.position is not None and name in _own_loop_names(site.position.step)
        help_ = (
            f"{site.key} is asked before the loop; put the step into a group with the `if`, or look at the whole list"
            if beside and site.key == "`if`"
            else f"known here are {listed(sorted(site.names), 'and')}"
        )
        return Diagnostic("name-not-here", message, span, help=help_)

    def _meant(self, name: str, site: Site) -> str | None:
        for root, names in (("steps", self.context.given_ids), *self.declared.items()):
            if name in names and root in site.names:
                return f"{root}.{name}"
        roots = [*site.names, "true", "false", "null"]
        meant = "null" if name in ("nil", "undefined") else did_you_mean(name, roots)
        if meant:
            return meant
        everything = {
            one: root for root, names in (("steps", self.context.given_ids), *self.declared.items()) for one in names
        }
        close = did_you_mean(name, everything)
        return f"{everything[close]}.{close}" if close and everything[close] in site.names else None

    def _is_rest_of_subtraction(self, use: Use) -> bool:
        """Whether the name is the `step` of `steps.my-step`, which is reported as a whole."""
        found = _BEFORE_DASH.search(use.expression.text, 0, use.offset)
        return found is not None and found[2] not in self._names_of(found[1])

    def _is_of_unread_loop(self, site: Site, name: str) -> bool:
        """Whether a loop here or around, whose key is misspelt, would bring the name."""
        chain = site.position.chain if site.position is not None else ()
        return any(name in self.context.unclear.loop_names(step.node) for _, step in chain)

    def _names_of(self, root: str) -> Collection[str]:
        """What may follow `steps.`, `inputs.` and the like."""
        return self.context.by_id if root == "steps" else self.declared[root]

    @staticmethod
    def _is_item(site: Site, root: str) -> bool:
        """Whether an item of a loop has this name, so that its attributes are the item's."""
        return root not in BASE | {"error", "loop"} and root in site.names

    # ---------------------------------------------------------------- attributes

    def _declared(self, site: Site, use: Use) -> Iterator[Diagnostic]:
        root, name = use.path[0], use.path[1]
        names = self.declared[root]
        if name not in names:
            what = {"inputs": "an input", "vars": "a variable", "secrets": "a secret"}[root]
            message = f"`{root}.{name}` is not declared: `{name}` is not {what}"
            spelled = self.context.declared[root]
            if spelled.may_have(name) or _dashed(use) in spelled.names:
                return
            yield self._subtraction(site, use, names, "undeclared") or self._missing(
                site, use, 1, names, message, where=f"under `{root}`"
            )
        elif root == "vars" and site.until is not None and names.index(name) >= site.until:
            itself = names.index(name) == site.until
            why = "it is this variable" if itself else "variables are worked out in order"
            message = f"`vars.{name}` is not known yet: {why}"
            declared = self.workflow.variables[names.index(name)].name.span
            help_ = "a variable cannot use itself" if itself else f"move `{name}` above this one"
            yield Diagnostic(
                "vars-order",
                message,
                self._span(site, use, 1),
                help=help_,
                related=() if itself else (Related(declared, "declared here"),),
            )

    def _step(self, site: Site, use: Use) -> Iterator[Diagnostic]:
        position = self.context.by_id.get(use.path[1])
        if position is None:
            yield from self._unknown_step(site, use)
            return
        if position.step.id in self.context.repeated_ids:
            return  # nobody knows which of them is meant
        yield from self._visible(site, use, position)
        step = position.step
        if len(use.path) > 2:
            yield from self._attribute(site, use, 2, step_attributes(step), words_for(step))
        if len(use.path) > 3 and use.path[2] == "outputs":
            yield from self._output(site, use, step)

    def _unknown_step(self, site: Site, use: Use) -> Iterator[Diagnostic]:
        name, ids = use.path[1], self.context.given_ids
        unread, there = self.context.unread_ids, self.context.by_id
        if any(one in unread or one in there for one in (name, _dashed(use))):
            return
        message = f"`steps.{name}` names no step"
        yield self._subtraction(site, use, ids, "unknown-step") or self._missing(
            site, use, 1, ids, message, where="as the `id` of a step", code="unknown-step"
        )

    def _subtraction(self, site: Site, use: Use, names: Iterable[str], code: str) -> Diagnostic | None:
        """`steps.my-step`, where `my_step` is meant."""
        root, whole = use.path[0], _dashed(use)
        meant = did_you_mean(whole, names) if whole else None
        if meant is None:
            return None
        message = f"`{root}.{whole}` is a subtraction: {'an id' if root == 'steps' else 'a name'} has no `-`"
        span = self._at(site, use, use.parts[1][0], len(whole))
        label = f"did you mean `{root}.{meant}`?"
        return Diagnostic(code, message, span, label=label, fix=_replace(span, whole, meant))

    def _visible(self, site: Site, use: Use, position: Position) -> Iterator[Diagnostic]:
        sight, blamed = self.sighting.sight(site, position)
        if sight == "seen":
            return
        step, span = position.step, self._span(site, use, 1)
        related = (Related(step.span, "it stands here"),)
        fix = None
        said = why_unseen(sight, site, step, blamed)
        if said is not None:
            message, help_ = said
        else:
            message = f"{words_for(step)} need not have ended here: this step does not wait for it"
            help_, fix = self._waiting(site, position, blamed)
        yield Diagnostic("not-upstream", message, span, related=related, help=help_, fix=fix)

    def _waiting(self, site: Site, target: Position, blamed: Step | None) -> tuple[str, Fix | None]:
        """How to wait for the step: add it to `needs`, or put it above."""
        own = site.position
        beside = own is not None and blamed is not None and any(blamed in listed.steps for listed, _ in own.chain)
        if own is None or blamed is None or not beside:
            return f"what {words_for(target.step)} gives is known to what comes after it", None
        waiter = next(step for listed, step in own.chain if blamed in listed.steps)
        if waiter.needs is None:
            return f"move {words_for(blamed)} above {words_for(waiter)}, or name it in `needs`", None
        text = f"add `{blamed.id}` to `needs` of {words_for(waiter)}"
        node = waiter.node.get("needs")
        items = getattr(node, "items", None)
        if items:
            end = items[-1].span
            place = Span(end.file, end.end_line, end.end_column, end.end_line, end.end_column)
            if node is not None and node.span.line == node.span.end_line:
                return text, Fix(text, (Edit(place, f", {blamed.id}"),), safe=False)
        return text, None

    def _output(self, site: Site, use: Use, step: Step) -> Iterator[Diagnostic]:
        names = output_names(step, self.context)
        name = use.path[3]
        if names is None or name in names or self.context.unclear.declared(step.node, "outputs", "step").may_have(name):
            return
        message = f"{words_for(step)} has no output `{name}`"
        if not names:
            span = self._span(site, use, 3)
            help_ = (
                _GIVES.get(type(step.action), "declare it under `outputs`")
                if step.outputs is None
                else "declare it under `outputs`"
            )
            yield Diagnostic("unknown-output", message, span, help=help_, related=(Related(step.span, "the step"),))
        else:
            found = self._missing(
                site, use, 3, names, message, where="under `outputs` of the step", code="unknown-output"
            )
            place = declared_outputs(step, self.context)
            yield found if place is None else replace(found, related=(Related(place, "its outputs"),))

    def _matrix(self, site: Site, use: Use) -> Iterator[Diagnostic]:
        loop = None
        for _, step in reversed(site.position.chain if site.position else ()):
            if isinstance(step.loop, Matrix):
                loop = step.loop
                break
        if loop is None:
            return
        names = [axis.name.text for axis in loop.axes]
        for extra in loop.include:
            names += [entry.name for entry in getattr(extra.node, "entries", ())]
        yield from self._attribute(site, use, 1, tuple(dict.fromkeys(names)), "`matrix`")

    def _loop(self, site: Site, use: Use) -> Iterator[Diagnostic]:
        """`loop` of the innermost loop: rounds have no end that is known before, and only they have one before."""
        chain = site.position.chain if site.position else ()
        inner = chain[-1:] if site.moment == "before" else ()
        step = next((step for _, step in reversed(chain[: len(chain) - len(inner)]) if step.loop is not None), None)
        rounds = step is not None and isinstance(step.loop, While | Until)
        names = tuple(one for one in FIXED["loop"] if one not in (ITEMS_HAVE if rounds else ROUNDS_HAVE))
        where = f"`loop` of {words_for(step)}" if step is not None else "`loop`"
        yield from self._attribute(site, use, 1, names, where)

    def _attribute(self, site: Site, use: Use, index: int, names: tuple[str, ...], owner: str) -> Iterator[Diagnostic]:
        name = use.path[index]
        if name not in names:
            yield self._missing(site, use, index, names, f"{owner} has no `{name}`", code="unknown-attribute")

    # ---------------------------------------------------------------- words and places

    def _missing(
        self,
        site: Site,
        use: Use,
        index: int,
        names: tuple[str, ...],
        message: str,
        *,
        where: str = "",
        code: str = "undeclared",
    ) -> Diagnostic:
        name, span = use.path[index], self._span(site, use, index)
        meant = did_you_mean(name, names)
        if meant:
            return Diagnostic(code, message, span, label=f"did you mean `{meant}`?", fix=_replace(span, name, meant))
        known = f"known are {listed(names, 'and')}" if 0 < len(names) <= 12 else ""
        declare = f"declare it {where}" if where else ""
        return Diagnostic(code, message, span, help="; ".join(part for part in (known, declare) if part))

    def _span(self, site: Site, use: Use, index: int) -> Span:
        offset, length = use.parts[index]
        return self._at(site, use, offset, length)

    def _at(self, site: Site, use: Use, offset: int, length: int) -> Span:
        return self.context.place(site.scalar, site.offset_of(use.expression) + offset, length)


_BEFORE_DASH = re.compile(r"\b(steps|inputs|vars|secrets)\.(\w+)(?:-\w+)*-\Z")
_DASHES = re.compile(r"(?:-\w+)+")


def _dashed(use: Use) -> str:
    """The `my-step` of `steps.my-step`; empty where no `-` stands behind the name."""
    found = _DASHES.match(use.expression.text, sum(use.parts[1]))
    return use.path[1] + found[0] if found else ""


def _own_loop_names(step: Step) -> frozenset[str]:
    from steplane.checks.sites import loop_names

    return loop_names(step.loop)


def _quoted(step: Step) -> str:
    return f"`{step.id}`"


def _replace(span: Span, name: str, meant: str) -> Fix:
    return Fix(f"replace `{name}` with `{meant}`", (Edit(span, meant),), safe=False)
