"""Random workflows of every construct of the language, with expressions wherever one may stand."""

from collections.abc import Callable

from tests.errors.sound.workflows import KINDS, Maker

TABLE = """\
decision: route
hit: first
inputs:
  place: {enum: [eu, us]}
  count: {type: integer}
outputs:
  text: {enum: [auto, review]}
  count: {type: integer}
rules:
  - {when: {place: eu, count: "> 3"}, then: {text: review, count: 2}}
default: {text: auto, count: 0}
"""
CHILD = """\
steplane: 1
inputs:
  text: {type: string}
  count: {type: integer}
  flag: {type: boolean, default: true}
  note: {type: string, optional: true}
vars:
  twice: ${{ inputs.count * 2 }}
steps:
  - id: made
    uses: stub.make
    with: {text: "${{ inputs.text }}", count: "${{ vars.twice }}", flag: "${{ inputs.flag }}"}
outputs:
  text: ${{ steps.made.outputs.text }}
  count: {value: "${{ steps.made.outputs.count }}", type: integer}
  share: ${{ steps.made.outputs.share }}
  flag: ${{ inputs.flag and steps.made.outputs.flag }}
  items: ${{ [inputs.note | default('none'), steps.made.outputs.text] }}
"""
FILES = {"route.decision.yaml": TABLE, "child.yaml": CHILD}
"""The files beside each workflow."""

DEFAULTS = {"text": "'d'", "count": "0", "share": "0.5", "flag": "false", "items": "[]"}


class Constructs(Maker):
    """One workflow."""

    def file(self) -> str:
        """The whole file."""
        rng = self.rng
        self.names["count"].append("inputs.limits.high")
        top = [f"case: {self.value('text')}", f"env: {{CASE: {self.value(rng.choice(['text', 'count', 'flag']))}}}"]
        top += [f"concurrency: {{group: \"${{{{ 'g' ~ {self.expression('text', 1)} }}}}\"}}"]
        variable = self.variable()
        steps = "".join(self.step(f"s{number}") for number in range(rng.randint(3, 6)))
        steps += self.last() if rng.random() < 0.2 else ""
        end = [
            f"outputs:\n{self.outputs(KINDS[:3], '  ')}",
            f"measures:\n  m: {{value: {self.value('count')}, unit: eur}}\n",
        ]
        end += [f"finally:\n{self.leaf('over', '  ')}"]
        extra = "".join(f"{one}\n" for one in rng.sample(top, rng.randint(0, 3)))
        limits = "  limits: {type: object, additionalProperties: {type: integer}}\n"
        head = f"steplane: 1\nname: trial\n{self.inputs()}{limits}vars:\n{variable}"
        return head + extra + f"steps:\n{steps}" + "".join(rng.sample(end, rng.randint(1, 3)))

    def step(self, name: str) -> str:
        """A step of some kind, after which its outputs are names."""
        kinds: list[Callable[[str], str]] = [
            self.group, self.parallel, self.switch, self.call, self.decide, self.rounds, self.matrix, self.entries,
            self.rescued, self.tolerated, self.wait, self.race, self.guarded,
        ]  # fmt: skip
        return self.rng.choice(kinds)(name) if self.rng.random() < 0.7 else super().step(name)

    # ---------------------------------------------------------------- pieces

    def leaf(self, name: str, indent: str, *, known: bool = True, more: str = "") -> str:
        """A step of the stub; what it gives is known afterwards."""
        parameters = "".join(f"{indent}    {kind}: {self.value(kind)}\n" for kind in self.some())
        if known:
            self.know(name, KINDS)
        return f"{indent}- id: {name}\n{more}{indent}  uses: stub.make\n{indent}  with:\n{parameters}"

    def some(self) -> list[str]:
        """Some of the kinds."""
        return self.rng.sample(KINDS, self.rng.randint(1, 3))

    def know(self, name: str, kinds: tuple[str, ...], *, sure: bool = True) -> None:
        """The outputs of a step are names from here on."""
        for kind in kinds:
            path = f"steps.{name}.outputs.{kind}"
            self.names[kind] = [*self.names[kind], path if sure else f"({path} | default({DEFAULTS[kind]}))"]

    def outputs(self, kinds: tuple[str, ...], indent: str) -> str:
        """Outputs, some with a type."""
        types = {"text": "string", "count": "integer", "share": "number", "flag": "boolean", "items": "array"}
        lines = []
        for kind in kinds:
            value = self.value(kind)
            typed = f"{{value: {value}, type: {types[kind]}}}"
            lines.append(f"{indent}{kind}: {typed if self.rng.random() < 0.4 else value}\n")
        return "".join(lines)

    def inside(self, make: Callable[[], str]) -> str:
        """What is made with names that are not known afterwards."""
        own = self.names
        self.names = dict(own)
        made = make()
        self.names = own
        return made

    # ---------------------------------------------------------------- kinds of steps

    def group(self, name: str) -> str:
        """Steps, and outputs made of theirs."""

        def body() -> str:
            steps = self.leaf(f"{name}_a", "      ") + self.leaf(f"{name}_b", "      ")
            return f"    steps:\n{steps}    outputs:\n{self.outputs(KINDS, '      ')}"

        made = f"  - id: {name}\n" + self.inside(body)
        self.know(name, KINDS)
        return made

    def parallel(self, name: str) -> str:
        """Two branches."""

        def body() -> str:
            left = self.inside(lambda: self.leaf(f"{name}_a", "        "))
            right = self.inside(lambda: self.leaf(f"{name}_b", "        "))
            self.know(f"{name}_a", KINDS)
            return f"    parallel:\n      l:\n{left}      r:\n{right}    outputs:\n{self.outputs(KINDS, '      ')}"

        made = f"  - id: {name}\n" + self.inside(body)
        self.know(name, KINDS)
        return made

    def switch(self, name: str) -> str:
        """Two arms, of which either is taken."""
        when = self.expression("flag", 2)
        first = self.inside(lambda: self.leaf(f"{name}_a", "          "))
        second = self.inside(lambda: self.leaf(f"{name}_b", "          "))
        self.know(f"{name}_a", KINDS, sure=False)
        arms = f'      - when: "{when}"\n        steps:\n{first}      - default: true\n        steps:\n{second}'
        return f"  - id: {name}\n    switch:\n{arms}"

    def call(self, name: str) -> str:
        """Another workflow."""
        given = "".join(f"      {kind}: {self.value(kind)}\n" for kind in ("text", "count"))
        given += f"      flag: {self.value('flag')}\n" if self.rng.random() < 0.5 else ""
        self.know(name, KINDS)
        return f"  - id: {name}\n    call: child.yaml\n    with:\n{given}"

    def decide(self, name: str) -> str:
        """A decision table."""
        count = self.value("count")
        self.know(name, ("text", "count"))
        inputs = f'{{place: "${{{{ inputs.region }}}}", count: {count}}}'
        return f"  - id: {name}\n    uses: decide\n    with: {{table: route.decision.yaml, inputs: {inputs}}}\n"

    def rounds(self, name: str) -> str:
        """Rounds: the last one's outputs are known."""
        before = self.rng.random() < 0.5
        own = self.names
        self.names = {**own, "count": [*own["count"], "loop.index", "loop.index0"]}
        loop = "while: loop.index < 3" if before else "until: loop.index >= 2 and result.count == result.count"
        made = self.leaf(name, "  ", known=False, more=f"    {loop}\n")
        self.names = own
        self.know(name, KINDS)
        return made

    def matrix(self, name: str) -> str:
        """All combinations; what they give is a list."""
        axes = "{kind: [a, b], size: [1, 2]}"
        own = self.names
        self.names = {
            **own,
            "text": [*own["text"], "matrix.kind"],
            "count": [*own["count"], "loop.length", "matrix.size"],
        }
        made = self.leaf(name, "  ", known=False, more=f"    matrix: {axes}\n    key: ${{{{ loop.index }}}}\n")
        self.names = {**own, "items": [*own["items"], f"steps.{name}.outputs.text"]}
        return made

    def entries(self, name: str) -> str:
        """A loop over a mapping."""
        own, count = self.names, self.expression("count", 1)
        self.names = {**own, "text": [*own["text"], "item.key"], "count": [*own["count"], "item.value"]}
        more = f"    foreach: ${{{{ inputs.limits }}}}\n    concurrency: ${{{{ ({count} | abs) + 1 }}}}\n"
        made = self.leaf(name, "  ", known=False, more=more)
        texts = f"(steps.{name}.instances | map(attribute='key') | list)"
        self.names = {**own, "items": [*own["items"], f"steps.{name}.outputs.text", texts]}
        return made

    def rescued(self, name: str) -> str:
        """A step that fails, and what stands for it."""
        failing = f"    uses: fail\n    with: {{message: \"${{{{ 'f' ~ {self.expression('text', 2)} }}}}\"}}\n"
        own = self.names
        self.names = {**own, "text": [*own["text"], "error.message", "error.type"]}
        rescue = self.leaf(f"{name}_r", "      ")
        made = f"  - id: {name}\n{failing}    rescue:\n{rescue}    outputs:\n"
        self.names = own
        made += f"      text: {self.value('text')}\n      count: {self.value('count')}\n"
        self.know(name, ("text", "count"))
        return made

    def tolerated(self, name: str) -> str:
        """A step that may fail."""
        message = f"\"${{{{ 'f' ~ {self.expression('text', 2)} }}}}\""
        path = f"steps.{name}"
        self.names["text"] = [*self.names["text"], f"{path}.status", f"({path}.error.message | default('none'))"]
        return f"  - id: {name}\n    uses: fail\n    on_error: warn\n    with: {{message: {message}}}\n"

    def wait(self, name: str) -> str:
        """A moment, and a signal that is there already."""
        flag, text = self.expression("flag", 1), self.value("text")
        pause = f"  - id: {name}\n    wait: \"${{{{ '1ms' if {flag} else '2ms' }}}}\"\n"
        sent = f"  - signal: {{name: {name}_go, data: {{said: {text}}}}}\n"
        return pause + sent + f"  - {{id: {name}_w, wait: {{signal: {name}_go}}}}\n"

    def race(self, name: str) -> str:
        """What comes first."""
        leaf = self.inside(lambda: self.leaf(f"{name}_a", "          "))
        branches = (
            f"      a:\n        wait: 1ms\n        steps:\n{leaf}      b: {{wait: 1m, steps: [{{uses: stub.make}}]}}\n"
        )
        self.names["text"] = [*self.names["text"], f"steps.{name}.outputs.branch"]
        return f"  - id: {name}\n    race:\n{branches}"

    def guarded(self, name: str) -> str:
        """Everything that may stand beside an action."""
        rng = self.rng
        attempts, flag, sure = self.expression("count", 1), self.expression("flag", 1), self.expression("flag", 1)
        undone = [
            f"cache: {{key: {self.value(rng.choice(KINDS))}}}",
            f"compensate: [{{uses: stub.make, with: {{text: {self.value('text')}}}}}]",
        ]
        lines = [
            f'retry: {{attempts: "${{{{ ({attempts} | abs) + 1 }}}}", when: attempt < 3}}',
            f"timeout: \"${{{{ '20s' if {flag} else '1m' }}}}\"",
            f"lock: \"${{{{ 'l' ~ {self.expression('text', 1)} }}}}\"",
            f"env: {{NOTE: {self.value(rng.choice(['text', 'count', 'share', 'flag']))}}}",
            f"require: [\"{sure} or run.id != ''\"]",
            'ensure: ["result.count >= 0 or result.count < 0"]',
            f"finally: [{{uses: stub.make, with: {{flag: {self.value('flag')}}}}}]",
            rng.choice(undone),
        ]
        more = "".join(f"    {line}\n" for line in rng.sample(lines, rng.randint(2, 5)))
        return self.leaf(name, "  ", more=more)

    def last(self) -> str:
        """The end of the run."""
        outputs = f"{{text: {self.value('text')}}}"
        return f"  - end: {{status: succeeded, message: {self.value('text')}, outputs: {outputs}}}\n"
