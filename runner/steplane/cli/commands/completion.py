"""`steplane completion`."""

import sys

import click

from steplane.cli.completion import SHELLS, script
from steplane.cli.options import examples

_EXAMPLES = examples(
    'eval "$(steplane completion bash)"         (in ~/.bashrc)',
    'eval "$(steplane completion zsh)"          (in ~/.zshrc, after compinit)',
    "steplane completion fish > ~/.config/fish/completions/steplane.fish",
)


@click.command("completion", epilog=_EXAMPLES)
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> int:
    """Print the script that completes words with the Tab key in bash, zsh or fish.

    It completes commands and options; workflows by name and file; the inputs of a workflow after -i, and the values of
    those that have few; runs, their steps, step types. It never writes into the prompt, whatever is broken.
    """
    from steplane.cli.output import Output

    Output(sys.stdout).write(script(shell))
    return 0
