"""`runs check`, `runs export`, `runs prune`, in processes of their own."""

import json
import os
import re
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import Shell, wait_for

SECRET = "hunter2-0815-long"
FLOW = """\
steplane: 1
name: kept
secrets: {token: {env: TOKEN}}
steps:
  - id: say
    env: {T: "${{ secrets.token }}"}
    run: echo "told $T"
  - id: file
    run: echo kept > "$STEPLANE_ARTIFACTS/a.txt"
"""


@pytest.fixture
def kept(shell: Shell) -> Path:
    """The folder of a run `one` that is over."""
    shell.env["TOKEN"] = SECRET
    shell.write("kept.yaml", FLOW)
    done = shell("run", "kept.yaml", "--id", "one", "-q")
    assert done.returncode == 0, done.stderr
    return shell.folder / ".steplane" / "runs" / f"one{shell.ending}"


def change(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "journal.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# ---------------------------------------------------------------- check


def test_what_is_whole(shell: Shell, kept: Path) -> None:
    done = shell("runs", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "✓ one  11 events, 1 artifact, 1 log\n1 run: nothing wrong\n"

    found = json.loads(shell("runs", "check", "one", "--format", "json").stdout)
    assert found["sound"] is True
    assert found["catalogue"] == {"sound": True, "problems": []}
    assert found["runs"] == [
        {"run": "one", "status": "succeeded", "events": 11, "artifacts": 1, "logs": 1, "problems": [], "notes": [],
         "sound": True}
    ]  # fmt: skip


def test_a_changed_event(shell: Shell, kept: Path) -> None:
    change(kept, "UPDATE events SET data = replace(data, 'succeeded', 'cancelled') WHERE seq = 5")

    done = shell("runs", "check", "one")
    assert done.returncode == 2
    path = str(kept / "journal.db").replace(shell.ending, "")
    assert done.stdout == (
        f"✗ one\n    {path} is damaged: event 5 is not what was recorded (checksum)\n"
        "    What can be read: steplane runs export one\n1 run: 1 damaged\n"
    )


def test_events_that_do_not_follow_from_each_other(shell: Shell, kept: Path) -> None:
    """A row that somebody has changed with its checksum, and those of all behind it."""
    from steplane.store.records import checksum, root

    connection = sqlite3.connect(kept / "journal.db")
    connection.execute("UPDATE events SET data = replace(data, 'succeeded', 'cancelled') WHERE type = 'step.ended'")
    (header,) = connection.execute("SELECT checksum FROM run").fetchone()
    link = root(header)
    for row in connection.execute("SELECT * FROM events ORDER BY seq").fetchall():
        link = checksum(row[:11], link)
        connection.execute("UPDATE events SET checksum = ? WHERE seq = ?", (link, row[0]))
    connection.commit()
    connection.close()
    (kept / "owner.lock").unlink()

    done = shell("runs", "check", "one")
    assert done.returncode == 2
    assert "event 5 (`step.ended` of say) does not follow from what came before" in done.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("artifacts/file/a.txt", "a.txt is not what was recorded"),
        ("requests/1-x", "1-x is damaged: it is not what was recorded (checksum)"),
        ("catalogue", "steplane.db says other things of run one than its journal, which rules"),
    ],
)
def test_other_files(shell: Shell, kept: Path, name: str, words: str) -> None:
    if name == "catalogue":
        connection = sqlite3.connect(kept.parent.parent / "steplane.db")
        connection.execute("UPDATE runs SET status = 'failed'")
        connection.commit()
        connection.close()
    else:
        (kept / name).parent.mkdir(exist_ok=True)
        (kept / name).write_text("kepT\n")

    done = shell("runs", "check")
    assert (done.returncode, words in done.stdout) == (2, True), done.stdout


def test_a_log_that_is_cut_off_is_told_and_no_fault(shell: Shell, kept: Path) -> None:
    (kept / "say.log").write_text("t")
    (kept / "say.log.times").write_text("0 1\n9 2\n")

    done = shell("runs", "check", "one")
    assert done.returncode == 0
    assert "say.log is shorter than it was: a power loss may take the end of a log\n" in done.stdout


def test_a_log_that_is_a_link(shell: Shell, kept: Path) -> None:
    (kept / "say.log").unlink()
    (kept / "say.log").symlink_to("/etc/passwd")

    done = shell("runs", "check", "one")
    assert done.returncode == 2
    assert re.search(r"the log \S+/say\.log cannot be read: Too many levels of symbolic links", done.stdout)
    assert "root:" not in shell("runs", "export", "one").stdout


def test_a_live_run_is_looked_at_without_its_files(shell: Shell) -> None:
    shell.write("long.yaml", "steplane: 1\nname: long\nsteps: [{id: wait, run: echo up; sleep 60}]\n")
    run = shell.start("run", "long.yaml", "--id", "one", "--format", "plain")
    wait_for(run, "up")

    done = shell("runs", "check")
    assert done.returncode == 0, done.stdout
    assert "its artifacts and logs were not looked at: it is running" in done.stdout
    assert shell("runs", "prune", "--keep", "0", "--unfinished").stdout == "nothing to delete\n"
    run.terminate()
    run.wait()


def test_a_run_that_is_not_there(shell: Shell, kept: Path) -> None:
    done = shell("runs", "check", "tow")
    assert done.returncode == 2
    assert done.stderr.startswith("error: no run 'tow'\n help: Nearest: one")


# ---------------------------------------------------------------- export


def test_all_of_a_run(shell: Shell, kept: Path) -> None:
    done = shell("runs", "export", "one")
    assert (done.returncode, done.stderr) == (0, "")
    found = lines(done.stdout)
    assert [one["type"] for one in found] == [
        "export",
        "header",
        "definition",
        *["event"] * 11,
        "artifact",
        "log",
        "end",
    ]
    assert (found[0]["format"], found[0]["run"], found[0]["status"]) == (1, "one", "succeeded")
    assert found[2]["text"] == FLOW
    assert all(one.get("verified", True) for one in found)
    assert [one["event"]["type"] for one in found[3:5]] == ["run.begun", "step.ready"]
    assert found[-3] | {"sha256": ""} == {
        "type": "artifact", "verified": True, "path": "file", "name": "a.txt", "size": 5, "sha256": "",
    }  # fmt: skip
    assert found[-2] == {"type": "log", "file": "say.log", "offset": 0, "text": "told ***\n"}
    assert found[-1] == {"type": "end", "complete": True, "events": 11, "missing": []}
    assert SECRET not in done.stdout


def test_a_secret_that_stands_in_a_file_by_mistake_is_masked(shell: Shell, kept: Path) -> None:
    (kept / "say.log").write_text(f"a step went round the mask: {SECRET}\n")

    assert SECRET not in shell("runs", "export", "one").stdout
    assert "a step went round the mask: ***" in shell("runs", "export", "one").stdout


def test_a_damaged_run(shell: Shell, kept: Path) -> None:
    change(kept, "DELETE FROM events WHERE seq IN (3, 4)")
    (kept / "artifacts" / "file" / "a.txt").unlink()
    content = bytearray((kept / "journal.db").read_bytes())
    content[:100] = bytes(100)
    (kept / "journal.db").write_bytes(content)

    done = shell("runs", "export", "one", "--output", "saved.jsonl")
    assert (done.returncode, done.stdout) == (2, "")
    found = lines(shell.plain((shell.folder / "saved.jsonl").read_text()))
    events = {one["seq"]: one["verified"] for one in found if one["type"] == "event"}
    assert events == {1: True, 2: True, 5: False, 6: True, 7: True, 8: True, 9: True, 10: True, 11: True}
    assert found[-1]["missing"] == [
        "events 3 to 4 cannot be read",
        "event 5 cannot be proved to be what was recorded (checksum)",
    ]
    assert done.stderr == (
        "warning: run one is damaged: 9 events could be read\n"
        "   help: Missing: events 3 to 4 cannot be read; event 5 cannot be proved to be what was recorded (checksum). "
        "The last line of the export has all.\n"
    )
    assert (shell.folder / "saved.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_file_is_not_written_over(shell: Shell, kept: Path) -> None:
    shell.write("saved.jsonl", "mine")
    done = shell("runs", "export", "one", "--output", "saved.jsonl")
    assert done.returncode == 2
    assert done.stderr == "error: saved.jsonl is there already\n help: Name another file, or remove it.\n"
    done = shell("runs", "export", "one", "--output", "no/such/saved.jsonl")
    assert (done.returncode, "no/such/saved.jsonl cannot be written: No such file" in done.stderr) == (6, True)
    assert sorted(path.name for path in shell.folder.glob("*saved*")) == ["saved.jsonl"]


def test_logs_may_be_left_out_and_a_reader_may_go_away(shell: Shell, kept: Path) -> None:
    assert "log" not in {one["type"] for one in lines(shell("runs", "export", "one", "--no-logs").stdout)}
    words = " ".join(shell.words(["runs", "export", "one"]))
    done = subprocess.run(
        ["bash", "-c", f"{words} | head -1; echo ${{PIPESTATUS[0]}}"],
        cwd=shell.folder, env=shell.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout.splitlines()[-1], done.stderr) == ("0", "")


# ---------------------------------------------------------------- prune


def test_old_runs_are_deleted(shell: Shell, kept: Path) -> None:
    assert shell("run", "kept.yaml", "--id", "two", "-q").returncode == 0
    wanted = shell("runs", "prune", "--keep", "1", "--dry-run")
    assert wanted.returncode == 0
    assert re.fullmatch(
        r"RUN +STATUS +WORKFLOW +ENDED \(UTC\) +SIZE\none +succeeded +kept +[\d: -]+ +[\d.]+ KiB\n\n"
        r"would delete 1 run, [\d.]+ KiB\n",
        wanted.stdout,
    )
    assert kept.exists()

    done = shell("runs", "prune", "--keep", "1", "--format", "json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["dry_run"], found["left"]) == (0, False, [])
    assert [(one["run"], one["status"]) for one in found["runs"]] == [("one", "succeeded")]
    assert found["freed"] == found["runs"][0]["size"] > 0
    assert sorted(path.name for path in kept.parent.iterdir()) == [".new", f"two{shell.ending}"]
    assert shell("runs", "prune", "--keep", "1").stdout == "nothing to delete\n"


WRONG = {
    "": "error: nothing says which runs are to go\n help: Give one or more of --older-than TIME, --keep N, --max-size "
    "SIZE; `--keep 0` is all.\n",
    "--older-than old": "error: `--older-than old` is neither a length of time nor a date\n help: Write `2d`, "
    "`2026-11-23` or `2026-11-23T08:00`.\n",
    "--max-size big": "error: `--max-size big` is no size\n help: Write a number of bytes with a unit: 500M, 2G, "
    "1.5GiB.\n",
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_call_deletes_nothing(shell: Shell, kept: Path, words: str) -> None:
    done = shell("runs", "prune", *words.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", WRONG[words])
    assert kept.exists()


def test_a_run_that_cannot_be_deleted_is_told_and_the_others_go(shell: Shell, kept: Path) -> None:
    assert shell("run", "kept.yaml", "--id", "two", "-q").returncode == 0
    elsewhere = shell.folder / "elsewhere"
    kept.rename(elsewhere)
    os.symlink(elsewhere, kept)

    done = shell("runs", "prune", "--keep", "0")
    assert done.returncode == 2
    assert "deleted 1 run" in done.stdout
    assert "is a link to" in done.stderr
    assert elsewhere.exists()


# ---------------------------------------------------------------- the family


def test_words_of_the_family(shell: Shell, kept: Path) -> None:
    assert shell("runs").stdout.splitlines()[1].startswith("one  succeeded  kept")
    done = shell("runs", "prnue")
    assert done.stderr == (
        "error: there is no command `steplane runs prnue`\n help: Did you mean `steplane runs prune`?\n"
    )
    done = shell("runs", "--limit", "3", "check")
    assert (done.returncode, done.stderr) == (
        2, "error: `--limit` stands before `check`\n help: Write options behind it: steplane runs check …\n"
    )  # fmt: skip
