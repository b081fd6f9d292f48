"""What a step raises, and what is raised at the author of a plugin."""

from collections.abc import Mapping
from typing import Any


class StepError(Exception):
    """The step failed: a dotted `type`, a sentence, an exit or status code, plain data as `detail`.

    `outputs` are those that are known although the step failed. A step type names its error types in `errors=`.
    """

    def __init__(
        self,
        type: str,  # noqa: A002 - the language's own word (`error.type`)
        message: str,
        code: int | None = None,
        detail: Any = None,
        outputs: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.code = code
        self.detail = detail
        self.outputs = outputs

    def __reduce__(self) -> tuple[Any, ...]:
        """An exception with arguments of its own is rebuilt from them: it may cross to another process."""
        return (type(self), (self.type, self.message, self.code, self.detail, self.outputs))


class InvalidParameter(StepError):
    """A parameter is not what the step type takes (`input.invalid`, never retried).

    `path` leads to the value: names of parameters and keys, positions in lists; empty for the parameters as a whole.
    """

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__("input.invalid", message, detail={"path": list(path)} if path else None)
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.message, self.path))


class InvalidResult(StepError):
    """What a step type returned is no plain JSON data or too large (`plugin.result`); the message names the plugin."""

    def __init__(self, message: str) -> None:
        super().__init__("plugin.result", message)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.message,))


class Suspend(BaseException):
    """The step waits, without a thread, until it is completed from outside under `token`.

    No `Exception`, so that a plugin's `except Exception` does not swallow it.
    """

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.token = token


class DefinitionError(TypeError):
    """A step type is declared wrongly; the message says to its author what to change."""
