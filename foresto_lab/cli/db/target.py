"""Where a restore or a copy goes: a folder, or a team's database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def target_option(*, required: bool) -> Callable[[Command], Command]:
    """Return the option ``--to``, for a URL or a folder."""
    return click.option(
        "--to",
        "target",
        metavar="FOLDER|URL",
        required=required,
        envvar="FORESTO_TARGET",
        help="A workspace's folder, or the URL of a team's PostgreSQL. Better put a "
        "URL with a password into FORESTO_TARGET: other users of this machine see "
        "command lines.",
    )


def split_target(target: str) -> tuple[Path | None, str | None]:
    """Return the folder or the URL that was named; the other is None."""
    if "://" in target:
        return None, target
    return Path(target).expanduser().resolve(), None
