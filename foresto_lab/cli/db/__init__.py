"""`foresto db`: the upkeep of a workspace's store, embedded or a team's."""

from __future__ import annotations

from collections.abc import Mapping

import click

from foresto_lab.cli.lazy import LazyGroup

COMMANDS: Mapping[str, str] = {
    "init": "foresto_lab.cli.db.init:init",
    "status": "foresto_lab.cli.db.status:status",
    "upgrade": "foresto_lab.cli.db.upgrade:upgrade",
    "downgrade": "foresto_lab.cli.db.downgrade:downgrade",
    "partitions": "foresto_lab.cli.db.partitions:partitions",
    "cleanup": "foresto_lab.cli.db.cleanup:cleanup",
    "backup": "foresto_lab.cli.db.backup:backup",
    "restore": "foresto_lab.cli.db.restore:restore",
    "copy": "foresto_lab.cli.db.copy:copy",
    "stats": "foresto_lab.cli.db.stats:stats",
    "quality": "foresto_lab.cli.db.quality:quality",
    "alerts": "foresto_lab.cli.db.alerts:alerts",
    "smoke": "foresto_lab.cli.db.smoke:smoke",
    "roles": "foresto_lab.cli.db.roles:roles",
}
"""Command to ``module:function``; adding a command adds one line here."""


@click.group(cls=LazyGroup, members=COMMANDS)
def db() -> None:
    """Keep the store in order: tables, months, backups, roles.

    Works on the workspace's database: a team's PostgreSQL, named by
    FORESTO_DATABASE_URL or --database-url, else the folder's own.
    """
