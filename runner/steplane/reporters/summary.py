"""The summary of a run in Markdown: how it ended, why, its steps, its outputs, how to go on."""

from collections.abc import Iterator

from steplane.reporters.junit import Tail
from steplane.reporters.markdown import block, code, literal, table
from steplane.reporters.report import RunReport, StepReport, tries
from steplane.reporters.words import cause, clock, count, shown_value

SIGNS = {
    "succeeded": "✅", "reused": "✅", "warning": "⚠️", "failed": "❌", "skipped": "⏭️", "blocked": "⛔",
    "cancelled": "🚫", "compensated": "↩️", "waiting": "⏳", "interrupted": "🛑", "pending": "▫️", "ready": "▫️",
    "running": "▶️",
}  # fmt: skip

_FAILURES, _ROWS, _OUTPUTS = 20, 400, 50
_LONGEST_LINE = 400


def summary_text(report: RunReport, tail: Tail, limit: int) -> str:
    """The summary in at most `limit` bytes: where it is long, first rows and failures are left out, and counted."""
    failures, rows = _FAILURES, _ROWS
    while True:
        text = "\n".join(_parts(report, tail, failures, rows))
        if len(text.encode("utf-8", "replace")) <= limit:
            return text
        if not failures and not rows:
            return _least(report, limit)
        failures, rows = failures // 2, rows // 2


def _least(report: RunReport, limit: int) -> str:
    """One line, where there is no room for more."""
    line = f"{SIGNS.get(report.status, '')} {literal(report.workflow, 100)} {report.headline()}\n"
    return line if len(line.encode()) <= limit else ""


def _parts(report: RunReport, tail: Tail, failures: int, rows: int) -> Iterator[str]:
    name = " ".join(part for part in (report.workflow, report.version) if part)
    yield f"## {SIGNS.get(report.status, '')} {literal(name)} {report.headline()}\n"
    yield f"{_facts(report)}\n"
    yield from _failures(report, tail, failures)
    yield from _steps(report, rows)
    yield from _outputs(report)
    if report.status in {"failed", "waiting", "interrupted"} and report.resume:
        yield "### Go on with\n"
        yield block(report.resume.splitlines(), "sh")


def _facts(report: RunReport) -> str:
    facts = [f"Run {code(report.run)}", f"of {code(report.file)}"]
    words = " ".join(facts)
    words += f", case {code(report.case)}" if report.case and report.case != report.run else ""
    words += f": {report.tally()}." if report.steps else "."
    words += f" {literal(report.title)}." if report.title else ""
    words += f" It waits: {literal(report.reason)}." if report.status == "waiting" and report.reason else ""
    return words


def _failures(report: RunReport, tail: Tail, most: int) -> Iterator[str]:
    found = [one for one in report.cases if one.verdict in {"failed", "broken"}]
    if report.status == "failed" and not found:
        yield f"❌ {literal(cause(report.error) or 'the run failed')}\n"
    for one in found[:most]:
        place = f"{one.file}:{one.line}" if one.line else one.file
        facts = " ".join(part for part in (tries(one), f"at {code(place)}") if part)
        yield f"### {SIGNS[one.status]} {code(one.path)}\n"
        yield f"**{literal(one.why, 2000)}** {facts}\n"
        lines = [line[:_LONGEST_LINE] for line in tail(one.path, 20)]
        if lines:
            yield block(lines)
    if len(found) > most:
        yield f"{count(len(found) - most, 'more failed step')}.\n"


def _steps(report: RunReport, most: int) -> Iterator[str]:
    shown = _chosen(report.cases, most)
    if shown:
        yield "### Steps\n"
        yield table(["", "Step", "Status", "Time", "Attempts", "Reason"], [_row(one) for one in shown])
    if len(shown) < len(report.cases):
        yield f"{count(len(report.cases) - len(shown), 'more step')}: {code(f'steplane show {report.run}')}\n"


def _chosen(cases: list[StepReport], most: int) -> list[StepReport]:
    """All of them, or those that say most: what did not succeed, then the others, in their order."""
    if len(cases) <= most:
        return cases
    ranked = sorted(range(len(cases)), key=lambda at: (cases[at].verdict == "passed", at))
    return [cases[at] for at in sorted(ranked[:most])]


def _row(one: StepReport) -> list[str]:
    time = "" if one.seconds is None else clock(one.seconds)
    attempts = str(one.attempts) if one.attempts > 1 else ""
    sign, status = ("⚠️", "failed, caught") if one.caught else (SIGNS.get(one.status, ""), one.status)
    return [sign, code(one.path, 200), status, time, attempts, literal(one.why, 300)]


def _outputs(report: RunReport) -> Iterator[str]:
    if not isinstance(report.outputs, dict) or not report.outputs:
        return
    rows = [[code(name), code(shown_value(value))] for name, value in list(report.outputs.items())[:_OUTPUTS]]
    yield "### Outputs\n"
    yield table(["Output", "Value"], rows)
    if len(report.outputs) > _OUTPUTS:
        yield f"{count(len(report.outputs) - _OUTPUTS, 'more output')}.\n"
