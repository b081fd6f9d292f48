import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from steplane.store import Cache
from steplane.store import cache as module
from steplane.store.own_key import own_key


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "cache"))


def only_file(cache: Cache) -> Path:
    (path,) = (one for one in Path(cache.folder).rglob("*") if one.is_file())
    return path


def test_what_was_put_is_had_again(cache: Cache) -> None:
    cache.put("plan", "key/../\0", b"content")

    assert cache.get("plan", "key/../\0") == b"content"
    assert cache.get("plan", "other") is None
    assert cache.get("index", "key/../\0") is None


def test_a_later_one_replaces(cache: Cache) -> None:
    cache.put("plan", "key", b"old")
    cache.put("plan", "key", b"")

    assert cache.get("plan", "key") == b""


@pytest.mark.parametrize("junk", [b"", b"short", b"x" * 100])
def test_a_damaged_entry_is_a_miss(cache: Cache, junk: bytes) -> None:
    cache.put("plan", "key", b"content")
    only_file(cache).write_bytes(junk)

    assert cache.get("plan", "key") is None


def test_an_entry_under_the_name_of_another_is_a_miss(cache: Cache) -> None:
    cache.put("plan", "one", b"content")
    path = only_file(cache)
    content = path.read_bytes()
    path.unlink()
    cache.put("plan", "two", b"content")
    only_file(cache).write_bytes(content)

    assert cache.get("plan", "two") is None


def test_a_pipe_in_its_place_is_a_miss_and_does_not_hang(cache: Cache) -> None:
    cache.put("plan", "key", b"content")
    path = only_file(cache)
    path.unlink()
    os.mkfifo(path)

    assert cache.get("plan", "key") is None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(str(tmp_path / "file"))
    cache.put("plan", "key", b"content")

    assert cache.get("plan", "key") is None


def test_the_oldest_are_dropped(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 3)
    for number in range(6):
        cache.put("plan", str(number), b"x")
        newest = max(Path(cache.folder, "plan").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, ns=(number, number))

    assert [cache.get("plan", str(number)) for number in range(6)] == [None, None, None, b"x", b"x", b"x"]


def test_the_size_is_bounded_but_the_newest_stays(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    cache.put("plan", "small", b"x")
    cache.put("plan", "large", b"x" * 1000)

    assert cache.get("plan", "small") is None
    assert cache.get("plan", "large") == b"x" * 1000


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the key is, for a user who has none yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    own_key.cache_clear()
    yield tmp_path / "own" / "steplane"
    own_key.cache_clear()


def test_an_entry_of_another_user_or_machine_is_a_miss(cache: Cache, place: Path) -> None:
    cache.put("plan", "key", b"content")
    assert cache.get("plan", "key") == b"content"
    assert stat.S_IMODE((place / "key").stat().st_mode) == 0o600
    assert [one.name for one in place.iterdir()] == ["key"]

    (place / "key").write_bytes(bytes(32))
    own_key.cache_clear()

    assert cache.get("plan", "key") is None


def test_the_key_of_a_user_stays(cache: Cache, place: Path) -> None:
    cache.put("plan", "key", b"content")
    own_key.cache_clear()
    cache.put("plan", "other", b"content")
    own_key.cache_clear()

    assert cache.get("plan", "key") == cache.get("plan", "other") == b"content"


@pytest.mark.parametrize("spoil", ["mode", "short", "folder", "link"])
def test_without_a_key_of_his_own_nothing_is_kept(cache: Cache, place: Path, spoil: str) -> None:
    cache.put("plan", "key", b"content")
    key = place / "key"
    if spoil == "mode":
        key.chmod(0o640)
    elif spoil == "short":
        key.write_bytes(b"short")
    elif spoil == "folder":
        key.unlink()
        key.mkdir()
    else:
        key.rename(place / "elsewhere")
        key.symlink_to("elsewhere")
    own_key.cache_clear()
    cache.put("plan", "other", b"content")

    assert cache.get("plan", "key") is None
    assert len([one for one in Path(cache.folder).rglob("*") if one.is_file()]) == 1


@pytest.mark.parametrize("home", ["nowhere/at/all", "gone"])
def test_without_a_home_nothing_is_kept(home: str, tmp_path: Path) -> None:
    """None is made, nor looked for below where the command was called."""
    place = home if "/" in home else str(tmp_path / home)
    env = {name: value for name, value in os.environ.items() if name != "XDG_STATE_HOME"}
    code = (
        "from steplane.store import Cache; one = Cache('cache'); one.put('plan', 'key', b'x'); one.get('plan', 'key')"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={**env, "HOME": place}, timeout=20, check=True)
    assert list(tmp_path.iterdir()) == []


def test_of_all_that_make_the_key_at_once_one_does(place: Path) -> None:
    made = "from steplane.store.own_key import own_key; print(own_key(make=True).hex())"
    running = [subprocess.Popen([sys.executable, "-c", made], stdout=subprocess.PIPE) for _ in range(4)]
    assert len({one.communicate()[0] for one in running}) == 1
    assert [one.returncode for one in running] == [0] * 4


def test_an_entry_that_is_too_large_is_a_miss_and_is_not_read(cache: Cache) -> None:
    cache.put("plan", "key", b"content")
    os.truncate(only_file(cache), 1 << 36)

    assert cache.get("plan", "key") is None
