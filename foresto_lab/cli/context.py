"""What every command is handed: where the workspace is, and the Lab on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.settings import Settings
    from foresto_lab.storage.database import Database


@dataclass
class CommandContext:
    """The global options, and the Lab they lead to, opened at its first use."""

    home: Path | None = None
    database_url: str | None = field(default=None, repr=False)
    debug: bool = False
    _lab: Lab | None = field(default=None, repr=False)

    def lab(self) -> Lab:
        """Return the Lab of the workspace that the options name."""
        if self._lab is None:
            from foresto_lab.lab import open_lab

            self._lab = open_lab(self.home, self.database_url)
        return self._lab

    def settings(self) -> Settings:
        """Return the settings of the workspace that the options name, and log by them.

        Nothing of its store is opened.
        """
        from foresto_lab.settings import workspace_settings
        from foresto_lab.telemetry.logs import configure_logs

        settings = workspace_settings(self.home, self.database_url)
        assert settings.home is not None
        configure_logs(settings, settings.home)
        return settings

    def database(self) -> Database:
        """Return the workspace's database as it is: nothing is created or migrated.

        Raises
        ------
        WorkspaceNotFoundError
            An embedded store was meant, and there is none.
        """
        from foresto_lab.errors import WorkspaceNotFoundError
        from foresto_lab.storage.workspace import open_database

        settings = self.settings()
        assert settings.home is not None
        database = open_database(settings.home, settings.database_url)
        if database.dialect == "sqlite" and not Path(database.location).is_file():
            raise WorkspaceNotFoundError(path=settings.home)
        return database


pass_context = click.make_pass_decorator(CommandContext, ensure=True)


def _keep_url(
    ctx: click.Context, _parameter: click.Parameter, url: str | None
) -> str | None:
    if url:
        ctx.ensure_object(CommandContext).database_url = url
    return url


database_option = click.option(
    "--database-url",
    metavar="URL",
    expose_value=False,
    callback=_keep_url,
    help="The team's PostgreSQL. Better set FORESTO_DATABASE_URL or put it into .env: "
    "other users of this machine see command lines, and the password in them.",
)
"""For commands on the store; CommandContext knows the URL from then on."""
