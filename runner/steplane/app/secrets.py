"""The secrets of a run: fetched once, never stored, and known to the mask."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from steplane.expressions import Missing
from steplane.plan.inputs import SecretSpec
from steplane.plan.nodes import Plan
from steplane.sdk import StepError
from steplane.store.files import read_plain


class Secrets(Mapping[str, Any]):
    """`secrets` as expressions see it. One that cannot be had is missing, with the reason, and only when it is used."""

    def __init__(self, plan: Plan, environ: Mapping[str, str], home: str) -> None:
        self._values = {one.name: _fetch(one, environ, home) for one in plan.secrets}
        self._called = {file: Secrets(one, environ, home_in(plan, one, home)) for file, one in plan.callees.items()}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def known(self) -> dict[str, str]:
        """Those that could be had, by name; of files that are called too, with the file before the name."""
        found = {name: value for name, value in self._values.items() if isinstance(value, str)}
        for file, one in self._called.items():
            found |= {f"{file} {name}": value for name, value in one.known().items()}
        return found

    def of(self, plan: Plan) -> "Secrets":
        """Those of a file that is called, or of this one."""
        return self._called.get(plan.file, self)

    def names(self, plan: Plan) -> tuple[str, ...]:
        """The names of those of the file that could be had."""
        found = self.of(plan)
        return tuple(name for name, value in found.items() if isinstance(value, str)) if found else ()

    def fetch(self, name: str) -> str:
        """The value for a step type; before the name stands the file with a NUL, where it is one that is called.

        Raises `KeyError` for none of that name, `StepError` where it cannot be had.
        """
        file, called, rest = name.partition("\0")
        if called:
            return self._called[file].fetch(rest)
        value = self._values[name]
        if isinstance(value, Missing):
            raise StepError("secret.missing", f"the secret `{name}` is missing: {value.reason}")
        return value


_MOST = 1 << 20
"""Bytes of a file that holds a secret."""


def _fetch(spec: SecretSpec, environ: Mapping[str, str], home: str) -> str | Missing:
    if spec.env is not None:
        found = environ.get(spec.env)
        return Missing(f"the variable {spec.env} is not set") if found is None else found
    path = os.path.join(home, spec.file or "")
    try:
        content = read_plain(path, _MOST + 1)
        if len(content) > _MOST:
            return Missing(f"{path} has more than {_MOST >> 20} MiB")
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError:  # whose words would show the content
        return Missing(f"{path} is not UTF-8 text")
    except (OSError, ValueError) as error:
        return Missing(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}")


def home_in(plan: Plan, called: Plan, home: str) -> str:
    """The folder of a file that is called, where that of the run's own is `home`."""
    if called is plan:
        return home
    folder, here = (os.path.dirname(one.file) or "." for one in (called, plan))
    return os.path.normpath(os.path.join(home, os.path.relpath(folder, here)))


def hidden_variables(plan: Plan) -> set[str]:
    """The variables of the caller's environment that no process of a step gets."""
    names: set[str | None] = set()
    for part in plan.with_callees():
        names |= {one.env for one in part.secrets} | {one.env for one in part.inputs if one.secret}
    return {name for name in names if name}


def secret_inputs(plan: Plan, inputs: Mapping[str, Any]) -> dict[str, str]:
    """The texts of the secret inputs, by name (and place, where it is more than one text)."""
    found: dict[str, str] = {}
    for spec in plan.inputs:
        if spec.secret:
            for index, text in enumerate(texts_in(inputs[spec.name])):
                found[f"input {spec.name} {index}" if index else f"input {spec.name}"] = text
    return found


def texts_in(value: Any) -> Iterator[str]:
    """Everything in the data that could give it away: its texts, and its numbers as text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts_in(one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


__all__ = ["Secrets", "hidden_variables", "secret_inputs", "texts_in"]
