"""Groups whose commands are imported only when asked for, so that offline commands stay free of everything else."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


def example(line: str) -> str:
    """The end of a command's help: one line that can be typed, kept on one line."""
    return f"\b\nExample:\n  {line}"


class LazyGroup(click.Group):
    """Commands named by `module:attribute`; one that is a mapping of such names is a group of its own."""

    def __init__(self, *args: Any, lazy: Mapping[str, str | Mapping[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """What is there already, and what would be imported."""
        return sorted({*super().list_commands(ctx), *self.lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        where = self.lazy.get(cmd_name)
        return imported(where) if isinstance(where, str) else super().get_command(ctx, cmd_name)


def imported(where: str) -> click.Command:
    """The command at `module:attribute`."""
    module, _, attribute = where.partition(":")
    command: click.Command = getattr(import_module(module), attribute)
    return command
