"""The environment and the working directory that a process of a step would get."""

import os
from collections.abc import Iterator, Mapping

from steplane.expressions import Engine, ExpressionError
from steplane.expressions.faults import NotKnown
from steplane.forecast.names import Basis, Names
from steplane.plan.nodes import Node

Around = tuple[tuple[Node, Names], ...]
"""The steps around a place from outside in, each with its names."""


class Environment(Mapping[str, str]):
    """`env` before the run: the caller's variables, then those of the workflow and of the steps around it.

    A variable whose value is not known raises `NotKnown` when it is asked for.
    """

    def __init__(self, engine: Engine, basis: Basis, around: Around) -> None:
        self._engine, self._basis, self._around = engine, basis, around

    def __getitem__(self, name: str) -> str:
        for index in range(len(self._around) - 1, -1, -1):
            node, names = self._around[index]
            for own, template in node.env:
                if own == name:
                    outside = Environment(self._engine, self._basis, self._around[:index])
                    return self._engine.render_text(template, names.with_(env=outside))
        return self._basis.environ[name]

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys([*self._basis.environ, *(name for node, _ in self._around for name, _ in node.env)])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def known(self) -> dict[str, str]:
        """The variables that have a value now."""
        found = dict(self._basis.environ)
        for name in dict.fromkeys(name for node, _ in self._around for name, _ in node.env):
            try:
                found[name] = self[name]
            except (NotKnown, ExpressionError):
                found.pop(name, None)
        return found


def folder(engine: Engine, basis: Basis, around: Around) -> str | None:
    """The working directory there; None where it is not known."""
    for node, names in reversed(around):
        if node.cwd is not None:
            try:
                return os.path.normpath(os.path.join(basis.home, engine.render_text(node.cwd, names)))
            except (NotKnown, ExpressionError):
                return None
    return basis.called_in
