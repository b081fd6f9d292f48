"""`while` and `until`: rounds one after the other."""

from tests.reference.instance import Instance
from tests.reference.life import Cancelled, Error, Process, Trouble
from tests.reference.loop import Loop
from tests.reference.words import NOT_OK


class Rounds(Loop):
    """One instance for each round."""

    def live(self) -> Process[None]:
        """Rounds until the condition says so, or one is not ok."""
        self.instances, self.items = [], {"keys": []}
        before = self.adopted()
        if before is not None:
            self.take_rounds(before)
        try:
            yield from self.go_round()
        except Cancelled:
            self.end("cancelled")
        except Trouble as trouble:
            self.end("failed", trouble.error)
        else:
            warned = any(one.status == "warning" for one in self.instances)
            self.end("warning" if warned else "succeeded")

    def take_rounds(self, before: Loop) -> None:
        """The rounds of the activation before a resume."""
        self.instances = [one for one in before.instances if one.status not in NOT_OK]
        last = before.instances[-1] if before.instances else None
        if last is not None and last.status in NOT_OK:
            self.add_round(last)

    def add_round(self, old: Instance | None = None) -> None:
        """The next round."""
        number = len(self.instances)
        one = self.instance(number, str(number), old)
        one.called = True
        self.instances.append(one)

    def go_round(self) -> Process[None]:
        """Round after round."""
        known = bool(self.instances) and not self.instances[-1].ended
        while True:
            if not known:
                if "while" in self.step.raw and not (yield from self.ask("while")):
                    return
                if len(self.instances) >= int(self.step.raw.get("max", 1000)):
                    raise Trouble(Error("loop.max", self.path))
                self.add_round()
            known = False
            self.begun, self.status = True, "running"
            yield from self.through_round()
            if "until" in self.step.raw and (yield from self.ask("until")):
                return

    def through_round(self) -> Process[None]:
        """Until the round has ended well."""
        yield lambda: self.instances[-1].ended or self.cancelling
        self.instances[-1].cancel(self.unbegun)
        yield lambda: self.instances[-1].ended
        last = self.instances[-1]
        if self.completed_by_force:
            return
        self.give_way()
        if last.status == "failed":
            raise Trouble(last.error or Error("failed", last.path))
        if last.status in NOT_OK:
            raise Cancelled
