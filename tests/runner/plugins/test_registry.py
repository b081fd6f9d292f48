"""Step types by name: only what is used is imported."""

import sys

import pytest
from tests.runner.plugins.site import GOOD, Site, usable

from steplane.plugins import Index, Plugin, PluginProblem, Registered, Registry


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
