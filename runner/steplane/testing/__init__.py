"""What authors of plugins test their step types with."""

from steplane.testing.context import RecordingContext

__all__ = ["RecordingContext"]
