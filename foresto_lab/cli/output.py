"""How commands print: rich tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON instead of a table."
)


def print_json(value: Any) -> None:
    """Print a value as JSON; dates and the like become strings."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def console() -> Console:
    """Return a console that is as wide as the terminal, or 120 in a pipe."""
    import sys

    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120, highlight=False)


def human_size(size_bytes: float | None) -> str:
    """Return a number of bytes as people read it: 12 kB, 3.4 MB."""
    if size_bytes is None:
        return ""
    size, units = float(size_bytes), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    digits = 1 if size < 10 and units[0] != "B" else 0
    return f"{size:,.{digits}f} {units[0]}"


def human_count(count: int, thing: str, things: str | None = None) -> str:
    """Return a number with what it counts: 1 table, 1,200 tables."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print names and values below each other; those without a value are left out."""
    shown = [(name, str(value)) for name, value in facts if value not in (None, "")]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        click.echo(f" {click.style(name.ljust(width), bold=True)}  {value}")


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str | None = None,
    right: Sequence[str] = (),
    empty: str = "Nothing yet.",
) -> None:
    """Print rows as a table; the columns named in ``right`` hold numbers.

    A cell is a text, or a text of rich's with colours of its own.
    """
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold", box=None)
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in right else "left",
            overflow="fold",
            no_wrap=column in right,
        )
    for row in rows:
        table.add_row(
            *(
                cell
                if isinstance(cell, Text)
                else escape("" if cell is None else str(cell))
                for cell in row
            )
        )
    if table.row_count:
        console().print(table)
    else:
        click.echo(empty)
