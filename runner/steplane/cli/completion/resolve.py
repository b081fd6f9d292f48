"""Which part of the command line the cursor is in, and who knows what may stand there."""

from collections.abc import Iterable, Sequence
from typing import Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

Items = list[CompletionItem[Any]]


def candidates(words: Sequence[str], current: str) -> Items:
    """What may stand in place of the unfinished word `current`, after the words before it."""
    from steplane.cli.application import application

    at = next((index for index, word in enumerate(words) if not word.startswith("-")), None)
    if at is None:
        return _options(application, None, current) if current.startswith("-") else _commands(current)
    with application.make_context("steplane", [], resilient_parsing=True) as top:
        command = application.get_command(top, words[at])
    return [] if command is None else _of_command(command, list(words[at + 1 :]), current)


def _commands(current: str) -> Items:
    from steplane.cli.application import COMMANDS

    return [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(current)]


def _of_family(family: click.Group, words: list[str], current: str) -> Items:
    """Its commands, then what its own options take; behind the name of one, what that takes."""
    context = click.Context(family)
    at = next((index for index, word in enumerate(words) if word in family.list_commands(context)), None)
    if at is not None:
        inner = family.get_command(context, words[at])
        return [] if inner is None else _of_command(inner, words[at + 1 :], current)
    found = _of_member(family, words, current)
    if words or current.startswith("-"):
        return found
    known = _known(family)
    return [CompletionItem(name, help=text) for name, text in known.items() if name.startswith(current)] + found


def _known(family: click.Group) -> dict[str, str]:
    from steplane.cli.application import SUBCOMMANDS

    return SUBCOMMANDS[str(family.name)]


def _of_command(command: click.Command, words: list[str], current: str) -> Items:
    if isinstance(command, click.Group):
        return _of_family(command, words, current)
    return _of_member(command, words, current)


def _of_member(command: click.Command, words: list[str], current: str) -> Items:
    values = "--" not in words
    option, prefix = _open_option(command, words, current) if values else (None, "")
    if option is not None:
        given = words if prefix else words[:-1]
        return _prefixed(prefix, _asked(option, _parsed(command, given), current.removeprefix(prefix)))
    context = _parsed(command, words)
    if values and current.startswith("-"):
        return _options(command, context, current)
    for one in command.get_params(context):
        if isinstance(one, click.Argument) and (one.nargs == -1 or not _is_given(context, one)):
            return _asked(one, context, current)
    return _options(command, context, current) if values and not current else []


def _asked(parameter: click.Parameter, context: click.Context, begun: str) -> Items:
    from steplane.cli.completers import offered

    return offered(context, parameter, begun)


def _parsed(command: click.Command, words: list[str]) -> click.Context:
    """The context of what was given so far, whatever is missing or wrong in it."""
    return command.make_context(command.name, list(words), resilient_parsing=True)


def _open_option(command: click.Command, words: list[str], current: str) -> tuple[click.Option | None, str]:
    """The option whose value the unfinished word is, and what stands before the value in the same word."""
    options = _taking_values(command)
    if current.startswith("--") and "=" in current:
        name = current.partition("=")[0]
        return options.get(name), f"{name}="
    if not current.startswith("--") and current[:2] in options and len(current) > 2:
        return options[current[:2]], current[:2]
    if words and not current.startswith("-"):
        return options.get(words[-1]), ""
    return None, ""


def _taking_values(command: click.Command) -> dict[str, click.Option]:
    found = [one for one in command.params if isinstance(one, click.Option) and not one.is_flag and not one.count]
    return {name: one for one in found for name in one.opts}


def _options(command: click.Command, context: click.Context | None, current: str) -> Items:
    """The options that may still be given."""
    context = context or click.Context(command)
    found = []
    for one in command.get_params(context):
        if not isinstance(one, click.Option) or one.hidden or (_is_given(context, one) and not one.multiple):
            continue
        names = [*one.opts, *one.secondary_opts]
        long = [name for name in names if name.startswith("--")] or names
        shown = long if current.startswith("--") or current in {"", "-"} else names
        found += [CompletionItem(name, help=_short(one.help)) for name in shown if name.startswith(current)]
    return found


def _is_given(context: click.Context, one: click.Parameter) -> bool:
    return one.name is not None and context.get_parameter_source(one.name) is ParameterSource.COMMANDLINE


def _short(text: str | None) -> str:
    """The first sentence."""
    return (text or "").split(". ")[0].split("; ")[0].removesuffix(".")


def _prefixed(prefix: str, items: Iterable[CompletionItem[Any]]) -> Items:
    return [CompletionItem(f"{prefix}{one.value}", one.type, one.help) for one in items] if prefix else list(items)
