"""Reports of a run that go to files: made from its journal when it is over, so that they hold all of its instances."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from steplane.cli.call import Call
from steplane.cli.formats import repository_root
from steplane.cli.report_files import Target, all_different, looked_at, write
from steplane.errors import SteplaneError, UsageError
from steplane.reporters.subject import Result, Subject

if TYPE_CHECKING:
    from steplane.reporters.report import RunReport

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
"""The file whose content GitHub shows on the page of a workflow run."""


class Reports:
    """The files that a call asks for. Raises `UsageError` where one of them cannot be written.

    `form` is the format of the output: with `github` the job summary is written too. `kept` are files of the call that
    must not be overwritten, with what each is.
    """

    def __init__(self, call: Call, form: str, junit: str | None, summary: str | None, kept: dict[str, str]) -> None:
        self._call, self._form = call, form
        self._junit = [looked_at(Target(junit, "--junit"))] if junit is not None else []
        self._summaries = [looked_at(Target(summary, "--summary"))] if summary is not None else []
        all_different([*self._junit, *self._summaries], kept)
        given = os.environ.get(SUMMARY_VARIABLE) if form == "github" else None
        if given:
            self._job_summary(given)

    def _job_summary(self, path: str) -> None:
        """Add the job summary; where that cannot be written it is only told, since nobody has asked for it."""
        page = Target(path, SUMMARY_VARIABLE, append=True)
        self._summaries = [one for one in self._summaries if os.path.realpath(one.path) != os.path.realpath(path)]
        try:
            self._summaries.append(looked_at(page))
        except UsageError as error:
            self._call.warn(error.message)

    @property
    def wanted(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._junit or self._summaries)

    def of(self, subject: Subject) -> "ReportWriter":
        """What writes the reports of that run when it is over."""
        return ReportWriter(self, subject)

    def write(self, subject: Subject) -> None:
        """Write all of them. What goes wrong is told; it changes nothing of the run."""
        if not self.wanted:
            return
        try:
            report, tail = self._report(subject)
        except SteplaneError as error:
            self._call.warn(f"the reports of run {subject.run} were not written: {error.message}", error.remedy)
            return
        from steplane.reporters.junit import junit_text
        from steplane.reporters.summary import summary_text

        for target in self._junit:
            self._to(target, junit_text(report, tail, places=self._form in {"github", "gitlab"}))
        for target in self._summaries:
            self._to(target, summary_text(report, tail, _room(target)))

    def _to(self, target: Target, text: str) -> None:
        try:
            write(target, text)
        except OSError as error:
            why = error.strerror or str(error)
            words = f"`{target.option} {target.path}` could not be written: {why}"
            self._call.warn(words, "The run itself is recorded; see: steplane show")

    def _report(self, subject: Subject) -> tuple["RunReport", Callable[[str, int], list[str]]]:
        from steplane.app.history import read_run
        from steplane.cli.report import run_report
        from steplane.reporters.failures import last_lines

        record = read_run(self._call.history, subject.run)
        root = repository_root(self._call.here, os.environ)
        return run_report(record, subject, root), lambda path, most: last_lines(subject.folder.log_path(path), most)


class ReportWriter:
    """A reporter that only acts at the end: the journal and the log files have all that it needs."""

    def __init__(self, reports: Reports, subject: Subject) -> None:
        self._reports, self._subject = reports, subject

    def finish(self, result: Result) -> None:
        """Write the files."""
        self._reports.write(self._subject)


def _room(target: Target) -> int:
    """Bytes that a summary may have: GitHub takes a mebibyte of each step of a job, whatever has written them."""
    from steplane.reporters.github import SUMMARY_LIMIT

    try:
        return SUMMARY_LIMIT - (os.stat(target.path).st_size if target.append else 0)
    except OSError:
        return SUMMARY_LIMIT
