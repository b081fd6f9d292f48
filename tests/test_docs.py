"""The manual is true: its YAML is checked, its generated blocks are compared, its links lead somewhere."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from _pytest.mark import ParameterSet
from tests.conftest import ROOT, Steplane, blocks

from steplane.app.loading import load_data, make_registry
from steplane.checks.tables import check_table
from steplane.diagnostics import Diagnostic
from steplane.plugins import Registry
from steplane.source import read

PAGES = (
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)  # fmt: skip
KINDS = ("workflow", "steps", "runs", "step", "keys", "later", "wrong", "added", "plugin", "other", "table")
SURROUNDINGS = {"undeclared", "name-not-here", "unknown-step", "table-target"}


def snippets(*kinds: str) -> list[ParameterSet]:
    pages = [(page, page.read_text("utf-8")) for page in PAGES]
    return [
        pytest.param(kind, content, id=f"{page.relative_to(ROOT)}:{line}")
        for page, text in pages
        for kind in kinds
        for line, content in blocks(text, f"yaml {kind}")
    ]


@cache
def registry() -> Registry:
    return make_registry(None, None)


def whole(kind: str, content: str) -> str:
    """A file around a part of one."""
    head = "steplane: 1\nname: example\n"
    if kind in {"workflow", "later"}:
        return content
    if kind == "keys":
        return head + content + "steps:\n  - run: 'true'\n"
    lines = content.splitlines(keepends=True)
    if kind == "step":
        lines = ["- " + lines[0], *("  " + line for line in lines[1:])]
    return head + "steps:\n" + "".join("  " + line for line in lines)


def diagnostics(text: str) -> tuple[Diagnostic, ...]:
    return load_data(text.encode(), "example.yaml", registry(), None).diagnostics


def shown(found: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{one.span.line}:{one.span.column} {one.code}: {one.message}" for one in found if one.severity != "hint"]


@pytest.mark.parametrize(("kind", "content"), snippets("workflow", "steps", "runs", "keys"))
def test_the_yaml_of_the_manual_has_no_mistakes(kind: str, content: str) -> None:
    assert shown(diagnostics(whole(kind, content))) == []


@pytest.mark.parametrize(("kind", "content"), snippets("runs"))
def test_steps_of_the_manual_run(kind: str, content: str, steplane: Steplane, tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(whole(kind, content), "utf-8")
    done = steplane("run", "example.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("kind", "content"), snippets("step"))
def test_the_examples_of_the_step_types_are_right_but_for_what_they_refer_to(kind: str, content: str) -> None:
    found = diagnostics(whole(kind, content))
    assert shown(tuple(one for one in found if one.code not in SURROUNDINGS)) == []


@pytest.mark.parametrize(("kind", "content"), snippets("table"))
def test_the_tables_of_the_manual_have_no_mistakes(kind: str, content: str) -> None:
    assert shown(check_table(read(content.encode(), f"example.{kind}.yaml"), _no_file).diagnostics) == []


def _no_file(file: str) -> bytes:
    raise FileNotFoundError(file)


@pytest.mark.parametrize(("kind", "content"), snippets("later"))
def test_what_is_called_later_is_refused_as_that(kind: str, content: str) -> None:
    found = [one for one in diagnostics(whole(kind, content)) if one.severity == "error"]
    assert found
    assert {one.code for one in found} == {"not-in-this-release"}


@pytest.mark.parametrize(("kind", "content"), snippets("wrong"))
def test_what_is_shown_as_a_mistake_is_one(kind: str, content: str) -> None:
    assert [one for one in diagnostics(content) if one.severity == "error"]


@pytest.mark.parametrize(("kind", "content"), snippets("other"))
def test_the_yaml_of_other_tools_is_yaml(kind: str, content: str) -> None:
    assert yaml.safe_load(content)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_yaml_says_what_it_is(page: Path) -> None:
    openings = re.findall(r"^ *```ya?ml.*$", page.read_text("utf-8"), re.MULTILINE)
    kinds = {f"```yaml {kind}" for kind in KINDS}
    assert [one for one in openings if one.partition(" file=")[0] not in kinds] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.is_file() or (heading and heading not in anchors(file)):
            lost.append(target)
    assert lost == []


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", one.lower()).replace(" ", "-") for one in headings}


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_generated_blocks_are_up_to_date(page: Path) -> None:
    text = page.read_text("utf-8")
    assert generator().generated(text) == text, "run: python docs/generate.py"


def test_every_step_type_is_in_the_manual() -> None:
    text = (ROOT / "docs" / "step-types.md").read_text("utf-8")
    names = {kind.name for listed in registry().all() if listed.namespace != "demo" for kind in listed.types}
    assert {name for name in names if f"\n## {name}\n" not in text} == set()


def test_the_language_manual_names_every_key_of_the_schema() -> None:
    schema = json.loads((ROOT / "schemas" / "workflow.schema.json").read_text("utf-8"))
    text = (ROOT / "docs" / "language.md").read_text("utf-8")
    step = schema["$defs"]["step"]["properties"]
    named = set(re.findall(r"[a-z_]+", text))
    assert {key for key in (*schema["properties"], *step) if key not in named} == set()


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The plugin of the manual, as pip leaves it in a folder."""
    text = (ROOT / "docs" / "plugins.md").read_text("utf-8")
    site = tmp_path / "site"
    entry_points = tomllib.loads(blocks(text, "toml")[0][1])["project"]["entry-points"]["steplane.steps"]
    info = site / "steplane_iban-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: steplane-iban\nVersion: 1.0\n", "utf-8")
    lines = "".join(f"{name} = {module}\n" for name, module in entry_points.items())
    (info / "entry_points.txt").write_text(f"[steplane.steps]\n{lines}", "utf-8")
    (site / "steplane_iban.py").write_text(blocks(text, "python")[0][1], "utf-8")
    (tmp_path / "test_iban.py").write_text(blocks(text, "python test")[0][1], "utf-8")
    (tmp_path / "payout.yaml").write_text(blocks(text, "yaml plugin")[0][1], "utf-8")
    return site


def path_with(site: Path) -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join([str(site), *filter(None, sys.path)])}


def test_the_plugin_of_the_manual_runs(plugin: Path, steplane: Steplane) -> None:
    done = steplane(
        "run", "payout.yaml", "--format", "json", "-i", "iban=DE89 3704 0044 0532 0130 00", env=path_with(plugin)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["outputs"] == {"account": "DE89370400440532013000"}


def test_a_mistake_is_told_in_the_words_of_the_plugin(plugin: Path, steplane: Steplane) -> None:
    file = plugin.parent / "payout.yaml"
    file.write_text(file.read_text("utf-8").replace("[GB, DE]", "GB"), "utf-8")
    done = steplane("check", "payout.yaml", env=path_with(plugin))
    assert done.returncode == 2
    assert "countries" in done.stdout + done.stderr


def test_the_tests_of_the_plugin_pass(plugin: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_iban.py"]
    environment = {**os.environ, **path_with(plugin)}
    done = subprocess.run(command, cwd=plugin.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
