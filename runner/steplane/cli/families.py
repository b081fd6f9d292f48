"""A command that has commands of its own, and does something without them too: `runs`, `runs check`."""

from importlib import import_module

import click
from click.core import ParameterSource


class Family(click.Group):
    """Its commands are those that `SUBCOMMANDS` lists for its name; each is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(self._known())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        from steplane.cli.manual import complete

        if cmd_name not in self._known():
            return None
        module = import_module(f"steplane.cli.commands.{self.name}_{cmd_name}")
        return complete(module.command, f"{self.name} {cmd_name}")

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command meant by the first word. Options that stand before it would be lost: they are refused."""
        from steplane.errors import UsageError
        from steplane.suggest import did_you_mean

        name = args[0]
        if name not in self._known():
            near = did_you_mean(name, self._known())
            hint = f"Did you mean `steplane {self.name} {near}`?" if near else f"There are: {', '.join(self._known())}."
            raise UsageError(f"there is no command `steplane {self.name} {name}`", hint)
        for one in self.params:
            if one.name is not None and ctx.get_parameter_source(one.name) is ParameterSource.COMMANDLINE:
                raise UsageError(
                    f"`{one.opts[0]}` stands before `{name}`", f"Write options behind it: steplane {self.name} {name} …"
                )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        write = getattr(formatter, "write_table", formatter.write_dl)
        with formatter.section("Commands"):
            write([(f"{self.name} {name}", text) for name, text in self._known().items()])

    def _known(self) -> dict[str, str]:
        from steplane.cli.application import SUBCOMMANDS

        return SUBCOMMANDS[str(self.name)]
