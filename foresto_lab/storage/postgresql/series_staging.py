"""Comparing rows with those that are there: a staging table, joined by the server.

Only what is new or differs is written. The image of a row that is replaced is kept, so
that earlier states can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np

from foresto_lab.storage.postgresql.arrow_session import literal
from foresto_lab.storage.postgresql.series_versions import Changes
from foresto_lab.storage.postgresql.series_writing import Target
from foresto_lab.storage.sorted_rows import Places, SortedRows

STAGED_ROWS = 500_000
"""Rows that are staged together, in whole months: few enough to be joined in memory."""

WORK_MEMORY = "256MB"

CREATE = """
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT {columns} FROM {table} WITH NO DATA
"""

COMPARE = """
CREATE TEMPORARY TABLE changed ON COMMIT DROP AS
SELECT incoming.*, present.symbol IS NULL AS is_new
FROM pg_temp.incoming LEFT JOIN {table} AS present
    ON present.symbol = incoming.symbol AND present.date = incoming.date
    AND present.date BETWEEN {first} AND {last}
WHERE present.symbol IS NULL OR ({new_values}) IS DISTINCT FROM ({old_values})
"""

COUNT = """
SELECT count(*) FILTER (WHERE is_new) AS inserted,
    count(*) FILTER (WHERE NOT is_new) AS updated,
    min(date) AS first_date, max(date) AS last_date
FROM pg_temp.changed
"""

KEEP = """
INSERT INTO {table}_superseded ({columns}, version, superseded_by)
SELECT {old_columns}, present.version, {number}
FROM {table} AS present JOIN pg_temp.changed
    ON present.symbol = changed.symbol AND present.date = changed.date
WHERE NOT is_new AND present.date BETWEEN {first} AND {last}
"""

UPDATE = """
UPDATE {table} AS present SET {assignments}
FROM pg_temp.changed
WHERE NOT is_new AND present.symbol = changed.symbol AND present.date = changed.date
    AND present.date BETWEEN {first} AND {last}
"""

INSERT = """
INSERT INTO {table} ({written})
SELECT {new} FROM pg_temp.changed WHERE is_new ORDER BY date, symbol
"""

ADDED = """
SELECT symbol, min(date) AS first_date, max(date) AS last_date, count(*) AS row_count
FROM pg_temp.changed WHERE is_new GROUP BY symbol
"""


def stage_months(
    target: Target, rows: SortedRows, months: Mapping[date, Places]
) -> Changes:
    """Bring rows into months that have rows; return what was changed."""
    session, columns = target.session, ", ".join(target.layout.columns)
    session.execute(
        f"SET LOCAL work_mem = '{WORK_MEMORY}'",
        CREATE.format(columns=columns, table=target.table),
    )
    changes = Changes()
    for places in _parts(months):
        part = rows.take(places)
        session.copy(part.arrow, "incoming", temporary=True)
        changes += _bring_in(target, part)
        session.execute("TRUNCATE pg_temp.incoming")
    return changes


def _parts(months: Mapping[date, Places]) -> Iterator[Places]:
    """Yield the places of months, as many together as are to be staged."""
    together: list[Places] = []
    for places in months.values():
        if together and sum(map(len, together)) + len(places) > STAGED_ROWS:
            yield np.concatenate(together)
            together = []
        together.append(places)
    yield np.concatenate(together)


def _bring_in(target: Target, part: SortedRows) -> Changes:
    """Write what differs among the rows that are staged."""
    session, names = target.session, _names(target, part)
    session.execute(COMPARE.format(**names))
    changes = Changes(**(session.row(COUNT) or {}))
    if changes.updated:
        if target.is_versioned:
            session.execute(KEEP.format(**names))
        session.execute(UPDATE.format(**names))
    if changes.inserted:
        session.execute(INSERT.format(**names))
        target.cover(ADDED)
    session.execute("DROP TABLE pg_temp.changed")
    return changes


def _names(target: Target, part: SortedRows) -> dict[str, str]:
    """Return what stands in the statements for a table and the dates of a part."""
    layout, number = target.layout, literal(target.number)
    assignments = [f"{name} = changed.{name}" for name in layout.fields]
    written, new = list(layout.columns), list(layout.columns)
    if target.is_versioned:
        assignments.append(f"version = {number}")
        written.append("version")
        new.append(number)
    first, last = (
        literal(day.astype("datetime64[D]").item())
        for day in (part.times.min(), part.times.max())
    )
    return {
        "table": layout.name,
        "columns": ", ".join(layout.columns),
        "old_columns": ", ".join(f"present.{name}" for name in layout.columns),
        "new_values": ", ".join(f"incoming.{name}" for name in layout.fields),
        "old_values": ", ".join(f"present.{name}" for name in layout.fields),
        "assignments": ", ".join(assignments),
        "written": ", ".join(written),
        "new": ", ".join(new),
        "number": number,
        "first": first,
        "last": last,
    }
