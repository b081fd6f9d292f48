"""`steps`, `plugins`."""

import json

from .conftest import Shell


def test_steps(shell: Shell) -> None:
    lines = shell("steps").stdout.splitlines()
    assert lines[0].split() == ["STEP", "TYPE", "WHAT", "IT", "DOES", "FROM"]
    assert any(line.startswith("shell ") for line in lines)
    data = json.loads(shell("steps", "--format", "json").stdout)["steps"]
    assert {"csv.read", "shell", "python.call"} <= {one["type"] for one in data}


def test_one_step_type(shell: Shell) -> None:
    text = shell("steps", "file.hash").stdout
    assert text.startswith("file.hash  (steplane ")
    assert "\nparameters\n" in text
    assert "\noutputs\n" in text
    assert "\nexample\n" in text
    data = json.loads(shell("steps", "file.hash", "--format", "json").stdout)
    assert data["type"] == "file.hash"
    assert "path" in data["parameters"]["properties"]


def test_the_step_types_of_a_plugin(shell: Shell) -> None:
    assert [line.split()[0] for line in shell("steps", "csv").stdout.splitlines()] == ["STEP", "csv.read", "csv.write"]


def test_a_step_type_that_is_not_there(shell: Shell) -> None:
    done = shell("steps", "shel")
    assert (done.returncode, done.stdout, done.stderr) == (
        2, "", "error: no plugin `shel` is installed\n help: Did you mean `shell`? All: steplane steps\n",
    )  # fmt: skip
    assert "has no step type `file.reed`" in shell("steps", "file.reed").stderr


def test_plugins(shell: Shell) -> None:
    lines = shell("plugins").stdout.splitlines()
    assert lines[0].split() == ["PLUGIN", "DISTRIBUTION", "STEP", "TYPES"]
    assert any(line.split() == ["csv", "steplane", "0.1.0", "csv.read,", "csv.write"] for line in lines)
    data = json.loads(shell("plugins", "--format", "json").stdout)["plugins"]
    csv = next(one for one in data if one["name"] == "csv")
    assert csv["types"] == ["csv.read", "csv.write"]
    assert csv["problem"] is None


def test_a_plugin_that_is_not_allowed_is_told(shell: Shell) -> None:
    shell.write("steplane.toml", 'plugins = ["shell"]\n')
    done = shell("plugins")
    assert done.returncode == 0
    assert (
        "warning: the plugin `csv` is not among those that the configuration allows\n   help: allowed: `shell`\n"
        in (done.stderr)
    )
