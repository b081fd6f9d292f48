"""The frozen, typed form of a workflow file. Raw mappings end here; every name keeps its place."""

from steplane.model.modifiers import (
    Axis,
    Backoff,
    Cache,
    Environment,
    FailurePolicy,
    ForEach,
    Join,
    Lock,
    Loop,
    Matrix,
    Need,
    Needs,
    NeedWord,
    Output,
    Outputs,
    Retry,
    Spread,
    Tolerance,
    Until,
    While,
)  # fmt: skip
from steplane.model.reading import read_workflow
from steplane.model.steps import (
    Action,
    Arm,
    Branch,
    Broken,
    Call,
    Cancel,
    End,
    Goto,
    Group,
    Leaf,
    Parallel,
    Race,
    RaceBranch,
    Run,
    Signal,
    Step,
    Switch,
    Uses,
    Wait,
)  # fmt: skip
from steplane.model.values import Condition, Count, Duration, Name, Named, Value
from steplane.model.walk import StepList, all_steps, lists_of, step_lists
from steplane.model.workflow import (
    BusinessObject,
    Concurrency,
    Input,
    Measure,
    Rule,
    SecretSource,
    Workflow,
)  # fmt: skip

__all__ = [
    "Action", "Arm", "Axis", "Backoff", "Branch", "Broken", "BusinessObject", "Cache", "Call", "Cancel", "Concurrency",
    "Condition", "Count", "Duration", "End", "Environment", "FailurePolicy", "ForEach", "Goto", "Group", "Input",
    "Join", "Leaf", "Lock", "Loop", "Matrix", "Measure", "Name", "Named", "Need", "NeedWord", "Needs", "Output",
    "Outputs", "Parallel", "Race", "RaceBranch", "Retry", "Rule", "Run", "SecretSource", "Signal", "Spread", "Step",
    "StepList", "Switch", "Tolerance", "Until", "Uses", "Value", "Wait", "While", "Workflow",
    "all_steps", "lists_of", "read_workflow", "step_lists",
]  # fmt: skip
