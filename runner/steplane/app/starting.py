"""A new project: a configuration and a first workflow."""

import os

from steplane.errors import UsageError

_SETTINGS = """\
# Settings of Steplane for this folder and those below. An option beats the environment (STEPLANE_JOBS, ...) beats this.

# state = ".steplane"      # where runs are kept, relative to this file
# jobs = 8                 # attempts that may run at once
# durability = "full"      # "normal": a little faster, survives a kill -9 but not a power loss
# patience = "10m"         # a run in which nothing falls due within this time stops, to be resumed
# strict = false           # true: warnings make the exit code 1
# plugins = ["shell"]      # the only plugins that workflows may use
"""

_HELLO = """\
steplane: 1
name: hello
title: A first workflow

inputs:
  who: {type: string, default: world, description: Whom to greet}
  times: {type: integer, minimum: 1, default: 2, description: How often}

steps:
  - id: greet
    run: echo "Hello, ${{ inputs.who }}!"

  - id: count
    foreach: ${{ range(inputs.times) | list }}
    as: number
    run: echo "${{ number + 1 }} of ${{ inputs.times }}"

  - id: tidy
    if: inputs.times > 10
    run: echo "That was a lot."

outputs:
  greeting: ${{ steps.greet.outputs.stdout }}
"""

FILES = {"steplane.toml": _SETTINGS, os.path.join("workflows", "hello.yaml"): _HELLO}
"""What is made, by path."""


def begin_project(folder: str) -> list[tuple[str, bool]]:
    """Make the files of a new project; each path with whether it was made or was there. Raises `UsageError`."""
    return [(os.path.normpath(os.path.join(folder, name)), _make(folder, name)) for name in FILES]


def _make(folder: str, name: str) -> bool:
    path = os.path.join(folder, name)
    try:
        os.makedirs(os.path.dirname(path) or os.curdir, exist_ok=True)
        with open(path, "x", encoding="utf-8") as file:
            file.write(FILES[name])
    except FileExistsError:
        if os.path.lexists(path):
            return False
        raise UsageError(f"{os.path.dirname(path)} is not a folder", "Name another one.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be made: {error.strerror}", "Name a folder that you may write in.") from error
    return True
