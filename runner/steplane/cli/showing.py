"""How commands that run steps show it: the reporter that was asked for, and the last words in every case."""

import os
import shlex
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from steplane.app.execution import Reporter, RunResult
from steplane.app.inputs import read_env_file
from steplane.app.running import Begun, Options
from steplane.cli.call import Call, actor
from steplane.errors import SteplaneError, UsageError
from steplane.events import ErrorInfo
from steplane.reporters.jsonlines import JsonLinesReporter
from steplane.reporters.plain import PlainReporter, Style
from steplane.reporters.subject import Result, Subject


class AnyReporter(Reporter, Protocol):
    """A reporter that has the last words."""

    def finish(self, result: Result) -> None:
        """Say how it all ended."""


def _json(call: Call, subject: Subject, quiet: bool) -> AnyReporter:
    return JsonLinesReporter(subject, call.out.write, quiet=quiet)


def _plain(call: Call, subject: Subject, quiet: bool) -> AnyReporter:
    style = Style(call.color(call.out), call.out.unicode, quiet)
    return PlainReporter(subject, call.out.write, call.err.write, style, call.color(call.err))


def _live(call: Call, subject: Subject, quiet: bool) -> AnyReporter:
    if quiet or not call.out.can_be_drawn_on(forced=call.settings.format == "live"):
        return _plain(call, subject, quiet)
    from steplane.reporters.live.reporter import LiveReporter

    style = Style(call.color(call.out), call.out.unicode)
    return LiveReporter(
        subject, call.out.write, call.err.write, style, err_color=call.color(call.err), descriptor=call.out.descriptor
    )


REPORTERS: dict[str, Callable[[Call, Subject, bool], AnyReporter]] = {
    "auto": _live,
    "live": _live,
    "plain": _plain,
    "json": _json,
}
"""Who shows a run, by the setting `format`."""


class Show:
    """Makes the reporter of a run when it begins, and lets it say the last words when it is over."""

    def __init__(self, call: Call, *, quiet: bool = False) -> None:
        self.call = call
        self.quiet = quiet
        self.reporter: AnyReporter | None = None

    def __call__(self, begun: Begun) -> Reporter:
        """Make the reporter of a run that is about to begin."""
        call = self.call
        if begun.warning:
            call.warn(begun.warning)
        subject = Subject(begun.run, begun.plan, begun.folder, self.resume_command(begun), begun.resumed)
        self.reporter = REPORTERS[call.settings.format](call, subject, self.quiet)
        return self.reporter

    def resume_command(self, begun: Begun) -> str:
        """The exact command that goes on with the run."""
        words = ["steplane", "resume", begun.run]
        if self.call.state_given:
            words += ["--state", self.call.state_given]
        given_again = [one for one in begun.plan.inputs if one.secret and not (one.env and one.env in os.environ)]
        return " ".join([shlex.join(words), *(f"-i {one.name}=..." for one in given_again)])

    def over(self, result: RunResult) -> int:
        """The last words of a run that came back; the exit code."""
        if self.reporter is not None:
            self.reporter.finish(Result(result.status, result.outputs, result.error))
        return result.exit_code

    def watch(self, work: Callable[[], RunResult]) -> int:
        """Do the work and say the last words, also of one that breaks off; the exit code."""
        try:
            result = work()
        except BaseException as error:
            if self.reporter is not None:
                self.reporter.finish(Result("interrupted", None, _told(error)))
            raise
        return self.over(result)


def _told(error: BaseException) -> ErrorInfo:
    if isinstance(error, SteplaneError):
        return ErrorInfo("state", error.message)
    return ErrorInfo("internal", type(error).__name__)


def options_of(call: Call) -> Options:
    """The options of a run as the settings say."""
    settings = call.settings
    return Options(settings.pool, settings.durability, settings.patience, settings.strict, actor())


def environment(env_file: str | None) -> Mapping[str, str]:
    """The environment of the call, with what the file says instead."""
    return {**os.environ, **(read_env_file(env_file) if env_file else {})}


def parse_json(option: str, text: str) -> Any:
    """The JSON value of an option."""
    import msgspec

    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise UsageError(f"`{option}` wants JSON, not {text!r}: {error}", "Put it into single quotes.") from error
