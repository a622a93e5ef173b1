"""Making the months that rows need.

A month of many rows is filled before it belongs to its table: nobody sees it until it
is attached, and its indexes are built then, which is quicker than keeping them while
rows come in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import pairwise
from typing import Any

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
    name = _call(session, "begin", table, month)
    if name is None:
        yield table
        return
    if session.value(f"SELECT has_table_privilege({literal(name)}, 'INSERT')"):
        yield name
        _call(session, "attach", table, month)
    else:
        _call(session, "attach", table, month)
        yield table


def make_months(session: ArrowSession, table: str, months: Sequence[date]) -> None:
    """Make months without rows; they are given in ascending order.

    Raises
    ------
    PartitionMissingError
        This role may not make one of them.
    """
    numbers = [12 * month.year + month.month for month in months]
    cuts = [n for n in range(1, len(months)) if numbers[n] != numbers[n - 1] + 1]
    for begin, end in pairwise([0, *cuts, len(months)]):
        first, last = months[begin], months[end - 1]
        with _refusals(table, first):
            session.value(
                f"SELECT create_monthly_partitions({literal(table)}, {literal(first)}, "
                f"{literal(last)})"
            )


def _call(session: ArrowSession, verb: str, table: str, month: date) -> Any:
    """Call one of the database's functions that make months."""
    arguments = f"{literal(table)}, {literal(month)}"
    with _refusals(table, month):
        return session.value(f"SELECT {verb}_monthly_partition({arguments})")


@contextmanager
def _refusals(table: str, month: date) -> Iterator[None]:
    from adbc_driver_manager import Error

    try:
        yield
    except Error as error:
        if error.sqlstate in REFUSED:
            raise PartitionMissingError(table=table, day=month) from None
        raise
