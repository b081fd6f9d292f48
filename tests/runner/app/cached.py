"""What the tests of recorded results share."""

import sqlite3
from typing import Any

from msgspec.structs import replace
from tests.runner.running import Outcome, Workbench

from steplane.events import Answered
from steplane.store.results import Results

BUILD = """
inputs:
  mode: {type: string, default: debug}
steps:
  - id: build
    run: |
      echo build >> ledger
      mkdir -p out/bin
      cat src/*.c > out/bin/app
      chmod 750 out/bin/app
      echo "size=$(wc -c < out/bin/app)" >> "$STEPLANE_OUTPUT"
      echo "mode=${{ inputs.mode }}" >> "$STEPLANE_OUTPUT"
    outputs: [size, mode]
    cache: {key: 1, files: ["src/**"], outputs: ["out/**"]}
outputs:
  size: ${{ steps.build.outputs.size }}
  mode: ${{ steps.build.outputs.mode }}
"""


def why(run: Outcome, place: int = 0) -> list[str]:
    """Why no result was found, by the answer at the place."""
    answers = [one.value for one in run.events if isinstance(one, Answered) and one.question == "cache"]
    assert answers[place]["hit"] is False
    found: list[str] = answers[place]["why"]
    return found


def warnings(run: Outcome) -> list[str]:
    return [text for _, stream, text in run.lines if stream == "warning"]


def again(bench: Workbench, text: str = BUILD, number: int = 1, **inputs: str) -> Outcome:
    return bench.run(text, inputs, run_id=f"r{number}")


def results(bench: Workbench) -> Results:
    return Results(bench.store.directory)


def entries(bench: Workbench, statement: str) -> None:
    database = sqlite3.connect(results(bench).path)
    database.execute(statement)
    database.commit()
    database.close()


def change(bench: Workbench, **parts: Any) -> None:
    """Put other things into the only entry, as whoever may write the state directory can."""
    store = results(bench)
    database = sqlite3.connect(store.path)
    ((key,),) = database.execute("SELECT key FROM results").fetchall()
    database.close()
    found = store.find(key)
    assert found is not None
    store.put(key, replace(found, **parts))
