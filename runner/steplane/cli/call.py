"""What a call of a command stands on: where it was made, its settings, the store, the plugins."""

import os
from functools import cached_property
from typing import Any

from steplane.app.loading import Loaded, make_registry
from steplane.app.project import Settings, open_store, read_settings
from steplane.cli.formats import FORMATS, chosen, repository_root
from steplane.cli.output import Output, error_text, stderr, stdout, use_color
from steplane.cli.told import remember, state_option
from steplane.errors import UsageError
from steplane.plugins import Registry
from steplane.store import RunStore

COLORS = ("auto", "always", "never")


class Call:
    """One call. `options` are those that were given, by the names of the settings (None: not given)."""

    def __init__(self, **options: Any) -> None:
        self.here = _here()
        self.settings: Settings = read_settings(self.here, os.environ, options)
        _one_of("format", self.settings.format, FORMATS)
        _one_of("color", self.settings.color, COLORS)
        self.state_given: str | None = options.get("state")
        remember(self.state_given)
        self.out: Output = stdout()
        self.err: Output = stderr()

    @cached_property
    def form(self) -> str:
        """The format of a run, `auto` decided."""
        return chosen(self.settings.format, os.environ, self.out)

    def color(self, output: Output) -> bool:
        """Whether to paint what goes there."""
        import sys

        stream = sys.stdout if output is self.out else sys.stderr
        return use_color(stream, self.settings.color)

    @property
    def state_option(self) -> str:
        """What stands behind a command that is told, so that it finds this one: ` --state DIR`, or nothing."""
        return state_option()

    @cached_property
    def store(self) -> RunStore:
        """The store, made if it is not there."""
        return open_store(self.settings, self.here)

    @cached_property
    def history(self) -> RunStore:
        """The store, for reading only: nothing is made."""
        return open_store(self.settings, self.here, make=False)

    @property
    def cache_store(self) -> RunStore | None:
        """The store where there is one, for its cache: a command that only looks makes none."""
        store = self.history
        return store if os.path.isdir(store.directory.path) else None

    @cached_property
    def registry(self) -> Registry:
        """The plugins; their index is cached where there is a state directory."""
        return make_registry(self.cache_store, self.settings.plugins)

    def warn(self, message: str, remedy: str = "") -> None:
        """Say something on stderr that stops nothing."""
        self.err.write(error_text(message, remedy, self.color(self.err), word="warning"))

    def show_diagnostics(self, loaded: Loaded) -> None:
        """Say on stderr what is wrong in a file: errors with their frames, mere warnings in a line each.

        Under GitHub Actions there are annotations besides, which the log shows: mere warnings are not said again.
        """
        if loaded.diagnostics:
            from steplane.reporters.diagnostics import render

            if self.form == "github":
                root = repository_root(self.here, os.environ)
                self.out.write(render(loaded.diagnostics, loaded.sources, "github", root=root))
                if loaded.plan is not None:
                    return
            form: Any = "full" if loaded.plan is None else "concise"
            self.err.write(render(loaded.diagnostics, loaded.sources, form, self.color(self.err)))


def _here() -> str:
    try:
        return os.getcwd()
    except OSError as error:
        raise UsageError("the current directory is not there any more", "Change to another one.") from error


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"the setting `{name}` is {value!r}", f"It is one of: {', '.join(allowed)}.")


def actor() -> str:
    """Who calls: the name of the user of this process."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
