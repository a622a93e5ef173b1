"""Groups whose commands are imported when they are asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from foresto_lab.errors import nearest_names


class LazyGroup(click.Group):
    """A group that knows its commands by name only.

    Parameters
    ----------
    members : mapping
        Command to ``module:function``, in the order in which help shows them.
    """

    def __init__(
        self, *args: Any, members: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._members = members or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order they are declared."""
        return list(self._members)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of this name, or return None."""
        if cmd_name not in self._members:
            return None
        module, function = self._members[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a command; a mistyped name is answered with the near ones."""
        name = args[0]
        if name not in self._members and not name.startswith("-"):
            near = nearest_names(name, self._members)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            ctx.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(ctx, args)
