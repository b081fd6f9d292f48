"""Commands that are told: with the state directory that was named, and with what else was said, so that they do what is
meant when they are given as they stand.
"""

import re
from collections.abc import Collection, Iterable, Iterator

_COMMAND = re.compile(
    r"\bsteplane (?:(?:runs (?:check|export|prune)|resume|cancel|compensate|show|explain|logs|signal|artifacts|run)"
    r"(?![\w-])(?: [\w.][\w./-]*(?<![./-]))?|runs(?! (?:check|export|prune)\b)(?![\w-]))"
)
"""A command that looks into the state directory, with the run or the file that it is about."""

_HIDDEN = {"inputs", "data"}
"""Options whose values may be secret."""

_state: list[str] = [""]


def remember(state: str | None) -> None:
    """The state directory that the call has named, if any."""
    import shlex

    from steplane.reporters.paint import visible

    _state[0] = f" --state {visible(shlex.quote(state))}" if state else ""


def state_option() -> str:
    """What stands behind a command that is told, so that it finds this directory: ` --state DIR`, or nothing."""
    return _state[0]


def with_state(text: str) -> str:
    """The text, each command in it with the state directory, unless it has one."""
    if not _state[0]:
        return text
    found, at = [], 0
    for match in _COMMAND.finditer(text):
        rest = text[match.end() :].partition("steplane ")[0]
        found.append(text[at : match.end()] + ("" if "--state" in rest else _state[0]))
        at = match.end()
    return "".join([*found, text[at:]])


def secrets_option(names: Iterable[str]) -> str:
    """What stands behind a command that goes on with a run: the secret inputs that are to be given again."""
    return "".join(f" -i {name}=..." for name in names)


def env_file_option() -> str:
    """What stands behind a command that is told, so that it has the environment of this one: ` --env-file FILE`."""
    import shlex

    import click

    context = click.get_current_context(silent=True)
    file = context.params.get("env_file") if context is not None else None
    return f" --env-file {shlex.quote(file)}" if file else ""


def as_given(leave_out: Collection[str] = ()) -> list[str]:
    """The options of the command that runs, as they were given, but for the state directory; values that may be secret
    as `...`. `leave_out` are names of options that are not said again.
    """
    import click
    from click.core import ParameterSource

    context = click.get_current_context(silent=True)
    found: list[str] = []
    for one in context.command.params if context is not None else ():
        name = one.name or ""
        if not isinstance(one, click.Option) or name == "state" or name in leave_out or context is None:
            continue
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            found += _option(one.opts, name, context.params[name], flag=one.is_flag)
    return found


def _option(names: list[str], name: str, value: object, *, flag: bool) -> Iterator[str]:
    option = names[0] if name == "inputs" else max(names, key=len)
    if flag:
        yield option
        return
    for one in value if isinstance(value, tuple) else (value,):
        yield option
        hidden = f"{str(one).partition('=')[0]}=..." if name == "inputs" else "..."
        yield hidden if name in _HIDDEN else str(one)


__all__ = ["as_given", "env_file_option", "remember", "secrets_option", "state_option", "with_state"]
