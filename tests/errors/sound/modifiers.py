"""What stands beside an action: conditions, retries, handlers, preconditions, outputs, and loops."""

from collections.abc import Callable
from typing import Any

from tests.errors.sound.actions import Actions, Made, outputs_of
from tests.errors.sound.expressions import Name, lacking
from tests.errors.sound.kinds import FLAG, SIMPLE, TEXT, TEXTS, WHOLE, Kind, record
from tests.errors.sound.types import TYPES

ERROR = [Name("error.type", TEXT), Name("error.message", TEXT)]
LATE_ERROR = [Name(one.path, one.kind, "null", deep=True) for one in ERROR]
"""Where there need not be one."""
Inner = tuple[dict[str, Any], list[Name], list[Name]]
"""The keys of a step, its outputs, and what is known of the steps inside."""


class Modified(Actions):
    """Makes the modifiers of a step."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.around: list[Name] = []
        self.jumped = False

    def steps(self, depth: int, least: int = 1, most: int = 3) -> tuple[list[dict[str, Any]], list[Name]]:
        """A list of steps."""
        raise NotImplementedError

    def under(self, condition: str, make: Callable[[], Any]) -> Any:
        """What is made for where a condition holds."""
        self.asked.append(condition)
        made = make()
        self.asked.pop()
        return made

    def holding(self) -> str:
        """A condition that is worked out, and holds in any case."""
        return f"({self.condition(clash=False)}) or true"

    def with_names(self, names: list[Name], make: Callable[[], Any]) -> Any:
        """What is made where besides these names are known; those of a loop or handler hide the outer ones."""
        base, roots = self.scope, {one.path.split(".")[0] for one in names} - {"steps"}
        self.scope = [*(one for one in base if one.path.split(".")[0] not in roots), *names]
        made = make()
        self.scope = base
        return made

    def modified(self, name: str, action: Callable[[], Made], depth: int) -> tuple[dict[str, Any], list[Name]]:
        """A step of one action."""

        def make() -> Inner:
            keys, outputs = self.failing() if self.rng.random() < 0.12 else action()
            return keys, outputs, []

        return self.surrounded(name, make, depth)

    def failing(self) -> Made:
        """A step that fails at first."""
        step = {"uses": "stub.fail", "with": {"times": self.rng.choice([1, 2]), "said": self.value(TEXT)}}
        return step, [Name(one, kind) for one, kind in TYPES["stub.fail"].gives.items()]

    def surrounded(self, name: str, make: Callable[[], Inner], depth: int) -> tuple[dict[str, Any], list[Name]]:
        """A step with its modifiers, and what is known behind it."""
        step: dict[str, Any] = {"id": name}
        if self.rng.random() < 0.2:
            step["if"] = self.condition()
            lack, (keys, outputs, inside) = "missing", self.under(step["if"], make)
        else:
            lack, (keys, outputs, inside) = "", make()
        outputs, failed = self.modify(keys, outputs, inside)
        lack = lack or failed
        step.update(keys)
        if self.plant("unknown-key", "habit"):
            step[self.rng.choice(["depends_on", "timeout_sec", "retyr", "whne"])] = 3
        known = [lacking(one, lack) for one in inside] if lack else inside
        status = [Name(f"steps.{name}.status", TEXT), Name(f"steps.{name}.attempts", WHOLE)]
        status += [Name(f"steps.{name}.error.message", TEXT, "null", deep=True), Name(f"steps.{name}.recovered", FLAG)]
        return step, [*outputs_of(name, outputs, lack), *known, *status]

    def modify(self, step: dict[str, Any], outputs: list[Name], inside: list[Name]) -> tuple[list[Name], str]:
        """Add modifiers of an instance to its step; what its outputs are then, and whether they may be missing."""
        fails = step.get("uses") == "stub.fail"
        self.guard(step)
        if fails or self.rng.random() < 0.15:
            self.retry(step)
        result = [Name(f"result.{one.path}", one.kind, one.lack) for one in outputs]
        if "steps" in step or "parallel" in step or "switch" in step or step.get("detach"):
            result = []
        elif self.rng.random() < 0.2 and result:
            outputs = self.with_names(result, lambda: self.reshaped(step))
        if not step.get("detach") and self.rng.random() < 0.15:
            step["ensure"] = [self.with_names([*result, *inside], self.holding)]
        lack = self.handlers(step, [lacking(one, "missing") for one in inside], fails=fails)
        if "cache" in step and {"compensate", "wait", "goto", "undo", "cancel", "finish", "signal"} & words(step):
            del step["cache"]
        return outputs, lack

    def reshaped(self, step: dict[str, Any]) -> list[Name]:
        """Outputs that are made of the result."""
        found = []
        step["outputs"] = {}
        for number in range(self.rng.randint(1, 2)):
            kind = self.rng.choice([*SIMPLE, TEXTS])
            step["outputs"][f"r{number}"] = self.value(kind, clash=False)
            found.append(Name(f"r{number}", kind))
        return found

    def guard(self, step: dict[str, Any]) -> None:
        """A time limit, a lock, a precondition, variables."""
        rng = self.rng
        if rng.random() < 0.1 and "timeout" not in step and "wait" not in step:
            step["timeout"] = rng.choice(["1h", f"${{{{ '1h' if {self.leaf(FLAG)} else '2h' }}}}"])
            if self.plant("duration", "pattern", text="timeout"):
                step["timeout"] = "3 parsecs"
            elif self.plant("wrong-kind", text="timeout of a list"):
                step["timeout"] = f"${{{{ {self.leaf(TEXTS)} }}}}"
        if rng.random() < 0.1:
            step["lock"] = "door" if not self.plant("wrong-kind", text="lock") else f"${{{{ {self.leaf(TEXTS)} }}}}"
        if rng.random() < 0.15:
            step["require"] = [self.holding()]
        if rng.random() < 0.1 and "env" not in step:
            step["env"] = {"MARK": self.value(rng.choice(SIMPLE), 1, clash=False)}
            if self.plant("reserved-env"):
                step["env"]["STEPLANE_MARK"] = "a"
        if rng.random() < 0.1 and step.get("uses", "").startswith("stub."):
            step["cache"] = {"key": self.value(TEXT, clash=False)}

    def retry(self, step: dict[str, Any]) -> None:
        """More attempts."""
        names = [*ERROR, Name("attempt", WHOLE)]
        step["retry"] = {
            "attempts": self.rng.choice([2, 3, f"${{{{ ({self.leaf(WHOLE)} | abs) % 2 + 1 }}}}"]),
            "delay": "1ms",
        }
        if self.rng.random() < 0.4:
            step["retry"]["when"] = self.with_names(names, self.holding)
        if self.plant("range", "wrong-kind", text="attempts"):
            step["retry"]["attempts"] = 0
        elif self.plant("wrong-kind", text="attempts of text"):
            step["retry"]["attempts"] = "${{ inputs.text }}"

    def handlers(self, step: dict[str, Any], inside: list[Name], *, fails: bool) -> str:
        """What follows a failure; whether what the step gives may be missing then."""
        rng, lack = self.rng, ""
        if rng.random() < (0.5 if fails else 0.08):
            step["rescue"] = self.with_names([*ERROR, *inside], lambda: self.steps(0, 1, 1)[0])
            lack = "missing"
        if rng.random() < (0.5 if fails else 0.08):
            step["on_error"], lack = "warn", "missing"
        if rng.random() < 0.08:
            step["finally"] = self.with_names([*LATE_ERROR, *inside], lambda: self.steps(0, 1, 1)[0])
        return lack

    # ---------------------------------------------------------------- loops

    def looped(self, name: str, depth: int, *, composite: bool) -> tuple[dict[str, Any], list[Name]]:
        """A step that is repeated."""
        rng, step = self.rng, dict[str, Any]({"id": name})
        asked = rng.random() < 0.15
        if asked:
            step["if"] = self.condition()
        makers = [self.foreach, self.foreach, self.matrix, self.rounds, self.rounds]
        names, keys = rng.choice(makers)()
        hidden: list[Name] = []

        def make() -> tuple[list[Name], str]:
            if composite and depth > 0:
                steps, inside = self.steps(depth - 1, 1, 2)
                body: dict[str, Any] = {"steps": steps}
                outputs = self.with_names(inside, lambda: self.reshaped(body))
            else:
                body, outputs = self.failing() if rng.random() < 0.1 else self.action()
                inside = []
            hidden.extend(inside)
            found = self.modify(body, outputs, inside)
            step.update(body)
            return found

        outputs, lack = self.with_names(names, make)
        self.hidden = [*self.hidden, *hidden]
        step.update(self.asks(keys, outputs))
        missing = "missing" if asked or (lack and "foreach" not in step and "matrix" not in step) else ""
        if "foreach" in step or "matrix" in step:
            return step, self.all_of(name, outputs, lack or self.some(step, outputs), missing)
        missing = missing or ("missing" if "while" in step else "")
        return step, [*outputs_of(name, outputs, missing), *([] if asked else [Name(f"steps.{name}.rounds", WHOLE)])]

    def foreach(self) -> tuple[list[Name], dict[str, Any]]:
        """What is gone over, and the names that this brings."""
        kind = self.rng.choice([TEXT, WHOLE, TEXT])
        name = self.rng.choice(["item", "thing"])
        lists = [one for one in self.scope if one.kind.name == "list" and not one.lack]
        if lists and self.rng.random() < 0.5:
            chosen = self.rng.choice(lists)
            keys: dict[str, Any] = {"foreach": f"${{{{ {chosen.path} }}}}"}
            kind = chosen.kind.inner
        else:
            keys = {"foreach": self.value(Kind("list", kind), 1, clash=False)}  # a mapping may do
        if name != "item":
            keys["as"] = name
        if self.rng.random() < 0.3:
            keys["key"] = "k${{ loop.index }}"
        if self.rng.random() < 0.3:
            keys["concurrency"] = (
                self.rng.choice([2, f"${{{{ ({self.leaf(WHOLE)} | abs) % 3 + 1 }}}}"]) if not self.plant("range") else 0
            )
        if self.plant("wrong-kind", text="foreach"):
            keys["foreach"] = "${{ inputs.count }}"
            kind = TEXT
        tables = [one for one in self.scope if one.kind.name == "table" and not one.lack]
        if tables and self.rng.random() < 0.3:
            chosen = self.rng.choice(tables)
            keys["foreach"] = f"${{{{ {chosen.path} }}}}"
            kind = record(key=TEXT, value=chosen.kind.inner)
        return [Name(name, kind), *LOOP, Name("loop.last", FLAG), Name("loop.length", WHOLE)], keys

    def matrix(self) -> tuple[list[Name], dict[str, Any]]:
        """Two axes."""
        axes: dict[str, Any] = {"left": [self.value(TEXT, 1, clash=False), "b"], "right": [1, 2]}
        if self.plant("unknown-axis"):
            axes["exclude"] = [{"nothing": 1}]
        return [Name("matrix.left", TEXT), Name("matrix.right", WHOLE), *LOOP, Name("loop.length", WHOLE)], {
            "matrix": axes
        }

    def rounds(self) -> tuple[list[Name], dict[str, Any]]:
        """Rounds, two at most."""
        return list(LOOP), {self.rng.choice(["while", "until"]): ""}

    def asks(self, keys: dict[str, Any], outputs: list[Name]) -> dict[str, Any]:
        """The keys of a loop, with its condition where it goes in rounds."""
        before = [Name(f"loop.previous.outputs.{one.path}", one.kind, "both", deep=True) for one in outputs]
        if "while" in keys:
            asked = self.with_names([*LOOP, *before], lambda: self.condition(1, clash=False))
            return {"while": f"loop.index <= 2 and ({asked})"}
        if "until" in keys:
            asked = self.with_names([*LOOP, *before], lambda: self.condition(1, clash=False))
            return {"until": f"loop.index >= 2 or ({asked})", "max": 3}
        if "foreach" in keys and self.rng.random() < 0.15:
            keys["complete"] = 1
        return keys

    @staticmethod
    def some(step: dict[str, Any], _: list[Name]) -> str:
        """Whether an instance may be without outputs."""
        return "missing" if "complete" in step else ""

    @staticmethod
    def all_of(name: str, outputs: list[Name], lack: str, missing: str) -> list[Name]:
        """The lists of what the instances gave, with null where one gave nothing."""
        found = [Name(f"(steps.{name}.instances | map(attribute='key') | list)", TEXTS)] if not missing else []
        for one in outputs:
            path, kind = f"steps.{name}.outputs.{one.path}", Kind("list", one.kind)
            if not lack and not one.lack:
                found.append(Name(path, kind, missing))
            elif not missing:
                found.append(Name(f"({path} | present)", kind))
        return found


LOOP = [Name("loop.index", WHOLE), Name("loop.index0", WHOLE), Name("loop.first", FLAG), Name("loop.key", TEXT)]


def words(value: Any) -> set[str]:
    """All keys of a value, at every depth."""
    if isinstance(value, list):
        return set().union(*map(words, value))
    return set(value).union(*map(words, value.values())) if isinstance(value, dict) else set()
