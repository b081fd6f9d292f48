"""The environment and the working directory that a process of a step gets."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from steplane.driver.evaluate import Evaluator, Refused
from steplane.expressions import ExpressionError
from steplane.expressions.templates import Template
from steplane.kernel import Instance
from steplane.plan.nodes import Plan


class Environments:
    """`base` is the caller's environment without what secrets are read from; `home` gives the folder of a file."""

    def __init__(
        self, evaluator: Evaluator, base: Mapping[str, str], home: Callable[[Plan], str], called_in: str
    ) -> None:
        self.evaluator = evaluator
        self.base = dict(base)
        self.home = home
        self.called_in = called_in

    def layers(self, here: Instance) -> dict[str, str]:
        """The caller's environment, then `env` of the workflow, of the groups from outside in, and of the step.

        Each `env` is evaluated with the names of the step that it stands at, and sees the environment around it. Before
        the items of a loop are known, what its step makes of them is left out.
        """
        env = dict(self.base)
        for one in _around(here):
            if one.node.env:
                context = {**self.evaluator.context(one), "env": env}
                own = self._known(one, context) if one.node.loop is not None and one.parent is None else None
                if own is None:
                    own = {name: self._text(name, template, context) for name, template in one.node.env}
                env = {**env, **own}
        return env

    def _known(self, loop: Instance, context: Mapping[str, Any]) -> dict[str, str]:
        """Of the `env` of a looped step what is known before there is an item."""
        found = {}
        for name, template in loop.node.env:
            with suppress(ExpressionError):
                found[name] = self._text(name, template, context)
        return found

    def workdir(self, here: Instance) -> str:
        """The innermost `cwd`, relative to the file; without any the directory of the call. Raises `Refused`."""
        for one in reversed(_around(here)):
            if one.node.cwd is not None:
                text = self.evaluator.engine.render_text(one.node.cwd, self.evaluator.context(one))
                folder = os.path.normpath(os.path.join(self.home(one.plan), text))
                if "\0" in folder or not os.path.isdir(folder):
                    raise Refused("input.invalid", f"`cwd` is {folder}, which is not a directory")
                return folder
        if not os.path.isdir(self.called_in):
            raise Refused(
                "input.invalid", f"the directory of the call, {self.called_in}, is there no more; give a `cwd`"
            )
        return self.called_in

    def _text(self, name: str, template: Template, context: Mapping[str, Any]) -> str:
        text = self.evaluator.engine.render_text(template, context)
        if "\0" in text:
            raise Refused("input.invalid", f"the value of `env.{name}` holds a NUL, which no environment can")
        return text


def _around(here: Instance) -> list[Instance]:
    """The instances from the workflow's own down to `here`."""
    found = [here]
    while (scope := found[-1].scope) is not None:
        found.append(scope.owner)
    return found[::-1]
