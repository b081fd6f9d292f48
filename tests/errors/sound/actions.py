"""Steps that do one thing: step types, scripts, calls, tables, waits, signals."""

from collections.abc import Callable
from typing import Any

from tests.errors.sound.expressions import Name, lacking
from tests.errors.sound.kinds import ALL, FLAG, NUMBER, SIMPLE, TEXT, TEXTS, WHOLE, Kind
from tests.errors.sound.mistakes import Mistaken
from tests.errors.sound.types import TYPES

WRONG_LINES = {
    "expression-in-single-quotes": "echo 'so ${{ inputs.text }}'", "shell-syntax": "if true; then echo",
    "block-in-run": "${% if true %}echo${% endif %}", "shell-evaluates-value": "eval ${{ inputs.text }}",
}  # fmt: skip
SHELL = [Name("stdout", TEXT), Name("exit_code", WHOLE)]
Made = tuple[dict[str, Any], list[Name]]
"""The keys of a step, and what its outputs (`path` is the name alone) are."""


class Actions(Mistaken):
    """Makes steps without steps in them."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.count = 0
        self.others: dict[str, tuple[dict[str, Kind], dict[str, Kind], tuple[str, ...]]] = {}
        """The workflows that can be called: what they take, what they give, what need not be given."""
        self.tables: dict[str, tuple[dict[str, Kind], dict[str, Kind]]] = {}

    def new_id(self) -> str:
        """An id that no step has."""
        self.count += 1
        return f"s{self.count}"

    def action(self) -> Made:
        """One of them."""
        makers: list[Callable[[], Made]] = [self.typed, self.typed, self.typed, self.script, self.waiting]
        makers += [self.call] * 2 if self.others else []
        makers += [self.decide] * 2 if self.tables else []
        return self.rng.choice(makers)()

    def typed(self) -> Made:
        """A stub step type."""
        rng = self.rng
        name = rng.choice(["stub.make", "stub.book"])
        found = TYPES[name]
        given = {*found.needed, *rng.sample(list(found.takes), rng.randint(1, 2))}
        values: dict[str, Any] = {one: self.nested(found.takes[one]) for one in found.takes if one in given}
        if found.needed and self.plant("missing-parameter"):
            del values[found.needed[0]]
        if self.plant("unknown-parameter"):
            values["nothing"] = 3
        if name == "stub.book" and rng.random() < 0.3:
            values["limit"] = 30 if self.plant("bad-parameter") else rng.choice([1, 9, "${{ 4 }}"])
            values["pause"] = "3 parsecs" if self.plant("bad-parameter", "duration") else "0s"
        step: dict[str, Any] = {"uses": name, "with": values}
        if self.plant("unknown-step-type"):
            step["uses"] = "stub.mak"
        if self.plant("unknown-plugin"):
            step["uses"] = "stubb.make"
        null = found.null if "note" not in given else ("note",)
        return step, [Name(one, kind, "null" if one in null else "") for one, kind in found.gives.items()]

    def nested(self, kind: Kind) -> Any:
        """A value of the file: an expression, or a list or mapping of such."""
        if kind.item is None and not kind.fields:
            return self.mixed() if kind == TEXT and self.rng.random() < 0.2 else self.value(kind)
        if self.rng.random() < 0.6:
            return self.value(kind)
        if kind.name == "list":
            return [self.nested(kind.inner) for _ in range(self.rng.randint(0, 2))]
        if kind.name == "table":
            return {name: self.nested(kind.inner) for name in ("a", "c")}
        fields = {name: self.nested(one) for name, one in kind.fields}
        if not kind.open and self.plant("bad-parameter", "unknown-parameter", text="a field that is not there"):
            fields["nothing"] = 1
        if self.plant("bad-parameter", "missing-parameter", text="a field left out"):
            del fields[kind.fields[0][0]]
        return fields

    def script(self) -> Made:
        """A shell script, with values where a shell computes too, or a list of arguments."""
        rng = self.rng
        if rng.random() < 0.15:
            word = f"${{{{ {self.maybe_wrong(rng.choice(SIMPLE), 1, clash=False)} }}}}"
            if self.plant("wrong-kind", text="a list as an argument"):
                word = f"${{{{ {self.leaf(TEXTS)} }}}}"
            return {"run": ["echo", "so", word, f"${{{{ {self.leaf(TEXT)} }}}}"]}, SHELL
        lines = [f'echo "so ${{{{ {self.maybe_wrong(rng.choice(ALL), 1, clash=False)} }}}}"']
        if rng.random() < 0.4:
            lines.append(f"printf '%s.' ${{{{ {self.maybe_wrong(TEXTS, 1, clash=False)} }}}}")
        if rng.random() < 0.3:
            wrong = self.plant("shell-wants-number")
            lines.append(f"echo $(( 1 + ${{{{ {'inputs.text' if wrong else self.leaf(WHOLE)} }}}} ))")
        lines += [line for code, line in WRONG_LINES.items() if self.plant(code)]
        step: dict[str, Any] = {"run": "\n".join(lines)}
        if rng.random() < 0.3:
            step["env"] = {"WORD": self.value(self.rng.choice(SIMPLE), 1, clash=False)}
        elif rng.random() < 0.2:
            step["env"] = {"WORD": "[]" if not self.plant("wrong-kind") else f"${{{{ {self.leaf(TEXTS)} }}}}"}
        return step, list(SHELL)

    def call(self, path: str = "") -> Made:
        """Another workflow."""
        rng = self.rng
        path = path or rng.choice(sorted(self.others))
        takes, gives, optional = self.others[path]
        given = [one for one in takes if one != "left" and (one not in optional or rng.random() < 0.5)]
        values: dict[str, Any] = {one: self.value(takes[one], 1) for one in given}
        if "left" in takes:  # how often it calls itself
            values["left"] = rng.choice([0, 1, 2])
        if values and self.plant("missing-parameter"):
            values.pop(next(one for one in values if one not in optional))
        if self.plant("unknown-parameter"):
            values["nothing"] = 3
        step: dict[str, Any] = {"call": "nothing.yaml" if self.plant("call-target") else path, "with": values}
        if rng.random() < 0.1:
            step["detach"] = True
            return step, []
        return step, [Name(one, kind) for one, kind in gives.items()]

    def decide(self, path: str = "") -> Made:
        """A decision table."""
        path = path or self.rng.choice(sorted(self.tables))
        takes, gives = self.tables[path]
        inputs = {one: self.value(kind, 1) for one, kind in takes.items()}
        if self.plant("missing-parameter"):
            inputs.pop(next(iter(inputs)))
        if self.plant("unknown-parameter"):
            inputs["nothing"] = "1"
        values = {"table": "nothing.decision.yaml" if self.plant("table-target") else path, "inputs": inputs}
        return {"uses": "decide", "with": values}, [Name(one, kind) for one, kind in gives.items()]

    def waiting(self) -> Made:
        """A wait for a moment."""
        wait: Any = self.rng.choice(["1ms", "${{ '2ms' }}", {"until": "2026-01-01T00:00:00Z"}])
        if self.plant("bad-time"):
            wait = {"until": "tomorrow"}
        if self.plant("duration", "pattern", "wrong-kind", text="wait"):
            wait = "3 parsecs"
        if self.plant("wrong-kind", text="wait for a list"):
            wait = f"${{{{ {self.leaf(TEXTS)} }}}}"
        return {"wait": wait}, []

    def signalled(self) -> tuple[dict[str, Any], dict[str, Any], str]:
        """A step that sends a signal to its own run, one that waits for it, and the id of the latter."""
        waiting, name = self.new_id(), f"go_{self.count}"
        data = self.value(self.rng.choice([FLAG, NUMBER, TEXTS]), 1, clash=False)
        wrong = self.plant("unknown-signal", text="signal")
        send = {"id": self.new_id(), "signal": {"name": f"{name}x" if wrong else name, "data": data}}
        timeout = "10ms" if wrong else "1h"
        return send, {"id": waiting, "wait": {"signal": name, "timeout": timeout}}, waiting


def outputs_of(step: str, made: list[Name], lack: str = "") -> list[Name]:
    """The outputs of a step as others name them."""
    found = [Name(f"steps.{step}.outputs.{one.path}", one.kind, one.lack) for one in made]
    return [lacking(one, lack) if lack else one for one in found]
