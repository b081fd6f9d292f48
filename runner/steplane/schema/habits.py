"""Keys that other tools use for what Steplane has under another name."""

from typing import Literal

from msgspec import Struct


class Habit(Struct, frozen=True):
    """What to write instead: the `key` of ours (if it takes the same value, `same`), and an example line."""

    key: str
    example: str
    same: bool = False


def _all(habit: Habit, *names: str) -> dict[str, Habit]:
    return dict.fromkeys(names, habit)


STEP: dict[str, Habit] = {
    **_all(Habit("needs", "needs: [build]", same=True), "depends_on", "dependsOn", "depends", "dependencies", "deps",
           "runAfter", "run_after", "after", "requires", "upstream", "wait_for"),
    **_all(Habit("if", "if: inputs.day == 'monday'", same=True), "when", "condition", "only_if", "runIf", "run_if"),
    **_all(Habit("run", "run: ./build.sh", same=True), "script", "command", "commands", "cmd", "cmds", "bash", "sh", "exec"),
    **_all(Habit("on_error", "on_error: warn"), "continue-on-error", "continue_on_error", "continueOnError", "continueOn",
           "ignore_errors", "ignore_error", "allow_failure", "allowFailure", "soft_fail", "failed_when"),
    **_all(Habit("timeout", "timeout: 10m"), "timeout-minutes", "timeout_minutes", "timeoutMinutes", "timeout_sec",
           "timeout_seconds", "timeoutSeconds", "timeoutSec", "time_limit", "activeDeadlineSeconds", "deadline"),
    **_all(Habit("foreach", "foreach: ${{ vars.items }}", same=True), "withItems", "with_items", "withParam", "with_param",
           "withSequence", "items", "loop", "for_each", "forEach", "for", "each", "values"),
    **_all(Habit("retry", "retry: 3", same=True), "retries", "max_retries", "maxRetries", "retry_count", "attempts_max"),
    **_all(Habit("retry", "retry: {attempts: 3, delay: 10s}"), "retryStrategy", "retry_strategy", "retryPolicy",
           "retry_policy", "retry_delay", "interval"),
    **_all(Habit("env", "env: {MODE: fast}", same=True), "environment", "env_vars", "envs", "environ"),
    **_all(Habit("cwd", "cwd: build", same=True), "working-directory", "working_directory", "workingDirectory",
           "working_dir", "workingDir", "workdir", "dir", "chdir", "directory"),
    **_all(Habit("steps", "steps: [...]", same=True), "tasks", "jobs", "block", "do", "group", "children", "activities", "try"),
    **_all(Habit("rescue", "rescue: [...]"), "catch", "on_failure", "onFailure", "on-failure", "onExit", "errors",
           "fallback", "on_fail"),
    **_all(Habit("finally", "finally: [...]"), "always", "cleanup", "teardown", "on_exit"),
    **_all(Habit("with", "with: {path: orders.csv}", same=True), "args", "params", "parameters", "arguments", "options",
           "inputs", "input", "kwargs"),
    **_all(Habit("uses", "uses: csv.read", same=True), "type", "action", "task", "operator", "plugin", "module", "template"),
    **_all(Habit("matrix", "matrix: {os: [linux, macos]}"), "strategy"),
    **_all(Habit("concurrency", "concurrency: 4", same=True), "max-parallel", "max_parallel", "maxParallel", "parallelism",
           "forks", "concurrencyLimit", "throttle"),
    **_all(Habit("failure", "failure: cancel"), "fail-fast", "failFast", "fail_fast"),
    **_all(Habit("outputs", "outputs: {total: \"${{ result.json.total }}\"}"), "output", "register", "save", "export"),
    **_all(Habit("parallel", "parallel: {left: [...], right: [...]}"), "fork", "branches", "concurrent"),
    **_all(Habit("switch", "switch: [{when: ..., steps: [...]}, {default: true, steps: [...]}]"), "case", "choice", "choose"),
    **_all(Habit("call", "call: other.yaml", same=True), "workflow", "subworkflow", "sub_workflow", "subflow", "import", "include"),
    **_all(Habit("wait", "wait: 30s", same=True), "sleep", "pause", "delay"),
    **_all(Habit("end", "end: succeeded"), "exit", "stop", "return", "terminate"),
    **_all(Habit("lock", "lock: printer", same=True), "mutex", "semaphore", "synchronization"),
    **_all(Habit("name", "name: Build the image", same=True), "title", "label", "displayName", "display_name"),
    **_all(Habit("lane", "lane: credit", same=True), "role", "assignee", "owner", "actor"),
    **_all(Habit("cache", "cache: {files: [src/**]}"), "memoize", "sources", "caching"),
    **_all(Habit("description", "description: What it is for", same=True), "desc", "summary", "doc"),
}  # fmt: skip
"""Habits on a step."""

WORKFLOW: dict[str, Habit] = {
    **_all(Habit("steps", "steps: [...]", same=True), "jobs", "tasks", "stages", "nodes", "activities", "pipeline", "dag",
           "do", "states", "job", "workflow"),
    **_all(Habit("inputs", "inputs: {limit: {type: number, default: 10}}"), "params", "parameters", "arguments", "args",
           "input"),
    **_all(Habit("vars", "vars: {day: monday}", same=True), "variables", "var", "constants", "locals"),
    **_all(Habit("env", "env: {MODE: fast}", same=True), "environment", "env_vars", "envs"),
    **_all(Habit("cwd", "cwd: build", same=True), "working-directory", "working_directory", "workdir", "working_dir", "dir"),
    **_all(Habit("triggers", "run it from cron or CI with `steplane run FILE`"), "on", "schedule", "schedules", "cron",
           "trigger"),
    **_all(Habit("labels", "labels: {team: logistics}"), "tags", "metadata", "annotations"),
    **_all(Habit("name", "name: order-to-cash", same=True), "id", "workflow_name"),
    **_all(Habit("steplane", "steplane: 1"), "apiVersion", "schema_version", "syntax", "spec_version"),
    **_all(Habit("rescue", "rescue: [...]"), "on_failure", "onFailure", "handlers", "catch", "errors"),
    **_all(Habit("finally", "finally: [...]"), "onExit", "on_exit", "handlerOn", "always", "cleanup"),
    **_all(Habit("failure", "failure: cancel"), "fail-fast", "failFast", "fail_fast"),
    **_all(Habit("timeout", "timeout: 4h"), "timeout-minutes", "timeoutSec", "timeout_sec", "timeout_seconds"),
    **_all(Habit("outputs", "outputs: {total: \"${{ steps.add.outputs.stdout }}\"}"), "output", "results"),
    **_all(Habit("description", "description: What it is for", same=True), "desc", "summary"),
}  # fmt: skip
"""Habits at the top of a file."""

RETRY: dict[str, Habit] = {
    **_all(Habit("attempts", "attempts: 3", same=True), "count", "max_attempts", "maxAttempts", "limit", "times", "max",
           "retries", "maxAttempt"),
    **_all(Habit("delay", "delay: 10s", same=True), "interval", "wait", "sleep", "duration", "initial_delay", "period"),
    **_all(Habit("backoff", "backoff: exponential"), "type", "strategy", "factor", "multiplier"),
    **_all(Habit("max_delay", "max_delay: 1m", same=True), "maxDelay", "max_interval", "maxInterval", "maxDuration", "cap"),
    **_all(Habit("when", "when: error.type == 'http.timeout'"), "if", "on", "retry_on", "retryOn", "condition", "until"),
    **_all(Habit("for", "for: 15m", same=True), "max_elapsed", "timeout", "deadline"),
}  # fmt: skip
"""Habits under `retry`."""

ARM: dict[str, Habit] = {
    **_all(Habit("when", "when: inputs.kind == 'physical'", same=True), "if", "case", "condition"),
    **_all(Habit("default", "default: true"), "else", "otherwise"),
    **_all(Habit("steps", "steps: [...]", same=True), "then", "do", "tasks"),
}  # fmt: skip
"""Habits in an arm of `switch`."""

Level = Literal["step", "workflow", "retry", "arm"]
HABITS: dict[str, dict[str, Habit]] = {"step": STEP, "workflow": WORKFLOW, "retry": RETRY, "arm": ARM}
"""Habits by the definition in the schema where they turn up."""
