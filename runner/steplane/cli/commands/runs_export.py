"""`steplane runs export`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import common, examples

_EXAMPLES = examples(
    "steplane runs export nightly-2026-11-25 --output nightly.jsonl",
    "steplane runs export nightly --no-logs | jq -r 'select(.event).event.type'",
    "steplane runs export nightly | tail -1 | jq .missing",
)


@click.command("export", epilog=_EXAMPLES)
@click.argument("run", shell_complete=completers.runs())
@click.option("--output", metavar="FILE", shell_complete=completers.file, help="Write into FILE, which must be new.")
@click.option("--no-logs", is_flag=True, help="Leave out what the steps wrote.")
@common
def command(*, run: str, output: str | None, no_logs: bool, state: str | None, color: str | None) -> int:
    """Write all that is known of a run as JSON lines: its inputs, its workflow, each event, its artifacts, its logs.

    A run that is damaged is written as far as it can be read, each line with `verified`: whether it was proved to be
    what was recorded. The last line says what is missing. The contents of artifacts are not in it: `steplane artifacts
    --copy` fetches them. Secrets were masked when it was recorded.
    """
    import os

    from steplane.app.exporting import export_run
    from steplane.cli.call import Call
    from steplane.errors import UsageError

    call = Call(state=state, color=color)
    run_id = call.history.resolve(run)
    lines = export_run(call.history, call.registry, run_id, os.environ, logs=not no_logs)
    if output is None:
        last = _print(call, lines)
    elif os.path.lexists(output):
        raise UsageError(f"{output} is there already", "Name another file, or remove it.")
    else:
        last = _save(output, lines)
    if last.get("missing"):
        from steplane.cli.upkeep import lost

        call.warn(*lost(run_id, last["missing"], last["events"]))
    return 0 if last.get("complete") else 2


def _print(call: Any, lines: Any) -> dict[str, Any]:
    last: dict[str, Any] = {"complete": True}
    for last in lines:
        call.out.write(_text(last))
        if call.out.gone:
            return {"complete": True}
    return last


def _save(output: str, lines: Any) -> dict[str, Any]:
    """Write into a file that its owner alone may read; it is there when it is whole."""
    import os
    from contextlib import suppress

    from steplane.errors import StateError

    last: dict[str, Any] = {}
    temporary = f"{output}.part-{os.urandom(4).hex()}"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            for last in lines:
                file.write(_text(last))
        os.link(temporary, output)
    except OSError as error:
        raise StateError(f"{output} cannot be written: {error.strerror}", "Name another file.") from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)
    return last


def _text(line: dict[str, Any]) -> str:
    import msgspec

    return msgspec.json.encode(line).decode() + "\n"
