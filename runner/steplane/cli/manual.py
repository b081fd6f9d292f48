"""What stands in the help of a command beside its own words and options: exit codes, and where to read on."""

from collections.abc import Mapping, Sequence

import click

from steplane.cli.pages import PageContext

EXIT_CODES = {
    0: "succeeded, with warnings too (--strict makes these 1)",
    1: "the run failed or was cancelled",
    2: "the file, the call or the configuration is wrong; nothing was executed",
    3: "the run waits, and nothing is lost: go on with `steplane resume`",
    4: "an internal error; a report was written, its path is shown",
    5: "a live process holds the run",
    6: "the state cannot be read or written: disk full, no permission",
    129: "hung up (SIGHUP); the run can be resumed",
    130: "interrupted (Ctrl-C, SIGINT); the run can be resumed",
    137: "killed (SIGKILL); the run can be resumed",
    143: "terminated (SIGTERM); the run can be resumed",
}
"""What each exit code means. The same for all commands; 2, 4 and 6 are possible everywhere."""

_RUNNING = EXIT_CODES
_READING = {0: "it was shown", 2: "there is no such run, or the call is wrong", 6: EXIT_CODES[6]}
_FILE = {0: "it was shown", 2: "the file has errors, or the call is wrong"}

EXITS: dict[str, Mapping[int, str]] = {
    "run": _RUNNING,
    "resume": _RUNNING,
    "cancel": {
        0: "a live run was told to end; it winds up in its own process",
        1: "the run is now cancelled",
        2: "the run had ended before, or there is none",
        6: EXIT_CODES[6],
    },
    "compensate": {
        0: "all of it is undone",
        1: "something could not be undone",
        2: "the run has not ended, or there is nothing to undo",
        **{code: EXIT_CODES[code] for code in (3, 5, 6)},
    },
    "check": {0: "nothing is wrong", 1: "there are warnings, with --strict", 2: "there are errors"},
    "fmt": {1: "a file is not in form, with --check", 2: "a file cannot be read"},
    "migrate": {1: "a file is not in the newest version, with --check", 2: "a file says no version that is known"},
    "plan": _FILE,
    "graph": _FILE,
    "show": _READING,
    "logs": _READING,
    "explain": _READING,
    "runs check": {
        0: "what was looked at is whole",
        2: "something is damaged, or there is no such run",
        6: EXIT_CODES[6],
    },
    "runs export": {
        0: "all of it was written",
        2: "part of it is damaged (the rest was written), or it is unknown",
        6: EXIT_CODES[6],
    },
    "runs prune": {
        0: "they are deleted, or there was nothing to delete",
        2: "the call is wrong, or a run was left",
        5: "a live process holds a run that was to go",
        6: "a run could not be deleted",
    },
    "init": {0: "what was missing was made", 2: "something is in the way: nothing was made", 130: "broken off"},
}
"""The exit codes of the commands that have more to say than 0."""

SEE: dict[str, Sequence[str]] = {
    "run": ("check", "plan", "resume", "show", "help expressions", "help environment"),
    "check": ("fmt", "plan", "help expressions"),
    "fmt": ("check", "migrate"),
    "migrate": ("fmt", "check"),
    "plan": ("check", "graph", "run"),
    "graph": ("plan", "show"),
    "list": ("run", "runs"),
    "resume": ("run", "show", "cancel"),
    "cancel": ("resume", "runs"),
    "signal": ("runs", "resume", "show"),
    "compensate": ("cancel", "resume", "show"),
    "runs": ("show", "logs", "runs check"),
    "runs check": ("runs", "runs export"),
    "runs export": ("runs check", "show", "artifacts"),
    "runs prune": ("runs", "runs check"),
    "show": ("explain", "runs", "logs", "resume"),
    "logs": ("show", "explain", "runs"),
    "explain": ("show", "logs", "plan"),
    "artifacts": ("show", "logs"),
    "steps": ("plugins", "schema"),
    "plugins": ("steps",),
    "schema": ("init", "steps"),
    "init": ("check", "run", "schema", "completion"),
    "completion": ("help",),
    "help": ("completion",),
}
"""What else to read, by command."""


def complete(command: click.Command, name: str) -> click.Command:
    """The command with its whole page as help."""
    if command.context_class is not PageContext:
        command.context_class = PageContext
        parts = [_exits(EXITS.get(name, {})), command.epilog or "", _see(SEE.get(name, ()))]
        command.epilog = "\n\n".join(part for part in parts if part)
    return command


def exit_table() -> str:
    """All exit codes, a line each."""
    return "\n".join(f"  {code:>3}  {text}" for code, text in EXIT_CODES.items())


def _exits(codes: Mapping[int, str]) -> str:
    rows = "\n".join(f"  {code:>3}  {text}" for code, text in codes.items())
    return f"\b\nExit codes:\n{rows}" if codes else ""


def _see(names: Sequence[str]) -> str:
    """The commands on as many lines as they need."""
    lines, words = [""], [f"steplane {name}" for name in names]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > 70:
            lines.append("")
        lines[-1] += f", {word}" if lines[-1] else word
    return "\b\nSee also:\n" + "\n".join(f"  {line}" for line in lines) if names else ""
