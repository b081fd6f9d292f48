"""Which names may hold a secret, as far as the plan tells: the ways on which secrets go from one expression to another.

What steps give is masked when it is taken in, so a secret goes on by `secrets`, secret inputs, `vars`, `env`, items of
loops and secret outputs, and by nothing else.
"""

from collections.abc import Iterator

from steplane.expressions.templates import Blocks, Expression, MapOf, Template
from steplane.plan.nodes import Call, ForEach, Matrix, Node, Plan

Path = tuple[str, ...]
_SAID = ("stdout", "lines", "json")
"""Fields of a result that hold what a program wrote to its standard output."""


class Carriers:
    """The paths of names that may hold a secret."""

    def __init__(self, plan: Plan) -> None:
        self._paths: set[Path] = {("secrets",)}
        for part in plan.with_callees():
            self._paths |= {("inputs", one.name) for one in part.inputs if one.secret}
            self._paths |= {("steps", *path) for node in part.nodes[1:] for path in _secret_outputs(plan, node)}
        self._met: dict[tuple[str, bool], bool] = {}
        while self._grow(plan):
            pass

    def may_meet(self, text: str, *, blocks: bool) -> bool:
        """Whether an expression (or a text with blocks) uses anything that may hold a secret."""
        known = self._met.get((text, blocks))
        if known is None:
            known = self._met[text, blocks] = self.in_template(Blocks(text) if blocks else Expression(text))
        return known

    def in_template(self, template: Template) -> bool:
        """The same of a template."""
        from steplane.expressions.usage import uses

        return any(_overlap(use.path, path) for use in uses(template) for path in self._paths)

    def _grow(self, plan: Plan) -> bool:
        handed = (pair for part in plan.with_callees() for pair in _handed_on(part))
        more = {path for path, template in handed if path not in self._paths and self.in_template(template)}
        self._paths |= more
        return bool(more)


def says_secrets(node: Node) -> bool:
    """Whether a secret output of the step is made of what its program writes to standard output."""
    secret = [field.value for field in node.outputs or () if field.secret]
    if not secret:
        return False
    from steplane.expressions.usage import uses

    return any(_overlap(use.path, ("result", name)) for one in secret for use in uses(one) for name in _SAID)


def _overlap(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _secret_outputs(plan: Plan, node: Node) -> Iterator[Path]:
    fields = node.outputs or ()
    if node.outputs is None and isinstance(node.action, Call):
        fields = plan.of_file(node.action.file).nodes[0].outputs or ()
    for field in fields:
        if field.secret:
            yield from ((node.id, "outputs", field.name), (node.id, "instances"))


def _handed_on(plan: Plan) -> Iterator[tuple[Path, Template]]:
    """Each name that is given the value of a template."""
    for name, template in plan.variables:
        yield ("vars", name), template
    for node in plan.nodes:
        for name, template in node.env:
            yield ("env", name), template
        if isinstance(node.action, Call) and isinstance(node.action.given, MapOf):
            for name, template in node.action.given.entries:
                yield ("inputs", name), template
        if isinstance(node.loop, ForEach):
            yield (node.loop.name,), node.loop.items
        elif isinstance(node.loop, Matrix):
            for name, template in node.loop.axes:
                yield ("matrix", name), template
            for template in node.loop.include:
                yield ("matrix",), template


__all__ = ["Carriers", "says_secrets"]
