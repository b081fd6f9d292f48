"""Which plugins there are, found without importing any, and cached."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.runner.plugins.site import GOOD, Site

from steplane.plugins import Index, Plugin, discover, read_index


class TestIndex:
    def test_names_the_plugins_without_importing_them(self, site: Site) -> None:
        site.install("greeter", "raise SystemExit('imported')")
        assert site.index() == Index(
            (Plugin("greeter", "steplane_test_example_greeter", "example-greeter", "1.0"),)
        )  # fmt: skip
        assert "steplane_test_example_greeter" not in sys.modules

    def test_knows_an_editable_distribution(self, site: Site) -> None:
        site.install("greeter", GOOD, editable=True)
        assert site.index().plugins[0].editable

    def test_of_two_copies_of_a_distribution_the_first_on_the_path_counts(self, tmp_path: Path) -> None:
        for folder, version in (("a", "2.0"), ("b", "1.0")):
            (tmp_path / folder).mkdir()
            Site(tmp_path / folder).install("greeter", GOOD, version=version)
        index = discover([str(tmp_path / "a"), str(tmp_path / "b")])
        assert [one.version for one in index.plugins] == ["2.0"]

    def test_a_distribution_with_broken_metadata_harms_nothing(self, site: Site) -> None:
        site.install("greeter", GOOD)
        site.install("other", GOOD)
        (site.root / "example_other-1.0.dist-info" / "entry_points.txt").write_bytes(
            b"[steplane.steps]\n\xff\xfe junk\n"
        )
        (site.root / "empty-1.0.dist-info").mkdir()
        assert site.index().namespaces() == ("greeter",)


class Memory:
    """A cache that counts what is put into it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.puts = 0

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.puts += 1
        self.kept[key] = value


class TestCachedIndex:
    def test_is_read_again_only_when_the_search_path_has_changed(self, site: Site) -> None:
        cache, path = Memory(), [str(site.root)]
        site.install("one", GOOD)
        assert read_index(cache, path).namespaces() == ("one",)
        assert read_index(cache, path).namespaces() == ("one",)
        assert cache.puts == 1
        site.install("two", GOOD)
        os.utime(site.root, ns=(1, 1))
        assert read_index(cache, path).namespaces() == ("one", "two")
        assert cache.puts == 2

    def test_a_damaged_cache_is_read_over(self, site: Site) -> None:
        cache, path = Memory(), [str(site.root), str(site.root / "absent")]
        site.install("one", GOOD)
        read_index(cache, path)
        for damage in (b"", b"{}", b"\xff", b"[1]"):
            cache.kept = dict.fromkeys(cache.kept, damage)
            assert read_index(cache, path).namespaces() == ("one",)

    def test_environments_that_share_a_cache_keep_their_own_index(self, tmp_path: Path) -> None:
        cache = Memory()
        for space in ("one", "two"):
            (tmp_path / space).mkdir()
            Site(tmp_path / space).install(space, GOOD)
        for space in ("one", "two", "one"):
            assert read_index(cache, [str(tmp_path / space)]).namespaces() == (space,)
        assert cache.puts == 2

    def test_the_current_directory_is_no_place_for_plugins(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        site.install("one", GOOD)
        monkeypatch.chdir(site.root)
        assert read_index(None, [""]) == Index()

    def test_a_warm_start_imports_neither_metadata_nor_any_plugin(self, site: Site, tmp_path: Path) -> None:
        site.install("one", GOOD)
        program = """if True:
            import sys
            from steplane.plugins import read_index, Registry
            class Files:
                def get(self, key):
                    try: return open(sys.argv[1], "rb").read()
                    except FileNotFoundError: return None
                def put(self, key, value): open(sys.argv[1], "wb").write(value)
            registry = Registry(read_index(Files(), [sys.argv[2]]))
            assert registry.namespaces() == ("one",)
            print(sorted({"importlib.metadata", "steplane_test_example_one", "email"} & sys.modules.keys()))
        """
        (tmp_path / "cache").mkdir()
        command = [sys.executable, "-c", program, str(tmp_path / "cache" / "index"), str(site.root)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
        said = [
            subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout for _ in "12"
        ]
        assert said == ["['email', 'importlib.metadata']\n", "[]\n"]
