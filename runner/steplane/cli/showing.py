"""How commands that run steps show it: the reporter that was asked for, and the last words in every case."""

import gc
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steplane.app.execution import Reporter, RunResult
from steplane.app.inputs import read_env_file
from steplane.app.running import Begun, Options, recorded_plan
from steplane.cli.call import Call, actor
from steplane.cli.formats import SYSTEMS, repository_root
from steplane.cli.output import error_text
from steplane.cli.reports import Reports
from steplane.cli.told import as_given, env_file_option, secrets_option
from steplane.driver.warden import leave_words
from steplane.errors import LeaseLost, RunGone, StateError, SteplaneError, UsageError
from steplane.events import ErrorInfo
from steplane.reporters.ending import LOST, Write
from steplane.reporters.quiet import QuietReporter
from steplane.reporters.several import Several, Shown
from steplane.reporters.subject import Result, Subject

if TYPE_CHECKING:
    from steplane.reporters.plain import Style


class Show:
    """Makes the reporter of a run when it begins, and lets it say the last words when it is over.

    Raises `UsageError` for a report that cannot be written. `kept`: files of the call that no report may replace.
    """

    def __init__(
        self, call: Call, *, quiet: bool = False, timestamps: bool = False, pass_commands: bool = False,
        junit: str | None = None, summary: str | None = None, kept: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.call = call
        self.quiet, self.timestamps, self.pass_commands = quiet, timestamps, pass_commands
        if pass_commands and call.settings.format not in {"auto", "github"}:
            raise UsageError(
                f"`--pass-commands` contradicts `--format {call.settings.format}`: only GitHub has such commands",
                "Leave one of them out.",
            )
        self.reports = Reports(call, call.form, junit, summary, dict(kept or {}))
        self.reporter: Several | None = None

    def __call__(self, begun: Begun) -> Reporter:
        """Make the reporter of a run that is about to begin."""
        gc.freeze()  # the plan lives as long as the run: it need not be searched for what is unreachable
        for warning in begun.warnings:
            self.call.warn(warning)
        subject = self.subject(begun)
        leave_words(_last_words(subject, self.call))
        self.reporter = Several([REPORTERS[self.call.form](self, subject), self.reports.of(subject)])
        return self.reporter

    def subject(self, begun: Begun) -> Subject:
        """The run as reporters are told of it."""
        resume, state = self.resume_command(begun), self.call.state_option
        return Subject(begun.run, begun.plan, begun.folder, resume, begun.resumed, begun.home, state)

    def resume_command(self, begun: Begun) -> str:
        """The exact command that goes on with the run."""
        again = secrets_option(begun.again)
        return f"steplane resume {begun.run}{self.call.state_option}{env_file_option()}{again}"

    @property
    def style(self) -> "Style":
        """How lines look on stdout. The logs of the CI systems show colours, though they are no terminals."""
        from steplane.reporters.plain import Style

        call = self.call
        painted = call.form in SYSTEMS and call.settings.color == "auto" and not os.environ.get("NO_COLOR")
        return Style(painted or call.color(call.out), call.out.unicode, self.quiet)

    def left_alone(self, run: str) -> None:
        """Write the reports of a run in which there was nothing to do."""
        if self.reports.wanted:
            store = self.call.history
            with store.read(run) as journal:
                plan, home = recorded_plan(journal, self.call.registry, store), journal.header["home"]
            self.reports.write(self.subject(Begun(run, plan, store.folder(run), resumed=True, home=home)))

    def over(self, result: RunResult) -> int:
        """The last words of a run that came back; the exit code."""
        if self.reporter is not None:
            self.reporter.finish(Result(result.status, result.outputs, result.error))
            leave_words("")
            self.tell_what_broke(result.run)
        return result.exit_code

    def tell_what_broke(self, run: str) -> None:
        """Say so where what was shown is not all of it, for a fault of ours; a stream that somebody closed is none."""
        faults = [one for one in self.reporter.failures if not isinstance(one, OSError)] if self.reporter else []
        if faults:
            from steplane.cli.internal import told_of_view

            self.call.warn(*told_of_view(faults[0], run))

    def watch(
        self, work: Callable[[], RunResult], again: Sequence[str] | None = None, leave_out: Collection[str] = ()
    ) -> int:
        """Do the work and say the last words, also of one that breaks off; the exit code. `again`, `leave_out`: as in
        `with_command`, for where the state cannot be written before anything has begun.
        """
        try:
            result = work()
        except BaseException as error:
            if self.reporter is not None:
                self.reporter.finish(Result("interrupted", None, _told(error)))
                leave_words("")
            elif again is not None:
                raise with_command(error, self.call, again, leave_out) from error
            raise
        return self.over(result)


def _last_words(subject: Subject, call: Call) -> str:
    """What is said where neither the run nor its reporter can say it."""
    message = f"{{what}}: run `{subject.run}` stops here. Nothing that was recorded is lost"
    return error_text(message, f"Go on with it: {subject.resume}", call.color(call.err))


def _json(show: Show, subject: Subject) -> Shown:
    from steplane.reporters.jsonlines import JsonLinesReporter

    return JsonLinesReporter(subject, show.call.out.write, quiet=show.quiet)


def _plain(show: Show, subject: Subject) -> Shown:
    call = show.call
    out: Write = call.out.write
    err: Write = call.err.write
    if show.timestamps:
        from steplane.reporters.stamps import stamped

        out, err = stamped(out), stamped(err)
    if show.quiet:
        return QuietReporter(subject, err, color=call.color(call.err))
    from steplane.reporters.plain import PlainReporter

    return PlainReporter(subject, out, err, show.style, call.color(call.err))


def _github(show: Show, subject: Subject) -> Shown:
    from steplane.reporters.github import GitHubLog

    root = repository_root(show.call.here, os.environ)
    return _folding(show, subject, GitHubLog(obey=show.pass_commands), root)


def _gitlab(show: Show, subject: Subject) -> Shown:
    from steplane.reporters.gitlab import GitLabLog

    return _folding(show, subject, GitLabLog(), repository_root(show.call.here, os.environ))


def _folding(show: Show, subject: Subject, log: Any, root: str) -> Shown:
    from steplane.reporters.folding import FoldingReporter

    return FoldingReporter(subject, show.call.out.write, show.style, log, root, stamps=show.timestamps)


def _live(show: Show, subject: Subject) -> Shown:
    if show.quiet or show.timestamps:
        return _plain(show, subject)
    from steplane.reporters.live.reporter import LiveReporter

    call = show.call
    return LiveReporter(
        subject, call.out.write, call.err.write, show.style,
        err_color=call.color(call.err), descriptor=call.out.descriptor,
    )  # fmt: skip


REPORTERS: dict[str, Callable[[Show, Subject], Shown]] = {
    "json": _json, "plain": _plain, "live": _live, "github": _github, "gitlab": _gitlab,
}  # fmt: skip
"""What shows a run, by its format."""


def _told(error: BaseException) -> ErrorInfo:
    if isinstance(error, RunGone | LeaseLost):
        return ErrorInfo(LOST, error.message)
    if isinstance(error, SteplaneError):
        return ErrorInfo("state", error.message)
    return ErrorInfo("internal", type(error).__name__)


def with_command(
    error: BaseException, call: Call, words: Sequence[str], leave_out: Collection[str] = ()
) -> BaseException:
    """Where the state cannot be written now: the error with the command that is to be given again. One that is refused,
    with another command about the same run to be given instead: with what else was said.

    Without `words` it is not spelt out: it may hold secrets. Else they are the command and what it is about.
    """
    import shlex

    if isinstance(error, UsageError) and words and (begun := shlex.join(words)) in error.remedy:
        error.remedy = error.remedy.replace(begun, f"{begun}{call.state_option}{_said(error.remedy)}", 1)
    if not isinstance(error, StateError) or isinstance(error, RunGone):
        return error
    said = shlex.join(as_given(leave_out))
    command = f"{shlex.join(words)}{call.state_option} {said}".strip()
    then = f"Then: {command}" if words else "Then give the same command again."
    return StateError(error.message, f"{error.remedy.rstrip('.')}. {then}".lstrip(". "))


def _said(remedy: str) -> str:
    """What was said beside what the remedy speaks of: that it says otherwise."""
    import shlex

    spoken = {"--accept-changes": "accept", "--recorded": "recorded", "--only": "only", "--assume": "assume",
              "--redo": "redo"}  # fmt: skip
    leave_out = {name for option, name in spoken.items() if option in remedy}
    leave_out |= {"go_on", "data", "transient"}  # of `signal --resume`: what is told is a `resume`
    if leave_out & {"accept", "recorded"}:
        leave_out |= {"accept", "recorded"}
    return "".join(f" {shlex.quote(one)}" for one in as_given(leave_out))


def options_of(call: Call, reason: str = "") -> Options:
    """The options of a run as the settings say."""
    settings = call.settings
    return Options(settings.pool, settings.durability, settings.patience, settings.strict, actor(), reason)


def environment(env_file: str | None) -> Mapping[str, str]:
    """The environment of the call, with what the file says instead."""
    return {**os.environ, **(read_env_file(env_file) if env_file else {})}


def parse_json(option: str, text: str) -> Any:
    """The JSON value of an option."""
    from steplane.app.json_text import WrongJson, parse

    try:
        return parse(text)
    except WrongJson as error:
        raise UsageError(f"`{option}` wants JSON, not {text[:200]!r}: {error}", "Put it into single quotes.") from error
