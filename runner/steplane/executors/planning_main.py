"""The program of the process that asks step types for their `plan()`: one question after another.

Its standard output and error lead nowhere. Descriptor 3 is the channel to the runner.
"""

import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steplane.executors.channel import CHANNEL, Broken, Channel
from steplane.executors.planning import Answer, Question, Ready
from steplane.plugins.loading import load, new_manager
from steplane.plugins.problems import PluginProblem
from steplane.sdk import PlanContext, Planned, StepError, convert

LONGEST = 1000
"""Characters of a summary, of a path, or of an error that are passed on, and the number of paths."""


class Known(PlanContext):
    """What is known before the run."""

    def __init__(self, env: Mapping[str, str], workdir: Path) -> None:
        self.env, self.workdir = env, workdir


class Asker:
    """Answers questions with the step types of the plugins."""

    def __init__(self) -> None:
        self._manager = new_manager()
        self._types: dict[str, Any] = {}

    def answer(self, question: Question) -> Answer:
        """What the step type says; never raises."""
        try:
            return self._planned(question)
        except StepError as error:
            return Answer(fault=f"refused: {error}"[:LONGEST])
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
            return Answer(fault=_raised(error))

    def _planned(self, question: Question) -> Answer:
        os.environ.clear()
        os.environ.update(question.env)
        sys.path[:] = question.path
        os.chdir(question.folder if os.path.isdir(question.folder) else "/")
        namespace = question.plugin.namespace
        types = self._types.get(namespace) or load(question.plugin, self._manager)
        self._types[namespace] = types
        if isinstance(types, PluginProblem):
            return Answer(fault=f"cannot be called: {types.message}")
        step: Any = convert(types[question.uses], question.parameters, question.private or None)
        planned = step.plan(Known(dict(question.env), Path(question.folder)))
        if not isinstance(planned, Planned):
            return Answer(fault=f"returned {type(planned).__name__}, not `Planned`")
        return Answer(_text(planned.summary), _texts(planned.reads), _texts(planned.changes))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"`summary`, `reads` and `changes` are texts, not {type(value).__name__}")
    return value.encode("utf-8", "backslashreplace").decode()[:LONGEST]


def _texts(values: Any) -> tuple[str, ...]:
    if isinstance(values, str):
        raise TypeError("`reads` and `changes` are lists of texts, not a text")
    return tuple(_text(one) for one in values)[:LONGEST]


def _raised(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception's own text may be broken too
        text = ""
    told = f"raised {type(error).__name__}" + (f": {text}" if text else "")
    return told.encode("utf-8", "backslashreplace").decode()[:LONGEST]


def main() -> None:
    """Serve the runner at the other end of the channel."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's, and it ends us
    end = socket.socket(fileno=os.dup(CHANNEL))
    os.close(CHANNEL)
    channel, asker = Channel(end, Question), Asker()
    channel.send(Ready())
    try:
        while (questions := channel.receive()) is not None:
            for question in questions:
                channel.send(asker.answer(question))
    except (Broken, OSError):
        return


if __name__ == "__main__":
    main()
