"""Each fault of a plugin is a value, and kept to that plugin."""

import signal
import sys
import tomllib

import pytest
from tests.conftest import ROOT
from tests.runner.plugins.site import GOOD, Site, problem, usable

from steplane.plugins import Index, Plugin, PluginProblem, Registry
from steplane.plugins.problems import BUNDLED


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

    def test_a_namespace_that_comes_with_steplane_and_is_not_there(self, site: Site) -> None:
        found = problem(site.registry(), "http.request")
        assert (found.code, found.message) == ("unknown-plugin", "the plugin `http` is not installed")
        assert "install that anew" in found.help

    def test_the_namespaces_that_come_with_steplane_are_those_it_has(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        assert set(project["entry-points"]["steplane.steps"]) == BUNDLED

    @pytest.mark.parametrize("name", ["sql.query", "human.task"])
    def test_a_namespace_of_a_later_release(self, site: Site, name: str) -> None:
        found = problem(site.registry(), name)
        assert found == PluginProblem("not-in-this-release", f"`{name}` is not in this release")

    def test_a_namespace_of_a_later_release_that_somebody_has_already(self, site: Site) -> None:
        site.install("http", GOOD)
        assert usable(site.registry(), "http.greet")
        assert problem(site.registry(), "http.request").code == "unknown-step-type"

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
            ("raise KeyboardInterrupt", "KeyboardInterrupt"),
            ("raise ValueError('no key')", "ValueError: no key"),
        ],
    )
    def test_a_plugin_that_cannot_be_imported(self, site: Site, text: str, said: str) -> None:
        site.install("one", text)
        found = problem(site.registry(), "one.greet")
        assert found.code == "plugin-import"
        assert found.message == f"the plugin `one` (example-one 1.0) cannot be imported: {said}"

    def test_a_ctrl_c_meanwhile_is_the_users(self, site: Site) -> None:
        heard = signal.getsignal(signal.SIGINT)
        site.install("one", "import signal\nsignal.raise_signal(signal.SIGINT)")
        with pytest.raises(KeyboardInterrupt):
            site.registry().step_type("one.greet")
        assert signal.getsignal(signal.SIGINT) is heard

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
            (("return [Greet]", "raise KeyboardInterrupt('mine')"), "KeyboardInterrupt: mine"),
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
            (("-> Greeting", "-> Missing"),
             "`Missing`, which `run` returns, must stand at the top level of its module"),
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
