"""Lists of steps: their order, and the steps that have lists."""

from collections.abc import Callable
from typing import Any

from tests.errors.sound.actions import Made, outputs_of
from tests.errors.sound.expressions import Name, lacking
from tests.errors.sound.kinds import SIMPLE, TEXT, TEXTS, WHOLE, Kind, one_of, schema
from tests.errors.sound.modifiers import LATE_ERROR, Modified

Steps = list[dict[str, Any]]
STATUS = TEXT


class Lists(Modified):
    """Makes lists of steps."""

    def steps(self, depth: int, least: int = 1, most: int = 3) -> tuple[Steps, list[Name]]:
        """A list, and what is known of it when it is over."""
        base, made, outside = list(self.scope), Steps(), (self.around, self.jumped)
        self.around, self.jumped = base, False
        makers: list[Callable[[int], tuple[Steps, list[Name]]]] = [self.plain] * 4
        makers += [
            self.ordered,
            self.sent,
            self.repeated,
            self.undone,
            self.cancelled,
            self.parted,
            self.passed,
            self.kept_open,
        ]
        found: list[Name] = []
        for _ in range(self.rng.randint(least, most)):
            steps, names = self.rng.choice(makers)(depth)
            made += steps
            found += names
            self.scope = [*base, *found]
        self.scope, (self.around, self.jumped) = base, outside
        return made, found

    def plain(self, depth: int) -> tuple[Steps, list[Name]]:
        """One step, which waits for all above it."""
        step, names = self.step(depth)
        return [step], names

    def step(self, depth: int) -> tuple[dict[str, Any], list[Name]]:
        """One step with its modifiers, and what is known behind it."""
        name = self.new_id()
        composite = depth > 0 and self.rng.random() < 0.4
        looped = self.rng.random() < 0.2
        return self.looped(name, depth, composite=composite) if looped else self.one(name, depth, composite=composite)

    def one(self, name: str, depth: int, *, composite: bool) -> tuple[dict[str, Any], list[Name]]:
        """A step without a loop."""
        if not composite:
            return self.modified(name, self.action, depth)
        makers: list[Callable[[int], tuple[dict[str, Any], list[Name], list[Name]]]] = [
            self.group, self.group, self.parallel, self.switch,
        ]  # fmt: skip
        if self.rng.random() < 0.15:
            return self.race(name)
        maker = self.rng.choice(makers)
        return self.surrounded(name, lambda: maker(depth - 1), depth)

    # ---------------------------------------------------------------- steps with lists

    def group(self, depth: int) -> tuple[dict[str, Any], list[Name], list[Name]]:
        """A group: its keys, its outputs, and what is known of the steps in it."""
        steps, inside = self.steps(depth)
        step: dict[str, Any] = {"steps": steps}
        if self.rng.random() < 0.2:
            step["failure"] = "sotp" if self.plant("enum") else self.rng.choice(["stop", "cancel", "continue"])
        return step, self.given(step, inside), inside

    def given(self, step: dict[str, Any], inside: list[Name]) -> list[Name]:
        """Outputs that are made of what is inside; some say of which type they are."""
        if self.rng.random() < 0.4:
            return []
        base = list(self.scope)
        self.scope = [*base, *inside]
        step["outputs"], found = {}, []
        for number in range(self.rng.randint(1, 2)):
            name, kind = f"o{number}", self.rng.choice([*SIMPLE, TEXTS])
            step["outputs"][name] = self.output(kind)
            found.append(Name(name, kind))
        self.scope = base
        return found

    def output(self, kind: Kind) -> Any:
        """The value of an output, with or without its type."""
        if self.rng.random() < 0.6:
            return self.value(kind, clash=False)
        return {"value": self.value(kind, 1, clash=kind != TEXT), **schema(kind)}

    def parallel(self, depth: int) -> tuple[dict[str, Any], list[Name], list[Name]]:
        """Branches, some of which need not be taken."""
        step: dict[str, Any] = {"parallel": {}}
        inside, before = list[Name](), self.hidden
        for name in ("left", "right"):
            self.hidden = [*before, *inside]
            asked = name == "right" and self.rng.random() < 0.3
            if asked:
                condition = self.condition()
                steps, found = self.under(condition, lambda: self.steps(depth, 1, 2))
                step["parallel"][name] = {"if": condition, "steps": steps}
                inside += [lacking(one, "missing") for one in found]
            else:
                steps, found = self.steps(depth, 1, 2)
                step["parallel"][name] = steps
                inside += found
        self.hidden = before
        if self.rng.random() < 0.2:
            step["join"] = 3 if self.plant("join-too-large") else "any"
            inside = [lacking(one, "missing") for one in inside]
        return step, self.given(step, inside), inside

    def switch(self, depth: int) -> tuple[dict[str, Any], list[Name], list[Name]]:
        """Arms, of which one is taken."""
        arms: Steps = []
        inside: list[Name] = []
        open_end = self.plant("switch-without-default")
        for _ in range(1 if open_end else self.rng.randint(1, 2)):  # of two, one may be what the other is not
            condition = self.condition()
            steps, found = self.under(condition, lambda: self.steps(depth, 1, 1))
            arms.append({"when": condition, "steps": steps})
            inside += [lacking(one, "missing") for one in found]
        if not open_end:
            steps, found = self.steps(depth, 1, 1)
            arms.append({"default": True, "steps": steps})
            inside += [lacking(one, "missing") for one in found]
        return {"switch": arms}, [], inside

    def race(self, name: str) -> tuple[dict[str, Any], list[Name]]:
        """A race of a moment and a signal that nobody sends."""
        taken, found = self.steps(0, 1, 1)
        other: Steps = [{"id": self.new_id(), "wait": "1ms"}]
        branches = {
            "soon": {"wait": "1ms", "steps": taken},
            "never": {"wait": {"signal": f"never_{name}"}, "steps": other},
        }
        inside = [lacking(one, "missing") for one in found]
        chosen = Name(f"steps.{name}.outputs.branch", one_of("soon", "never"))
        return {"id": name, "race": branches}, [chosen, Name(f"steps.{name}.outputs.at", TEXT, "both"), *inside]

    # ---------------------------------------------------------------- several steps that belong together

    def ordered(self, depth: int) -> tuple[Steps, list[Name]]:
        """Steps that wait only for what they name; the last one waits for all."""
        base, steps = list(self.scope), list[dict[str, Any]]()
        seen: dict[str, list[Name]] = {}
        for _ in range(self.rng.randint(2, 4)):
            needs = self.rng.sample(sorted(seen), self.rng.randint(0, min(2, len(seen))))
            above = [one for name in seen for one in seen[name] if name in needs]
            self.scope = [*self.outer(base), *above]
            before = self.hidden
            if not self.jumped:
                self.hidden = [*before, *(one for name in seen for one in seen[name] if one not in above)]
            step, names = self.step(min(depth, 0))
            self.hidden = before
            step["needs"] = self.wrong_needs(step["id"], needs)
            seen[step["id"]] = [*above, *names]
            steps.append(step)
        names = list(dict.fromkeys(one for known in seen.values() for one in known))
        self.scope = self.outer(base)
        if self.rng.random() < 0.3:  # the last one begins with the first of them; what follows waits for all
            absent = [lacking(one, "missing") for one in names]
            last = self.with_names(absent, lambda: {"id": self.new_id(), **self.typed()[0], "join": "any"})
        else:
            last = {"id": self.new_id(), "wait": "1ms"}
        self.scope = base
        return [*steps, {**last, "needs": list(seen)}], names

    def outer(self, base: list[Name]) -> list[Name]:
        """Of what is known the part that stands around the list that is being made."""
        return [one for one in base if one in self.around]

    def wrong_needs(self, step: str, needs: list[str]) -> Any:
        """The needs, rarely with a mistake."""
        if self.plant("unknown-step", text="needs"):
            return [*needs, "nothing"]
        if self.plant("needs-itself", "cycle"):
            return [*needs, step]
        if needs and self.plant("needs-twice"):
            return [*needs, needs[0]]
        if needs and self.plant("enum", "wrong-kind"):
            return {needs[0]: "succeded"}
        if len(needs) > 1 and self.plant("join-too-large", "needs-twice", text="join"):
            return [*needs, needs[0]]
        return needs

    def sent(self, _: int) -> tuple[Steps, list[Name]]:
        """A signal, and a wait for it."""
        send, wait, waiting = self.signalled()
        return [send, wait], [Name(f"steps.{waiting}.outputs.at", TEXT)]

    def repeated(self, depth: int) -> tuple[Steps, list[Name]]:
        """A step, and a jump back to it."""
        step, names = self.step(min(depth, 0))
        again: dict[str, Any] = {"id": self.new_id()}
        base = list(self.scope)
        self.scope = [*base, *names, Name(f"steps.{step['id']}.attempts", WHOLE)]
        again["if"] = self.condition(1)
        self.scope = base
        again["goto"] = "nothing" if self.plant("unknown-step", text="goto") else step["id"]
        again["max"] = 2
        self.jumped = True
        if self.plant("missing-key", "missing-companion", text="max"):
            del again["max"]
        return [step, again], names

    def undone(self, _: int) -> tuple[Steps, list[Name]]:
        """A step that can be undone, and one that undoes it."""
        name, keys = self.new_id(), self.typed()
        known = [*outputs_of(name, keys[1]), *LATE_ERROR]
        compensate = [{"id": self.new_id(), **self.with_names(known, self.typed)[0]}]
        back: Steps = []
        if self.rng.random() < 0.5:
            undo = ["nothing"] if self.plant("undo-target", "unknown-step") else [name]
            back = [{"id": self.new_id(), "undo": undo}]
        return [{"id": name, **keys[0], "compensate": compensate}, *back], outputs_of(name, keys[1])

    def cancelled(self, _: int) -> tuple[Steps, list[Name]]:
        """A group in which a step is cancelled that would go on for long."""
        slow, stop = self.new_id(), self.new_id()
        how = self.rng.choice(["cancel", "finish"])
        wrong = self.plant("unknown-step", text=how)
        group = {
            "id": self.new_id(),
            "steps": [
                {"id": slow, "needs": [], "wait": "5ms" if wrong else "1h"},
                {"id": stop, "needs": [], how: ["nothing" if wrong else slow]},
                {"id": self.new_id(), "needs": {slow: "done", stop: "ok"}, "wait": "1ms"},
            ],
        }
        return [group], []

    def parted(self, _: int) -> tuple[Steps, list[Name]]:
        """A step whose end counts several times, and a milestone."""
        first, each, both = self.new_id(), self.new_id(), self.new_id()
        made: Made = self.typed()
        steps: Steps = [
            {"id": first, **made[0], "split": 2},
            {
                "id": each,
                "needs": [first],
                "join": "each" if not self.plant("enum", "wrong-kind") else "eech",
                "wait": "1ms",
            },
            {"id": both, "needs": [each], "collect": 2, "wait": "1ms"},
        ]
        return steps, outputs_of(first, made[1])

    def passed(self, _: int) -> tuple[Steps, list[Name]]:
        """A step that may start only before another one has begun."""
        first, late, end = self.new_id(), self.new_id(), self.new_id()
        made: Made = self.typed()
        before = "nothing" if self.plant("unknown-step", "milestone-target") else end
        steps: Steps = [
            {"id": first, "wait": "1ms"},
            {"id": late, "needs": [first], "milestone": {"before": before}, **made[0]},
            {"id": end, "needs": [first], "wait": "1ms"},
            {"id": self.new_id(), "needs": [late, end], "wait": "1ms"},
        ]
        return steps, outputs_of(late, made[1], "missing")

    def kept_open(self, _: int) -> tuple[Steps, list[Name]]:
        """A loop that further items come to, and what sends them."""
        name, signal = self.new_id(), f"more_{self.count}"
        base = self.scope
        self.scope = self.outer(base)
        data = self.value(TEXT, clash=False)
        self.scope = base
        loop = {
            "id": name,
            "needs": [],
            "foreach": ["a"],
            "open": signal,
            "wait": "1ms",
            "outputs": {"at": "${{ loop.index }}"},
        }
        send: Steps = [
            {"id": self.new_id(), "signal": {"name": signal, "data": data}},
            {"id": self.new_id(), "signal": {"name": signal}},
        ]
        send[0]["needs"] = []
        send[1]["needs"] = [send[0]["id"]]
        return [loop, *send], [Name(f"steps.{name}.outputs.at", Kind("list", WHOLE))]
