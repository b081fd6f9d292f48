"""A run of an unchanged file imports little."""

import os
import subprocess
import sys

from tests.runner.running import HEAD, Workbench

HEAVY = ("yaml", "jsonschema", "jinja2", "tree_sitter", "tree_sitter_bash", "rich", "asyncio", "logging")

TEXT = (
    HEAD
    + """
inputs: {who: {type: string, default: world}, n: {type: integer, minimum: 1, default: 2}}
vars: {greeting: "hello ${{ inputs.who }}"}
steps:
  - {id: a, run: 'echo "${{ vars.greeting }}"'}
  - {id: b, run: make --version, on_error: warn}
  - id: l
    foreach: [1, 2]
    steps: [{uses: log, with: {message: "${{ item }} ${{ steps.a.outputs.stdout }}"}}]
outputs: {v: "${{ steps.a.outputs.stdout }}"}
"""
)

RUN = """
import os, sys
from steplane.app.loading import load, make_registry
from steplane.app.project import open_store, read_settings
from steplane.app.running import Options, begin
from steplane.app.inputs import given

class Nobody:
    hears_lines = True
    def event(self, event, instance): pass
    def log(self, path, stream, text): pass

store = open_store(read_settings(".", os.environ, {}), ".")
registry = make_registry(store, None)
loaded = load("f.yaml", registry, store)
values = given(loaded.plan, ("n=3",), None)
result = begin(store, registry, loaded.plan, values, os.environ, Options(durability="normal"), lambda _: Nobody())
heavy = sorted(name for name in sys.argv[1:] if name in sys.modules)
print(loaded.cached, result.outputs, heavy)
"""


def test_a_run_from_the_cache_imports_nothing_heavy(bench: Workbench) -> None:
    (bench.folder / "f.yaml").write_text(TEXT)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    said = [
        subprocess.run([sys.executable, "-c", RUN, *HEAVY], env=environ, capture_output=True, text=True, check=False)
        for _ in range(2)
    ]
    assert said[0].stdout.startswith("False {'v': 'hello world'}"), said[0].stderr
    assert said[1].stdout == "True {'v': 'hello world'} []\n", said[1]
