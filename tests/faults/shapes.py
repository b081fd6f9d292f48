"""The workflows that are killed. Each step writes one line into the ledger, then takes a moment."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.faults.rig import NOTE

WORK = f"{NOTE}; sleep 0.02"


def chain() -> str:
    """Seven steps one after the other, each with the outputs of the one before, the last in a worker process."""
    steps = [f"  - {{id: s0, run: '{WORK}; echo 0'}}"]
    for number in range(1, 6):
        text = f'{WORK}; echo "${{{{ steps.s{number - 1}.outputs.stdout }}}}{number}"'
        steps.append(f"  - id: s{number}\n    run: |\n      {text}")
    steps.append("  - {id: last, uses: python.run, with: {script: " + _PYTHON + "}}")
    return _flow("chain", steps) + "outputs: {text: '${{ steps.s5.outputs.stdout }}'}\n"


_PYTHON = (
    "\"import os; f = os.open(os.environ['LEDGER'], os.O_WRONLY | os.O_APPEND); "
    "os.write(f, (os.environ['STEPLANE_IDEMPOTENCY_KEY'] + chr(10)).encode())\""
)


def fan_out() -> str:
    """Six steps at once, each two deep, a parallel beside them, and what joins them."""
    steps = []
    for number in range(6):
        steps += [
            f"  - {{id: a{number}, needs: [], run: '{WORK}; echo {number}'}}",
            f"  - {{id: b{number}, needs: [a{number}], run: '{WORK}'}}",
        ]
    steps.append(f"""\
  - id: sides
    needs: []
    parallel:
      left: [{{id: l1, run: '{WORK}'}}, {{id: l2, run: '{WORK}'}}]
      right: [{{id: r1, run: '{WORK}'}}, {{id: r2, run: '{WORK}; exit 3', on_error: warn}}]
  - id: join
    run: '{WORK}; echo done'""")
    outputs = "outputs: {sum: '${{ steps.a1.outputs.stdout }}${{ steps.a5.outputs.stdout }}'}\n"
    return _flow("fan_out", steps) + outputs


def loop() -> str:
    """A loop of groups, two instances at once, each with its `finally`, one a warning; then a matrix one by one.

    Nothing here ends as failed: a resume would begin it again, as the language says, and the stories would differ.
    """
    return f"""\
steplane: 1
name: loop
steps:
  - id: items
    foreach: [p, q, r, s]
    key: ${{{{ item }}}}
    concurrency: 2
    on_error: warn
    finally: [{{id: tidy, run: '{WORK}'}}]
    steps:
      - {{id: first, run: '{WORK}'}}
      - id: second
        on_error: warn
        run: |
          {WORK}
          test "${{{{ item }}}}" != q
  - id: grid
    matrix: {{x: [1, 2], y: [a, b]}}
    concurrency: 1
    run: |
      {WORK}
      echo "${{{{ matrix.x }}}}${{{{ matrix.y }}}}"
outputs: {{all: '${{{{ steps.grid.outputs.stdout }}}}'}}
"""


def retry() -> str:
    """Attempts that fail, with back-off; a group that is retried; a rescue under a lock; an unused handler."""
    return f"""\
steplane: 1
name: retry
steps:
  - id: often
    retry: {{attempts: 3, delay: 50ms, backoff: linear}}
    run: '{WORK}; test $STEPLANE_ATTEMPT -ge 3'
  - id: group
    retry: {{attempts: 2, delay: 10ms}}
    steps:
      - {{id: inner, run: '{WORK}'}}
      - {{id: wrong, run: '{WORK}; [[ "$STEPLANE_IDEMPOTENCY_KEY" == */2 ]]'}}
  - id: saved
    lock: door
    run: '{WORK}; exit 7'
    rescue: [{{id: rescuer, run: '{WORK}'}}]
    outputs: {{code: '${{{{ result.exit_code }}}}'}}
  - {{id: at_last, retry: {{attempts: 2, delay: 1ms}}, on_error: warn, run: '{WORK}; exit 9'}}
  - {{id: handler, needs: {{at_last: failed}}, run: '{WORK}'}}
finally: [{{id: always, run: '{WORK}'}}]
"""


def waits() -> str:
    """Waits for a time and for a signal, a race, what is cancelled and what is finished, a step between two others."""
    return f"""\
steplane: 1
name: waits
steps:
  - {{id: soon, wait: 30ms}}
  - id: choice
    race:
      late: {{wait: 1h, steps: [{{id: never, run: '{WORK}'}}]}}
      early: {{wait: 30ms, steps: [{{id: took, run: '{WORK}'}}]}}
  - {{id: send, signal: {{name: go, data: 7}}}}
  - {{id: got, wait: {{signal: go, timeout: 1h}}}}
  - {{id: slow, needs: [got], run: '{NOTE}; exec sleep 60', finally: [{{id: tidy, run: '{WORK}'}}]}}
  - {{id: each, needs: [got], foreach: [p, q], concurrency: 2, run: '{NOTE}; exec sleep 60'}}
  - {{id: pause, needs: [got], wait: 50ms}}
  - {{id: stop, needs: [pause], cancel: [slow]}}
  - {{id: enough, needs: [stop], finish: [each]}}
  - {{id: between, needs: [each], milestone: {{after: enough, before: last}}, run: '{WORK}'}}
  - {{id: last, needs: {{slow: cancelled, between: ok}}, run: '{WORK}'}}
outputs: {{got: '${{{{ steps.got.outputs.data }}}}'}}
"""


def calls() -> str:
    """A workflow that calls another: one after the other, in a loop, and one that calls itself twice more."""
    return f"""\
steplane: 1
name: calls
steps:
  - {{id: first, call: part.yaml, with: {{deep: 0}}}}
  - id: many
    foreach: [p, q]
    key: ${{{{ item }}}}
    concurrency: 2
    call: part.yaml
    with: {{deep: 0, text: "${{{{ item }}}}"}}
  - {{id: deeper, call: part.yaml, with: {{deep: 2, text: "${{{{ steps.first.outputs.text }}}}"}}}}
  - {{id: last, run: '{WORK}; echo "${{{{ steps.many.outputs.text | join }}}} ${{{{ steps.deeper.outputs.text }}}}"'}}
outputs: {{text: '${{{{ steps.last.outputs.stdout }}}}'}}
"""


PART = f"""\
steplane: 1
name: part
inputs: {{deep: {{type: integer}}, text: {{type: string, default: x}}}}
steps:
  - {{id: mine, run: '{WORK}; echo "${{{{ inputs.text }}}}"'}}
  - id: below
    if: inputs.deep > 0
    call: part.yaml
    with: {{deep: "${{{{ inputs.deep - 1 }}}}", text: "${{{{ inputs.text }}}}!"}}
  - {{id: often, retry: {{attempts: 2, delay: 1ms}}, run: '{WORK}; test $STEPLANE_ATTEMPT = 2'}}
finally: [{{id: tidy, run: '{WORK}'}}]
outputs: {{text: "${{{{ steps.below.outputs.text | default(steps.mine.outputs.stdout) }}}}"}}
"""


def undone() -> str:
    """What is undone: of a group that fails for good, with a loop and a call in it; before an attempt; on demand.

    One of the compensations fails, so the run is a warning.
    """
    return f"""\
steplane: 1
name: undone
steps:
  - id: trip
    steps:
      - {{id: flight, run: '{WORK}', compensate: [{{id: no_flight, run: '{WORK}'}}]}}
      - id: hotels
        foreach: [p, q]
        run: '{WORK}'
        compensate: [{{id: no_hotel, run: '{WORK}'}}, {{id: told, run: '{WORK}'}}]
      - {{id: car, run: '{WORK}', compensate: [{{id: no_car, run: '{WORK}; exit 3'}}]}}
      - {{id: called, call: booked.yaml}}
      - {{id: wrong, run: '{WORK}; exit 4'}}
    rescue: [{{id: sorry, run: '{WORK}'}}]
  - id: again
    retry: {{attempts: 2, delay: 1ms}}
    steps:
      - {{id: taken, run: '{WORK}', compensate: [{{id: given_back, run: '{WORK}'}}]}}
      - {{id: second, run: '{WORK}; [[ "$STEPLANE_IDEMPOTENCY_KEY" == */2 ]]'}}
  - {{id: kept, run: '{WORK}', compensate: [{{id: not_kept, run: '{WORK}'}}]}}
  - {{id: back, undo: [kept]}}
  - {{id: last, run: '{WORK}'}}
"""


BOOKED = f"""\
steplane: 1
name: booked
steps:
  - {{id: one, run: '{WORK}', compensate: [{{id: not_one, run: '{WORK}'}}]}}
  - {{id: two, run: '{WORK}', compensate: [{{id: not_two, run: '{WORK}'}}]}}
"""


def arrivals() -> str:
    """Steps that start once for each arrival, joins of every form, a cycle, a loop that is kept open, turns, a region
    that is cancelled, a child that nobody waits for.
    """
    return f"""\
steplane: 1
name: arrivals
steps:
  - id: counted
    steps:
      - {{id: red, needs: [], split: 2, run: '{WORK}'}}
      - {{id: blue, needs: [red], run: '{WORK}'}}
      - {{id: one, needs: [red, blue], join: each, run: '{WORK}'}}
      - {{id: three, needs: [one], collect: 3, run: '{WORK}'}}
      - {{id: fast, needs: [], run: '{WORK}'}}
      - {{id: slow, needs: [], run: '{NOTE}; exec sleep 60'}}
      - {{id: either, needs: [fast, slow], join: {{count: 1, rest: cancel}}, run: '{WORK}'}}
      - {{id: loaded, needs: [blue, either], split: 2, run: '{WORK}'}}
      - {{id: held, needs: [loaded, three], join: {{count: 1, rest: block}}, run: '{WORK}'}}
  - id: cycle
    needs: []
    steps:
      - {{id: paint, needs: [], run: '{WORK}'}}
      - id: look
        needs: []
        run: |
          {WORK}
          if [[ "$STEPLANE_IDEMPOTENCY_KEY" == */2 ]]; then echo good; else echo poor; fi
      - {{id: again, needs: [look], if: steps.look.outputs.stdout == 'poor', goto: look, max: 5}}
      - {{id: bind, needs: [paint, look], join: active, run: '{WORK}'}}
  - id: open
    needs: []
    steps:
      - {{id: each, needs: [], foreach: [p], open: more, concurrency: 2, run: '{WORK}'}}
      - {{id: add, needs: [], signal: {{name: more, data: q}}}}
      - {{id: no_more, needs: [add], signal: {{name: more}}}}
  - id: turns
    needs: []
    order: any
    steps: [{{id: t1, needs: [t3], run: '{WORK}'}}, {{id: t2, run: '{WORK}'}}, {{id: t3, run: '{WORK}'}}]
  - {{id: away, needs: [], call: booked.yaml, detach: true}}
  - {{id: far, needs: [], region: zone, run: '{NOTE}; exec sleep 60', finally: [{{id: tidy, run: '{WORK}'}}]}}
  - {{id: near, needs: [], region: zone, wait: 1h}}
  - {{id: stop, needs: [turns], cancel: {{region: zone}}}}
  - {{id: last, needs: {{counted: ok, cycle: ok, open: ok, far: cancelled, near: cancelled}}, run: '{WORK}'}}
"""


def anew() -> str:
    """A group that a resume runs whole, with a step in it that is done once all the same: its result is recorded.

    Beside it is what takes the result of an earlier run.
    """
    return f"""\
steplane: 1
name: anew
steps:
  - {{id: kept, cache: {{key: "1"}}, run: '{WORK}'}}
  - id: whole
    restart: true
    steps:
      - {{id: before, run: '{WORK}'}}
      - {{id: once, cache: {{key: "${{{{ run.id }}}}"}}, run: '{WORK}; echo done'}}
      - {{id: after, run: '{WORK}'}}
      - {{id: rest, steps: [{{id: inner, run: '{WORK}; test "${{{{ steps.once.outputs.stdout }}}}" = done'}}]}}
  - {{id: last, run: '{WORK}'}}
"""


def _flow(name: str, steps: list[str]) -> str:
    return f"steplane: 1\nname: {name}\nsteps:\n" + "\n".join(steps) + "\n"


class Shape(NamedTuple):
    """A workflow: its text, whether all that happens in it has one order, the workflows that it calls.

    What stands in `whole` a resume runs anew; of that `once` is done but once, unless it is cut off.
    """

    text: Callable[[], str]
    ordered: bool
    called: Mapping[str, str] = {}
    whole: str = ""
    once: str = ""

    def write(self, folder: Path) -> None:
        """Write its files."""
        for name, text in {"flow.yaml": self.text(), **self.called}.items():
            (folder / name).write_text(text, "utf-8")


SHAPES = {
    "chain": Shape(chain, True),
    "fan_out": Shape(fan_out, False),
    "loop": Shape(loop, False),
    "retry": Shape(retry, True),
    "calls": Shape(calls, False, {"part.yaml": PART}),
    "undone": Shape(undone, True, {"booked.yaml": BOOKED}),
    "waits": Shape(waits, False),
    "arrivals": Shape(arrivals, False, {"booked.yaml": BOOKED}),
    "anew": Shape(anew, False, whole="whole", once="whole/once"),
}
"""By name."""
