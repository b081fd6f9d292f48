"""What a plan says of the inputs and secrets of a workflow."""

from typing import Any

from msgspec import Struct


class InputSpec(Struct, frozen=True):
    """One declared input: its JSON Schema and where its value may come from."""

    name: str
    schema: dict[str, Any]
    required: bool
    default: Any = None
    env: str | None = None
    secret: bool = False
    optional: bool = False


class SecretSpec(Struct, frozen=True):
    """Where a secret is fetched: an environment variable or a file."""

    name: str
    env: str | None = None
    file: str | None = None
