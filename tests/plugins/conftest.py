"""A workbench, for step types in real runs."""

from tests.runner.app.conftest import bench, registry

__all__ = ["bench", "registry"]
