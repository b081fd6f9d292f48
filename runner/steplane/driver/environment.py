"""The environment and the working directory that a process of a step gets."""

import os
from collections.abc import Mapping
from typing import Any

from steplane.driver.evaluate import Evaluator, Refused
from steplane.kernel import Instance
from steplane.plan.nodes import Node, Plan


class Environments:
    """`base` is the caller's environment without what secrets are read from; `home` is the folder of the file."""

    def __init__(self, plan: Plan, evaluator: Evaluator, base: Mapping[str, str], home: str, called_in: str) -> None:
        self.plan = plan
        self.evaluator = evaluator
        self.base = dict(base)
        self.home = home
        self.called_in = called_in

    def layers(self, here: Instance) -> dict[str, str]:
        """The caller's environment, then `env` of the workflow, of the groups from outside in, and of the step."""
        env = dict(self.base)
        nodes = [node for node in self._around(here) if node.env]
        if not nodes:
            return env
        context = {**self.evaluator.context(here), "env": env}
        for node in nodes:
            env.update({name: self._text(name, template, context) for name, template in node.env})
        return env

    def workdir(self, here: Instance, context: Mapping[str, Any]) -> str:
        """The innermost `cwd`, relative to the file; without any the directory of the call. Raises `Refused`."""
        for node in reversed(self._around(here)):
            if node.cwd is not None:
                folder = os.path.normpath(os.path.join(self.home, self.evaluator.engine.render_text(node.cwd, context)))
                if not os.path.isdir(folder):
                    raise Refused("input.invalid", f"`cwd` is {folder}, which is not a directory")
                return folder
        return self.called_in

    def _around(self, here: Instance) -> list[Node]:
        """The nodes from the workflow down to the instance's own."""
        nodes = [here.node]
        while nodes[-1].list >= 0:
            nodes.append(self.plan.nodes[self.plan.lists[nodes[-1].list].owner])
        return nodes[::-1]

    def _text(self, name: str, template: Any, context: Mapping[str, Any]) -> str:
        text = self.evaluator.engine.render_text(template, context)
        if "\0" in text:
            raise Refused("input.invalid", f"the value of `env.{name}` holds a NUL, which no environment can")
        return text
