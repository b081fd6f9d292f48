"""`plan`: the steps as a tree, as text and as data."""

import json

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
  region  one of eu, us = eu   Where it is sold
  limit   number, required

steps  (failure: continue)
├─ load  csv.read
├─ price
│  │  for each order of ${{ steps.load.outputs.rows }}, key ${{ order.id }}, 8 at a time, 5% may fail
│  ├─ quote  $ ./quote "${{ order.sku }}"
│  │     up to 5 attempts, exponential from 1s to 1m apart
│  │     timeout 10s
│  └─ route  switch
│     ├─ when inputs.limit > 10:
│     │  └─ review  $ ./review
│     └─ default:
│        └─ auto  log
├─ lint  $ ./lint  (Look it over)
│     starts at once
│     a failure is a warning
└─ alarm  $ ./alarm
   │  after price (failed or cancelled), lint (done) (1 of them)
   │  if inputs.region == 'eu'
   └─ rescue:
      └─ call  $ ./call

finally
└─ clean  $ ./clean

outputs
  region: ${{ inputs.region }}
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
