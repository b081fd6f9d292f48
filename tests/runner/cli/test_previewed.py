"""`resume --dry-run`: what a resume would go on with, and what a changed file means; nothing is done."""

import json

from tests.runner.cli.conftest import Shell

TEXT = """\
steplane: 1
name: load
steps:
  - {id: count, run: 'echo 12'}
  - id: group
    steps:
      - {id: each, foreach: [p, q], key: '${{ item }}', run: 'test ${{ item }} = p'}
  - {id: report, region: late, run: 'true'}
  - {id: stop, needs: [report], cancel: {region: late}}
"""


def test_it_says_what_would_begin_anew_and_records_nothing(shell: Shell) -> None:
    shell.write("load.yaml", TEXT)
    assert shell("run", "load.yaml", "--id", "one", "-q").returncode == 1
    before = shell("runs", "export", "one").stdout.split("\n")[1:]
    plain = shell("resume", "one", "--dry-run")
    assert plain.returncode == 0
    assert plain.stdout.split("\n") == [
        "  STEP           SO FAR",
        "  group/each[q]  failed: begins anew",
        "  report         blocked: begins anew",
        "  stop           blocked: begins anew",
        "",
        "  2 recorded results stay.",
        "",
    ]
    shell.write("load.yaml", TEXT.replace("echo 12", "echo 13"))
    edited = shell("resume", "--dry-run")
    assert edited.returncode == 0
    assert "  count   changed: run    runs again\n" in edited.stdout
    assert "Go on so: steplane resume one --accept-changes." in edited.stdout
    assert shell("resume", "one", "--dry-run", "--recorded").stdout == plain.stdout
    data = json.loads(shell("resume", "one", "--dry-run", "--recorded", "--format", "json").stdout)
    assert data["steps"][0] == {"path": "group/each[q]", "status": "failed", "then": "anew"}
    refused = shell("resume", "one", "--dry-run", "--redo", "count")
    assert refused.returncode == 2
    assert "`--dry-run` contradicts `--redo`" in refused.stderr
    assert shell("runs", "export", "one").stdout.split("\n")[1:] == before  # the first says when it was exported
    assert "region   late" in shell("show", "one", "report").stdout
    assert "region late" in shell("explain", "one", "report").stdout
    assert "region late" in shell("graph", "load.yaml").stdout
    assert "region late" in shell("plan", "load.yaml").stdout
