"""JSON Schemas: of files (structure, with our own words), and of values (the only user of jsonschema, lazily)."""

from steplane.schema.check import VERSION, check_structure
from steplane.schema.compose import workflow_schema
from steplane.schema.files import read_schema
from steplane.schema.steps import ACTIONS
from steplane.schema.values import Problem, check_schema, validate_value

__all__ = [
    "ACTIONS",
    "VERSION",
    "Problem",
    "check_schema",
    "check_structure",
    "read_schema",
    "validate_value",
    "workflow_schema",
]
