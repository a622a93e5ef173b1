"""A million one-minute candles of one symbol among ten, beside one DuckDB file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from foresto_lab.market.candle_quality import check_candles
from foresto_lab.market.candle_table import parse_candles
from foresto_lab.market.resampling import resample
from foresto_lab.storage.lake import LakeCandleStore
from tests.benchmarks.harness import Measurement, Options, best_of, once
from tests.oracles.resampling import resampled_by_pandas

CANDLES = 1_000_000
SYMBOLS = tuple(f"S{number}USDT" for number in range(10))
ONE = SYMBOLS[4]
MINUTE = 60_000_000
FIRST = 1_672_531_200_000_000
"""2023-01-01 in microseconds."""


def minute_candles(symbols: tuple[str, ...], seed: int) -> pa.Table:
    """Return a million one-minute candles of every symbol, simulated."""
    random = np.random.default_rng(seed)
    count = CANDLES * len(symbols)
    close = 100.0 * np.exp(random.normal(0.0, 1e-4, count).cumsum())
    opening = close * random.normal(1.0, 1e-4, count)
    codes = np.repeat(np.arange(len(symbols), dtype=np.int32), CANDLES)
    same = pa.array(np.zeros(count, dtype=np.int32))
    opens = np.tile(FIRST + MINUTE * np.arange(CANDLES), len(symbols))
    return pa.table(
        {
            "symbol": pa.DictionaryArray.from_arrays(
                pa.array(codes), pa.array(symbols)
            ),
            "timeframe": pa.DictionaryArray.from_arrays(same, pa.array(["1m"])),
            "open_time": pa.array(opens).view(pa.timestamp("us", "UTC")),
            "open": opening,
            "high": np.maximum(opening, close) * 1.0001,
            "low": np.minimum(opening, close) * 0.9999,
            "close": close,
            "volume": random.integers(0, 1000, count).astype(np.float64),
        }
    )


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the measurements of candles in the lake."""
    one = minute_candles((ONE,), seed=1)
    others = minute_candles(tuple(s for s in SYMBOLS if s != ONE), seed=2)
    with tempfile.TemporaryDirectory(prefix="foresto-bench-") as folder:
        LakeCandleStore(f"{folder}/warm").load_candles(one.slice(0, 10))
        store = LakeCandleStore(f"{folder}/lake")
        yield Measurement("load 1M candles", once(lambda: store.load_candles(one)))
        yield Measurement(
            "load the same 1M candles again", once(lambda: store.load_candles(one))
        )
        yield Measurement(
            "load 9M candles of nine symbols", once(lambda: store.load_candles(others))
        )
        beside = {}
        if options.peers:
            beside = {"DuckDB file": _duckdb_seconds(Path(folder), [one, others])}
        yield Measurement(
            "1M candles of one symbol, every field",
            best_of(lambda: store.candles(ONE, "1m")),
            60e-3,
            beside,
        )
        yield Measurement(
            "1M candles from the store to checked arrays",
            best_of(lambda: parse_candles(store.candles(ONE, "1m"), timeframe="1m")),
            60e-3,
        )
        yield from _in_memory(store.candles(ONE, "1m"), peers=options.peers)
        yield Measurement(
            "a day of candles",
            best_of(
                lambda: store.candles(ONE, "1m", start="2024-03-01", end="2024-03-01")
            ),
        )
        newest = one.slice(CANDLES - 1)
        later = newest.set_column(
            2,
            "open_time",
            pa.array([FIRST + MINUTE * CANDLES]).view(pa.timestamp("us", "UTC")),
        )
        yield Measurement("append a candle", once(lambda: store.load_candles(later)))
        doubled = later.set_column(7, "volume", pa.array([1e6]))
        yield Measurement(
            "correct the newest candle", once(lambda: store.load_candles(doubled))
        )


def _in_memory(frame: pd.DataFrame, *, peers: bool) -> Iterator[Measurement]:
    """Yield what is done with a million candles that were read."""
    yield Measurement(
        "check 1M candles of a frame, without a copy",
        best_of(lambda: parse_candles(frame, timeframe="1m")),
        3e-3,
    )
    table = parse_candles(frame, timeframe="1m")
    for to in ("1h", "1d"):
        beside = {}
        if peers:
            by_pandas = best_of(lambda to=to: resampled_by_pandas(frame, to))
            beside = {"pandas": by_pandas}
        yield Measurement(
            f"resample 1M candles to {to}",
            best_of(lambda to=to: resample(table, to)),
            20e-3,
            beside,
        )
    yield Measurement(
        "hold 1M candles against every rule",
        best_of(lambda: check_candles(frame, "1m")),
    )


def _duckdb_seconds(folder: Path, tables: list[pa.Table]) -> float:
    """Return the time that the same read takes from one DuckDB file."""
    path = str(folder / "peer.duckdb")
    sql = (
        "SELECT open_time, open, high, low, close, volume FROM candles "
        f"WHERE symbol = '{ONE}' AND timeframe = '1m' ORDER BY open_time"
    )
    with closing(duckdb.connect(path)) as connection:
        connection.register(
            "given", pa.concat_tables(tables, promote_options="permissive")
        )
        connection.execute("CREATE TABLE candles AS SELECT * FROM given")
        return best_of(lambda: connection.sql(sql).fetchnumpy())
