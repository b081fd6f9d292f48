"""`fmt` and `migrate`."""

from .conftest import Shell

UNTIDY = "steplane: 1\nsteps:\n  - run: make   \n    if: ${{ run.id != 'x' }}   # always\n    id: build\n"
TIDY = "steplane: 1\nsteps:\n  - id: build\n    if: run.id != 'x'   # always\n    run: make\n"


def test_files_are_put_into_form(shell: Shell) -> None:
    shell.write("workflows/a.yaml", UNTIDY)
    shell.write("workflows/b.yaml", TIDY)
    checked = shell("fmt", "--check")
    assert (checked.returncode, checked.stdout, checked.stderr) == (1, "", "workflows/a.yaml: not in form\n")
    patch = shell("fmt", "--diff", "workflows/a.yaml")
    assert patch.returncode == 0
    assert "+  - id: build\n" in patch.stdout
    assert (shell.folder / "workflows/a.yaml").read_text("utf-8") == UNTIDY
    done = shell("fmt", "workflows")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "workflows/a.yaml: put into form\n")
    assert (shell.folder / "workflows/a.yaml").read_text("utf-8") == TIDY
    again = shell("fmt", "--check", "workflows")
    assert (again.returncode, again.stderr) == (0, "")


def test_stdin_goes_to_stdout(shell: Shell) -> None:
    done = shell("fmt", "-", stdin=UNTIDY)
    assert (done.returncode, done.stdout) == (0, TIDY)


def test_what_is_no_yaml_is_left(shell: Shell) -> None:
    shell.write("a.yaml", "steplane: 1\nsteps:\n  - run: @make\n")
    done = shell("fmt", "a.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error[reserved-start]: ")
    assert (shell.folder / "a.yaml").read_text("utf-8") == "steplane: 1\nsteps:\n  - run: @make\n"


def test_migrate_changes_nothing_for_there_is_one_version(shell: Shell) -> None:
    shell.write("workflows/a.yaml", UNTIDY)
    for words in (["migrate"], ["migrate", "--check", "workflows/a.yaml"]):
        done = shell(*words)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == "workflows/a.yaml: in version 1, the newest\n"
    assert (shell.folder / "workflows/a.yaml").read_text("utf-8") == UNTIDY
    shell.write("new.yaml", "steplane: 2\nsteps: []\n")
    newer = shell("migrate", "new.yaml")
    assert newer.returncode == 2
    assert newer.stderr.startswith(
        "error: new.yaml is written for version 2 of the language, and this release knows 1\n"
    )
    shell.write("none.yaml", "name: none\n")
    none = shell("migrate", "none.yaml")
    assert (none.returncode, none.stderr) == (
        2, "error: none.yaml says no language version\n help: Begin it with `steplane: 1`.\n",
    )  # fmt: skip
