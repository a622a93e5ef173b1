"""Bringing rows into months that are there: what they hold is read and compared here.

That takes a third of what staging the whole load and joining it on the server would,
and sends only what is new or differs: new rows by COPY, changed ones by COPY into a
staging table and an update. Writers take turns, so nothing changes in between. The
image of a row that is replaced is kept, so that earlier states can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TypeAlias

import numpy as np

from foresto_lab.storage.postgresql.arrow_session import literal, literal_texts
from foresto_lab.storage.postgresql.series_versions import Changes
from foresto_lab.storage.postgresql.series_writing import (
    Target,
    changes_of,
    days_between,
)
from foresto_lab.storage.row_changes import changed_places, matching_places
from foresto_lab.storage.sorted_rows import Places, SortedRows, Times, parse_rows

COMPARED_ROWS = 1_000_000
"""Rows that are compared together, in whole months."""

Span: TypeAlias = tuple[date, date]
"""A first and a last day."""

NEAR_DAYS = 45
"""Months whose rows lie nearer to each other are read as one span."""

STAGE = """
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT {columns} FROM {table} WITH NO DATA
"""

KEEP = """
INSERT INTO {table}_superseded ({columns}, version, superseded_by)
SELECT {old_columns}, present.version, {number}
FROM {table} AS present JOIN pg_temp.incoming
    ON present.symbol = incoming.symbol AND present.date = incoming.date
WHERE present.date BETWEEN {span}
"""

UPDATE = """
UPDATE {table} AS present SET {assignments}
FROM pg_temp.incoming
WHERE present.symbol = incoming.symbol AND present.date = incoming.date
    AND present.date BETWEEN {span}
"""


def merge_months(
    target: Target, rows: SortedRows, months: Mapping[date, Places]
) -> Changes:
    """Bring rows into months; return what was changed."""
    changes = Changes()
    for together in _batches(list(months.values())):
        spans = _spans([rows.times[places] for places in together])
        every = np.sort(np.concatenate(together))
        changes += _merge(
            target, rows if len(every) == len(rows) else rows.take(every), spans
        )
    return changes


def _batches(months: Sequence[Places]) -> Iterator[list[Places]]:
    """Yield months, as many together as are to be compared."""
    together: list[Places] = []
    for places in months:
        if together and sum(map(len, together)) + len(places) > COMPARED_ROWS:
            yield together
            together = []
        together.append(places)
    yield together


def _spans(months: Sequence[Times]) -> list[Span]:
    """Return the spans of days that the days of ascending months lie in."""
    spans: list[Span] = []
    for days in months:
        first, last = days_between(days)
        if spans and (first - spans[-1][1]).days <= NEAR_DAYS:
            first = spans.pop()[0]
        spans.append((first, last))
    return spans


def _merge(target: Target, rows: SortedRows, spans: Sequence[Span]) -> Changes:
    """Write what differs among rows that are compared together."""
    old = _stored(target, rows, spans)
    if not len(old):
        return _insert(target, rows)
    places, old_places = matching_places(rows, np.arange(len(rows)), old)
    is_new = np.ones(len(rows), dtype=np.bool_)
    is_new[places] = False
    changed, _ = changed_places(rows, places, old, old_places)
    changes = Changes()
    if len(changed):
        changes += _replace(target, rows.take(changed))
    if is_new.any():
        changes += _insert(target, rows.take(is_new))
    return changes


def _stored(target: Target, rows: SortedRows, spans: Sequence[Span]) -> SortedRows:
    """Return what the table holds of the rows' symbols in the spans."""
    within = " OR ".join(f"date BETWEEN {_days(span)}" for span in spans)
    symbols = literal_texts(rows.symbols[np.unique(rows.codes)])
    found = target.session.fetch(
        f"SELECT {', '.join(target.layout.columns)} FROM {target.table} "
        f"WHERE ({within}) AND symbol = ANY ({symbols})"
    )
    return parse_rows(found, target.layout, target.table)


def _insert(target: Target, rows: SortedRows) -> Changes:
    target.insert(rows)
    target.cover(rows)
    return changes_of(rows, inserted=len(rows))


def _replace(target: Target, rows: SortedRows) -> Changes:
    """Let rows replace the stored ones, whose images are kept."""
    session, layout = target.session, target.layout
    assignments = [f"{name} = incoming.{name}" for name in layout.fields]
    if target.is_versioned:
        assignments.append(f"version = {literal(target.number)}")
    names = {
        "table": target.table,
        "columns": ", ".join(layout.columns),
        "old_columns": ", ".join(f"present.{name}" for name in layout.columns),
        "assignments": ", ".join(assignments),
        "number": literal(target.number),
        "span": _days(days_between(rows.times)),
    }
    session.execute(STAGE.format(**names))
    session.copy(rows.arrow, "incoming", temporary=True)
    session.execute("ANALYZE pg_temp.incoming")
    if target.is_versioned:
        session.execute(KEEP.format(**names))
    session.execute(UPDATE.format(**names), "DROP TABLE pg_temp.incoming")
    return changes_of(rows, updated=len(rows))


def _days(span: Span) -> str:
    return f"{literal(span[0])} AND {literal(span[1])}"
