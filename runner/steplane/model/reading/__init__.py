"""From the source tree to the model."""

from steplane.model.reading.top import read_workflow

__all__ = ["read_workflow"]
