import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from steplane.errors import StateError, UsageError
from steplane.events import RunStarted
from steplane.store import RunStore, StateDirectory


@pytest.fixture(params=[0o000, 0o022, 0o177])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(root: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")} | {stat.S_IMODE(root.stat().st_mode)}


def test_the_nearest_directory_above_is_taken(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    made = StateDirectory.find(str(tmp_path))

    assert StateDirectory.find(str(deep)).path == made.path == str(tmp_path / ".steplane")


def test_one_is_made_at_the_start_and_ignored_by_git(tmp_path: Path) -> None:
    directory = StateDirectory.find(str(tmp_path))

    assert Path(directory.path, ".gitignore").read_text() == "*\n"
    assert Path(directory.runs).is_dir()
    assert Path(directory.cache).is_dir()


def test_nothing_is_made_for_a_reader(tmp_path: Path) -> None:
    directory = StateDirectory.find(str(tmp_path), make=False)

    assert not os.path.exists(directory.path)
    assert RunStore(directory).list_runs() == []
    assert RunStore(directory).ids() == []


def test_an_override_is_relative_to_the_start_and_made_with_its_parents(tmp_path: Path) -> None:
    directory = StateDirectory.find(str(tmp_path), "x/y")

    assert directory.path == str(tmp_path / "x" / "y")
    assert StateDirectory.find("/", directory.path).path == directory.path


def test_everything_is_private_under_any_umask(tmp_path: Path, umask: int) -> None:
    store = RunStore(StateDirectory.find(str(tmp_path)))
    with store.create("r1", "text", "hash", {}) as journal:
        journal.append(RunStarted())
        journal.commit()
        store.cache.put("plan", "key", b"x")
        assert modes(tmp_path / ".steplane") <= {0o700, 0o600}


def test_a_directory_that_others_may_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ".steplane"
    path.mkdir()
    path.chmod(0o770)

    with pytest.raises(StateError) as caught:
        StateDirectory.find(str(tmp_path))

    assert caught.value.message == f"other users may write into the state directory {path}"
    assert caught.value.remedy == f"Look whether anything in it is not yours, then: chmod go-w {path}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ".steplane"
    path.mkdir(0o700)
    os.chown(path, 4711, 4711)

    with pytest.raises(StateError) as caught:
        StateDirectory.find(str(tmp_path / "deeper"))

    assert caught.value.message == f"the state directory {path} belongs to another user (uid 4711)"


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".steplane").write_text("")

    with pytest.raises(StateError, match="is not a directory"):
        StateDirectory.find(str(tmp_path))


def test_an_override_that_holds_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("")

    with pytest.raises(UsageError) as caught:
        StateDirectory.find(str(tmp_path), ".")

    assert caught.value.message == f"{tmp_path} is not a state directory: it holds other files"
    assert caught.value.remedy == "Name a new or an empty directory, such as ./.steplane"
    assert sorted(os.listdir(tmp_path)) == ["main.c"]
