"""Patterns of file names, and the walk that follows no link."""

import fnmatch
import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as some

from steplane.sdk.globs import Globs, wrong_pattern


def make(root: Path, *paths: str) -> None:
    for path in paths:
        target = root / path
        if path.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path)


def walk(root: Path, *patterns: str, exclude: tuple[str, ...] = ()) -> list[str]:
    """The paths that are found, folders with a slash at their end."""
    found = []
    for one in Globs(patterns, exclude).walk(str(root)):
        found.append(one.path + ("/" if os.path.isdir(root / one.path) and not os.path.islink(root / one.path) else ""))
    return found


TREE = (
    "a.txt",
    "b.csv",
    ".hidden",
    "dist/x.whl",
    "dist/.meta",
    "dist/sub/y.whl",
    "empty/",
    ".git/config",
    "src/a/b/c.py",
)


@pytest.mark.parametrize(
    ("patterns", "exclude", "expected"),
    [
        (["a.txt"], (), ["a.txt"]),
        (["*.txt", "*.csv"], (), ["a.txt", "b.csv"]),
        (["dist/*.whl"], (), ["dist/x.whl"]),
        (["dist/**/*.whl"], (), ["dist/sub/y.whl", "dist/x.whl"]),
        (["**/*.py"], (), ["src/a/b/c.py"]),
        (["dist"], (), ["dist/", "dist/.meta", "dist/sub/", "dist/sub/y.whl", "dist/x.whl"]),
        (["./dist/"], ("**/*.whl",), ["dist/", "dist/.meta", "dist/sub/"]),
        (["dist"], ("sub",), ["dist/", "dist/.meta", "dist/sub/", "dist/sub/y.whl", "dist/x.whl"]),
        (["dist"], ("**/sub", "**/.*"), ["dist/", "dist/x.whl"]),
        (["dist/**"], (), ["dist/sub/", "dist/sub/y.whl", "dist/x.whl"]),
        (["**/b"], (), ["src/a/b/", "src/a/b/c.py"]),
        ([".*"], (), [".git/", ".git/config", ".hidden"]),
        (["*"], ("src", "dist"), ["a.txt", "b.csv", "empty/"]),
        (["**"], ("**/*.*",), ["dist/", "dist/sub/", "empty/", "src/", "src/a/", "src/a/b/"]),
        (["[ab].???"], (), ["a.txt", "b.csv"]),
        (["none*"], (), []),
    ],
)
def test_what_is_found(tmp_path: Path, patterns: list[str], exclude: tuple[str, ...], expected: list[str]) -> None:
    make(tmp_path, *TREE)
    assert walk(tmp_path, *patterns, exclude=exclude) == expected


def test_links_are_found_and_never_followed(tmp_path: Path) -> None:
    make(tmp_path, "in/a", "out/secret")
    (tmp_path / "in" / "file").symlink_to("../out/secret")
    (tmp_path / "in" / "folder").symlink_to("../out")
    (tmp_path / "in" / "round").symlink_to("..")
    assert walk(tmp_path / "in", "**", "folder/*", "folder/secret") == ["a", "file", "folder", "round"]
    for one in Globs(["*"]).walk(str(tmp_path / "in")):
        if one.name == "a":
            descriptor = one.open()
            assert os.read(descriptor, 9) == b"in/a"
            os.close(descriptor)
        else:
            with pytest.raises(OSError):  # noqa: PT011 - the system's own
                one.open()


def test_what_becomes_a_link_meanwhile_is_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "in/deep/a", "in/z", "out/a")
    seen = []
    for one in Globs(["**"]).walk(str(tmp_path / "in")):
        seen.append(one.path)
        if one.path == "deep":
            (tmp_path / "in" / "deep" / "a").unlink()
            (tmp_path / "in" / "deep").rmdir()
            (tmp_path / "in" / "deep").symlink_to(tmp_path / "out")
        if one.path == "z":
            (tmp_path / "in" / "z").unlink()
            os.mkfifo(tmp_path / "in" / "z")
            with pytest.raises(OSError, match="no regular file"):
                one.open()
    assert seen == ["deep", "z"]


def test_folders_to_skip_and_what_was_not_used(tmp_path: Path) -> None:
    make(tmp_path, "a/x", "b/x")
    status = (tmp_path / "b").stat()
    globs = Globs(["*/x", "*.none", "b"])
    assert [one.path for one in globs.walk(str(tmp_path), {(status.st_dev, status.st_ino)})] == ["a/x"]
    assert globs.unused == ("*.none", "b")


def test_a_very_deep_tree_ends(tmp_path: Path) -> None:
    folder = tmp_path
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(400):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    assert len(list(Globs(["**"]).walk(str(tmp_path)))) == 200


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "is empty"), ("  ", "is empty"), ("a\0", "holds the character NUL"), (".", "names the folder itself"),
        ("/etc/*", "begins outside of the folder: it must be relative"), ("../x", "leads out of the folder by `..`"),
        ("~/x", "begins outside of the folder: it must be relative"), ("a/../b", "leads out of the folder by `..`"),
        ("a/..b/*", ""), ("**", ""),
    ],
)  # fmt: skip
def test_patterns_that_cannot_be(pattern: str, why: str) -> None:
    assert wrong_pattern(pattern) == why


NAMES = some.text("ab.*?[]", min_size=1, max_size=4).filter(lambda name: name not in {".", "..", "**"})


@given(some.lists(NAMES, min_size=1, max_size=3), some.text("ab.", min_size=1, max_size=3))
def test_one_part_matches_as_the_shell_does(parts: list[str], name: str) -> None:
    pattern = parts[0]
    path = PurePosixPath(name)
    if str(path) != name or name in {".", ".."}:
        return
    expected = fnmatch.fnmatchcase(name, pattern) and (not name.startswith(".") or pattern.startswith((".", "[.")))
    assert Globs([pattern]).matches(name) == expected
    around = any(fnmatch.fnmatchcase(one, pattern) for one in ("xx", "yy"))  # a folder stands for what is in it
    assert Globs([f"**/{pattern}"]).matches(f"xx/yy/{name}") == (expected or around)
    assert Globs([pattern], [pattern]).matches(name) is False or not fnmatch.fnmatchcase(name, pattern)
