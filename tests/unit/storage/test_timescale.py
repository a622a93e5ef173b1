"""The statements for TimescaleDB, as text: no server of the tests has the extension.

What was taken from TimescaleDB's documentation of 2.11 and later: the arguments of
create_hypertable and of the policies, the settings of compression, that a continuous
aggregate made inside a transaction needs WITH NO DATA, and that a refresh of days whose
candles were dropped deletes those days.
"""

from __future__ import annotations

import pytest

from foresto_lab.errors import InputError
from foresto_lab.storage.postgresql.timescale import (
    CREATE_DAILY,
    TimescalePlan,
    TimescaleState,
    compression,
    daily_candles,
    make_hypertable,
    retention,
)

NEW = TimescaleState("2.17.2", "2.17.2", "timescale")
DONE = TimescaleState("2.17.2", "2.17.2", "timescale", True, True, True)


def test_a_hypertable_has_chunks_by_open_time_and_only_the_models_indexes() -> None:
    assert make_hypertable(TimescalePlan(chunk_days=14)) == (
        "SELECT create_hypertable('candles_history', 'open_time', "
        "chunk_time_interval => INTERVAL '14 days', create_default_indexes => FALSE)"
    )


def test_old_chunks_are_compressed_by_symbol_and_timeframe_in_the_order_of_time() -> (
    None
):
    assert compression(NEW, TimescalePlan()) == (
        "ALTER TABLE candles_history SET (timescaledb.compress, "
        "timescaledb.compress_segmentby = 'symbol, timeframe', "
        "timescaledb.compress_orderby = 'open_time')",
        "SELECT add_compression_policy('candles_history', INTERVAL '90 days', "
        "if_not_exists => TRUE)",
    )


def test_what_is_compressed_already_is_not_set_again() -> None:
    (policy,) = compression(DONE, TimescalePlan())
    assert policy.startswith("SELECT add_compression_policy(")


def test_daily_candles_are_refreshed_from_the_first_day_on() -> None:
    create, policy = daily_candles(NEW, TimescalePlan())
    assert create == CREATE_DAILY
    assert policy == (
        "SELECT add_continuous_aggregate_policy('candles_daily', "
        "start_offset => NULL, end_offset => INTERVAL '1 hour', "
        "schedule_interval => INTERVAL '1 hour', if_not_exists => TRUE)"
    )
    assert daily_candles(DONE, TimescalePlan()) == (policy,)


def test_a_daily_candle_opens_with_the_first_and_closes_with_the_last() -> None:
    words = " ".join(CREATE_DAILY.split())
    assert "first(open, open_time) AS open" in words
    assert "max(high) AS high, min(low) AS low" in words
    assert "last(close, open_time) AS close, sum(volume) AS volume" in words
    assert "time_bucket(INTERVAL '1 day', open_time) AS day" in words
    assert words.endswith("WITH NO DATA")


def test_candles_are_kept_for_good_unless_a_plan_says_otherwise() -> None:
    assert retention(TimescalePlan()) == ()


def test_a_plan_drops_old_candles_but_never_refreshes_the_days_they_were_of() -> None:
    plan = TimescalePlan(chunk_days=30, keep_days=730)
    assert retention(plan) == (
        "SELECT remove_retention_policy('candles_history', if_exists => TRUE)",
        "SELECT add_retention_policy('candles_history', INTERVAL '730 days')",
    )
    remove, policy = daily_candles(DONE, plan)
    assert remove == "SELECT remove_continuous_aggregate_policy('candles_daily', TRUE)"
    assert "start_offset => INTERVAL '700 days'" in policy


@pytest.mark.parametrize("days", [-1, 0, 59])
def test_candles_are_kept_for_two_chunks_at_least(days: int) -> None:
    with pytest.raises(InputError, match="Keep them 60 days or longer"):
        TimescalePlan(keep_days=days)


@pytest.mark.parametrize("days", [{"chunk_days": 0}, {"compress_after_days": 0}])
def test_days_are_counted_from_one(days: dict[str, int]) -> None:
    with pytest.raises(InputError, match="whole days"):
        TimescalePlan(**days)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (TimescaleState(), "the server has no TimescaleDB"),
        (TimescaleState("2.17.2"), "CREATE EXTENSION timescaledb, then"),
        (TimescaleState("2.17.2", "2.9.3", "timescale"), "they need 2.11"),
        (NEW, "still in monthly partitions: `foresto db upgrade` moves them"),
        (DONE, "on TimescaleDB 2.17.2: compressed as they age"),
        (TimescaleState("2.17.2", "2.17.2", "apache", True), "uncompressed"),
    ],
)
def test_a_state_says_where_candles_are_and_what_to_do(
    state: TimescaleState, words: str
) -> None:
    assert words in state.sentence


@pytest.mark.parametrize(
    ("state", "complete"),
    [
        (NEW, False),
        (DONE, True),
        (TimescaleState("2.17.2", "2.17.2", "timescale", True, True), False),
        (TimescaleState("2.17.2", "2.17.2", "apache"), False),
        (TimescaleState("2.17.2", "2.17.2", "apache", True), True),
    ],
)
def test_a_state_knows_whether_something_is_left_to_do(
    state: TimescaleState, complete: bool
) -> None:
    assert state.is_complete is complete


@pytest.mark.parametrize(
    ("version", "usable"),
    [
        (None, False),
        ("1.7.5", False),
        ("2.9.3", False),
        ("2.11.0", True),
        ("2.20.0-dev", True),
        ("3.0", True),
    ],
)
def test_versions_are_compared_as_numbers(version: str | None, usable: bool) -> None:
    assert TimescaleState(version, version, "timescale").is_usable is usable
