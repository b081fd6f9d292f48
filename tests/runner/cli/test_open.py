"""Loops that take items while they run, in processes of their own that are killed in the middle."""

import json
import os
import signal

from .conftest import Shell, wait_for

OPEN = """\
steplane: 1
name: open
steps:
  - id: price
    foreach: [{id: a, n: 1}]
    as: order
    key: ${{ order.id }}
    open: another_order
    run: |
      echo "${{ order.id }}" >> priced
      test ${{ order.id }} != b -o -e go || exec sleep 60
    outputs: {total: "${{ order.n }}"}
outputs: {sum: "${{ steps.price.outputs.total | sum }}"}
"""


def test_items_from_the_command_line(shell: Shell) -> None:
    shell.write("open.yaml", OPEN)
    done = shell("run", "open.yaml", "--id", "one")
    assert done.returncode == 3, done.stderr
    assert "`price` waits for further items by the signal `another_order`" in done.stdout
    assert "waits for further items by the signal `another_order`" in shell("explain", "one", "price").stdout

    shell("signal", "one", "another_order", "--data", '{"id": "b", "n": 5}')
    run = shell.start("resume", "one")
    wait_for(run, "price has the further item b by the signal another_order")
    wait_for(run, "price[b]")
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    shell.write("go", "")
    done = shell("resume", "one")  # the item is there, and once
    assert (done.returncode, "price[b] succeeded" in done.stdout) == (3, True), done.stdout + done.stderr

    done = shell("signal", "one", "another_order", "--resume")
    assert done.returncode == 0, done.stderr
    assert "price is closed by the signal another_order" in done.stdout
    found = json.loads(shell("show", "one", "--format", "json").stdout)
    assert found["outputs"] == {"sum": 6}
    assert "has the further item b by the signal another_order" in shell("explain", "one", "price").stdout


def test_an_item_that_is_there_already(shell: Shell) -> None:
    shell.write("open.yaml", OPEN)
    shell("run", "open.yaml", "--id", "one", "-q")
    done = shell("signal", "one", "another_order", "--data", '{"id": "a", "n": 5}', "--resume")
    said = "the item that the signal `another_order` brings has the key `a`, as one before it; `key` must tell them"
    assert (done.returncode, said in done.stdout) == (1, True), done.stdout
    assert (shell.folder / "priced").read_text() == "a\n"


def test_a_name_that_nothing_listens_for(shell: Shell) -> None:
    shell.write("open.yaml", OPEN)
    shell("run", "open.yaml", "--id", "one", "-q")
    done = shell("signal", "one", "another_oder")
    assert done.returncode == 2
    assert "another_order" in done.stderr
