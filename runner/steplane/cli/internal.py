"""The report of an internal error: what a maintainer needs, in a file, without the values that were given."""

import os
import re
import sys
import time
from collections.abc import Iterator, Sequence

from steplane import __version__

_VALUES = ("--input", "--assume", "--outputs", "--reason", "--data")
_CLUSTER = re.compile("-[A-Za-hj-z]*i")
"""Short options, the last of which takes a value."""


def describe(error: BaseException, path: str | None) -> tuple[str, str]:
    """What the user is told: a sentence and how to go on."""
    name = type(error).__name__
    what = f"{name}: {error}".strip().removesuffix(":").splitlines()[0][:300]
    return f"internal error, a fault of Steplane itself: {what}", _go_on("", path)


def _go_on(first: str, path: str | None) -> str:
    where = f"The details are in {path}; please report them." if path else "Its report could not be written."
    return " ".join(one for one in (first, where, "What is recorded is safe: steplane resume") if one)


def told_of_view(error: Exception, run: str) -> tuple[str, str]:
    """The same of what shows a run, and broke while that went on."""
    try:
        path = write_report(error, sys.argv)
    except Exception:  # noqa: BLE001 - a full disk: then without the file
        path = None
    what = f"{type(error).__name__}: {error}".strip().removesuffix(":").splitlines()[0][:300]
    where = f" The details are in {path}; please report them." if path else ""
    message = f"what shows the run broke, a fault of Steplane itself: {what}. The run is not touched by that"
    return message, f"All of it: steplane show {run}.{where}"


def write_report(error: BaseException, words: Sequence[str]) -> str:
    """Write the report into the state directory's cache, or else the folder for temporary files; its path."""
    text = "".join(_lines(error, words))
    name = f"internal-error-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}.txt"
    for folder in _folders():
        path = os.path.join(folder, name)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return path
    raise OSError("no folder for the report")


def _folders() -> Iterator[str]:
    """Where the report may stand, best first."""
    given = os.environ.get("STEPLANE_STATE")
    words = sys.argv
    if "--state" in words[:-1]:
        given = words[words.index("--state") + 1]
    here = os.path.abspath(os.curdir)
    while not given:
        if os.path.isdir(os.path.join(here, ".steplane", "cache")):
            given = os.path.join(here, ".steplane")
        elif os.path.dirname(here) == here:
            break
        here = os.path.dirname(here)
    if given:
        yield os.path.join(given, "cache")
    import tempfile

    yield tempfile.gettempdir()


def _lines(error: BaseException, words: Sequence[str]) -> Iterator[str]:
    import platform
    import traceback

    yield f"steplane {__version__}\npython {sys.version.splitlines()[0]}\nplatform {platform.platform()}\n"
    yield f"time {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}\n"
    yield f"arguments {' '.join(without_values(words))}\n\n"
    try:
        yield from traceback.TracebackException.from_exception(error, limit=-60).format()
    except (RecursionError, MemoryError):
        yield f"{type(error).__name__}\n"


def without_values(words: Sequence[str]) -> list[str]:
    """The arguments with the values of inputs taken out: any of them may be a secret."""
    shown: list[str] = []
    hide = False
    for word in words:
        if hide:
            shown.append(_hidden(word))
            hide = False
        elif word in _VALUES:
            shown.append(word)
            hide = True
        elif found := _CLUSTER.match(word):
            hide = found.end() == len(word)
            shown.append(word if hide else found.group() + _hidden(word[found.end() :]))
        elif word.startswith("--") and word.partition("=")[0] in _VALUES:
            option, _, value = word.partition("=")
            shown.append(f"{option}={_hidden(value)}")
        else:
            shown.append(word)
    return shown


def _hidden(word: str) -> str:
    name, equals, _ = word.partition("=")
    return f"{name}=***" if equals else "***"
