"""`check` mends, explains, ignores, watches, and takes patterns."""

import json
import os
import signal
import stat
from pathlib import Path

from .conftest import Shell

OLD = """\
# what we ship
steplane: 1
inputs:
  go: {type: boolean, default: false}   # on Fridays
steps:
  - id: build      # twice a day
    run: make
    if: ${{ inputs.go }}

  - run: make test
    needs: [build, build]
    on_error: wran
"""
SAFE = OLD.replace("${{ inputs.go }}", "inputs.go").replace("[build, build]", "[build]")
MISSING = """\
steplane: 1
steps:
  - id: build
    if: run.id != 'dry'
    run: make
  - run: echo "${{ steps.build.outputs.stdout }}" """


def test_fix_makes_the_safe_changes_once_and_keeps_all_else(shell: Shell) -> None:
    shell.write("old.yaml", OLD)
    path = shell.folder / "old.yaml"
    path.chmod(0o640)
    diff = shell("check", "--diff", "old.yaml")
    assert path.read_text("utf-8") == OLD
    assert diff.returncode == 2
    assert [line for line in diff.stdout.splitlines() if line[:1] in "+-"] == [
        "--- old.yaml", "+++ old.yaml", "-    if: ${{ inputs.go }}", "+    if: inputs.go",
        "-    needs: [build, build]", "+    needs: [build]",
    ]  # fmt: skip
    done = shell("check", "--fix", "--format", "concise", "old.yaml")
    assert (path.read_text("utf-8"), stat.S_IMODE(path.stat().st_mode)) == (SAFE, 0o640)
    assert (done.returncode, done.stderr) == (2, "old.yaml: 2 mended\n")
    assert done.stdout.startswith("old.yaml:12:15: error[enum]: ")
    again = shell("check", "--fix", "old.yaml")
    guesses = " help: 1 can be mended by a guess: steplane check --fix --unsafe old.yaml (first look: --diff)\n"
    assert (path.read_text("utf-8"), again.stderr) == (SAFE, guesses)
    guessed = shell("check", "--fix", "--unsafe", "old.yaml")
    assert (guessed.returncode, path.read_text("utf-8")) == (0, SAFE.replace("wran", "warn"))


def test_a_check_tells_what_can_be_mended_and_how(shell: Shell) -> None:
    shell.write("my old.yaml", OLD)
    assert shell("check", "my old.yaml").stderr == (
        " help: 2 can be mended: steplane check --fix 'my old.yaml'\n"
        " help: 1 more can be mended by a guess: steplane check --fix --unsafe 'my old.yaml' (first look: --diff)\n"
    )
    assert shell("check", "-", stdin=OLD).stderr == ""  # there is no file to mend


def test_line_ends_and_byte_order_marks_stay(shell: Shell) -> None:
    path = shell.folder / "old.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + OLD.replace("\n", "\r\n").encode())
    shell("check", "--fix", "old.yaml")
    assert path.read_bytes() == b"\xef\xbb\xbf" + SAFE.replace("\n", "\r\n").encode()


def test_stdin_cannot_be_mended(shell: Shell) -> None:
    done = shell("check", "--fix", "-", stdin=OLD)
    assert (done.returncode, done.stderr) == (
        2, "error: what comes on stdin cannot be mended or watched\n help: Name files.\n",
    )  # fmt: skip


def test_explain(shell: Shell) -> None:
    done = shell("check", "--explain", "needs-itself")
    assert done.stdout == (
        "needs-itself\n\nA step needs itself. It could never start.\n\n"
        "Wrong:\n\n    - id: build\n      needs: [build]\n      run: make\n\n"
        "Right:\n\n    - id: build\n      needs: []\n      run: make\n"
    )
    wrong = shell("check", "--explain", "needs-itsel")
    assert (wrong.returncode, wrong.stderr) == (
        2, "error: there is no code needs-itsel\n help: Did you mean needs-itself?\n",
    )  # fmt: skip


def test_a_comment_ignores_a_warning_and_an_ignore_of_nothing_is_told(shell: Shell) -> None:
    beside = f"{MISSING}# steplane: ignore[may-be-missing]\n"
    above = MISSING.replace("  - run: echo", "  # steplane: ignore[may-be-missing, no-id]\n  - run: echo") + "\n"
    assert "warning[may-be-missing]" in shell("check", "--format", "concise", "-", stdin=f"{MISSING}\n").stdout
    assert shell("check", "-", stdin=beside).stdout == ""
    assert shell("check", "--format", "concise", "-", stdin=above).stdout == (
        "<stdin>:6:38: warning[unused-ignore]: nothing is ignored: there is no `no-id` in line 7\n"
    )
    error = "steplane: 1\nsteps:\n  - runn: make    # steplane: ignore[unknown-key]\n"
    found = json.loads(shell("check", "--format", "json", "-", stdin=error).stdout)["diagnostics"]
    assert {(one["code"], one["message"]) for one in found} >= {
        ("unused-ignore", "`unknown-key` is an error here, and errors cannot be ignored"),
    }  # fmt: skip
    assert "unknown-key" in {one["code"] for one in found}


def test_the_configuration_ignores_by_path(shell: Shell) -> None:
    shell.write("workflows/old/a.yaml", f"{MISSING}\n")
    shell.write("workflows/new.yaml", f"{MISSING}\n")
    shell.write("steplane.toml", '[ignore]\n"workflows/old/*" = ["may-be-missing", "no-id"]\n"x/*" = ["no-id"]\n')
    done = shell("check", "--format", "concise", "workflows")
    vain = "nothing is ignored: there is no `no-id` in what `workflows/old/*` means"
    assert [line.split(": `")[0] for line in done.stdout.splitlines()] == [
        "workflows/new.yaml:6:20: warning[may-be-missing]",
        f"steplane.toml:2:41: warning[unused-ignore]: {vain}",
        "steplane.toml:3:11: warning[unused-ignore]: no workflow file is named by `x/*`",
    ]  # fmt: skip
    shell.write("workflows/old/b.yaml", "steplane: 1\nsteps: [{run: make}]\n")
    alone = shell("check", "--format", "concise", "workflows/old/b.yaml")
    assert (alone.returncode, alone.stdout) == (0, ""), "the other file may need the ignore"
    shell.write("steplane.toml", '[ignore]\n"workflows/old/*" = ["may-be-mising", "may-be-missing"]\n')
    assert (
        "there is no code `may-be-mising`; did you mean `may-be-missing`?"
        in shell("check", "--format", "concise").stdout
    )
    shell.write("steplane.toml", 'ignore = {"x" = "no-id"}\n')
    assert "`ignore` wants lists of codes by patterns of paths" in shell("check", "workflows").stderr


def test_hints_are_told_when_asked_for(shell: Shell) -> None:
    text = "steplane: 1\ninputs:\n  who: {type: string}\nsteps:\n  - run: make\n"
    assert shell("check", "-", stdin=text).stdout == ""
    done = shell("check", "--hints", "--strict", "--format", "concise", "-", stdin=text)
    assert (done.returncode, done.stdout) == (
        0, "<stdin>:3:3: hint[unused-input]: input `who`: nothing in this file uses it\n",
    )  # fmt: skip


def test_patterns_and_an_order_of_files(shell: Shell) -> None:
    for name in ("b", "a", "deep/c"):
        shell.write(f"flows/{name}.yaml", "steplane: 1\nsteps:\n  - runn: make\n")
    done = shell("check", "--format", "concise", "flows/**/*.yaml")
    files = list(dict.fromkeys(line.split(":")[0] for line in done.stdout.splitlines()))
    assert files == ["flows/a.yaml", "flows/b.yaml", "flows/deep/c.yaml"]
    none = shell("check", "flows/*.yml")
    assert (none.returncode, none.stderr.splitlines()[0]) == (2, "error: no file is named by the pattern flows/*.yml")


def test_what_bash_says_is_kept_where_there_is_a_store(shell: Shell) -> None:
    text = "steplane: 1\nsteps:\n  - run: |\n      if true; then\n        echo ${{ run.id }}\n      done\n"
    shell.write("a.yaml", text)
    (shell.folder / ".steplane").mkdir(mode=0o700)
    first = shell("check", "--format", "concise", "a.yaml")
    assert first.stdout == "a.yaml:6:7: error[shell-syntax]: bash cannot read this script: unexpected `done`\n"
    log = Path(shell.folder / "bin")
    log.mkdir()
    (log / "bash").write_text(f'#!/bin/sh\necho called >> {shell.folder}/called\nexec /bin/bash "$@"\n', "utf-8")
    (log / "bash").chmod(0o755)
    again = shell("check", "--format", "concise", "a.yaml", env={"PATH": f"{log}:{os.environ['PATH']}"})
    assert again.stdout == first.stdout
    assert not (shell.folder / "called").exists()


def test_watch_checks_again_when_a_file_changes(shell: Shell) -> None:
    shell.write("a.yaml", "steplane: 1\nsteps:\n  - runn: make\n")
    watching = shell.start("check", "--watch", "--format", "concise", "a.yaml")
    assert watching.stdout is not None
    try:
        assert "unknown-key" in watching.stdout.readline()
        shell.write("new", "steplane: 1\nsteps:\n  - runs: make\n    run: make\n")
        os.replace(shell.folder / "new", shell.folder / "a.yaml")
        assert "`runs` is not a key" in watching.stdout.readline()
    finally:
        watching.send_signal(signal.SIGINT)
        watching.wait(60)
    assert watching.returncode == 130
