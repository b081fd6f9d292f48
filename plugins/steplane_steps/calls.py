"""Finding a Python function by name, and calling it."""

import contextlib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import iscoroutinefunction
from types import ModuleType
from typing import Any

from steplane.sdk import StepContext, StepError


def called(
    ctx: StepContext, function: str, args: Sequence[Any], kwargs: Mapping[str, Any], places: Sequence[str]
) -> Any:
    """What `MODULE:NAME` or `FILE.py:NAME` returns; modules are also looked for in `places`.

    Raises `StepError`: `python.import` when there is no such function, the function's own `StepError`, else
    `python.exception` (the traceback is in the log).
    """
    with _search_path(places):
        found = _found(ctx, function)
        if iscoroutinefunction(found):
            raise StepError("python.exception", f"`{function}` is a coroutine function: wrap it in asyncio.run")
        try:
            return found(*args, **kwargs)
        except (StepError, KeyboardInterrupt):
            raise
        except (Exception, SystemExit) as error:
            ctx.log("".join(traceback.format_exception(error)).rstrip())
            what = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise StepError("python.exception", f"`{function}` raised {what}") from error


@contextlib.contextmanager
def _search_path(places: Sequence[str]) -> Iterator[None]:
    before = sys.path[:]
    sys.path[:0] = places
    try:
        yield
    finally:
        sys.path[:] = before


def _found(ctx: StepContext, function: str) -> Callable[..., Any]:
    source, _, name = function.rpartition(":")
    try:
        value: Any = _from_file(os.path.join(ctx.workdir, source)) if source.endswith(".py") else _module(source)
        for part in name.split("."):
            value = getattr(value, part)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        ctx.log("".join(traceback.format_exception(error)).rstrip())
        what = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise StepError("python.import", f"`{function}` cannot be had: {what}") from error
    if not callable(value):
        raise StepError("python.import", f"`{function}` is no function but {type(value).__name__}")
    found: Callable[..., Any] = value
    return found


def _module(name: str) -> ModuleType:
    importlib.invalidate_caches()
    return importlib.import_module(name)


def _from_file(path: str) -> ModuleType:
    """The file as a module, read anew each time, under a name that no import finds by accident."""
    name = f"steplane_call_{os.path.basename(path)[:-3]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look their module up there
    spec.loader.exec_module(module)
    return module
