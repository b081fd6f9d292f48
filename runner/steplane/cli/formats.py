"""Which format of a run `auto` means, and where the repository is that a CI system checked out."""

import os
from collections.abc import Mapping

from steplane.cli.output import Output

FORMATS = ("auto", "live", "plain", "json", "github", "gitlab")
"""What `--format` of commands that run steps may be."""

SYSTEMS = {"github": ("GITHUB_ACTIONS", "GITHUB_WORKSPACE"), "gitlab": ("GITLAB_CI", "CI_PROJECT_DIR")}
"""CI systems: the variable that is `true` in their jobs, and the one with the folder of the repository."""


def ci_system(environ: Mapping[str, str]) -> str:
    """The CI system whose log our output goes to; empty where it is none, or within a step of ours: its log is ours."""
    if environ.get("STEPLANE_RUN_ID"):
        return ""
    return next((name for name, (sign, _) in SYSTEMS.items() if environ.get(sign) == "true"), "")


def chosen(setting: str, environ: Mapping[str, str], out: Output) -> str:
    """The format that a setting means: `live` only where it can be drawn, by itself only where a person looks."""
    if setting not in {"auto", "live"}:
        return setting
    if setting == "auto" and (system := ci_system(environ)):
        return system
    drawable = out.terminal and environ.get("TERM", "") not in {"", "dumb"}
    return "live" if drawable and (setting == "live" or _watched(environ, out)) else "plain"


def _watched(environ: Mapping[str, str], out: Output) -> bool:
    """Whether a person is to be expected at a terminal: no CI, no step of ours, no job in the background."""
    if environ.get("CI", "").lower() not in {"", "0", "false"} or environ.get("STEPLANE_RUN_ID"):
        return False
    from steplane.driver.terminal import foreground

    return foreground(out.descriptor)


def repository_root(start: str, environ: Mapping[str, str]) -> str:
    """The folder that the paths in annotations are relative to: as the CI system says, else the nearest with `.git`,
    else `start`.
    """
    for _, variable in SYSTEMS.values():
        if environ.get(variable) and os.path.isdir(environ[variable]):
            return environ[variable]
    folder = os.path.abspath(start)
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return start
        folder = above
    return folder
