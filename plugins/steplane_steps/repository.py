"""Git repositories, asked in a way in which nothing that lies in them is executed.

A repository's own configuration may name programs: filters, monitors, pagers, signature checkers, transports. What is
asked here needs none of them. They are taken away by name, those that the user's own configuration names are not.
"""

import os
import re
import shlex
from collections.abc import Iterator, Mapping

from steplane.sdk import StepContext, StepError
from steplane_steps.files import located, stop_if_cancelled

LIMIT = 8 << 20
"""The most bytes that are read of what git says."""

PROGRAMS = re.compile(
    r"filter\..*\.(clean|smudge|process|required)|diff\..*\.(command|textconv)|diff\.external"
    r"|core\.(fsmonitor|pager|hookspath|sshcommand|gitproxy|askpass|editor|alternaterefscommand)"
    r"|log\.showsignature|gpg\.(.*\.)?program|gpg\.ssh\.defaultkeycommand|remote\..*\.(uploadpack|receivepack|vcs)"
    r"|credential\.(.*\.)?helper|pager\..*|interactive\.difffilter|uploadpack\.packobjectshook",
    re.IGNORECASE | re.DOTALL,
)
"""The keys of a configuration that name programs (git-config(1))."""

DUBIOUS = re.compile(r"dubious ownership in repository at '(.*?)'\n", re.DOTALL)

OWN = ("system", "global")
"""Where the configuration stands that is the user's or the machine's, not the repository's."""

FIXED = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",         # `status` would write the index, and call a hook
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",      # what is not there is not fetched
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}  # fmt: skip


class Repository:
    """The repository that a folder is in. Raises `StepError`: `git.program`, `git.repository`, `git.owner`."""

    def __init__(self, ctx: StepContext, folder: str) -> None:
        self._ctx, self._folder = ctx, located(ctx, folder)
        self._env = environment(ctx.env)
        self._overrides: list[str] = []
        if not os.path.isdir(self._folder):
            raise StepError("git.repository", f"`{folder}` is no directory")
        self._require(folder)
        settings = tuple(_settings(self.ask("config", "--list", "-z", "--show-scope")))
        self._overrides = list(overrides(settings))
        self.urls = {key: value for _, key, value in reversed(settings) if key.endswith(".url")}

    def ask(self, *words: str) -> str:
        """What git says, without the newlines at its end. Raises `StepError` (`git.failed`)."""
        code, said = self.try_(*words)
        if code:
            raise StepError("git.failed", f"`git {words[0]}` ended with exit code {code}; the log says why", code=code)
        return said

    def try_(self, *words: str) -> tuple[int, str]:
        """The exit code, and what git says."""
        return self._run([*self._command(), *words])

    def _command(self) -> list[str]:
        return ["git", "-C", self._folder, *(word for one in self._overrides for word in ("-c", one))]

    def _run(self, command: list[str]) -> tuple[int, str]:
        try:
            ended = self._ctx.process(command, env=self._env, limit=LIMIT, log=False)
        except OSError as error:
            why = getattr(error, "message", "") or error.strerror
            raise StepError("git.program", f"git cannot be started: {why}") from error
        stop_if_cancelled(self._ctx)
        if ended.truncated:
            raise StepError("git.failed", f"git says more than {LIMIT >> 20} MiB")
        return ended.exit_code, ended.stdout.rstrip("\n")

    def _require(self, folder: str) -> None:
        """Find out whether there is a repository that git is willing to read, before anything else."""
        command = [*self._command(), "rev-parse", "--git-dir"]
        code, said = self._run(["/bin/sh", "-c", 'exec "$@" 2>&1', "sh", *command])
        if code == 127:
            raise StepError("git.program", "there is no program `git` in PATH")
        if not code:
            return
        if match := DUBIOUS.search(said):
            raise StepError(
                "git.owner",
                f"the repository of `{folder}` belongs to another user, and git does not read it; if you trust it: "
                f"git config --global --add safe.directory {shlex.quote(match[1])}",
            )
        if "not a git repository" in said:
            raise StepError("git.repository", f"`{folder}` is in no git repository")
        raise StepError("git.failed", said.splitlines()[0] if said else f"git ended with exit code {code}", code=code)


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment of git: without variables that point it elsewhere or name programs."""
    return {**{name: value for name, value in env.items() if not name.startswith("GIT_")}, **FIXED}


Setting = tuple[str, str, str]
"""One entry of the configuration: its scope, key and value."""


def _settings(listed: str) -> Iterator[Setting]:
    parts = listed.split("\0")
    for scope, entry in zip(parts[::2], parts[1::2], strict=False):
        key, _, value = entry.partition("\n")
        yield scope, key, value


def overrides(settings: tuple[Setting, ...]) -> Iterator[str]:
    """For each key that names a program in the repository's own configuration: what is to hold instead."""
    theirs = dict.fromkeys(key for scope, key, _ in settings if scope not in OWN and PROGRAMS.fullmatch(key))
    ours = {key: value for scope, key, value in settings if scope in OWN}
    for key in theirs:
        nothing = "false" if key.lower().endswith((".required", ".showsignature", ".fsmonitor")) else ""
        yield f"{key}={ours.get(key, nothing)}"


def without_credentials(url: str) -> str:
    """The address of a remote without user and password; the user of SSH stays, for it is no secret.

    `https://token@host/a` and `user@host:a` become `https://host/a` and `user@host:a`.
    """
    match = re.fullmatch(r"([A-Za-z][A-Za-z0-9+.-]*://)([^/?#]*)@([^/?#@]*)([/?#].*)?", url, re.DOTALL)
    if match is None:
        return url
    scheme, user, host, rest = match.groups()
    kept = f"{user.partition(':')[0]}@" if scheme.lower() in {"ssh://", "git+ssh://", "ssh+git://"} else ""
    return f"{scheme}{kept}{host}{rest or ''}"
