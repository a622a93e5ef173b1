"""Candles on TimescaleDB, where that extension is installed in the database.

It is optional: without it candles lie in monthly partitions, and every call gives the
same rows. With it ``candles_history`` becomes a hypertable, whose old chunks
are compressed by symbol and timeframe, and ``candles_daily`` keeps a daily candle of
each, refreshed in the background. Candles are dropped by age only where a plan says so.

Compression, policies and continuous aggregates belong to TimescaleDB's Community
edition. The Apache edition has hypertables only, and gets just that.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from foresto_lab.errors import InputError
from foresto_lab.telemetry import get_logger

OLDEST_EXTENSION = (2, 11)
"""The first version whose compressed chunks take upserts."""

CONVERT = (
    "ALTER TABLE candles_history RENAME TO candles_history_months",
    "ALTER TABLE candles_history_months "
    "RENAME CONSTRAINT pk_candles_history TO pk_candles_history_months",
    "ALTER INDEX ix_candles_history_open_time "
    "RENAME TO ix_candles_history_months_open_time",
    "CREATE TABLE candles_history (LIKE candles_history_months "
    "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)",
    "ALTER TABLE candles_history ADD CONSTRAINT pk_candles_history "
    "PRIMARY KEY (symbol, timeframe, open_time)",
    "CREATE INDEX ix_candles_history_open_time ON candles_history "
    "USING brin (open_time)",
)
"""Puts a plain table of the same name and rules beside the months."""

FILL = (
    "INSERT INTO candles_history SELECT * FROM candles_history_months",
    "DROP TABLE candles_history_months",
)
"""Moves the months' rows into the table, and drops the months."""

GRANTS = """
SELECT format(
    'GRANT %s ON candles_history TO %s', privilege_type,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
)
FROM pg_class CROSS JOIN LATERAL aclexplode(relacl)
WHERE oid = 'candles_history_months'::regclass AND grantee <> relowner
"""
"""Gives the statements that grant on the table what was granted on the months."""

CREATE_DAILY = """
CREATE MATERIALIZED VIEW candles_daily
WITH (timescaledb.continuous, timescaledb.materialized_only = FALSE) AS
SELECT symbol, timeframe, time_bucket(INTERVAL '1 day', open_time) AS day,
    first(open, open_time) AS open, max(high) AS high, min(low) AS low,
    last(close, open_time) AS close, sum(volume) AS volume, count(*) AS candles
FROM candles_history
GROUP BY symbol, timeframe, time_bucket(INTERVAL '1 day', open_time)
WITH NO DATA
"""
"""Days are those of UTC; what is not refreshed yet is computed when it is read."""

FIND_HYPERTABLE = """
SELECT compression_enabled FROM timescaledb_information.hypertables
WHERE hypertable_schema = current_schema() AND hypertable_name = 'candles_history'
"""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TimescalePlan:
    """How candles are kept on TimescaleDB.

    Attributes
    ----------
    chunk_days : int
        Days of candles in one chunk.
    compress_after_days : int
        The age from which chunks are compressed.
    keep_days : int, optional
        The age from which chunks are dropped, at least two chunks; left out, candles
        are kept for good. Dropping takes rows away without a load, so that the name of
        the data version stays.

    Raises
    ------
    InputError
        The days are none that chunks can be kept by.
    """

    chunk_days: int = 30
    compress_after_days: int = 90
    keep_days: int | None = None

    def __post_init__(self) -> None:
        if self.chunk_days < 1 or self.compress_after_days < 1:
            raise InputError(
                message="Candles are kept in chunks of whole days, and compressed "
                f"after whole days; given {self.chunk_days} and "
                f"{self.compress_after_days}."
            )
        if self.keep_days is not None and self.keep_days < 2 * self.chunk_days:
            raise InputError(
                message=f"Candles cannot be dropped after {self.keep_days} days: they "
                f"lie in chunks of {self.chunk_days} days, of which two at least are "
                f"kept. Keep them {2 * self.chunk_days} days or longer."
            )


@dataclass(frozen=True, slots=True)
class TimescaleState:
    """What a database has of TimescaleDB.

    Attributes
    ----------
    available : str, optional
        The version that the server could install in the database.
    installed : str, optional
        The version that is installed in it.
    edition : str, optional
        ``timescale`` for the Community edition, or ``apache``.
    is_hypertable, is_compressed, has_daily : bool
        What has been done for candles already.
    """

    available: str | None = None
    installed: str | None = None
    edition: str | None = None
    is_hypertable: bool = False
    is_compressed: bool = False
    has_daily: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether the extension is installed, and new enough."""
        installed = self.installed
        return installed is not None and _release(installed) >= OLDEST_EXTENSION

    @property
    def is_complete(self) -> bool:
        """Whether candles are on it already, with all that the edition has."""
        whole = self.is_compressed and self.has_daily
        return self.is_hypertable and (whole or self.edition == "apache")

    @property
    def sentence(self) -> str:
        """Where candles are, and what would have to be done to change that."""
        if not self.is_usable:
            return _why_not(self)
        if not self.is_hypertable:
            return (
                f"TimescaleDB {self.installed} is installed, but candles are still in "
                "monthly partitions: `foresto db upgrade` moves them."
            )
        how = (
            "compressed as they age, and summed up by day in candles_daily"
            if self.edition != "apache"
            else "uncompressed, as its Apache edition only has hypertables"
        )
        return f"Candles are on TimescaleDB {self.installed}: {how}."


@dataclass(frozen=True, slots=True)
class TimescaleReport:
    """How candles are kept now, and the statements that were executed for it."""

    state: TimescaleState
    statements: tuple[str, ...] = ()


def enable_timescale(
    connection: Connection, plan: TimescalePlan | None = None
) -> TimescaleReport:
    """Keep candles on TimescaleDB if the database has it; else change nothing.

    Safe to call at any time: without a plan, what is there already is left as it is.
    Runs within the connection's transaction, and waits until nobody reads or writes
    candles.
    """
    found = timescale_state(connection)
    if not found.is_usable or (found.is_complete and plan is None):
        return TimescaleReport(found)
    statements = keep_on_timescale(connection, found, plan or TimescalePlan())
    log.info("candles on TimescaleDB", version=found.installed, edition=found.edition)
    return TimescaleReport(timescale_state(connection), statements)


def timescale_state(connection: Connection) -> TimescaleState:
    """Return what the database has of TimescaleDB; nothing is changed."""
    available, installed, edition = connection.execute(
        text(
            "SELECT (SELECT default_version FROM pg_available_extensions "
            "WHERE name = 'timescaledb'), "
            "(SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'), "
            "current_setting('timescaledb.license', TRUE)"
        )
    ).one()
    if installed is None:
        return TimescaleState(available)
    found = connection.execute(text(FIND_HYPERTABLE)).one_or_none()
    has_daily = connection.execute(text("SELECT to_regclass('candles_daily')")).scalar()
    return TimescaleState(
        available,
        installed,
        edition,
        is_hypertable=found is not None,
        is_compressed=found is not None and bool(found[0]),
        has_daily=has_daily is not None,
    )


def keep_on_timescale(
    connection: Connection, state: TimescaleState, plan: TimescalePlan
) -> tuple[str, ...]:
    """Do what a state lacks of a plan; return the statements that were executed."""
    done: list[str] = []

    def execute(statements: tuple[str, ...]) -> None:
        for statement in statements:
            connection.execute(text(statement))
            done.append(statement)

    if not state.is_hypertable:
        execute((*CONVERT, make_hypertable(plan)))
        execute(tuple(connection.execute(text(GRANTS)).scalars()))
        execute(FILL)
    if state.edition != "apache":
        execute(compression(state, plan))
        execute(daily_candles(state, plan))
        execute(retention(plan))
    return tuple(done)


def make_hypertable(plan: TimescalePlan) -> str:
    """Return what makes a hypertable of the empty table."""
    return (
        "SELECT create_hypertable('candles_history', 'open_time', "
        f"chunk_time_interval => INTERVAL '{plan.chunk_days:d} days', "
        "create_default_indexes => FALSE)"
    )


def compression(state: TimescaleState, plan: TimescalePlan) -> tuple[str, ...]:
    """Return what has old chunks compressed.

    The settings of a hypertable that has compressed chunks are not set again, as
    TimescaleDB refuses that.
    """
    settings = (
        "ALTER TABLE candles_history SET (timescaledb.compress, "
        "timescaledb.compress_segmentby = 'symbol, timeframe', "
        "timescaledb.compress_orderby = 'open_time')"
    )
    policy = (
        "SELECT add_compression_policy('candles_history', "
        f"INTERVAL '{plan.compress_after_days:d} days', if_not_exists => TRUE)"
    )
    return (policy,) if state.is_compressed else (settings, policy)


def daily_candles(state: TimescaleState, plan: TimescalePlan) -> tuple[str, ...]:
    """Return what keeps a daily candle of each symbol and timeframe.

    Where candles are dropped by age, a refresh reaches back less far than they are
    kept: refreshing a day whose candles are gone would delete its daily candle.
    """
    create = () if state.has_daily else (CREATE_DAILY,)
    if plan.keep_days is None:
        return (*create, _refresh("NULL"))
    since = f"INTERVAL '{plan.keep_days - plan.chunk_days:d} days'"
    remove = "SELECT remove_continuous_aggregate_policy('candles_daily', TRUE)"
    return (*create, remove, _refresh(since))


def retention(plan: TimescalePlan) -> tuple[str, ...]:
    """Return what drops chunks by age; nothing where candles are kept for good."""
    if plan.keep_days is None:
        return ()
    return (
        "SELECT remove_retention_policy('candles_history', if_exists => TRUE)",
        "SELECT add_retention_policy('candles_history', "
        f"INTERVAL '{plan.keep_days:d} days')",
    )


def _refresh(since: str) -> str:
    return (
        "SELECT add_continuous_aggregate_policy('candles_daily', "
        f"start_offset => {since}, end_offset => INTERVAL '1 hour', "
        "schedule_interval => INTERVAL '1 hour', if_not_exists => TRUE)"
    )


def _release(version: str) -> tuple[int, ...]:
    """Return the first two numbers of a version."""
    numbers = version.split("-")[0].split(".")[:2]
    return tuple(int(number) for number in numbers)


def _why_not(state: TimescaleState) -> str:
    if state.installed is not None:
        oldest = ".".join(str(number) for number in OLDEST_EXTENSION)
        return (
            f"Candles are in monthly partitions: TimescaleDB {state.installed} is too "
            f"old for them, they need {oldest}. ALTER EXTENSION timescaledb UPDATE, "
            "then `foresto db upgrade`, moves them."
        )
    if state.available is not None:
        return (
            f"Candles are in monthly partitions: TimescaleDB {state.available} is on "
            "the server, but not installed in this database. CREATE EXTENSION "
            "timescaledb, then `foresto db upgrade`, moves them."
        )
    return "Candles are in monthly partitions: the server has no TimescaleDB."
