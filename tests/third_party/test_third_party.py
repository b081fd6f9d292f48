"""Plugins of others: distributions of their own, built, installed in a new virtual environment, found, used."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from tests.conftest import COMMAND, ROOT

HERE = ROOT / "tests" / "third_party"

BUILD = """\
import os, sys
from hatchling.build import build_wheel
os.chdir(sys.argv[1])
print(build_wheel(sys.argv[2]))
"""

Done: TypeAlias = "subprocess.CompletedProcess[str]"


class Environment:
    """A virtual environment with plugins; Steplane and what it needs come from the one of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        self.python = folder / "bin" / "python"

    def pip(self, *words: str) -> None:
        """Install or uninstall, without the network."""
        command = [sys.executable, "-m", "pip", "--python", str(self.python), "-q", "--disable-pip-version-check"]
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def install(self, *wheels: Path) -> None:
        """Put the wheels there."""
        self.pip("install", "--no-deps", "--no-index", *map(str, wheels))

    def run(self, cwd: Path, *words: object, **env: str) -> Done:
        """The command `steplane`."""
        path = os.pathsep.join(filter(None, sys.path))
        return subprocess.run(
            [str(self.python), "-c", COMMAND, *map(str, words)], cwd=cwd, env={**os.environ, "PYTHONPATH": path, **env},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Builds the distribution in a folder of this one."""
    folder = tmp_path_factory.mktemp("wheels")

    def build(name: str) -> Path:
        return folder / built(HERE / name, folder)

    return build


def built(source: Path, folder: Path) -> str:
    """The name of the wheel, made by the back end that the pyproject names."""
    command = [sys.executable, "-c", BUILD, str(source), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheels: Callable[[str], Path]) -> Environment:
    """One with a good plugin and three bad ones."""
    made = Environment(tmp_path_factory.mktemp("environment") / "venv")
    made.install(*map(wheels, ("parcel", "broken_import", "old_api", "bad_hook")))
    return made


def write(folder: Path, *steps: str, head: str = "") -> Path:
    file = folder / "flow.yaml"
    file.write_text(f"steplane: 1\nname: flow\n{head}steps:\n" + "".join(f"  - {one}\n" for one in steps), "utf-8")
    return file


def last(done: Done) -> dict[str, Any]:
    assert "Traceback" not in done.stderr, done.stderr
    ended: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return ended


MISSING = "libcarrier.so.3: cannot open shared object file"

QUOTE = "{id: quote, uses: parcel.quote, with: {kind: %s, weight: %s, items: %s}}"


def test_it_is_found_and_run_with_typed_values(environment: Environment, tmp_path: Path) -> None:
    write(
        tmp_path,
        QUOTE % ("parcel", '"${{ inputs.kilos }}"', "[a, b], within: 2d"),
        "{id: flaky, uses: parcel.flaky, with: {failures: 1}, retry: {attempts: 3, delay: 0s}}",
        'run: echo "${{ steps.quote.outputs.labels[1] }}" > label',
        head="inputs: {kilos: {type: number}}\noutputs: {offer: '${{ steps.quote.outputs }}',"
        " attempt: '${{ steps.flaky.outputs.attempt }}'}\n",
    )
    for _ in range(2):  # the second time from the cached plan
        ended = last(environment.run(tmp_path, "run", "--format", "json", "-i", "kilos=4", "flow.yaml"))
        assert ended["status"] == "succeeded", ended
        offer = {"price": 10.0, "days": 2, "labels": ["parcel: a", "parcel: b"], "note": None}
        assert ended["outputs"] == {"offer": offer, "attempt": 2}
        assert (tmp_path / "label").read_text("utf-8") == "parcel: b\n"


def test_an_error_of_its_own_has_its_type_and_data(environment: Environment, tmp_path: Path) -> None:
    write(tmp_path, QUOTE % ("pallet", 1001, "[iron]"))
    ended = last(environment.run(tmp_path, "run", "--format", "json", "flow.yaml"))
    assert ended["status"] == "failed"
    assert ended["error"] == {
        "type": "parcel.too_heavy", "message": "1001 kg are more than 1000", "code": 422, "detail": {"limit": 1000},
        "step": "quote",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (QUOTE % ("parcle", 1, "[a]"), "parameter `kind` of `parcel.quote` must be `letter`, `pallet` or `parcel`"),
        (QUOTE % ("parcel", 0, "[a]"), "parameter `weight` of `parcel.quote` must be more than 0, not `0`"),
        (QUOTE % ("parcel", "heavy", "[a]"), "parameter `weight` of `parcel.quote` must be a number, not `heavy`"),
        (QUOTE % ("parcel", 1, "[]"), "parameter `items` of `parcel.quote` must be at least 1"),
        (QUOTE % ("parcel", 1, "[a], weigth: 2"), "weigth"),
        ("{id: quote, uses: parcel.quote, with: {kind: parcel, items: [a]}}", "weight"),
        ("{id: quote, uses: parcel.qoute}", "has no step type `parcel.qoute`"),
        (QUOTE % ("parcel", 1, "[a]") + "\n  - run: echo ${{ steps.quote.outputs.prise }}", "prise"),
    ],
)
def test_its_own_schema_finds_mistakes_before_anything_runs(
    environment: Environment, tmp_path: Path, step: str, said: str
) -> None:
    write(tmp_path, "run: touch started", step)
    done = environment.run(tmp_path, "run", "flow.yaml")
    assert done.returncode == 2
    assert said in done.stderr
    assert " --> flow.yaml:" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "started").exists()


def test_broken_ones_beside_it_are_not_even_imported(environment: Environment, tmp_path: Path) -> None:
    write(tmp_path, QUOTE % ("letter", 1, "[a]"))
    done = environment.run(tmp_path, "run", "flow.yaml", STEPLANE_TRIAL_IMPORTED=str(tmp_path / "imported"))
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize(
    ("uses", "said"),
    [
        ("broken.step", f"the plugin `broken` (steplane-broken 0.1) cannot be imported: ImportError: {MISSING}"),
        ("newer.step", "the plugin `newer` (steplane-newer 9.0) is written for plugin API 2; this is API 1"),
        ("crooked.step", "the plugin `crooked` (steplane-crooked 0.2) is broken: SystemExit: 0"),
    ],
)  # fmt: skip
def test_a_broken_one_is_reported_on_the_line_that_uses_it(
    environment: Environment, tmp_path: Path, uses: str, said: str
) -> None:
    write(tmp_path, "run: touch started", QUOTE % ("letter", 1, "[a]"), f"{{id: bad, uses: {uses}}}")
    done = environment.run(tmp_path, "check", "--format", "json", "flow.yaml")
    assert done.returncode == 2
    (found,) = [json.loads(line) for line in done.stdout.splitlines()][:1]
    assert said in json.dumps(found), found
    done = environment.run(tmp_path, "run", "flow.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"`uses` of step `bad` names `{uses}`: {said}\n --> flow.yaml:6:21\n" in done.stderr
    assert "\n1 error\n" in done.stderr, "and nothing else is wrong"
    assert not (tmp_path / "started").exists()


def test_two_that_claim_one_name_are_both_named(tmp_path: Path, wheels: Callable[[str], Path]) -> None:
    environment = Environment(tmp_path / "venv")
    environment.install(wheels("parcel"))
    write(tmp_path, QUOTE % ("letter", 1, "[a]"))
    assert environment.run(tmp_path, "run", "flow.yaml").returncode == 0
    environment.install(wheels("rival"))
    done = environment.run(tmp_path, "run", "flow.yaml")
    assert done.returncode == 2
    both = "post-for-steplane 0.3 and steplane-parcel 1.4.0 both claim the plugin name `parcel`"
    assert both in done.stderr
    assert "uninstall one of them" in done.stderr
    write(tmp_path, "run: echo others are unharmed")
    assert environment.run(tmp_path, "run", "flow.yaml").returncode == 0


def test_what_was_planned_with_another_version_is_checked_again(tmp_path: Path, wheels: Callable[[str], Path]) -> None:
    environment = Environment(tmp_path / "venv")
    environment.install(wheels("parcel"))
    write(tmp_path, QUOTE % ("letter", 1, "[a]"))
    assert environment.run(tmp_path, "run", "flow.yaml").returncode == 0
    source = tmp_path / "newer"
    source.mkdir()
    for name in ("pyproject.toml", "steplane_parcel.py"):
        text = (HERE / "parcel" / name).read_text("utf-8")
        (source / name).write_text(text.replace("1.4.0", "2.0.0").replace("weight", "mass"), "utf-8")
    environment.install(tmp_path / built(source, tmp_path))
    done = environment.run(tmp_path, "run", "flow.yaml")
    assert done.returncode == 2
    assert "mass" in done.stderr
    environment.pip("uninstall", "-y", "steplane-parcel")
    done = environment.run(tmp_path, "run", "flow.yaml")
    assert done.returncode == 2
    assert "no plugin `parcel` is installed\n --> flow.yaml:4:23\n" in done.stderr
