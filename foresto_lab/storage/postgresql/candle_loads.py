"""Loads of candles: one upsert in one transaction, of what is new or has changed.

Months that do not exist are filled by COPY before they are attached. In the others the
candles that the load might touch are read and compared here, which takes a fraction of
what staging the whole load would: new candles go in by COPY, changed ones by a staging
table. Writers take turns, so that nothing changes between reading and writing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foresto_lab.market.protocols import LoadOutcome
from foresto_lab.storage.data_versions import following, parts_digest
from foresto_lab.storage.layouts import CANDLES
from foresto_lab.storage.postgresql.arrow_session import (
    ArrowSession,
    arrow_transaction,
    literal,
    literal_texts,
)
from foresto_lab.storage.postgresql.candle_rows import (
    Batch,
    Span,
    arrow_rows,
    batches,
    constant,
    first_and_last_day,
    rows_by_month,
    run_starts,
    run_table,
)
from foresto_lab.storage.postgresql.fresh_month import month_to_fill
from foresto_lab.storage.postgresql.series_versions import (
    Changes,
    SeriesState,
    lock_table,
    newest_state,
    record_state,
)
from foresto_lab.storage.row_changes import changed_places, matching_places
from foresto_lab.storage.sorted_rows import Parts, SortedRows, parse_rows

if TYPE_CHECKING:
    from foresto_lab.storage.postgresql.database import PostgresDatabase

TABLE = CANDLES.name

MISSING_MONTHS = """
SELECT month::date AS month FROM unnest({months}) AS month
WHERE (SELECT relkind FROM pg_class WHERE oid = '{table}'::regclass) = 'p'
    AND to_regclass('{table}_y' || to_char(month::date, 'YYYY"m"MM')) IS NULL
"""
"""A hypertable of TimescaleDB makes its chunks itself: it lacks no month."""

STAGE = """
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT {columns} FROM {table} WITH NO DATA
"""

UPDATE = """
UPDATE {table} AS present SET {assignments}
FROM pg_temp.incoming
WHERE {same_key} AND present.open_time BETWEEN {first} AND {last}
"""

DECOMPRESS_ANY = "SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0"
"""Lets an update reach compressed chunks of any size; elsewhere it means nothing."""


def load_parts(database: PostgresDatabase, parts: Parts) -> LoadOutcome:
    """Bring candles into the table in one transaction.

    Raises
    ------
    PartitionMissingError
        A month is missing and this role may not make it.
    StorageError
        The database refused a row, or could not be reached. Nothing was written.
    """
    digest = parts_digest(parts, CANDLES)
    with arrow_transaction(database) as session:
        lock_table(session, TABLE)
        state = newest_state(session, TABLE)
        changes = Loading(session, state.number + 1).bring_in(parts)
        if changes:
            state = SeriesState(state.number + 1, following(state.name, digest))
            record_state(session, TABLE, state, changes=changes, digest=digest)
    received = sum(map(len, parts.values()))
    return LoadOutcome(
        rows_received=received,
        rows_inserted=changes.inserted,
        rows_updated=changes.updated,
        rows_unchanged=received - changes.inserted - changes.updated,
        data_version=state.name,
    )


@dataclass
class Loading:
    """The writing of one load, within its transaction.

    Attributes
    ----------
    number : int
        The number of the state that the load leaves the table in.
    """

    session: ArrowSession
    number: int
    _runs: list[pa.Table] = field(default_factory=list)
    _changed: list[pa.Table] = field(default_factory=list)
    _images: list[pa.Table] = field(default_factory=list)

    def bring_in(self, parts: Parts) -> Changes:
        """Write what of the rows is not there yet; return what that was."""
        months = {group: rows_by_month(rows) for group, rows in parts.items()}
        changes = Changes()
        for month in self._missing({m for each in months.values() for m in each}):
            with month_to_fill(self.session, TABLE, month) as partition:
                for group, rows in parts.items():
                    if month in months[group]:
                        fresh = rows.take(months[group].pop(month))
                        changes += self._insert(group, fresh, partition)
        for group, rows in parts.items():
            for batch in batches(rows, months[group]):
                changes += self._merge(group, batch)
        self._write_what_changed()
        return changes

    def _missing(self, months: set[date]) -> list[date]:
        texts = literal_texts(month.isoformat() for month in sorted(months))
        found = self.session.fetch(MISSING_MONTHS.format(months=texts, table=TABLE))
        return sorted(found["month"].to_pylist())

    def _merge(self, group: str, batch: Batch) -> Changes:
        """Write what of a batch differs from the stored candles."""
        rows, old = batch.rows, self._stored(group, batch)
        if not len(old):
            return self._insert(group, rows, TABLE, batch.spans)
        places, old_places = matching_places(rows, np.arange(len(rows)), old)
        is_new = np.ones(len(rows), dtype=np.bool_)
        is_new[places] = False
        changed, old_changed = changed_places(rows, places, old, old_places)
        changes = Changes()
        if len(changed):
            changes += self._replace(group, rows.take(changed), old.take(old_changed))
        if is_new.any():
            changes += self._insert(group, rows.take(is_new), TABLE, batch.spans, old)
        return changes

    def _stored(self, group: str, batch: Batch) -> SortedRows:
        """Return the stored candles of a batch's symbols in its spans.

        Those of one symbol come without its name, which would take as long as all else.
        """
        symbols = batch.rows.symbols[np.unique(batch.rows.codes)]
        alone = len(symbols) == 1
        names = CANDLES.key[-1:] if alone else (CANDLES.key[0], CANDLES.key[-1])
        spans = " OR ".join(map(in_span, batch.spans))
        found = self.session.fetch(
            f"SELECT {', '.join((*names, *CANDLES.fields))} FROM {TABLE} "
            f"WHERE symbol = ANY ({literal_texts(symbols)}) "
            f"AND timeframe = {literal(group)} AND ({spans})"
        )
        if alone:
            found = found.append_column("symbol", constant(symbols[0], len(found)))
        return parse_rows(found, CANDLES, TABLE)

    def _insert(
        self,
        group: str,
        new: SortedRows,
        target: str,
        spans: tuple[Span, ...] = (),
        old: SortedRows | None = None,
    ) -> Changes:
        """Write new candles into the table or a partition."""
        self.session.copy(arrow_rows(new, group), target)
        starts = run_starts(new, spans, old)
        self._runs.append(run_table(new, starts, group, self.number))
        return Changes(len(new), 0, *first_and_last_day(new))

    def _replace(self, group: str, new: SortedRows, old: SortedRows) -> Changes:
        """Note candles that replace stored ones, and the images of those."""
        numbers = pa.array(np.full(len(old), self.number, np.int64))
        images = arrow_rows(old, group).append_column("superseded_by", numbers)
        self._images.append(images)
        self._changed.append(arrow_rows(new, group))
        return Changes(0, len(new), *first_and_last_day(new))

    def _write_what_changed(self) -> None:
        """Write what was noted: where candles are new, and what replaces which."""
        if self._runs:
            self.session.copy(pa.concat_tables(self._runs), "candles_loaded")
        if self._changed:
            self.session.copy(pa.concat_tables(self._images), "candles_superseded")
            self._update(pa.concat_tables(self._changed))

    def _update(self, changed: pa.Table) -> None:
        columns = ", ".join(CANDLES.columns)
        stage = STAGE.format(columns=columns, table=TABLE)
        self.session.execute(DECOMPRESS_ANY, stage)
        self.session.copy(changed, "incoming", temporary=True)
        self.session.execute("ANALYZE pg_temp.incoming")
        span = pc.min_max(changed["open_time"].cast(pa.int64())).as_py()
        update = UPDATE.format(
            table=TABLE,
            assignments=", ".join(f"{n} = incoming.{n}" for n in CANDLES.fields),
            same_key=" AND ".join(f"present.{n} = incoming.{n}" for n in CANDLES.key),
            first=instant(span["min"]),
            last=instant(span["max"]),
        )
        self.session.execute(update)


def in_span(span: Span) -> str:
    """Return the condition that a candle opens in a span, ends included."""
    return f"open_time BETWEEN {instant(span[0])} AND {instant(span[1])}"


def instant(microseconds: int) -> str:
    """Return an instant as it is written in a statement."""
    return f"'{CANDLES.text_of(microseconds)}'::timestamptz"
