"""Distributions for trials: installed into a directory as a package manager would."""

import json
from pathlib import Path

from steplane.plugins import Index, PluginProblem, Registered, Registry, discover

GOOD = '''
from typing import Annotated
from steplane.sdk import Meta, Result, Step, StepContext, hookimpl

class Greeting(Result):
    text: str

class Greet(Step, type="{space}.greet", errors=("{space}.silence",)):
    """Greet somebody."""
    name: Annotated[str, Meta(description="Who")]
    def run(self, ctx: StepContext) -> Greeting:
        return Greeting("hello " + self.name)

@hookimpl
def steplane_steps() -> list[type[Step]]:
    return [Greet]
'''


class Site:
    """A directory of installed distributions on the search path."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.modules: list[str] = []

    def install(
        self, space: str, text: str, *, name: str = "", version: str = "1.0", module: str = "", editable: bool = False
    ) -> None:
        """Put a distribution there with one entry point, and its module."""
        name = name or f"example-{space}"
        module = module or f"steplane_test_{name.replace('-', '_')}"
        self.modules.append(module)
        (self.root / f"{module}.py").write_text(text.replace("{space}", space))
        info = self.root / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[steplane.steps]\n{space} = {module}\n")
        if editable:
            (info / "direct_url.json").write_text(json.dumps({"url": "file:///x", "dir_info": {"editable": True}}))

    def index(self) -> Index:
        """What is found there."""
        return discover([str(self.root)])

    def registry(self) -> Registry:
        """The step types of what is there."""
        return Registry(self.index())


def problem(registry: Registry, name: str) -> PluginProblem:
    """The problem behind a name that cannot be used."""
    found = registry.step_type(name)
    assert isinstance(found, PluginProblem)
    return found


def usable(registry: Registry, name: str) -> bool:
    """Whether the name can be used."""
    return isinstance(registry.find(name), Registered)
