"""What authors of plugins test their step types with."""

from steplane.testing.context import RecordingContext
from steplane.testing.planning import PlanningContext, planned

__all__ = ["PlanningContext", "RecordingContext", "planned"]
