"""What every command is handed: where the workspace is, and the Lab on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from foresto_lab.lab import Lab


@dataclass
class CommandContext:
    """The global options, and the Lab they lead to, opened at its first use."""

    home: Path | None = None
    database_url: str | None = None
    debug: bool = False
    _lab: Lab | None = field(default=None, repr=False)

    def lab(self) -> Lab:
        """Return the Lab of the workspace that the options name."""
        if self._lab is None:
            from foresto_lab.lab import open_lab

            self._lab = open_lab(self.home, self.database_url)
        return self._lab


pass_context = click.make_pass_decorator(CommandContext, ensure=True)
