"""S34, S36, S37, S58 where runs meet: signals, the catalogue, the locks of the store, files that are called."""

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.security.conftest import HEAD, Victim

from steplane.store.records import digest

WAITS = HEAD + "steps: [{id: w, wait: {signal: go}}]\noutputs: {got: '${{ steps.w.outputs.data }}'}\n"


def waiting(victim: Victim) -> None:
    """The run `one` waits for the signal `go`."""
    victim.write("waits.yaml", WAITS)
    assert victim.attack("run", "waits.yaml", "--id", "one", "--patience", "0").code == 3


def change(victim: Victim, name: str, statement: str, *values: Any) -> None:
    """Change a database of the state directory."""
    with closing(sqlite3.connect(victim.state / name)) as connection, connection:
        connection.execute(statement, values)


def test_s34_a_secret_is_in_no_address_of_a_signal(victim: Victim) -> None:
    steps = """
secrets: {tok: {env: TOK}}
failure: continue
steps:
  - {id: a, needs: [], signal: {name: go, to: "run-${{ secrets.tok }}"}}
  - {id: b, needs: [], signal: {name: go, to: {case: "case-${{ secrets.tok }}"}}}
"""
    answer = victim.run(steps, env={"TOK": "zanzibar-99"})
    assert answer.code == 1
    assert answer.said.count("holds a secret, and would be recorded") >= 2
    assert "zanzibar-99" not in answer.said
    assert b"zanzibar-99" not in victim.stored()


def test_s36_the_name_of_a_signal_that_holds_a_secret_is_masked_on_both_sides(victim: Victim) -> None:
    env = {"TOK": "zanzibar-99"}
    victim.write(
        "waits.yaml", HEAD + 'secrets: {tok: {env: TOK}}\nsteps: [{wait: {signal: "go-${{ secrets.tok }}"}}]\n'
    )
    assert victim.attack("run", "waits.yaml", "--id", "one", "--patience", "0", env=env).code == 3
    assert victim.attack("signal", "one", "go-zanzibar-99", env=env).code == 0
    assert victim.attack("resume", "one", env=env).code == 0
    (journal,) = victim.state.rglob("journal.db")
    assert b"zanzibar-99" not in journal.read_bytes()


@pytest.mark.parametrize(
    "parcel",
    [
        {"id": "x", "name": "go", "at": 2**62}, {"id": "x", "name": "go", "at": -1}, {"id": "x"}, [1], "go", "deep",
        {"id": "x", "name": "go", "data": "\ud800"},
    ],
)  # fmt: skip
def test_s58_a_signal_in_the_store_that_is_none_stops_nothing(victim: Victim, parcel: Any) -> None:
    waiting(victim)
    statement = "INSERT INTO requests (run, kind, data, actor, at) VALUES ('one', 'signal', ?, '', 0)"
    change(victim, "steplane.db", statement, json.dumps(parcel) if parcel != "deep" else "[" * 50_000)
    assert victim.attack("resume", "one", "--patience", "0").code == 3
    assert victim.attack("signal", "one", "go", "--data", "7", "--resume").code == 0


@pytest.mark.parametrize("run", ["../../outside", "a\0b", b"\xff", ""])
def test_s37_a_row_of_the_locks_leads_nowhere(victim: Victim, run: Any) -> None:
    locked = "steps: [{id: a, lock: {name: door, scope: store}, run: 'true'}]\n"
    assert victim.run(locked).code == 0
    outside = victim.folder / "outside"
    outside.mkdir()
    for name in ("a.log.output", "control.sock"):
        (outside / name).write_text("precious")
    statement = "INSERT INTO locks (name, most, run, epoch, instance, path, held, since, looked) VALUES "
    change(victim, "locks.db", statement + "('door', 1, ?, 1, 1, 'p', 1, 1, 1.0)", run)
    answer = victim.attack("run", "trial.yaml", "--id", "two")
    assert answer.code == 2
    assert "locks.db is damaged: one of its rows is no lock of a run" in answer.err
    assert sorted(os.listdir(outside)) == ["a.log.output", "control.sock"]
    assert victim.attack("runs", "check").code == 2


@pytest.mark.parametrize("called", ["pipe.yaml", "/dev/zero", "x\0y.yaml"])
def test_s40_what_is_called_is_a_plain_file(victim: Victim, called: str) -> None:
    os.mkfifo(victim.folder / "pipe.yaml")
    answer = victim.check(HEAD + f"steps: [{{id: a, call: {json.dumps(called)}}}]\n")
    assert answer.code == 2
    assert "trial.yaml:3:" in answer.out


def test_s58_one_odd_run_does_not_hide_the_others(victim: Victim) -> None:
    assert victim.run("steps: [{id: a, run: 'true'}]\n").code == 0
    runs = victim.state / "runs"
    (runs / "dangling").symlink_to("nowhere")
    (runs / "empty").mkdir(0o700)
    answer = victim.attack("runs", "check", "--format", "json")
    assert answer.code == 2
    found = {one["run"]: len(one["problems"]) for one in json.loads(answer.out)["runs"]}
    assert found.pop("empty") == 1
    assert list(found.values()) == [0]


def test_a_new_run_takes_nothing_that_was_asked_of_an_earlier_one_of_its_id(victim: Victim) -> None:
    waiting(victim)
    assert victim.attack("signal", "one", "go").code == 0
    (folder,) = (victim.state / "runs").glob("one*")
    folder.rename(victim.folder / "gone")
    assert victim.attack("run", "waits.yaml", "--id", "one", "--patience", "0").code == 3
    assert victim.attack("resume", "one", "--patience", "0").code == 3


def finished(victim: Victim) -> Path:
    """The folder of a run that has failed, and can be gone on with."""
    assert victim.run("inputs: {n: {type: integer, default: 1}}\nsteps: [{id: a, run: exit 3}]\n").code == 1
    (folder,) = (victim.state / "runs").glob("one*")
    return folder


@pytest.mark.parametrize(
    "change_of",
    [
        lambda header: header.clear(), lambda header: header.update(started_at=2**62),
        lambda header: header.update(started_at="x"), lambda header: header.update(inputs=[1]),
        lambda header: header.pop("home"), lambda header: header.update(case=5),
    ],
)  # fmt: skip
def test_s58_a_header_that_makes_no_sense_is_damage(victim: Victim, change_of: Callable[[Any], object]) -> None:
    journal = finished(victim) / "journal.db"
    with closing(sqlite3.connect(journal)) as connection, connection:
        header = json.loads(connection.execute("SELECT header FROM run").fetchone()[0])
        change_of(header)
        text = json.dumps(header)
        connection.execute("UPDATE run SET header = ?, checksum = ?", (text, digest(text)))
    for words in (["resume", "one"], ["runs", "check"], ["show", "one"], ["explain", "one"]):
        answer = victim.attack(*words)
        assert answer.code in {0, 2}, (words, answer.said)
        assert answer.code == 2 or words[0] in {"show", "explain"}


@pytest.mark.parametrize(("column", "value"), [("status", "odd"), ("started_at", 2**62), ("started_at", -5)])
def test_s58_what_the_catalogue_says_without_sense_is_looked_up_in_the_run(
    victim: Victim, column: str, value: Any
) -> None:
    """One odd row hides no other run, and nothing is believed that cannot be."""
    finished(victim)
    (before,) = json.loads(victim.attack("runs", "--format", "json").out)["runs"]
    change(victim, "steplane.db", f"UPDATE runs SET {column} = ?", value)
    answer = victim.attack("runs", "--format", "json")
    assert answer.code == 0
    (after,) = json.loads(answer.out)["runs"]
    told = ("id", "status", "started_at", "workflow", "labels")
    assert [after[name] for name in told] == [before[name] for name in told]


@pytest.mark.parametrize(("column", "value"), [("labels", "[" * 50_000), ("workflow", b"\xff")])
def test_s58_a_row_of_the_catalogue_that_makes_no_sense_is_damage(victim: Victim, column: str, value: Any) -> None:
    finished(victim)
    change(victim, "steplane.db", f"UPDATE runs SET {column} = ?", value)
    for words in (["runs"], ["runs", "--format", "json"], ["runs", "check"]):
        answer = victim.attack(*words)
        assert answer.code == 2, (words, answer.said)
        assert "steplane.db" in answer.said
        assert "is made again from the runs" in answer.said


def test_s58_an_owner_of_no_time_is_told(victim: Victim) -> None:
    folder = finished(victim)
    lock = folder / "owner.lock"
    owner = json.loads(lock.read_text())
    lock.write_text(json.dumps({**owner, "since": 10**18}))
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        answer = victim.attack("resume", "one")
    assert answer.code == 5
    assert "is held by process" in answer.err


def test_a_folder_that_is_very_deep_is_deleted(victim: Victim) -> None:
    deep = finished(victim) / "artifacts" / "d"
    deep.mkdir()
    at = os.open(deep, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=at)
        inner = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)
    assert victim.attack("runs", "prune", "--keep", "0", "--unfinished", "--dry-run").code == 0
    assert victim.attack("runs", "prune", "--keep", "0", "--unfinished").code == 0
    assert list((victim.state / "runs").glob("one*")) == []


def test_s40_files_without_end(victim: Victim) -> None:
    os.mkfifo(victim.folder / "pipe")
    secret = "secrets: {s: {file: pipe}}\nsteps: [{id: a, run: 'echo ${{ secrets.s }}'}]\n"
    assert victim.run(secret).code == 1
    assert victim.attack("runs", "export", "one").code == 0
    given = "inputs: {n: {type: string}}\nsteps: [{id: a, run: 'true'}]\n"
    assert victim.run(given, "-i", "n=@/dev/zero").code == 2
    assert victim.run(given, "-i", "n=x", "--env-file", "/dev/zero").code == 2
    assert victim.attack("signal", "one", "go", "--data", "[" * 3000 + "]" * 3000).code == 2
    (victim.folder / "steplane.toml").write_text("jobs = " + "[" * 100_000)
    assert victim.attack("runs").code == 2
