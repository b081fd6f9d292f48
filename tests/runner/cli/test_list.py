"""`list`: the workflows of the project with what came of them."""

import json

from .conftest import Shell

ORDERS = """\
steplane: 1
name: orders
title: Order to cash
inputs:
  limit: {type: number, default: 3}
  file: {type: string}
steps:
  - run: echo "${{ inputs.file }}"; test ${{ inputs.limit }} -gt 1
"""


def _project(shell: Shell) -> None:
    shell.write("workflows/orders/orders.yaml", ORDERS)
    shell.write("workflows/orders/rates.yaml", "rate: 3\n")
    shell.write("workflows/orders/eu.yaml", "steplane: 1\nname: eu-orders\nsteps:\n  - run: echo\n")
    shell.write("workflows/broken.yaml", "steplane: 1\nsteps:\n  - id: a\n")
    shell.write("workflows/credit.decision.yaml", "decision: credit\n")


def test_the_table(shell: Shell) -> None:
    _project(shell)
    assert shell("run", "orders", "-i", "file=x").returncode == 0
    assert shell("run", "orders/eu").returncode == 0
    assert shell("run", "orders", "-i", "file=x", "-i", "limit=0").returncode == 1
    done = shell("list")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "NAME       TITLE          INPUTS       LAST RUN\n"
        "broken     error: workflows/broken.yaml:3:5: step `a` has no action: it says nothing to do\n"
        "orders     Order to cash  file* limit  ✗ failed just now\n"
        "orders/eu                              ✓ succeeded just now\n"
        "\n"
        "* must be given: steplane run NAME -i INPUT=VALUE\n"
    )


def test_json(shell: Shell) -> None:
    _project(shell)
    shell("run", "orders", "-i", "file=x", "--id", "one")
    data = {one["name"]: one for one in json.loads(shell("list", "--format", "json").stdout)["workflows"]}
    assert list(data) == ["broken", "orders", "orders/eu"]
    assert data["broken"]["error"]["code"] == "no-action"
    assert (data["broken"]["error"]["line"], data["broken"]["inputs"]) == (3, [])
    orders = data["orders"]
    assert (orders["file"], orders["title"], orders["error"]) == ("workflows/orders/orders.yaml", "Order to cash", None)
    assert [(one["name"], one.get("required", False)) for one in orders["inputs"]] == [("limit", False), ("file", True)]
    assert (orders["last_run"]["id"], orders["last_run"]["status"]) == ("one", "succeeded")
    assert data["orders/eu"]["last_run"] is None


def test_nothing_is_made_where_there_is_nothing(shell: Shell) -> None:
    done = shell("list")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "no workflow in a folder workflows/ here or above; begin with: steplane init\n"
    assert not (shell.folder / ".steplane").exists()


def test_what_cannot_be_read_is_told_and_stops_nothing(shell: Shell) -> None:
    _project(shell)
    (shell.folder / "workflows" / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    (shell.folder / "workflows" / "gone.yaml").symlink_to("nowhere.yaml")
    lines = shell("list").stdout.splitlines()
    assert lines[2].startswith("bytes      error: workflows/bytes.yaml:1:1: ")
    assert (
        lines[3]
        == "gone       error: workflows/gone.yaml:1:1: workflows/gone.yaml cannot be read: No such file or directory"
    )
    assert len(lines) == 8


def test_from_a_folder_below(shell: Shell) -> None:
    _project(shell)
    shell.write("below/workflows/near.yaml", "steplane: 1\nsteps:\n  - run: echo\n")
    shell.folder = shell.folder / "below"
    names = [one["name"] for one in json.loads(shell("list", "--format", "json").stdout)["workflows"]]
    assert names == ["near", "broken", "orders", "orders/eu"]


def test_a_path_that_is_not_utf_8_is_told(shell: Shell) -> None:
    shell.write("workflows/b\udcff.yaml", "steplane: 1\nname: b\nsteps:\n  - run: echo\n")
    said = "cannot be read: its path is not UTF-8: rename it"
    (listed,) = json.loads(shell("list", "--format", "json").stdout)["workflows"]
    assert listed["file"] == r"workflows/b\udcff.yaml"
    assert listed["error"]["message"].endswith(said)
    for command in ("run", "plan", "check", "graph"):
        done = shell(command, "workflows/b\udcff.yaml")
        assert (done.returncode, done.stderr.splitlines()[0].endswith(said)) == (2, True), done.stderr


def test_a_folder_that_is_not_utf_8_is_told(shell: Shell) -> None:
    shell.write("f\udcff/w.yaml", "steplane: 1\nname: w\nsteps:\n  - run: echo\n")
    folder = shell.folder / "f\udcff"
    done = Shell(folder)("run", "w.yaml")
    assert done.returncode == 2
    assert "is not UTF-8: a run cannot record it\n help: Rename it." in done.stderr
    assert Shell(folder)("plan", "w.yaml").returncode == 0
