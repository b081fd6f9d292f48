"""`plan`: the steps as a tree, as text and as data."""

import json
import os
import sys

from .conftest import Shell

ORDER = """\
steplane: 1
name: order
version: "2026.11"
failure: continue
inputs:
  region: {enum: [eu, us], default: eu, description: Where it is sold}
  limit: {type: number}
steps:
  - id: load
    uses: csv.read
    with: {path: orders.csv}
  - id: price
    foreach: ${{ steps.load.outputs.rows }}
    as: order
    key: ${{ order.id }}
    concurrency: 8
    max_failures: 5%
    steps:
      - id: quote
        run: ./quote "${{ order.sku }}"
        retry: {attempts: 5, backoff: exponential, max_delay: 1m}
        timeout: 10s
      - id: route
        switch:
          - when: inputs.limit > 10
            steps: [{id: review, run: ./review}]
          - default: true
            steps: [{id: auto, uses: log, with: {message: auto}}]
  - id: lint
    name: Look it over
    needs: []
    on_error: warn
    run: ./lint
  - id: alarm
    needs: {price: [failed, cancelled], lint: done}
    join: any
    if: inputs.region == 'eu'
    run: ./alarm
    rescue:
      - {id: call, run: ./call}
finally:
  - {id: clean, run: ./clean}
outputs:
  region: ${{ inputs.region }}
"""

TREE = """\
order 2026.11 (order.yaml)

inputs
  region  eu         one of eu, us, default   Where it is sold
  limit   not given  number, required

steps  (failure: continue)
├─ ▸ load  csv.read
│     → read orders.csv, which is not there now
├─ ▸ price
│  │  for each order of ${{ steps.load.outputs.rows }}, key ${{ order.id }}, 8 at a time, \
5% may fail: how many depends on steps.load.outputs.rows
│  ├─ ▸ quote  $ ./quote "${{ order.sku }}"
│  │     up to 5 attempts, exponential from 1s to 1m apart
│  │     timeout 10s
│  └─ ▸ route  switch
│     ├─ ? when inputs.limit > 10: depends on inputs.limit, which is not given
│     │  └─ ? review  $ ./review
│     └─ ? default: only if no arm above it is taken
│        └─ ? auto  log
│              with {"message":"auto"}
├─ ▸ lint  $ ./lint  (Look it over)
│     starts at once
│     a failure is a warning
└─ ▸ alarm  $ ./alarm
   │  after price (failed or cancelled), lint (done) (1 of them)
   │  if inputs.region == 'eu': true (inputs.region = "eu")
   └─ rescue:
      └─ ? call  $ ./call

finally
└─ ▸ clean  $ ./clean

outputs
  region: ${{ inputs.region }}

7 run, 0 skip, 3 depend
"""


def test_text(shell: Shell) -> None:
    shell.write("order.yaml", ORDER)
    done = shell("plan", "order.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == TREE


def test_json(shell: Shell) -> None:
    shell.write("order.yaml", ORDER)
    data = json.loads(shell("plan", "order.yaml", "--format", "json").stdout)
    assert [one["id"] for one in data["steps"]] == ["load", "price", "lint", "alarm"]
    assert data["inputs"][0]["default"] == "eu"
    price, lint, alarm = data["steps"][1:]
    assert (price["foreach"], price["as"], price["max_failures"]) == ("${{ steps.load.outputs.rows }}", "order", "5%")
    assert price["steps"][0]["retry"] == {"attempts": 5, "delay": 1.0, "backoff": "exponential", "max_delay": 60.0}
    assert lint["needs"] == []
    assert alarm["needs"] == [
        {"step": "price", "outcomes": ["failed", "cancelled"]}, {"step": "lint", "outcomes": ["done"]},
    ]  # fmt: skip
    assert alarm["if"] == "inputs.region == 'eu'"
    assert [one["id"] for one in data["finally"]] == ["clean"]


def test_a_file_with_errors(shell: Shell) -> None:
    shell.write("bad.yaml", "steplane: 1\nsteps:\n  - id: a\n")
    done = shell("plan", "bad.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error[no-action]: ")


FLOW = """\
steplane: 1
name: flow
inputs:
  region: {enum: [eu, us], default: eu}
  limit: {type: number}
  token: {type: string, secret: true, default: hush-hush-secret}
secrets:
  key: {env: SHOP_KEY}
steps:
  - {id: a, if: inputs.region == 'us', run: 'echo a'}
  - {id: b, if: inputs.limit > 3 and inputs.region == 'eu', run: 'echo "${{ inputs.token }}"'}
  - {id: c, if: secrets.key == 'x', run: 'echo "${{ secrets.key }}"'}
  - {id: alarm, needs: {b: failed}, run: 'echo alarm'}
  - id: off
    if: inputs.region == 'us'
    steps: [{id: o1, run: 'true'}, {id: o2, steps: [{id: o3, run: 'true'}]}]
  - id: each
    foreach: [one, two, three, four, five]
    key: ${{ item }}
    steps:
      - {id: w, if: item != 'five', uses: file.write, with: {path: "out/${{ item }}", text: x, mkdir: true}}
      - {id: bad, require: [inputs.limit > 100], run: 'true'}
  - {id: p1, run: 'true'}
  - {id: p2, run: 'true'}
  - {id: p3, run: 'true'}
finally:
  - {id: end, run: 'echo "${{ steps.a.outputs.stdout | default("-") }}"'}
"""

FLOW_TREE = """\
flow (flow.yaml)

inputs
  region  eu   one of eu, us, default
  limit   5    number, required
  token   ***  string, default, secret

steps
├─ ○ a  $ echo a
│     if inputs.region == 'us': false (inputs.region = "eu")
├─ ▸ b  $ echo "***"
│     if inputs.limit > 3 and inputs.region == 'eu': true (inputs.limit = 5, inputs.region = "eu")
├─ ? c  $ echo "${{ secrets.key }}"
│     if secrets.key == 'x': depends on secrets.key, a secret
├─ ? alarm  $ echo alarm
│     only if `b` fails
├─ ○ off  o1, o2, o3
│     if inputs.region == 'us': false (inputs.region = "eu")
├─ ✗ each
│  │  `bad` in it fails
│  │  for each item, key ${{ item }}, 1 at a time: 5 items (one, two, three, four, five)
│  ├─ ▸ w  file.write
│  │     if item != 'five': in 1 of 5 instances
│  │     → create out/one (1 byte), and its directory
│  └─ ✗ bad  $ true
│        its precondition `inputs.limit > 100` does not hold (inputs.limit = 5)
└─ ○ p1, p2, p3
      blocked by `each`, which fails

finally
└─ ▸ end  $ echo "${{ steps.a.outputs.stdout | default("-") }}"

4 run, 9 skip, 2 depend; 2 of them would fail
"""


def test_what_is_known(shell: Shell) -> None:
    shell.write("flow.yaml", FLOW)
    done = shell("plan", "flow.yaml", "-i", "limit=5", env={"SHOP_KEY": "the-key-itself"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == FLOW_TREE
    assert not (shell.folder / ".steplane").exists()
    assert not (shell.folder / "out").exists()


def test_a_dry_run_says_the_same_and_leaves_nothing(shell: Shell) -> None:
    shell.write("flow.yaml", FLOW)
    shell.write("given.yaml", "limit: 5\n")
    done = shell("run", "flow.yaml", "--inputs", "given.yaml", "--dry-run", "--id", "one", "-j", "2")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", FLOW_TREE)
    planned = shell("plan", "flow.yaml", "-i", "limit=5", "--format", "json").stdout
    assert shell("run", "flow.yaml", "-i", "limit=5", "--dry-run", "--format", "json").stdout == planned
    missing = shell("run", "flow.yaml", "--dry-run")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr == "error: input `limit` is missing\n help: Give it with -i limit=...\n"
    assert sorted(path.name for path in shell.folder.iterdir()) == ["flow.yaml", "given.yaml", "hello.yaml"]


def test_verdicts_for_programs(shell: Shell) -> None:
    shell.write("flow.yaml", FLOW)
    data = json.loads(shell("plan", "flow.yaml", "--format", "json").stdout)
    steps = {one["id"]: one for one in data["steps"]}
    assert data["verdicts"] == {"run": 7, "skip": 5, "depends": 3}
    assert [(one["name"], one["source"], one.get("value")) for one in data["inputs"]] == [
        ("region", "default", "eu"), ("limit", "missing", None), ("token", "default", "***"),
    ]  # fmt: skip
    assert (steps["a"]["verdict"], steps["a"]["reason"]) == (
        "skip", "`if: inputs.region == 'us'` is false (inputs.region = \"eu\")",
    )  # fmt: skip
    assert steps["b"]["reason"] == "depends on inputs.limit, which is not given"
    assert steps["b"]["condition"] == {
        "text": "inputs.limit > 3 and inputs.region == 'eu'", "value": None, "seen": ['inputs.region = "eu"'],
        "unknown": ["inputs.limit, which is not given"], "error": None,
    }  # fmt: skip
    assert steps["b"]["planned"] == {"summary": '$ echo "***"', "reads": [], "changes": [], "note": None}
    assert steps["b"]["parameters"] == {"script": 'echo "***"'}
    assert steps["off"]["steps"][1]["steps"][0]["reason"] == "`off` is skipped"
    write, bad = steps["each"]["steps"]
    assert steps["each"]["items"] == {"number": 5, "keys": ["one", "two", "three", "four", "five"], "unknown": []}
    assert write["instances"]["first"][0] == {
        "key": "one", "verdict": "run", "reason": None,
        "parameters": {"path": "out/one", "text": "x", "mkdir": True},
        "planned": {
            "summary": "create out/one (1 byte), and its directory", "reads": [],
            "changes": [str(shell.folder / "out" / "one")], "note": None,
        },
    }  # fmt: skip
    assert "hush" not in json.dumps(data)
    assert bad["verdict"] == "run"


SLOW_PLUGIN = """\
import os
from steplane.sdk import Planned, Step, hookimpl

class Broken(Step, type="broken"):
    def run(self, ctx):
        open("ran", "w").close()
    def plan(self, ctx):
        print("loud")
        os._exit(3)

@hookimpl
def steplane_steps():
    return [Broken]
"""


def test_a_plugin_whose_plan_breaks(shell: Shell) -> None:
    site = shell.folder / "site" / "broken-1.0.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n", "utf-8")
    (site / "entry_points.txt").write_text("[steplane.steps]\nbroken = steplane_broken\n", "utf-8")
    shell.write("site/steplane_broken.py", SLOW_PLUGIN)
    shell.write("b.yaml", "steplane: 1\nsteps: [{id: a, uses: broken}, {id: b, run: echo hi}]\n")
    path = os.pathsep.join([str(site.parent), *filter(None, sys.path)])
    done = shell("plan", "b.yaml", env={"PYTHONPATH": path})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "b (b.yaml)\n\nsteps\n├─ ▸ a  broken\n"
        "│     `plan()` of `broken` (broken 1.0) ended its process (exit code 3)\n"
        "└─ ▸ b  $ echo hi\n\n2 run, 0 skip, 0 depend\n"
    )
    assert not (shell.folder / "ran").exists()


def test_wrong_inputs(shell: Shell) -> None:
    shell.write("flow.yaml", FLOW)
    done = shell("plan", "flow.yaml", "-i", "limt=5")
    assert (done.returncode, done.stderr) == (
        2, "error: the workflow has no input `limt`\n help: Did you mean `limit`? It has: region, limit, token.\n",
    )  # fmt: skip
    assert shell("plan", "flow.yaml", "-i", "region=de").returncode == 2
    assert shell("plan", "flow.yaml", "--env-file", "gone").returncode == 2


def test_ascii_and_colours(shell: Shell) -> None:
    shell.write("flow.yaml", FLOW)
    plain = shell("plan", "flow.yaml", env={"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}).stdout
    assert plain.isascii()
    assert "|- o a  $ echo a\n" in plain
    assert "|- ? b  $ echo" in plain
    coloured = shell("plan", "flow.yaml", "--color", "always").stdout
    assert "\x1b[1;32m▸\x1b[0m" in coloured
    assert "\x1b[2m○\x1b[0m \x1b[2ma  $ echo a\x1b[0m" in coloured


PART = """\
steplane: 1
name: part
steps:
  - {id: count, run: 'echo 5'}
  - {id: big, if: steps.count.outputs.stdout == '5', run: 'echo "${{ steps.count.outputs.stdout }} of them"'}
  - {id: small, if: steps.count.outputs.stdout == '4', run: 'echo'}
  - {id: late, run: 'echo'}
"""


def test_parts_of_a_workflow(shell: Shell) -> None:
    shell.write("part.yaml", PART)
    done = shell("plan", "part.yaml", "--from", "small")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "part (part.yaml)\n\nsteps\n"
        "├─ ○ count  $ echo 5\n│     not selected\n"
        '├─ ○ big  $ echo "${{ steps.count.outputs.stdout }} of them"\n│     not selected\n'
        "├─ ✗ small  $ echo\n"
        "│     its `if` cannot be evaluated: the output `stdout` of step `count` is missing: the step was skipped\n"
        "└─ ○ late  $ echo\n      blocked by `small`, which fails\n\n"
        "0 run, 4 skip, 0 depend; 1 of them would fail\n"
    )
    wrong = shell("plan", "part.yaml", "--only", "bigg")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "there is no step `bigg`. Did you mean `big`?" in wrong.stderr


def test_on_the_results_of_an_earlier_run(shell: Shell) -> None:
    shell.write("part.yaml", PART)
    assert shell("run", "part.yaml", "--id", "one").returncode == 0
    done = shell("run", "part.yaml", "--from", "big", "--of", "one", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "part (part.yaml)\n\nsteps\n"
        "├─ ○ count  $ echo 5\n│     taken from run one\n"
        '├─ ▸ big  $ echo "5 of them"\n'
        "│     if steps.count.outputs.stdout == '5': true (steps.count.outputs.stdout = \"5\")\n"
        "├─ ○ small  $ echo\n│     if steps.count.outputs.stdout == '4': false (steps.count.outputs.stdout = \"5\")\n"
        "└─ ▸ late  $ echo\n\n2 run, 2 skip, 0 depend\n"
    )
    assert len(json.loads(shell("runs", "--format", "json").stdout)["runs"]) == 1
