"""From the record of a run to what its reports say."""

from steplane.app.history import RunRecord, StepRecord
from steplane.plan.nodes import Node
from steplane.plan.step_names import Instances
from steplane.reporters.annotations import workflow_path
from steplane.reporters.report import RunReport, StepReport, related
from steplane.reporters.subject import Subject
from steplane.reporters.words import reason


def run_report(record: RunRecord, subject: Subject, root: str) -> RunReport:
    """The report of a run; `root` is the folder of the repository."""
    one = record.summary
    known = Instances(subject.plan)
    paths = {file: workflow_path(subject, root, file) for file in (subject.plan.file, *subject.plan.callees)}
    steps = [_step(step, known.node(step.path), paths[known.file(step.path)]) for step in record.steps if step.path]
    related(steps, one.status)
    return RunReport(
        run=one.id, workflow=one.workflow or subject.plan.name, file=paths[subject.plan.file],
        status=one.status, steps=steps, version=one.version, title=one.title, case=one.case,
        started_at=one.started_at, seconds=record.seconds, outputs=record.outputs, error=record.error,
        reason=record.reason, resume=subject.resume,
    )  # fmt: skip


def _step(one: StepRecord, node: Node | None, file: str) -> StepReport:
    return StepReport(
        path=one.path, status=one.status, file=file, line=node.line if node else 0, column=node.column if node else 0,
        seconds=one.seconds, attempts=one.attempts, reason=reason(one.status, one.reason, one.by, node, one.seen),
        recovered=one.recovered, error=one.error,
    )  # fmt: skip
