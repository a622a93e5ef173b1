"""A month that is filled before it belongs to its table.

Nobody sees it until it is attached, and its indexes are built then, which is quicker
than keeping them while rows come in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from foresto_lab.errors import PartitionMissingError
from foresto_lab.storage.postgresql.arrow_session import ArrowSession, literal

REFUSED = ("42501", "22023")
"""SQLSTATEs of a month that cannot be made: no right to, or no such month."""


@contextmanager
def month_to_fill(session: ArrowSession, table: str, month: date) -> Iterator[str]:
    """Give the table to copy a month's rows into; it is attached afterwards.

    A month that is there already, or that this role may not write to by itself, is
    written through its parent.

    Raises
    ------
    PartitionMissingError
        The month is missing and this role may not make it.
    """
    arguments = f"{literal(table)}, {literal(month)}"
    attach = f"SELECT attach_monthly_partition({arguments})"
    with _refusals(table, month):
        name = session.value(f"SELECT begin_monthly_partition({arguments})")
    if name is None:
        yield table
        return
    if session.value(f"SELECT has_table_privilege({literal(name)}, 'INSERT')"):
        yield name
        session.value(attach)
    else:
        session.value(attach)
        yield table


@contextmanager
def _refusals(table: str, month: date) -> Iterator[None]:
    from adbc_driver_manager import Error

    try:
        yield
    except Error as error:
        if error.sqlstate in REFUSED:
            raise PartitionMissingError(table=table, day=month) from None
        raise
