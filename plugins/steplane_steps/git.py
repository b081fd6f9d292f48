"""The step type `git.info`."""

import os
from collections.abc import Sequence
from typing import Annotated

from steplane.sdk import Meta, PlanContext, Planned, Result, Step, StepContext, StepError, hookimpl
from steplane_steps.repository import Repository, without_credentials

FORMAT = "%H%x00%an%x00%ae%x00%aI%x00%cI%x00%s"


class Info(Result):
    """The commit that is checked out.

    `branch` is null where none is checked out, `root` and `remote` where there is none. `tag` is the highest version
    of `tags`, those of this commit. `dirty`: a file that git knows is changed. Dates are ISO 8601. `changed` and
    `deleted` are paths, below `root`, that differ from where the history parted from `since`; null without it.
    """

    commit: str
    short: str
    branch: str | None
    tag: str | None
    tags: list[str]
    describe: str
    dirty: bool
    untracked: bool
    author: str
    email: str
    date: str
    committed: str
    subject: str
    remote: str | None
    root: str | None
    shallow: bool
    changed: list[str] | None
    deleted: list[str] | None


class GitInfo(
    Step, type="git.info", idempotent=True, cancellable=True, capabilities=("process", "filesystem"),
    errors=("git.program", "git.repository", "git.owner", "git.commit", "git.ref", "git.shallow", "git.failed"),
):  # fmt: skip
    """Say what is checked out in a git repository, and what has changed since another commit.

    Nothing is fetched, nothing is written, and no program that the repository's configuration names is run.

    Example:
        uses: git.info
        with: {since: origin/main}
    """

    path: Annotated[str, Meta(min_length=1, description="A directory in the repository")] = "."
    since: Annotated[
        str | None, Meta(description="A branch, tag or commit: list what has changed since the history parted from it")
    ] = None
    remote: Annotated[str, Meta(min_length=1, description="The remote whose address is told")] = "origin"

    def run(self, ctx: StepContext) -> Info:
        """Ask git."""
        repository = Repository(ctx, self.path)
        code, commit = repository.try_("rev-parse", "--quiet", "--verify", "HEAD^{commit}")
        if code:
            raise StepError("git.commit", f"the repository of `{self.path}` has no commit yet")
        shallow = repository.ask("rev-parse", "--is-shallow-repository") == "true"
        root = _optional(repository, "rev-parse", "--show-toplevel")
        dirty, untracked = _state(repository) if root else (False, False)
        tags = _lines(repository, "for-each-ref", f"--points-at={commit}", "--sort=-version:refname",
                      "--format=%(refname:strip=2)", "refs/tags")  # fmt: skip
        shown = repository.ask("log", "-1", "--no-show-signature", "--no-color", "--encoding=UTF-8",
                               f"--format={FORMAT}", commit, "--")  # fmt: skip
        author, email, date, committed, subject = shown.split("\0")[1:]
        changed, deleted = _changes(repository, self.since, shallow) if self.since is not None else (None, None)
        url = repository.urls.get(f"remote.{self.remote}.url")
        return Info(
            commit=commit, short=repository.ask("rev-parse", "--short", commit),
            branch=_optional(repository, "symbolic-ref", "--quiet", "--short", "HEAD"),
            tag=tags[0] if tags else None, tags=tags, describe=repository.ask("describe", "--tags", "--always", commit),
            dirty=dirty, untracked=untracked, author=author, email=email, date=date, committed=committed,
            subject=subject, remote=None if url is None else without_credentials(url), root=root, shallow=shallow,
            changed=changed, deleted=deleted,
        )  # fmt: skip

    def plan(self, ctx: PlanContext) -> Planned:
        """Say where."""
        return Planned(f"ask git what is checked out in {self.path}", reads=(os.path.join(ctx.workdir, self.path),))


def _optional(repository: Repository, *words: str) -> str | None:
    """What git says, where it has something to say."""
    code, said = repository.try_(*words)
    return said if not code and said else None


def _lines(repository: Repository, *words: str) -> list[str]:
    return repository.ask(*words).splitlines()


def _state(repository: Repository) -> tuple[bool, bool]:
    """Whether a known file is changed, and whether there are unknown ones."""
    listed = repository.ask(
        "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=dirty"
    )
    entries = [one for one in listed.split("\0") if one]
    unknown = sum(one.startswith("?? ") for one in entries)
    return len(entries) > unknown, unknown > 0


def _changes(repository: Repository, since: str, shallow: bool) -> tuple[list[str], list[str]]:
    """The paths that were added or changed, and those that were deleted."""
    code, base = repository.try_("rev-parse", "--quiet", "--verify", "--end-of-options", f"{since}^{{commit}}")
    hint = ": this clone is shallow, fetch more of the history (git fetch --unshallow)" if shallow else ""
    if code:
        raise StepError("git.shallow" if shallow else "git.ref", f"`{since}` is no commit here{hint}")
    code, parted = repository.try_("merge-base", base, "HEAD")
    if code:
        what = f"`{since}` and what is checked out have no commit in common"
        raise StepError("git.shallow" if shallow else "git.ref", what + hint)
    listed = repository.ask("diff-tree", "-r", "-z", "--no-renames", "--name-status", "--no-color", parted, "HEAD")
    parts = listed.split("\0")
    changes = list(zip(parts[::2], parts[1::2], strict=False))
    return [path for status, path in changes if status != "D"], [path for status, path in changes if status == "D"]


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step type of this module."""
    return [GitInfo]
