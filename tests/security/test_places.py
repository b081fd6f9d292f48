"""S37, S39, S40, S42, S47 to S50, S58, S60: files, archives, plugins, stores, other users."""

import io
import json
import os
import sqlite3
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.security.conftest import Victim

from steplane.store.records import COLUMNS, checksum, root

OUTSIDE = ("../hit", "../../../../tmp/hit", "/tmp/steplane-hit", "a/../../hit")


@pytest.mark.parametrize("path", OUTSIDE)
def test_s37_artifacts_come_from_below_the_working_directory_only(victim: Victim, path: str) -> None:
    answer = victim.check(f"steplane: 1\nsteps: [{{run: 'true', artifacts: ['{path}']}}]\n")
    assert answer.code == 2
    assert answer.out.startswith("trial.yaml:2:")


@pytest.mark.parametrize("name", ["../../outside", "/etc/outside", "..", "a\0b", "-x", "a" * 300])
def test_s37_no_run_id_and_no_key_is_a_path(victim: Victim, name: str) -> None:
    victim.write("trial.yaml", "steplane: 1\nsteps: [{run: 'true'}]\n")
    if "\0" not in name:
        for words in (["run", "trial.yaml", "--id", name], ["show", name], ["logs", name], ["resume", name]):
            answer = victim.attack(*words)
            assert answer.code == 2, (words, answer.said)
            assert "error: " in answer.err
    (victim.folder / "key").write_text(name)
    text = """
inputs: {k: {type: string}}
steps:
  - {foreach: [1], key: "${{ inputs.k }}", run: 'echo kept > $STEPLANE_ARTIFACTS/x; echo said'}
"""
    victim.run(text, "-i", "k=@key")
    made = {path for path in victim.folder.rglob("*") if path.is_file() and ".steplane" not in path.parts}
    assert {path.name for path in made} <= {"trial.yaml", "key", ".out", ".err", ".peak"}
    assert not Path("/etc/outside").exists()


@pytest.mark.parametrize("path", ["../trial2.yaml", "x/../../trial2.yaml"])
def test_s37_a_name_is_no_path_out_of_the_folder_of_workflows(victim: Victim, path: str) -> None:
    (victim.folder / "inner" / "workflows").mkdir(parents=True)
    answer = victim.attack("run", f"{path.removesuffix('.yaml')}")
    assert answer.code == 2


def tar_of(path: Path, *members: tarfile.TarInfo) -> None:
    """An archive with these members, each file holding one word."""
    with tarfile.open(path, "w:gz") as archive:
        for one in members:
            one.size = 4 if one.isreg() else 0
            archive.addfile(one, io.BytesIO(b"word") if one.isreg() else None)


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    """One member of an archive."""
    one = tarfile.TarInfo(name)
    one.type, one.linkname = kind, target
    return one


UNPACK = "steps: [{uses: archive.unpack, with: {path: bad, target: target, format: FORMAT}}]\n"

TARS = {
    "up": [member("../hit")],
    "absolute": [member("/tmp/steplane-hit")],
    "link out": [member("link", tarfile.SYMTYPE, ".."), member("link/hit")],
    "link to a file": [member("link", tarfile.SYMTYPE, "../trial.yaml"), member("link")],
    "hard link out": [member("link", tarfile.LNKTYPE, "../trial.yaml")],
    "chain": [member("a", tarfile.SYMTYPE, "."), member("a/b", tarfile.SYMTYPE, ".."), member("b/hit")],
    "device": [member("zero", tarfile.CHRTYPE)],
    "pipe": [member("pipe", tarfile.FIFOTYPE)],
}


@pytest.mark.parametrize("case", TARS)
def test_s39_a_tar_file_that_leads_out(victim: Victim, case: str) -> None:
    tar_of(victim.folder / "bad", *TARS[case])
    answer = victim.run(UNPACK.replace("FORMAT", "tar.gz"))
    assert answer.code == 1
    assert "(archive.unsafe)" in answer.out, answer.said
    assert not list((victim.folder / "target").rglob("*"))
    assert not (victim.folder / "hit").exists()
    assert (victim.folder / "trial.yaml").read_text().startswith("steplane: 1")


@pytest.mark.parametrize("name", ["../hit", "/tmp/steplane-hit", "a/../../hit", "..\\hit", "C:\\hit"])
def test_s39_a_zip_file_that_leads_out(victim: Victim, name: str) -> None:
    with zipfile.ZipFile(victim.folder / "bad", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "word")
    answer = victim.run(UNPACK.replace("FORMAT", "zip"))
    assert not (victim.folder / "hit").exists()
    assert not Path("/tmp/steplane-hit").exists()
    assert answer.code == 1 or "\\" in name
    inside = [path for path in (victim.folder / "target").rglob("*") if path.is_file()]
    assert all(path.resolve().is_relative_to(victim.folder / "target") for path in inside)


def test_s40_bombs(victim: Victim) -> None:
    with (
        zipfile.ZipFile(victim.folder / "bad", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("zeros", "w", force_zip64=True) as file,
    ):
        for _ in range(300):
            file.write(b"\0" * (1 << 20))
    answer = victim.run(UNPACK.replace("FORMAT", "zip"))
    assert answer.code == 1
    assert "(archive.limit)" in answer.out, answer.said
    assert not list((victim.folder / "target").rglob("*"))


@pytest.mark.parametrize("special", ["/dev/zero", "pipe", "/dev/stdin"])
def test_s40_device_files_and_pipes_are_no_files(victim: Victim, special: str) -> None:
    os.mkfifo(victim.folder / "pipe")
    text = "failure: continue\nsteps:\n" + "".join(
        f"  - {{needs: [], uses: {kind}, with: {{path: {special}{more}}}}}\n"
        for kind, more in (("file.read", ""), ("csv.read", ""), ("archive.unpack", ", target: target, format: zip"))
    )
    answer = victim.run(text)
    assert answer.code == 1
    assert answer.out.count("✗ ") >= 3
    calls = [["check", special], ["run", special]]
    if special != "pipe":  # a pipe may be the output of a program that writes inputs: who names it waits for it
        calls.append(["run", "trial.yaml", "--inputs", special])
    for words in calls:
        assert victim.attack(*words).code == 2


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_s42_everything_kept_is_private_under_any_umask(victim: Victim, umask: int) -> None:
    text = """
steps:
  - {run: 'echo x; echo y > $STEPLANE_ARTIFACTS/kept; echo o=1 > $STEPLANE_OUTPUT', outputs: [o]}
  - {uses: python.call, with: {function: "os.path:basename", args: [x]}}
"""
    victim.write("trial.yaml", "steplane: 1\nname: trial\n" + text)
    answer = victim.attack("run", "trial.yaml", "--id", "one", umask=umask)
    assert answer.code == 0, answer.said
    for path in (victim.state, *victim.state.rglob("*")):
        if path.is_symlink() or ("artifacts" in path.parts and path.is_file()):
            continue  # a step's own, below a folder that nobody else can enter
        assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(victim.state.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o707, 0o1777])
def test_s42_a_state_directory_that_others_may_write_into_is_refused(victim: Victim, mode: int) -> None:
    victim.write("trial.yaml", "steplane: 1\nsteps: [{run: touch hit}]\n")
    victim.state.mkdir()
    victim.state.chmod(mode)
    for words in (["run", "trial.yaml"], ["runs"], ["show"], ["resume"]):
        answer = victim.attack(*words)
        assert answer.code == 6, words
        assert "other users may write into the state directory" in answer.err
        assert "chmod go-w" in answer.err
    assert not (victim.folder / "hit").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_s42_a_state_directory_of_somebody_else_is_refused(victim: Victim) -> None:
    victim.write("trial.yaml", "steplane: 1\nsteps: [{run: touch hit}]\n")
    victim.state.mkdir(0o700)
    os.chown(victim.state, 65534, 65534)
    answer = victim.attack("run", "trial.yaml")
    assert answer.code == 6
    assert "belongs to another user (uid 65534)" in answer.err
    assert not (victim.folder / "hit").exists()


def test_s47_only_plugins_on_the_list(victim: Victim) -> None:
    victim.write("steplane.toml", 'plugins = ["shell"]\n')
    answer = victim.check("steplane: 1\nsteps:\n  - {run: 'true'}\n  - {uses: log, with: {message: x}}\n")
    assert answer.code == 2
    assert "trial.yaml:4:" in answer.out
    assert "error[plugin-not-allowed]" in answer.out
    assert victim.attack("run", "trial.yaml").code == 2


POISON = "open({path!r}, 'a').write(__name__ + chr(10))\nraise SystemExit('poison')\n"


MODULES = ("yaml", "jinja2", "click", "msgspec", "sqlite3", "json", "steplane_steps", "steplane")


def test_s48_modules_in_the_working_directory_are_not_imported(victim: Victim) -> None:
    hit = victim.folder / "hit"
    for module in MODULES:
        victim.write(f"{module}.py", POISON.format(path=str(hit)))
    victim.write("trial.yaml", "steplane: 1\nsteps:\n  - {uses: log, with: {message: \"${{ 'a' | upper }}\"}}\n")
    program = Path(sys.executable).with_name("steplane")
    for words in (["--help"], ["check", "trial.yaml"], ["run", "trial.yaml"], ["plugins"]):
        done = subprocess.run(
            [program, *words], cwd=victim.folder, env=victim.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert not hit.exists()


@pytest.mark.parametrize("module", ["sitecustomize", "usercustomize"])
def test_s49_nor_those_that_python_imports_by_itself(victim: Victim, module: str) -> None:
    hit = victim.folder / "hit"
    victim.write(f"{module}.py", POISON.format(path=str(hit)))
    steps = """steplane: 1
steps:
  - {uses: python.call, with: {function: "os.path:basename", args: [x]}}
  - {uses: log, with: {message: x}, isolate: true}
"""
    victim.write("trial.yaml", steps)
    program = Path(sys.executable).with_name("steplane")
    for words in (["check", "trial.yaml"], ["run", "trial.yaml"]):
        done = subprocess.run(
            [program, *words], cwd=victim.folder, env=victim.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert not hit.exists()


def test_s50_no_plugin_is_imported_where_none_is_used(victim: Victim) -> None:
    hit = victim.folder / "hit"
    site = victim.folder / "site"
    site.mkdir()
    (site / "evil_plugin.py").write_text(POISON.format(path=str(hit)))
    info = site / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[steplane.steps]\nevil = evil_plugin\nlog2 = evil_plugin\n")
    victim.write("trial.yaml", "steplane: 1\nsteps: [{run: 'true'}]\n")
    env = {"PYTHONPATH": str(site)}
    for words in (
        ["--help"], ["--version"], ["run", "--help"], ["check", "trial.yaml"], ["run", "trial.yaml"], ["runs"],
        ["plan", "trial.yaml"], ["graph", "trial.yaml"],
    ):  # fmt: skip
        assert victim.attack(*words, env=env).code == 0, words
        assert not hit.exists(), words
    victim.write("trial.yaml", "steplane: 1\nsteps: [{uses: evil.do}]\n")
    answer = victim.attack("check", "trial.yaml", env=env)
    assert answer.code == 2
    assert hit.exists()
    assert "`evil`" in answer.said


def kept(victim: Victim) -> Path:
    """The journal of a run that has failed."""
    assert victim.run("steps:\n  - {id: a, run: echo x}\n  - {id: b, run: echo y; exit 3}\n").code == 1
    (journal,) = victim.state.rglob("journal.db")
    return journal


READERS = (["runs"], ["show", "one"], ["logs", "one"], ["explain", "one"], ["runs", "--format", "json"])


CHANGED = "is damaged: event 1 is not what was recorded (checksum)"
TABLES = "is damaged: its tables are not those that Steplane makes"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE events SET data = zeroblob(10000000)", CHANGED),
        ("UPDATE events SET data = '{{{{'", CHANGED),
        ("UPDATE events SET data = replace(data, 'x', 'y')", CHANGED.replace("1", "4")),
        ("UPDATE events SET type = char(27) || '[2J'", CHANGED),
        ("DELETE FROM events", "is damaged: its newest events are missing (10 were"),
        ("DROP TABLE events", TABLES),
        ("CREATE TRIGGER hit AFTER INSERT ON events BEGIN DELETE FROM events; END", TABLES),
        ("PRAGMA user_version = 99", "was written by a later release (format 99)"),
    ],
)
def test_s58_a_hostile_journal_is_refused(victim: Victim, statement: str, said: str) -> None:
    journal = kept(victim)
    with sqlite3.connect(journal) as connection:
        connection.execute(statement)
    connection.close()
    for words in (*READERS, ["resume", "one"]):
        answer = victim.attack(*words)
        assert "\x1b" not in answer.said
        assert answer.code == (0 if words[0] == "runs" else 2), (words, answer.said)
        assert answer.code == 0 or f"journal.db {said}" in answer.err, (words, answer.err)
        assert answer.code == 0 or "help: " in answer.err, (words, answer.err)


JUNK = (b"", b"\x80\x04\x95cos\nsystem\n(S'touch hit'\ntR.", bytes(range(256)) * 20, b"SQLite format 3\0")


@pytest.mark.parametrize("junk", JUNK, ids=["nothing", "pickle", "bytes", "half a header"])
def test_s58_no_pickle_and_no_junk(victim: Victim, junk: bytes) -> None:
    journal = kept(victim)
    for path in (journal, victim.state / "steplane.db", *(victim.state / "cache").rglob("*")):
        if path.is_file():
            path.write_bytes(junk)
    for words in (*READERS, ["resume", "one"], ["run", "trial.yaml"]):
        answer = victim.attack(*words)
        if answer.code not in {0, 1}:
            assert "error: " in answer.err
            assert "help: " in answer.err, (words, answer.said)
    assert not (victim.folder / "hit").exists()


def test_s58_links_in_a_store_lead_nowhere(victim: Victim) -> None:
    run = kept(victim).parent
    precious = victim.folder / "precious"
    precious.write_text("precious")
    for name in ("b.log", "b.log.output", "b.log.times"):
        (run / name).unlink(missing_ok=True)
        (run / name).symlink_to(precious)
    assert victim.attack("resume", "one", "--format", "plain").code == 1
    assert precious.read_text() == "precious"
    assert "precious" not in victim.attack("logs", "one").said


@pytest.mark.parametrize("name", ["RUN/artifacts", "RUN", "runs", "cache"])
def test_s58_folders_that_are_links_are_refused(victim: Victim, name: str) -> None:
    run = kept(victim).parent
    place = victim.state / name.replace("RUN", str(run.relative_to(victim.state)))
    place.mkdir(exist_ok=True)
    elsewhere = victim.folder / "elsewhere"
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    answer = victim.attack("resume", "one")
    assert answer.code == (2 if "RUN" in name else 6)  # damaged, or a state directory that cannot be used
    assert str(place.relative_to(victim.folder)).replace(run.name, "one") in answer.said
    assert "is a link" in answer.said
    assert sorted(elsewhere.rglob("*")) == before


def test_s58_pipes_in_a_store_are_not_waited_for(victim: Victim) -> None:
    run = kept(victim).parent
    (run / "a.log").unlink()
    os.mkfifo(run / "a.log")
    assert "[b] y" in victim.attack("logs", "one").out
    (run / "owner.lock").unlink()
    os.mkfifo(run / "owner.lock")
    assert victim.attack("show", "one").code == 0
    answer = victim.attack("resume", "one")
    assert answer.code == 6
    assert "owner.lock" in answer.said


@pytest.mark.parametrize("name", ["latest", ""])
def test_s37_a_run_has_no_id_that_means_another(victim: Victim, name: str) -> None:
    victim.write("trial.yaml", "steplane: 1\nname: trial\nsteps: [{run: echo x}]\n")
    answer = victim.attack("run", "trial.yaml", "--id", name)
    assert answer.code == 2
    assert "cannot be the id of a run" in answer.said


def test_s58_what_a_store_says_is_shown_harmlessly(victim: Victim) -> None:
    victim.run("name: trial\nsteps:\n  - {id: a, run: printf '\\033[2J'}\n".replace("name: trial\n", ""))
    for words in READERS[:2]:
        assert "\x1b" not in victim.attack(*words).said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_s60_other_users_get_nothing_from_the_state(victim: Victim) -> None:
    kept(victim)
    for folder in (victim.folder, *victim.folder.parents):
        if folder.owner() == "root" and folder != Path("/") and "pytest" in str(folder):
            folder.chmod(0o755)
    program = """
import json, os, sys
os.setgid(65534); os.setuid(65534)
got = []
for folder, names, files in os.walk(sys.argv[1], onerror=lambda error: got.append(error.errno)):
    for name in files:
        try: open(os.path.join(folder, name), 'rb').read(); got.append(name)
        except PermissionError as error: got.append(error.errno)
try: open(os.path.join(sys.argv[1], 'x'), 'w'); got.append('made')
except PermissionError as error: got.append(error.errno)
print(json.dumps(got))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(victim.state)], capture_output=True, text=True, check=True
    )
    assert set(json.loads(done.stdout)) == {13}


def test_s60_the_socket_of_a_live_run_is_its_owners_alone(victim: Victim) -> None:
    os.mkfifo(victim.folder / "going")
    victim.write("trial.yaml", "steplane: 1\nsteps: [{run: 'echo x > going; read y < going'}]\n")
    process = victim.start("run", "trial.yaml", "--id", "one")
    (victim.folder / "going").read_text()
    found = [path for path in victim.state.rglob("*") if stat.S_ISSOCK(path.lstat().st_mode)]
    assert found
    for path in found:
        assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0
    (victim.folder / "going").write_text("y\n")
    process.communicate(timeout=60)
    assert process.returncode == 0


def forge(journal: Path, kind: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the first event of a kind in a journal, and make all checksums right again."""
    with closing(sqlite3.connect(journal)) as connection, connection:
        (header,) = connection.execute("SELECT * FROM run").fetchall()
        rows = [list(row) for row in connection.execute(f"SELECT {COLUMNS} FROM events ORDER BY seq")]
        told = next(row for row in rows if row[4] == kind)
        event = json.loads(told[9])
        change(event)
        told[1], told[9] = event["at"], json.dumps(event)
        last = root(header[3])
        for row in rows:
            last = row[11] = checksum(tuple(row[:11]), last)
            connection.execute(
                "UPDATE events SET at = ?, data = ?, checksum = ? WHERE seq = ?", (row[1], row[9], last, row[0])
            )
    for name in ("owner.lock", "journal.db-wal", "journal.db-shm"):
        journal.with_name(name).unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("answered", lambda event: event.update(value=5)),
        ("answered", lambda event: event.update(value={"keys": True, "items": []})),
        ("answered", lambda event: event.pop("value")),
        ("step.ready", lambda event: event.update(at=4 * 10**18)),
        ("attempt.ended", lambda event: event.update(instance=77)),
    ],
)
def test_s58_a_journal_that_makes_no_sense_is_refused_or_read(victim: Victim, kind: str, change: Any) -> None:
    steps = "steps:\n  - {id: each, foreach: [1, 2], run: echo x}\n  - {id: b, run: exit 3}\n"
    assert victim.run(steps).code == 1
    (journal,) = victim.state.rglob("journal.db")
    forge(journal, kind, change)
    for words in (
        ["show", "one", "--format", "json"],
        ["explain", "one"],
        ["explain", "one", "each"],
        ["resume", "one"],
    ):
        answer = victim.attack(*words)
        assert answer.code in {0, 1, 2}, (words, answer.said)
        assert "makes no sense" in answer.said or answer.code != 2, (words, answer.said)
        assert "internal error" not in answer.said, (words, answer.said)
