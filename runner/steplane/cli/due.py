"""`steplane resume --due`: go on with every run that need not wait any longer."""

from collections import Counter
from typing import Any

from msgspec.structs import replace

from steplane.app import running
from steplane.app.due import Waiting, waiting_runs
from steplane.cli.call import Call
from steplane.cli.commands.run import settings
from steplane.cli.output import error_text
from steplane.cli.showing import Show, environment, options_of
from steplane.driver.stopping import when
from steplane.errors import RunHeld, SteplaneError, UsageError
from steplane.reporters.words import count
from steplane.store import now

_ALONE = {"inputs": "-i", "only": "--only", "redo": "--redo", "assume": "--assume", "outputs": "--outputs",
          "junit": "--junit", "summary": "--summary"}  # fmt: skip
_WAITS = 3


def resume_due(run: str | None, given: dict[str, Any]) -> int:
    """Go on with all runs that are due, one after the other; the exit code."""
    refuse_what_is_of_one_run(run, given)
    call = Call(**settings(given))
    going = _Going(call, given)
    waiting = []
    for one in list(waiting_runs(call.history, call.registry, now())):
        if one.trouble is not None:
            going.refused(one, one.trouble)
        elif one.why:
            going.go_on(one)
        else:
            waiting.append(one)
    going.say_all(waiting)
    return going.exit_code


def refuse_what_is_of_one_run(run: str | None, given: dict[str, Any]) -> None:
    """Raise `UsageError` for what is about a single run."""
    words = [option for name, option in _ALONE.items() if given[name]]
    if run is not None or words:
        what = f"run {run}" if run is not None else f"`{words[0]}`"
        raise UsageError(f"`--due` is about all runs that wait, and {what} about one", "Leave one of them out.")


class _Going:
    """What has become of the runs so far."""

    def __init__(self, call: Call, given: dict[str, Any]) -> None:
        self.call = call
        self.given = given
        self.options = options_of(call)
        if given["patience"] is None:  # others are due too
            self.options = replace(self.options, patience="0")
        self.environ = environment(given["env_file"])
        self.ended: Counter[str] = Counter()
        self.codes: list[int] = []

    def go_on(self, one: Waiting) -> None:
        """Resume it and show it, unless another process does already."""
        self._say(f"run {one.run.id} ({one.run.workflow}): {one.why}\n")
        show = Show(self.call, quiet=self.given["quiet"], timestamps=self.given["timestamps"],
                    pass_commands=self.given["pass_commands"])  # fmt: skip
        status = ""

        def work() -> Any:
            nonlocal status
            call = self.call
            result = running.resume(
                call.history, call.registry, one.run.id, {}, self.environ, self.options, show
            )  # fmt: skip
            status = result.status
            return result

        try:
            self.codes.append(show.watch(work))
            self.ended[status] += 1
        except RunHeld:
            self._say(f"run {one.run.id} goes on in another process\n")
        except SteplaneError as error:
            self.refused(one, error)
        self._say("\n")

    def refused(self, one: Waiting, error: SteplaneError) -> None:
        """Tell why a run does not go on."""
        call = self.call
        message = f"run {one.run.id} does not go on: {error.message}"
        call.err.write(error_text(message, error.remedy, call.color(call.err)))
        self.codes.append(error.exit_code)
        self.ended["refused"] += 1

    def say_all(self, waiting: list[Waiting]) -> None:
        """The last line: what became of all, and what waits still."""
        dues = [one.due for one in waiting if one.due]
        until = f", the next until {when(min(dues))}" if dues else ""
        rest = f"{count(len(waiting), 'run')} {'waits' if len(waiting) == 1 else 'wait'}{until}"
        if not self.ended:
            self._say(f"no run is due{': ' + rest if waiting else ': none waits'}\n")
            return
        words = ", ".join(f"{number} {status}" for status, number in sorted(self.ended.items()))
        others = f"; {rest}" if waiting else ""
        self._say(f"{count(sum(self.ended.values()), 'run')} went on: {words}{others}\n")

    def _say(self, text: str) -> None:
        if not self.given["quiet"] and self.call.settings.format != "json":
            self.call.out.write(text)

    @property
    def exit_code(self) -> int:
        """That of the worst: what was refused, then what failed. A run that waits again is as it should be."""
        refused = [code for code in self.codes if code not in {0, 1, _WAITS}]
        return max(refused) if refused else int(1 in self.codes)
