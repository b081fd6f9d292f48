"""Keys that other tools use for what Steplane has under another name."""

from msgspec import Struct


class Habit(Struct, frozen=True):
    """What to write instead: the `key` of ours (if it takes the same value, `same`), and an example line.

    `unit`: what is written behind a number that stands there; `values`: what is written for other values.
    """

    key: str
    example: str
    same: bool = False
    unit: str = ""
    values: dict[str, str] = {}

    def value(self, text: str) -> str | None:
        """What our key takes for a value of theirs; None where nobody can say."""
        if self.unit and text.isascii() and text.isdigit() and int(text) > 0:
            return f"{text}{self.unit}"
        return self.values.get(text.lower())


def _all(names: str, key: str, example: str, *, same: bool = False) -> dict[str, Habit]:
    """The habit for each of the names, which stand apart by blanks."""
    return dict.fromkeys(names.split(), Habit(key, example, same))


def _values(names: str, habit: Habit) -> dict[str, Habit]:
    """The same for a habit whose values are other ones."""
    return dict.fromkeys(names.split(), habit)


def _timeouts(example: str) -> dict[str, Habit]:
    """Times that are numbers, of minutes or of seconds."""
    minutes, seconds = Habit("timeout", example, unit="m"), Habit("timeout", example, unit="s")
    return {
        **dict.fromkeys(["timeout-minutes", "timeout_minutes", "timeoutMinutes"], minutes),
        **dict.fromkeys(["timeout_sec", "timeout_seconds", "timeoutSeconds", "timeoutSec"], seconds),
        "activeDeadlineSeconds": seconds,
    }


STEP: dict[str, Habit] = {
    **_all(
        "depends_on dependsOn depends dependencies deps runAfter run_after after requires upstream wait_for",
        "needs",
        "needs: [build]",
        same=True,
    ),
    **_all(
        "when condition only_if runIf run_if",
        "if",
        "if: inputs.day == 'monday'",
        same=True,
    ),
    **_all(
        "script command commands cmd cmds bash sh shell exec",
        "run",
        "run: ./build.sh",
        same=True,
    ),
    **_values(
        "continue-on-error continue_on_error continueOnError ignore_errors ignore_error allow_failure allowFailure "
        "soft_fail",
        Habit("on_error", "on_error: warn", values={"true": "warn", "yes": "warn", "false": "fail", "no": "fail"}),
    ),
    **_all("continueOn failed_when", "on_error", "on_error: warn"),
    **_timeouts("timeout: 10m"),
    **_all("time_limit deadline", "timeout", "timeout: 10m"),
    **_all(
        "withItems with_items withParam with_param withSequence items loop for_each forEach for each values",
        "foreach",
        "foreach: ${{ vars.items }}",
        same=True,
    ),
    **_all(
        "retries max_retries maxRetries retry_count attempts_max max_attempts maxAttempts",
        "retry",
        "retry: 3",
        same=True,
    ),
    **_all(
        "retryStrategy retry_strategy retryPolicy retry_policy retry_delay interval",
        "retry",
        "retry: {attempts: 3, delay: 10s}",
    ),
    **_all(
        "environment env_vars envs environ",
        "env",
        "env: {MODE: fast}",
        same=True,
    ),
    **_all(
        "working-directory working_directory workingDirectory working_dir workingDir workdir dir chdir directory",
        "cwd",
        "cwd: build",
        same=True,
    ),
    **_all(
        "tasks jobs block do group children activities try",
        "steps",
        "steps: [...]",
        same=True,
    ),
    **_all(
        "catch on_failure onFailure on-failure onExit errors fallback on_fail",
        "rescue",
        "rescue: [...]",
    ),
    **_all(
        "always cleanup teardown on_exit",
        "finally",
        "finally: [...]",
    ),
    **_all(
        "args params parameters arguments options inputs input kwargs",
        "with",
        "with: {path: orders.csv}",
        same=True,
    ),
    **_all(
        "type action task operator plugin module template",
        "uses",
        "uses: csv.read",
        same=True,
    ),
    **_all(
        "strategy",
        "matrix",
        "matrix: {os: [linux, macos]}",
    ),
    **_all(
        "max-parallel max_parallel maxParallel parallelism forks concurrencyLimit throttle",
        "concurrency",
        "concurrency: 4",
        same=True,
    ),
    **_all(
        "fail-fast failFast fail_fast",
        "failure",
        "failure: cancel",
    ),
    **_all(
        "output register save export",
        "outputs",
        'outputs: {total: "${{ result.json.total }}"}',
    ),
    **_all(
        "fork branches concurrent",
        "parallel",
        "parallel: {left: [...], right: [...]}",
    ),
    **_all(
        "case choice choose",
        "switch",
        "switch: [{when: ..., steps: [...]}, {default: true, steps: [...]}]",
    ),
    **_all(
        "workflow subworkflow sub_workflow subflow import include",
        "call",
        "call: other.yaml",
        same=True,
    ),
    **_all(
        "sleep pause delay",
        "wait",
        "wait: 30s",
        same=True,
    ),
    **_all(
        "exit stop return terminate",
        "end",
        "end: succeeded",
    ),
    **_all(
        "mutex semaphore synchronization",
        "lock",
        "lock: printer",
        same=True,
    ),
    **_all(
        "title label displayName display_name",
        "name",
        "name: Build the image",
        same=True,
    ),
    **_all(
        "role assignee owner actor",
        "lane",
        "lane: credit",
        same=True,
    ),
    **_all(
        "memoize sources caching",
        "cache",
        "cache: {files: [src/**]}",
    ),
    **_all(
        "desc summary doc",
        "description",
        "description: What it is for",
        same=True,
    ),
}
"""Habits on a step."""

WORKFLOW: dict[str, Habit] = {
    **_all(
        "jobs tasks stages nodes activities pipeline dag do states job workflow",
        "steps",
        "steps: [...]",
        same=True,
    ),
    **_all(
        "params parameters arguments args input",
        "inputs",
        "inputs: {limit: {type: number, default: 10}}",
    ),
    **_all(
        "variables var constants locals",
        "vars",
        "vars: {day: monday}",
        same=True,
    ),
    **_all(
        "environment env_vars envs",
        "env",
        "env: {MODE: fast}",
        same=True,
    ),
    **_all(
        "working-directory working_directory workdir working_dir dir",
        "cwd",
        "cwd: build",
        same=True,
    ),
    **_all(
        "on schedule schedules cron trigger",
        "triggers",
        "run it from cron or CI with `steplane run FILE`",
    ),
    **_all(
        "tags metadata annotations",
        "labels",
        "labels: {team: logistics}",
    ),
    **_all(
        "id workflow_name",
        "name",
        "name: order-to-cash",
        same=True,
    ),
    **_all(
        "apiVersion schema_version syntax spec_version",
        "steplane",
        "steplane: 1",
    ),
    **_all(
        "on_failure onFailure handlers catch errors",
        "rescue",
        "rescue: [...]",
    ),
    **_all(
        "onExit on_exit handlerOn always cleanup",
        "finally",
        "finally: [...]",
    ),
    **_all(
        "fail-fast failFast fail_fast",
        "failure",
        "failure: cancel",
    ),
    **_timeouts("timeout: 4h"),
    **_all(
        "output results",
        "outputs",
        'outputs: {total: "${{ steps.add.outputs.stdout }}"}',
    ),
    **_all(
        "desc summary",
        "description",
        "description: What it is for",
        same=True,
    ),
}
"""Habits at the top of a file."""

RETRY: dict[str, Habit] = {
    **_all(
        "count max_attempts maxAttempts limit times max retries maxAttempt",
        "attempts",
        "attempts: 3",
        same=True,
    ),
    **_all(
        "interval wait sleep duration initial_delay period",
        "delay",
        "delay: 10s",
        same=True,
    ),
    **_all(
        "type strategy factor multiplier",
        "backoff",
        "backoff: exponential",
    ),
    **_all(
        "maxDelay max_interval maxInterval maxDuration cap",
        "max_delay",
        "max_delay: 1m",
        same=True,
    ),
    **_all(
        "if on retry_on retryOn condition until",
        "when",
        "when: error.type == 'http.timeout'",
    ),
    **_all(
        "max_elapsed timeout deadline",
        "for",
        "for: 15m",
        same=True,
    ),
}
"""Habits under `retry`."""

ARM: dict[str, Habit] = {
    **_all(
        "if case condition",
        "when",
        "when: inputs.kind == 'physical'",
        same=True,
    ),
    **_all(
        "else otherwise",
        "default",
        "default: true",
    ),
    **_all(
        "then do tasks",
        "steps",
        "steps: [...]",
        same=True,
    ),
}
"""Habits in an arm of `switch`."""

HABITS: dict[str, dict[str, Habit]] = {"step": STEP, "workflow": WORKFLOW, "retry": RETRY, "arm": ARM}
"""Habits by the definition in the schema where they turn up."""
