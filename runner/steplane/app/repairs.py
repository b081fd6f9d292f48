"""What a person decides by hand at a resume: which steps go on alone, begin anew, or are taken as ended."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from steplane.app.chosen import unknown_step
from steplane.app.reachable import refuse_unreachable
from steplane.errors import UsageError
from steplane.events import Resumed
from steplane.kernel import Instance, Kernel
from steplane.parts import Selected
from steplane.plan.nodes import Plan
from steplane.plan.selection import select_again
from steplane.plan.step_names import Named, inner_path, named
from steplane.suggest import nearest_of


def repairs(  # noqa: PLR0917 - three kinds of words, and what they are about
    event: Resumed, plan: Plan, kernel: Kernel, run: str,
    redo: Sequence[str], assume: Mapping[str, Any], only: Sequence[str],
) -> Resumed:  # fmt: skip
    """The resume with what the words say, each step by its path. Raises `UsageError`."""
    names = Names(run, plan, kernel)
    again = tuple(dict.fromkeys(names.begun(word) for word in redo))
    assumed = {names.known(word): said for word, said in assume.items()}
    for path in again:
        if path in assumed:
            raise UsageError(f"step `{path}` stands under `--redo` and under `--assume`", "Say one of the two.")
    words = tuple(names.known(word) for word in only)
    selection = _only(names, words, [*again, *assumed])
    root = kernel.state.root
    if again or assumed or (root is not None and not (root.ended and root.ok)):
        refuse_unreachable(kernel.state, run, again, assumed, words)
    return replace(event, redo=again, assume=assumed, selection=selection)


def _only(names: "Names", words: tuple[str, ...], others: list[str]) -> Selected | None:
    if not words:
        return None
    for path in others:
        if not any(inner_path(path, one) for one in words):
            raise UsageError(
                f"`--only` leaves out step `{path}`, which `--redo` or `--assume` names",
                f"Name it under `--only` too, or leave out `--only`: it goes on with {', '.join(words)} alone.",
            )
    return select_again(names.plan, words).recorded


class Names:
    """The steps and instances of a run, as people name them."""

    def __init__(self, run: str, plan: Plan, kernel: Kernel) -> None:
        self.run, self.plan, self.state = run, plan, kernel.state

    def begun(self, word: str) -> str:
        """The path of an instance that there is."""
        path = self.known(word)
        if path not in self.state.paths:
            raise UsageError(f"step `{path}` has not begun in run {self.run}", "It runs anyway when its turn comes.")
        return path

    def known(self, word: str) -> str:
        """The path of an instance that there is, or that a list which has been entered still comes to."""
        if word and word in self.state.paths:
            return word
        instances = [path for path, one in self.state.paths.items() if one.node.id == word and one.parent is None]
        if len(instances) > 1:
            shown = ", ".join(instances[:5]) + (", ..." if len(instances) > 5 else "")
            raise UsageError(f"`{word}` is not one step but {len(instances)}: {shown}", "Name one of them by its path.")
        return instances[0] if instances else self._to_come(word)

    def _to_come(self, word: str) -> str:
        try:
            step = named(self.plan, word)
        except UsageError:
            ids = [one.id for one in self.plan.nodes[1:]]
            raise unknown_step(self.run, word, [*ids, *filter(None, self.state.paths)]) from None
        self._refuse_wrong_keys(step)
        path, around = self._path(step)
        if path in self.state.paths or around is None or around.body or around.loop is not None:
            return path
        raise UsageError(
            f"run {self.run} has not come to step `{path}`: `{around.path}` is {around.status}",
            "Resume without naming it.",
        )

    def _path(self, step: Named) -> tuple[str, Instance | None]:
        """The path, and the innermost step around it that has an instance (None: the workflow)."""
        path, around = "", None
        for number, key in step.trail:
            around = self.state.paths.get(path, around) if path else around
            path = f"{path}/{self.plan.nodes[number].id}" if path else self.plan.nodes[number].id
            if key is not None:
                around = self.state.paths.get(path, around)
                path = f"{path}[{key}]"
        return path, around

    def _refuse_wrong_keys(self, step: Named) -> None:
        path = ""
        for number, key in step.trail:
            node = self.plan.nodes[number]
            path = f"{path}/{node.id}" if path else node.id
            loop = self.state.paths[path].loop if path in self.state.paths else None
            if key is not None and loop is not None and key not in loop.keys:
                remedy = nearest_of(key, loop.keys, "Its items", f"steplane show {self.run} --all")
                raise UsageError(f"`{path}` of run {self.run} has no item `{key}`", remedy)
            path = f"{path}[{key}]" if key is not None else path
