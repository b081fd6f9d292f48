"""Calls the code of a plugin: whatever it raises is a fault of it, and only a Ctrl-C of the user goes on."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Raised(Struct, frozen=True):
    """What the code has raised instead of giving something: also `SystemExit`, and a `KeyboardInterrupt` of its own."""

    error: BaseException

    def __str__(self) -> str:
        return f"{type(self.error).__name__}: {self.error}".strip().removesuffix(":")


def attempted(action: Callable[[], T]) -> T | Raised:
    """What the action gives, or what it raised. Raises `KeyboardInterrupt` where the user has pressed Ctrl-C."""
    with _Keyboard() as keyboard:
        try:
            return action()
        except KeyboardInterrupt as error:
            if keyboard.pressed:
                raise
            return Raised(error)
        except BaseException as error:  # noqa: BLE001 - even `sys.exit()` in a plugin must not end the runner
            return Raised(error)


class _Keyboard:
    """Whether Ctrl-C was pressed meanwhile. Python tells that only to the main thread, by a handler that raises."""

    def __init__(self) -> None:
        self.pressed = False
        self._before: Any = None

    def __enter__(self) -> Self:
        before = signal.getsignal(signal.SIGINT)
        if callable(before) and threading.current_thread() is threading.main_thread():
            self._before = before
            signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._heard:  # else the plugin has its own
            signal.signal(signal.SIGINT, self._before)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.pressed = True
        self._before(number, frame)
