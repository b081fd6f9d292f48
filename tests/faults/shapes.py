"""The workflows that are killed. Each step writes one line into the ledger, then takes a moment."""

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


def _flow(name: str, steps: list[str]) -> str:
    return f"steplane: 1\nname: {name}\nsteps:\n" + "\n".join(steps) + "\n"


SHAPES = {"chain": (chain, True), "fan_out": (fan_out, False), "loop": (loop, False), "retry": (retry, True)}
"""By name: the text, and whether all that happens in it has one order."""

WAITING = {"waits": (waits, False)}
"""The same, of what waits."""
