"""`while` and `until`: rounds one after the other."""

from tests.reference.instance import Instance
from tests.reference.life import Cancelled, Error, Process, Trouble
from tests.reference.loop import Loop
from tests.reference.parts import way
from tests.reference.selecting import verdict
from tests.reference.words import NOT_OK


class Rounds(Loop):
    """One instance for each round."""

    def live(self) -> Process[None]:
        """Rounds until the condition says so, or one is not ok."""
        self.instances, self.items = [], {"keys": []}
        before = self.adopted()
        if before is not None:
            self.has_begun()
            self.status = "running"
            undone = [index for index, one in enumerate(before.instances) if one.status == "compensated"]
            kept = before.instances[: undone[0] + 1] if undone else before.instances
            for index, one in enumerate(kept):
                self.instances.append(one)
                self.resume_item(index, one)
        yield from self.go_on()

    def go_on(self) -> Process[None]:
        """Go round, and end."""
        try:
            yield from self.go_round()
        except Cancelled:
            warned = any(one.status in {"failed", "warning"} for one in self.instances)
            forced = "warning" if warned else "succeeded"
            self.end(forced if self.completed_by_force else "cancelled")
        except Trouble as trouble:
            self.end("failed", trouble.error)
        else:
            warned = any(one.status == "warning" for one in self.instances)
            self.end("warning" if warned else "succeeded")

    def instance(self, index: int, key: str, old: Instance | None = None) -> Instance:
        """A new activation of a round; nothing holds it back."""
        one = super().instance(index, key, old)
        one.called = True
        return one

    def go_round(self) -> Process[None]:
        """Round after round, from the latest that there is."""
        while True:
            if self.instances:
                yield from self.through_round()
                if "until" in self.step.raw and (yield from self.ask("until")):
                    return
            if "while" in self.step.raw and not (yield from self.ask("while")):
                return
            if self.partly:
                raise Cancelled
            number = len(self.instances)
            if number >= int(self.step.raw.get("max", 1000)):
                raise Trouble(Error("loop.max", self.path))
            self.instances.append(self.instance(number, str(number)))
            self.has_begun()
            self.status = "running"

    @property
    def partly(self) -> bool:
        """Whether a resume goes on with a part of the latest round only: no other begins."""
        focus = self.reference.focus
        return focus is not None and verdict(focus, way(self)) == "around"

    def resume(self) -> None:
        """As of any loop; where the latest round is another now, what was asked after the old one is asked no more."""
        before = getattr(self, "instances", [])[-1:]
        super().resume()
        if not self.ended and getattr(self, "instances", [])[-1:] != before:
            self.question = None
            self.process, self.waits = self.go_on(), lambda: True

    def through_round(self) -> Process[None]:
        """Until the round has ended well."""
        yield lambda: self.instances[-1].ended or self.cancelling
        self.instances[-1].cancel(self.unbegun)
        yield lambda: self.instances[-1].ended
        last = self.instances[-1]
        self.unfinished = last.unfinished
        self.give_way()
        if last.status == "failed":
            raise Trouble(last.error or Error("failed", last.path))
        if last.status in NOT_OK:
            raise Cancelled
