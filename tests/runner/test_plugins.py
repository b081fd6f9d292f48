"""Plugins: found without being imported, loaded one by one, and each fault of theirs kept to itself."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from steplane.plugins import Index, Plugin, PluginProblem, Registered, Registry, discover, read_index

GOOD = '''
from typing import Annotated
from steplane.sdk import Meta, Result, Step, StepContext, hookimpl

class Greeting(Result):
    text: str

class Greet(Step, type="{space}.greet", errors=("{space}.silence",)):
    """Greet somebody."""
    name: Annotated[str, Meta(description="Who")]
    def run(self, ctx: StepContext) -> Greeting:
        return Greeting("hello " + self.name)

@hookimpl
def steplane_steps() -> list[type[Step]]:
    return [Greet]
'''


class Site:
    """A directory of installed distributions on the search path."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.modules: list[str] = []

    def install(
        self, space: str, text: str, *, name: str = "", version: str = "1.0", module: str = "", editable: bool = False
    ) -> None:
        """Put a distribution there with one entry point, and its module."""
        name = name or f"example-{space}"
        module = module or f"steplane_test_{name.replace('-', '_')}"
        self.modules.append(module)
        (self.root / f"{module}.py").write_text(text.replace("{space}", space))
        info = self.root / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[steplane.steps]\n{space} = {module}\n")
        if editable:
            (info / "direct_url.json").write_text(json.dumps({"url": "file:///x", "dir_info": {"editable": True}}))

    def index(self) -> Index:
        """What is found there."""
        return discover([str(self.root)])

    def registry(self) -> Registry:
        """The step types of what is there."""
        return Registry(self.index())


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    made = Site(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield made
    for name in made.modules:
        sys.modules.pop(name, None)


def problem(registry: Registry, name: str) -> PluginProblem:
    """The problem behind a name that cannot be used."""
    found = registry.step_type(name)
    assert isinstance(found, PluginProblem)
    return found


def usable(registry: Registry, name: str) -> bool:
    return isinstance(registry.find(name), Registered)


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


class TestRegistry:
    def test_imports_only_the_plugin_that_is_used(self, site: Site) -> None:
        site.install("one", GOOD)
        site.install("two", GOOD)
        registry = site.registry()
        found = registry.find("one.greet")
        assert isinstance(found, Registered)
        assert found.source == "`one.greet` (example-one 1.0)"
        assert "steplane_test_example_one" in sys.modules
        assert "steplane_test_example_two" not in sys.modules

    def test_describes_a_step_type(self, site: Site) -> None:
        site.install("one", GOOD)
        described = site.registry().step_type("one.greet")
        assert not isinstance(described, PluginProblem)
        assert described.title == "Greet somebody."
        assert described.parameters == {
            "type": "object",
            "properties": {"name": {"description": "Who", "type": "string"}},
            "required": ["name"],
            "additionalProperties": False,
        }
        assert described.errors == ("one.silence",)

    def test_the_namespace_alone_is_the_type_of_that_name(self, site: Site) -> None:
        site.install("one", GOOD.replace("{space}.greet", "{space}"))
        assert usable(site.registry(), "one")

    def test_lists_all_with_what_is_wrong(self, site: Site) -> None:
        site.install("one", GOOD)
        site.install("two", "import nothing_of_that_name")
        listed = {one.namespace: one for one in site.registry().all()}
        assert [one.name for one in listed["one"].types] == ["one.greet"]
        assert listed["one"].problem is None
        assert listed["two"].types == ()
        assert listed["two"].problem is not None

    def test_what_a_plugin_prints_does_not_reach_stdout(self, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
        site.install(
            "one", "print('import')\n" + GOOD.replace("    return [Greet]", "    print('hook')\n    return [Greet]")
        )
        assert usable(site.registry(), "one.greet")
        assert capsys.readouterr() == ("", "import\nhook\n")


class TestProblems:
    def test_a_misspelt_plugin(self, site: Site) -> None:
        site.install("greeter", GOOD)
        assert problem(site.registry(), "greter.greet") == PluginProblem(
            "unknown-plugin", "no plugin `greter` is installed", "did you mean `greeter.greet`?", "greeter.greet"
        )

    def test_a_plugin_that_nobody_knows(self, site: Site) -> None:
        found = problem(site.registry(), "zebra.run")
        assert found.message == "no plugin `zebra` is installed"
        assert found.help == "install the distribution that has it; `steplane plugins` lists all"
        assert found.suggestion is None

    def test_a_known_plugin_that_is_not_installed(self, site: Site) -> None:
        assert problem(site.registry(), "http.request") == PluginProblem(
            "plugin-not-installed", "the plugin `http` is not installed", "install it: pip install 'steplane[http]'"
        )

    def test_a_namespace_of_a_later_release(self, site: Site) -> None:
        assert problem(site.registry(), "human.task").message == "`human.task` is not in this release"

    def test_an_unknown_type_of_a_known_plugin(self, site: Site) -> None:
        site.install("one", GOOD)
        assert problem(site.registry(), "one.gret") == PluginProblem(
            "unknown-step-type",
            "the plugin `one` (example-one 1.0) has no step type `one.gret`",
            "did you mean `one.greet`?",
            "one.greet",
        )

    def test_two_distributions_that_claim_one_name_are_both_named(self, site: Site) -> None:
        site.install("one", GOOD, name="alpha-one")
        site.install("one", GOOD, name="beta-one", version="2.1")
        assert problem(site.registry(), "one.greet") == PluginProblem(
            "plugin-conflict",
            "alpha-one 1.0 and beta-one 2.1 both claim the plugin name `one`",
            "uninstall one of them",
        )
        assert not [one for one in site.modules if one in sys.modules]

    def test_a_plugin_that_is_not_allowed_is_not_imported(self, site: Site) -> None:
        site.install("one", GOOD)
        found = problem(Registry(site.index(), allowed=["shell", "csv"]), "one.greet")
        assert found.message == "the plugin `one` is not among those that the configuration allows"
        assert found.help == "allowed: `csv`, `shell`"
        assert "steplane_test_example_one" not in sys.modules

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
            ("raise SystemExit(0)", "SystemExit: 0"),
            ("def broken(:", "SyntaxError: invalid syntax (steplane_test_example_one.py, line 1)"),
            ("raise GeneratorExit", "GeneratorExit"),
            ("raise ValueError('no key')", "ValueError: no key"),
        ],
    )
    def test_a_plugin_that_cannot_be_imported(self, site: Site, text: str, said: str) -> None:
        site.install("one", text)
        found = problem(site.registry(), "one.greet")
        assert found.code == "plugin-import"
        assert found.message == f"the plugin `one` (example-one 1.0) cannot be imported: {said}"

    @pytest.mark.parametrize(("version", "remedy"), [("2", "upgrade Steplane"), ("0", "upgrade the plugin")])
    def test_a_plugin_for_another_version_of_the_contract(self, site: Site, version: str, remedy: str) -> None:
        site.install("one", f"{GOOD}\nSTEPLANE_API = {version}\n")
        found = problem(site.registry(), "one.greet")
        assert found.code == "plugin-version"
        assert found.message == f"the plugin `one` (example-one 1.0) is written for plugin API {version}; this is API 1"
        assert found.help.startswith(remedy)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (("@hookimpl", ""), "it has no `steplane_steps` marked with `@hookimpl` that returns its step types"),
            (("[Greet]", "None"), "it has no `steplane_steps` marked with `@hookimpl` that returns its step types"),
            (("[Greet]", "[Greeting]"),
             "`steplane_steps` returned <class '{module}.Greeting'>, which is no subclass of `Step`"),
            (("[Greet]", "'Greet'"), "`steplane_steps` returned str, not a list of step types"),
            (("[Greet]", "[Greet, Greet]"), "it has two step types `one.greet`"),
            (("return [Greet]", "raise SystemExit(3)"), "SystemExit: 3"),
            (("steplane_steps()", "steplane_steps(runner)"),
             "PluginValidationError: Plugin 'one' for hook 'steplane_steps'"),
            (("steplane_steps", "steplane_stepps"), "ValueError: unknown hook 'steplane_stepps'"),
            (('"one.greet"', '"two.greet"'), "its step type `two.greet` is outside its namespace `one`"),
            (('"one.greet"', '"one.Greet"'), "its step type `one.Greet` is outside its namespace `one`"),
            (('"one.greet"', '""'), "its step type `` is outside its namespace `one`"),
        ],
    )  # fmt: skip
    def test_a_plugin_that_breaks_the_contract(self, site: Site, change: tuple[str, str], said: str) -> None:
        site.install("one", GOOD.replace("{space}", "one").replace(*change))
        site.install("two", GOOD)
        registry = site.registry()
        found = problem(registry, "one.greet")
        assert found.code == "plugin-broken"
        start = "the plugin `one` (example-one 1.0) is broken: " + said.replace("{module}", site.modules[0])
        assert found.message.startswith(start)
        assert usable(registry, "two.greet")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (("name: Annotated", "plan: Annotated"), "a parameter may not be called `plan`"),
            (("name: Annotated[", "name: int = 'x'\n    other: Annotated["),
             "the default of `name` does not fit its type: Expected `int`, got `str`"),
            (("name: Annotated[", "name: Site\n    other: Annotated["),
             "class `Greet`: name 'Site' is not defined"),
            (("-> Greeting", "-> int"), "`run` of `one.greet` must return a `Result`, a mapping or None"),
            (("-> Greeting", "-> Missing"), "`Missing`, which `run` returns, must stand at the top level of its module"),
            (("def run", "def runs"), "class `Greet` has no `run`"),
        ],
    )  # fmt: skip
    def test_a_step_type_that_is_declared_wrongly(self, site: Site, change: tuple[str, str], said: str) -> None:
        lazy = "from __future__ import annotations\n"
        site.install("one", lazy + GOOD.replace(*change))
        found = problem(site.registry(), "one.greet")
        assert found.message == f"the plugin `one` (example-one 1.0) is broken: {said}"

    def test_an_entry_point_that_names_no_module(self) -> None:
        registry = Registry(Index((Plugin("one", "json:loads", "example", "1"), Plugin("Two", "json", "example", "1"))))
        assert problem(registry, "one").message.endswith("its entry point must name a module, not `json:loads`")
        assert problem(registry, "Two").message.endswith("its entry point's name is no `[a-z][a-z0-9_]*`")


class TestVersions:
    def test_name_distribution_and_version_without_importing(self, site: Site) -> None:
        site.install("one", GOOD, version="1.2")
        said = site.registry().versions(["one.greet", "one", "gone.x"])
        assert said == ("gone=missing", "one=steplane_test_example_one example-one 1.2")
        assert "steplane_test_example_one" not in sys.modules

    def test_change_with_the_code_of_an_editable_plugin(self, site: Site) -> None:
        site.install("one", GOOD, editable=True)
        registry = site.registry()
        before = registry.versions(["one"])
        assert registry.versions(["one"]) == before
        (site.root / "steplane_test_example_one.py").write_text(GOOD + "# changed\n")
        assert registry.versions(["one"]) != before

    def test_of_an_editable_package_count_all_its_files(self, site: Site) -> None:
        package = site.root / "steplane_test_package"
        package.mkdir()
        (package / "__init__.py").write_text("")
        site.install("one", "", module="steplane_test_package.steps".replace(".", "_"), editable=True)
        registry = Registry(Index((Plugin("one", "steplane_test_package.steps", "d", "1", editable=True),)))
        before = registry.versions(["one"])
        (package / "data.py").write_text("x = 1\n")
        assert registry.versions(["one"]) != before

    def test_do_not_stumble_over_what_cannot_be_found(self) -> None:
        registry = Registry(Index((Plugin("one", "no_module_of_that_name", "d", "1", editable=True),)))
        assert registry.versions(["one"])[0].startswith("one=no_module_of_that_name d 1 ")
