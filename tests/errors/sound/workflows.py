"""Random workflow files over the whole language, mostly right, with the files that they call and decide by."""

import json
from typing import Any

from tests.errors.sound.expressions import Name
from tests.errors.sound.kinds import (
    ALL,
    FLAG,
    NUMBER,
    REGION,
    SIMPLE,
    TEXT,
    TEXTS,
    WHOLE,
    Kind,
    listing,
    sample,
    schema,
)  # fmt: skip
from tests.errors.sound.lists import Lists, Steps
from tests.errors.sound.mistakes import Planted
from tests.errors.sound.modifiers import ERROR, LATE_ERROR
from tests.errors.sound.spoils import spoil

HITS = ("unique", "first", "any", "collect", "rule_order", "collect sum")
ENVIRON = {"TOKEN": "tok-6f2d90ac", "GIVEN": "from the caller"}


class Maker(Lists):
    """One workflow with its files. `planted` are the mistakes in them."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.files: dict[str, str] = {}
        self.inputs: dict[str, Any] = {}
        """What the workflow is given."""
        self.gives: dict[str, Kind] = {}
        self.text = ""
        self._make()

    def _make(self) -> None:
        for number in range(self.rng.choice([0, 1, 1])):
            self._table(f"t{number}.decision.yaml")
        for number in range(self.rng.choice([0, 1, 1])):
            self._child(f"c{number}.yaml", again=self.rng.random() < 0.4)
        self.scope = []
        whole = self._workflow("trial", self.kinds(self.rng.randint(4, 7)), depth=2)
        if self.left and self.rng.random() < 0.7:
            codes = spoil(whole, self.rng)
            if codes:
                self.left -= 1
                self.planted.append(Planted(frozenset(codes.split()), "a spoilt step"))
        self.text = self._spoilt(written(whole))

    def kinds(self, most: int) -> dict[str, Kind]:
        """Inputs, with those that mistakes are made of."""
        found = {f"i{number}": self.rng.choice(ALL) for number in range(most)}
        return {"text": TEXT, "count": WHOLE, "flag": FLAG, **found}

    # ---------------------------------------------------------------- workflows

    def _workflow(self, name: str, takes: dict[str, Kind], *, depth: int) -> dict[str, Any]:
        """A workflow that takes inputs of these kinds."""
        file: dict[str, Any] = {"steplane": 1, "name": name, "inputs": self._inputs(takes, top=name == "trial")}
        file["secrets"] = {"token": {"env": "TOKEN"}}
        self.declare(Name("run.id", TEXT), Name("workflow.name", TEXT))
        file["vars"] = {}
        for number in range(self.rng.randint(0, 2)):
            kind = self.rng.choice(ALL)
            file["vars"][f"v{number}"] = self.value(kind, clash=False)
            self.declare(Name(f"vars.v{number}", kind))
        file["env"] = {"WHO": self.value(self.rng.choice(SIMPLE), 1, clash=False)}
        self.declare(Name("env.WHO", TEXT))
        if self.rng.random() < 0.1:
            file["case"] = "case ${{ inputs.text | upper }}"
        if name == "trial" and self.rng.random() < 0.1:
            file["concurrency"] = {"group": "g-${{ inputs.text }}", "limit": 2}
        file["steps"], known = self.steps(depth, 2, 4)
        written = json.dumps(file["steps"])
        for path, make in [*((one, self.call) for one in self.others), *((one, self.decide) for one in self.tables)]:
            if name == "trial" and f'"{path}"' not in written:  # a mistake in it is to be found too
                file["steps"].append({"id": self.new_id(), **make(path)[0]})
        self._around(file, known)
        return file

    def _inputs(self, takes: dict[str, Kind], *, top: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, kind in takes.items():
            found[name], lack = schema(kind), ""
            if name.startswith("i") and self.rng.random() < 0.25:
                found[name]["optional"], lack = True, "null"
            elif self.rng.random() < 0.15:
                found[name]["default"] = sample(kind, self.rng)
                if self.plant("bad-default"):
                    wrong: dict[str, Any] = {"whole": "three", "number": "three", "text": [3]}
                    found[name]["default"] = wrong.get(kind.name, 3)
                if self.plant("optional-default"):
                    found[name]["optional"] = True
            if top and (not ({"optional", "default"} & set(found[name])) or self.rng.random() < 0.5):
                self.inputs[name] = sample(kind, self.rng)
            self.declare(Name(f"inputs.{name}", kind, lack))
        return found

    def _around(self, file: dict[str, Any], known: list[Name]) -> None:
        """What stands behind the steps."""
        rng = self.rng
        if rng.random() < 0.15:
            file["finally"] = self.with_names(LATE_ERROR, lambda: self.steps(0, 1, 1)[0])
        if rng.random() < 0.1:
            file["rescue"] = self.with_names(ERROR, lambda: self.steps(0, 1, 1)[0])
        file["outputs"], self.gives = {}, {}

        def outputs() -> None:
            for number in range(rng.randint(1, 2)):
                self.gives[f"o{number}"] = rng.choice([*SIMPLE, TEXTS])
                file["outputs"][f"o{number}"] = self.output(self.gives[f"o{number}"])

        if "rescue" not in file:
            self.with_names(known, outputs)
            if rng.random() < 0.2:
                size = self.with_names(known, lambda: self.value(NUMBER, clash=False))
                file["measures"] = {"size": {"value": size, "unit": "m", "target": {"mean": "<= 4"}}}
            if rng.random() < 0.1:
                self._end(file)

    def _end(self, file: dict[str, Any]) -> None:
        """Let a condition end the run before its last step."""
        end = {"status": "succeeded", "message": self.value(TEXT), "outputs": {"o0": self.value(FLAG, clash=False)}}
        file["steps"].append({"id": self.new_id(), "if": self.condition(), "end": end})
        file["steps"].append({"id": self.new_id(), "wait": "1ms"})
        self.gives = {}  # they may be others

    def _child(self, path: str, *, again: bool) -> None:
        """A workflow that can be called, and may call itself."""
        takes = {"text": TEXT, "count": WHOLE, **{f"i{n}": self.rng.choice(ALL) for n in range(2)}}
        takes |= {"left": WHOLE} if again else {}
        self.scope = []
        name = path.removesuffix(".yaml")
        file = self._workflow(name, takes, depth=0)
        optional = tuple(one for one in takes if {"optional", "default"} & set(file["inputs"][one]))
        if again and "left" not in optional:
            needed = {one: f"${{{{ inputs.{one} }}}}" for one in takes if one not in optional}
            self.count += 1
            file["steps"].append({
                "id": f"s{self.count}", "if": "inputs.left > 0", "call": path,
                "with": {**needed, "left": "${{ inputs.left - 1 }}"},
            })  # fmt: skip
        self.files[path] = written(file)
        self.others[path] = (takes, self.gives, optional)

    # ---------------------------------------------------------------- tables

    def _table(self, path: str) -> None:
        """A decision table that answers all that it can be asked."""
        hit = self.rng.choice(HITS)
        columns = {"amount": NUMBER, "region": REGION}
        gives = {"fee": WHOLE, "note": TEXT} if hit != "collect sum" else {"fee": NUMBER}
        rows: Steps = []
        cells = [{"amount": "< 10"}, {"amount": ">= 10", "region": "eu"}, {"amount": ">= 10", "region": "us"}]
        overlap = hit in {"unique", "any"} and self.plant("table-overlap", "table-conflict")
        for cell in [*cells, *([{"region": "eu"}] if overlap or hit in {"first", "collect", "rule_order"} else [])]:
            row = {"when": cell, "then": {one: self._answer(kind, len(rows)) for one, kind in gives.items()}}
            rows.append(row)
        if hit == "first":
            rows.insert(0, rows.pop())
        if self.plant("table-column"):
            rows[0]["when"]["nothing"] = 1
        if self.plant("table-kind", "table-cell"):
            rows[0]["when"]["amount"] = "many"
        if self.plant("table-answer"):
            rows[-1]["then"].pop("fee")
        if self.plant("table-kind", text="answer"):
            rows[-1]["then"]["fee"] = "much"
        inputs, outputs = ({one: schema(kind) for one, kind in which.items()} for which in (columns, gives))
        file = {
            "decision": path.removesuffix(".decision.yaml"),
            "hit": hit,
            "inputs": inputs,
            "outputs": outputs,
            "rules": rows,
        }
        self.files[path] = written(file)
        several = hit in {"collect", "rule_order"}
        self.tables[path] = (columns, {one: listing(kind) if several else kind for one, kind in gives.items()})

    @staticmethod
    def _answer(kind: Kind, number: int) -> Any:
        return f"row {number}" if kind == TEXT else number

    # ---------------------------------------------------------------- mistakes of the file's text

    def _spoilt(self, text: str) -> str:
        """The text, rarely with a mistake of YAML or of the file's structure."""
        spoils = [
            ("duplicate-key", 'name: "trial"\nname: "again"'),
            ("unknown-key", 'name: "trial"\nstpes: []'),
            ("duplicate-key", 'name: "trial"\nsteplane: 7'),
            ("unclosed-quote bracket unclosed-bracket syntax text-after-quote missing-colon", 'name: "trial'),
            ("undefined-alias", 'name: "trial"\ntitle: *nothing'),
            ("tag", 'name: !!str "trial"'),
            ("pattern", 'name: "No Name"'),
            ("tab-indentation", 'name: "trial"\n\ttitle: "a"'),
        ]
        codes, new = self.rng.choice(spoils)
        return text.replace('name: "trial"', new, 1) if self.plant(*codes.split(), text=new) else text


def written(file: dict[str, Any]) -> str:
    """A file: its own keys in lines, what they hold in flow style."""
    return "".join(f"{name}: {json.dumps(value, ensure_ascii=False, indent=1)}\n" for name, value in file.items())


__all__ = ["ENVIRON", "Maker"]
