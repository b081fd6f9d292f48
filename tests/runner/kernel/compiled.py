"""A workflow written as plain data, read and compiled as a file would be."""

import json
from typing import Any

from msgspec.structs import replace

from steplane.model.reading import read_workflow
from steplane.plan.compiler import compile_plan
from steplane.plan.nodes import Plan
from steplane.source import read


def plan_of(workflow: dict[str, Any]) -> Plan:
    """The plan, with those of the files under `x-files`; a workflow with errors is a mistake of the test."""
    callees = {name: _plan(one, name) for name, one in workflow.get("x-files", {}).items()}
    return replace(_plan(workflow, "test.yaml"), callees=callees)


def _plan(workflow: dict[str, Any], file: str) -> Plan:
    document = read(json.dumps({"steplane": 1, "name": "test", **workflow}), file)
    found, diagnostics = read_workflow(document)
    errors = [one.message for one in (*document.diagnostics, *diagnostics) if one.severity == "error"]
    assert found is not None, errors
    assert not errors, errors
    return compile_plan(found, lambda _: None, document.text, "hash")
