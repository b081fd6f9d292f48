"""`git.info`: real repositories, among them hostile ones, in which nothing is ever executed."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from steplane.sdk import StepError, convert, to_plain
from steplane.testing import RecordingContext
from steplane_steps.git import GitInfo
from steplane_steps.repository import environment, overrides, without_credentials

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")


class Repo:
    """A repository for a test, with a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "repo"
        self.folder.mkdir()
        self.home = folder / "home"
        self.home.mkdir()
        self.canary = folder / "canary"
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.home)}
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, cwd: Path | None = None, **env: str) -> str:
        who = {
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@x.example", "GIT_COMMITTER_NAME": "Bob",
            "GIT_COMMITTER_EMAIL": "b@x", "GIT_AUTHOR_DATE": "2026-01-02T03:04:05+01:00",
            "GIT_COMMITTER_DATE": "2026-02-03T04:05:06Z",
        }  # fmt: skip
        done = subprocess.run(
            ["git", *words], cwd=cwd or self.folder, env={**self.env, **who, **env}, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self, name: str = "a.txt", content: str = "x\n", message: str = "First: begin") -> str:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(content)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def context(self, folder: Path | None = None, **env: str) -> RecordingContext:
        return RecordingContext(folder or self.folder, env={**self.env, **env})

    def info(self, folder: Path | None = None, **parameters: Any) -> dict[str, Any]:
        return run(self.context(folder), **parameters)


def run(ctx: RecordingContext, **parameters: Any) -> dict[str, Any]:
    plain = to_plain(convert(GitInfo, parameters).run(ctx), "git.info")
    assert plain is not None
    shutil.rmtree(ctx.artifacts, ignore_errors=True)
    return plain


def failure(ctx: RecordingContext, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(StepError) as caught:
        run(ctx, **parameters)
    assert caught.value.type in GitInfo.steplane.errors
    return caught.value.type, caught.value.message


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path)
    (made.folder / ".git" / "info").mkdir(exist_ok=True)
    (made.folder / ".git" / "info" / "exclude").write_text("artifacts/\n")  # of the context, not of the repository
    return made


class TestAnswers:
    def test_a_commit(self, repo: Repo) -> None:
        commit = repo.commit(message="First: begin\n\nMore.")
        repo.git("remote", "add", "origin", "https://user:geheim@code.example/a.git")
        assert repo.info() == {
            "commit": commit, "short": commit[:7], "branch": "main", "tag": None, "tags": [], "describe": commit[:7],
            "dirty": False, "untracked": False, "author": "Ada", "email": "ada@x.example",
            "date": "2026-01-02T03:04:05+01:00", "committed": "2026-02-03T04:05:06+00:00", "subject": "First: begin",
            "remote": "https://code.example/a.git", "root": str(repo.folder), "shallow": False, "changed": None,
            "deleted": None,
        }  # fmt: skip

    def test_branches_and_none(self, repo: Repo) -> None:
        repo.commit()
        repo.git("checkout", "-q", "-b", "feature/ä")
        assert repo.info()["branch"] == "feature/ä"
        repo.git("checkout", "-q", "--detach")
        assert repo.info()["branch"] is None

    def test_tags(self, repo: Repo) -> None:
        commit = repo.commit()
        for tag in ("v1.9", "v1.10", "nightly"):
            repo.git("tag", tag)
        repo.git("tag", "-a", "v1.2", "-m", "annotated")
        found = repo.info()
        assert (found["tag"], found["tags"], found["describe"]) == (
            "v1.10",
            ["v1.10", "v1.9", "v1.2", "nightly"],
            "v1.2",
        )
        after = repo.commit("b.txt")
        assert repo.info()["describe"] == f"v1.2-1-g{after[:7]}"
        assert repo.info()["tags"] == []
        assert commit != after

    def test_what_is_dirty(self, repo: Repo) -> None:
        repo.commit()
        (repo.folder / "new").write_text("n")
        assert (repo.info()["dirty"], repo.info()["untracked"]) == (False, True)
        (repo.folder / "a.txt").write_text("changed\n")
        assert repo.info()["dirty"] is True
        repo.git("add", "a.txt")
        assert repo.info()["dirty"] is True
        repo.git("checkout", "-q", "-f", "HEAD")
        (repo.folder / "a.txt").unlink()
        assert repo.info()["dirty"] is True

    def test_what_has_changed_since_the_history_parted(self, repo: Repo) -> None:
        repo.commit("kept")
        repo.commit("gone")
        repo.git("checkout", "-q", "-b", "feature")
        repo.commit("sub dir/ä new\n.txt")
        repo.git("rm", "-q", "gone")
        repo.commit("kept", "other\n")
        repo.git("checkout", "-q", "main")
        repo.commit("later-on-main")
        repo.git("checkout", "-q", "feature")
        found = repo.info(since="main")
        assert (found["changed"], found["deleted"]) == (["kept", "sub dir/ä new\n.txt"], ["gone"])
        assert repo.info(since="HEAD")["changed"] == []

    def test_from_a_folder_inside_a_worktree_and_a_bare_one(self, repo: Repo, tmp_path: Path) -> None:
        commit = repo.commit("sub/a")
        assert repo.info(path="sub")["root"] == str(repo.folder)
        repo.git("worktree", "add", "-q", "-b", "second", str(tmp_path / "second"))
        assert run(repo.context(tmp_path), path="second")["branch"] == "second"
        repo.git("clone", "-q", "--bare", str(repo.folder), str(tmp_path / "bare.git"))
        bare = run(repo.context(tmp_path), path="bare.git")
        assert (bare["commit"], bare["root"], bare["dirty"]) == (commit, None, False)
        assert bare["remote"] == str(repo.folder)

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("https://token@h.example/a", "https://h.example/a"),
            ("https://u:p@h.example:8443/a?x", "https://h.example:8443/a?x"),
            ("https://u:p%40@h.example", "https://h.example"),
            ("https://u:p@q@h.example/a", "https://h.example/a"),
            ("ssh://git:pw@h.example/a", "ssh://git@h.example/a"),
            ("git@h.example:a/b.git", "git@h.example:a/b.git"),
            ("/srv/a@b", "/srv/a@b"),
            ("https://h.example/@scope/a", "https://h.example/@scope/a"),
        ],
    )
    def test_an_address_without_what_is_secret_in_it(self, url: str, shown: str) -> None:
        assert without_credentials(url) == shown


class TestMistakes:
    def test_no_repository(self, repo: Repo, tmp_path: Path) -> None:
        (tmp_path / "plain").mkdir()
        assert failure(repo.context(tmp_path / "plain")) == ("git.repository", "`.` is in no git repository")
        assert failure(repo.context(tmp_path), path="none") == ("git.repository", "`none` is no directory")
        assert failure(repo.context())[0] == "git.commit"

    def test_no_git(self, repo: Repo, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        assert failure(repo.context(PATH=str(tmp_path / "empty"))) == (
            "git.program",
            "there is no program `git` in PATH",
        )

    def test_a_ref_that_is_none(self, repo: Repo) -> None:
        repo.commit()
        assert failure(repo.context(), since="orgin/main") == ("git.ref", "`orgin/main` is no commit here")
        assert failure(repo.context(), since="--output=x")[0] == "git.ref"
        repo.git("checkout", "-q", "--orphan", "alone")
        repo.commit("c")
        assert failure(repo.context(), since="main") == (
            "git.ref", "`main` and what is checked out have no commit in common",
        )  # fmt: skip

    def test_a_shallow_clone(self, repo: Repo, tmp_path: Path) -> None:
        repo.commit()
        repo.git("tag", "v1")
        last = repo.commit("b")
        repo.git("clone", "-q", "--depth=1", f"file://{repo.folder}", str(tmp_path / "shallow"))
        there = repo.context(tmp_path / "shallow")
        found = run(there)
        assert (found["shallow"], found["commit"], found["describe"]) == (True, last, last[:7])
        kind, message = failure(there, since="v1")
        assert (kind, message) == (
            "git.shallow",
            "`v1` is no commit here: this clone is shallow, fetch more of the history (git fetch --unshallow)",
        )

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
    def test_a_repository_of_another_user(self, repo: Repo) -> None:
        repo.commit()
        for path in (repo.folder, repo.folder / ".git"):
            os.chown(path, 12345, 12345)
        kind, message = failure(repo.context())
        assert kind == "git.owner"
        assert message.endswith(f"git config --global --add safe.directory {repo.folder}")
        repo.git("config", "--global", "--add", "safe.directory", str(repo.folder))
        assert repo.info()["branch"] == "main"


class TestHostileRepositories:
    """Each one names a program that leaves a file behind when it runs."""

    @pytest.fixture
    def trap(self, repo: Repo) -> Repo:
        repo.commit("a.txt")
        repo.commit("b.txt")
        (repo.folder / ".gitattributes").write_text("*.txt filter=evil diff=evil\n")
        repo.git("add", "-A")
        repo.git("commit", "-q", "-m", "attributes")
        program = repo.folder / ".git" / "evil"
        program.write_text(f"#!/bin/sh\necho ran >> '{repo.canary}'\ncat\n")
        program.chmod(0o755)
        return repo

    def set_traps(self, repo: Repo) -> None:
        evil = str(repo.folder / ".git" / "evil")
        keys = (
            "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.command", "diff.evil.textconv",
            "diff.external", "core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.askPass",
            "core.gitProxy", "gpg.program", "gpg.ssh.program", "credential.helper", "alias.status", "alias.log",
            "alias.rev-parse", "pager.log", "pager.status", "uploadpack.packObjectsHook", "remote.origin.uploadpack",
        )  # fmt: skip
        for key in keys:
            repo.git("config", key, evil if not key.startswith("alias") else f"!{evil}")
        for key in ("filter.evil.required", "log.showSignature", "core.untrackedCache"):
            repo.git("config", key, "true")
        repo.git("config", "color.ui", "always")
        repo.git("config", "column.ui", "always")
        hooks = repo.folder / ".git" / "hooks"
        hooks.mkdir(exist_ok=True)
        for name in (
            "post-index-change",
            "reference-transaction",
            "post-checkout",
            "pre-auto-gc",
            "fsmonitor-watchman",
        ):
            shutil.copy(evil, hooks / name)

    def test_nothing_is_executed(self, trap: Repo) -> None:
        before = trap.git("rev-parse", "HEAD~1")
        self.set_traps(trap)
        (trap.folder / "a.txt").write_text("changed\n")
        os.utime(trap.folder / "b.txt", (1, 1))  # looks changed: git reads it again, through its filter
        found = trap.info(since=before)
        assert (found["dirty"], found["branch"], found["subject"]) == (True, "main", "attributes")
        assert (found["changed"], found["tags"]) == ([".gitattributes"], [])
        assert not trap.canary.exists()

    @pytest.mark.parametrize("words", [["status"], ["diff", "HEAD~1"], ["show", "HEAD~1"], ["describe", "--dirty"]])
    def test_the_traps_do_work_where_nobody_takes_care(self, trap: Repo, words: list[str]) -> None:
        trap.git("tag", "v1")
        self.set_traps(trap)
        trap.canary.unlink(missing_ok=True)
        os.utime(trap.folder / "b.txt", (1, 1))
        assert careless(trap, *words)

    def test_a_signed_commit_asks_no_signature_program(self, trap: Repo) -> None:
        self.set_traps(trap)
        raw = trap.git("cat-file", "commit", "HEAD")
        head, _, message = raw.partition("\n\n")
        signed = f"{head}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n{message}\n"
        made = subprocess.run(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin"], cwd=trap.folder, env=trap.env, input=signed,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        trap.git("update-ref", "refs/heads/main", made.stdout.strip(), GIT_CONFIG_COUNT="1",
                 GIT_CONFIG_KEY_0="core.hooksPath", GIT_CONFIG_VALUE_0="/dev/null")  # fmt: skip
        trap.canary.unlink(missing_ok=True)
        assert trap.info()["subject"] == "attributes"
        assert not trap.canary.exists()
        assert careless(trap, "log", "-1")

    def test_what_is_not_there_is_not_fetched(self, trap: Repo) -> None:
        evil = trap.folder / ".git" / "evil"
        evil.write_text(f"#!/bin/sh\necho ran >> '{trap.canary}'\n")
        trap.git("config", "remote.origin.url", f"ext::{evil} %S")
        trap.git("config", "remote.origin.promisor", "true")
        trap.git("config", "extensions.partialClone", "origin")
        trap.git("config", "core.repositoryFormatVersion", "1")
        trap.git("config", "protocol.ext.allow", "always")
        tree = trap.git("rev-parse", "HEAD~1^{tree}")
        (trap.folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
        kind, _ = failure(trap.context(), since="HEAD~1")
        assert kind == "git.failed"
        assert not trap.canary.exists()
        assert careless(trap, "diff-tree", "HEAD~1", "HEAD")

    def test_variables_from_outside_count_for_nothing(self, trap: Repo, tmp_path: Path) -> None:
        evil = str(trap.folder / ".git" / "evil")
        (tmp_path / "x").mkdir()
        other = Repo(tmp_path / "x")
        other.commit(message="other")
        ctx = trap.context(
            GIT_DIR=str(other.folder / ".git"), GIT_WORK_TREE=str(other.folder), GIT_EXTERNAL_DIFF=evil,
            GIT_SSH_COMMAND=evil, GIT_PAGER=evil, GIT_EDITOR=evil, GIT_CONFIG_COUNT="1",
            GIT_CONFIG_KEY_0="core.fsmonitor", GIT_CONFIG_VALUE_0=evil, GIT_CONFIG_PARAMETERS="'core.fsmonitor'='x'",
            GIT_INDEX_FILE="/nowhere", GIT_TRACE=str(trap.canary), GIT_EXEC_PATH="/nowhere", GIT_CONFIG_GLOBAL="/x",
        )  # fmt: skip
        assert run(ctx)["subject"] == "attributes"
        assert not trap.canary.exists()

    def test_what_the_user_has_configured_stays(self, trap: Repo) -> None:
        """A filter of the user's own (git-lfs) is trusted, and decides what is dirty."""
        trap.git("config", "--global", "filter.evil.clean", "tr y x")
        os.utime(trap.folder / "b.txt", (1, 1))
        (trap.folder / "b.txt").write_text("y\n")
        assert trap.info()["dirty"] is False
        trap.git("config", "filter.evil.clean", "tr x z")
        assert trap.info()["dirty"] is False
        assert not trap.canary.exists()


def careless(repo: Repo, *words: str) -> bool:
    """Whether git, just so called, runs a program of the repository."""
    subprocess.run(["git", *words], cwd=repo.folder, env=repo.env, capture_output=True, check=False)
    return repo.canary.exists()


def test_overrides_by_name() -> None:
    settings = (
        ("global", "filter.lfs.clean", "lfs"), ("local", "filter.lfs.clean", "evil"),
        ("local", "Filter.a.b.Clean", "x"), ("worktree", "core.fsmonitor", "x"), ("local", "user.name", "x"),
        ("local", "filter.lfs.required", "true"), ("command", "diff.external", "x"),
    )  # fmt: skip
    assert list(overrides(settings)) == [
        "filter.lfs.clean=lfs", "Filter.a.b.Clean=", "core.fsmonitor=false", "filter.lfs.required=false",
        "diff.external=",
    ]  # fmt: skip


def test_the_environment_of_git() -> None:
    made = environment({"GIT_DIR": "x", "PATH": "/bin", "GITHUB_TOKEN": "t"})
    assert made["PATH"] == "/bin"
    assert "GIT_DIR" not in made
    assert all(re.fullmatch("GIT_[A-Z_]+|LC_ALL|PATH|GITHUB_TOKEN", name) for name in made)
