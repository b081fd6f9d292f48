"""What becomes of a step, as far as it can be said before a run."""

from typing import Any, Literal

from msgspec import Struct

Verdict = Literal["run", "skip", "depends"]
"""Whether the step's action begins: surely (where nothing fails by itself), surely not, or nobody knows yet."""

Certainty = Literal["no", "maybe", "yes"]

Ends = frozenset[str]
"""The statuses in which a step may end."""

SUCCEEDED: Ends = frozenset({"succeeded"})
SKIPPED: Ends = frozenset({"skipped"})
BLOCKED: Ends = frozenset({"blocked"})
FAILED: Ends = frozenset({"failed"})
CANCELLED: Ends = frozenset({"cancelled"})
WARNING: Ends = frozenset({"warning"})
REUSED: Ends = frozenset({"reused"})
BEGUN: Ends = frozenset({"succeeded", "failed", "cancelled"})
NONE: Ends = frozenset()


class Condition(Struct, frozen=True):
    """A condition looked at before the run: its truth (None where that is not known) and why.

    `seen`: the parts that were evaluated; `unknown`: what it depends on, in words; `error`: why it cannot be evaluated.
    """

    text: str
    value: bool | None = None
    seen: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    error: str = ""


class Fate(Struct, frozen=True):
    """What becomes of one step, or of one instance of it.

    `reason`: why, beside the `condition`; `inherited`: it is that of a step around it.
    `ends`: how it may end where no step type fails by itself; `trouble`: how it may end where any may fail. `stops`:
    whether the run has ended with it, by the step `ender`. `fails`: it surely fails, and `reason` says why. `key`: the
    keys of the loops around it.
    """

    verdict: Verdict
    reason: str = ""
    condition: Condition | None = None
    ends: Ends = SUCCEEDED
    trouble: Ends = SUCCEEDED
    stops: Certainty = "no"
    ender: str = ""
    fails: bool = False
    inherited: bool = False
    key: str = ""


class Items(Struct, frozen=True):
    """The items of a loop: how many there are (None: not known), their first keys, why they are not known."""

    number: int | None = None
    keys: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Planned(Struct, frozen=True):
    """What a step type says that it would do; `note` where it could not say it."""

    summary: str = ""
    reads: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    note: str = ""


class Instance(Struct, frozen=True):
    """One of several instances of a step inside loops, by the keys of the loops."""

    key: str
    verdict: Verdict
    reason: str = ""
    parameters: dict[str, Any] | None = None
    planned: Planned | None = None


class StepForecast(Struct, frozen=True):
    """What becomes of a step, over all instances of it that are known.

    `reason`: why, beside the `condition`; `inherited`: it is that of a step around it.
    `items` are those of its own loop. `counts`: how many instances run, are skipped, depend, where there are several.
    `parameters` are those of its step type, rendered and masked, where all are known. `requires`: its preconditions.
    `cached`: of each instance of a step with `cache`, whether a recorded result stands for it (None: unknown), and why.
    """

    verdict: Verdict
    reason: str = ""
    condition: Condition | None = None
    requires: tuple[Condition, ...] = ()
    fails: bool = False
    inherited: bool = False
    items: Items | None = None
    counts: tuple[int, int, int] | None = None
    instances: tuple[Instance, ...] = ()
    cached: tuple[tuple[bool | None, str], ...] = ()
    parameters: dict[str, Any] | None = None
    planned: Planned | None = None


class InputForecast(Struct, frozen=True):
    """An input with its value, masked: `given`, its `default`, or `missing`."""

    name: str
    source: Literal["given", "default", "missing"]
    value: Any = None


class Forecast(Struct, frozen=True):
    """What a run of a workflow would do.

    `steps` by the number of the node; `lists` the branches and arms, by the number of their list.
    """

    steps: dict[int, StepForecast]
    lists: dict[int, StepForecast]
    inputs: tuple[InputForecast, ...] = ()

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many steps there are of each verdict."""
        found = [one.verdict for one in self.steps.values()]
        return {"run": found.count("run"), "skip": found.count("skip"), "depends": found.count("depends")}
