"""What each of several processes does with one lake."""

from __future__ import annotations

import os
import time
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from foresto_lab.storage.lake import LakeSeriesStore
from tests.contracts.series_store import closes, price_table
from tests.integration.forked import say

PRELOADED = (
    "duckdb",
    "deltalake",
    "foresto_lab.storage.lake.table",
    "foresto_lab.storage.lake.returns",
    "tests.integration.lake_workers",
)
ROUNDS = 6
SHARED_DAYS = 40
GENERATION_SYMBOLS = 40
GENERATION_DAYS = [date(1998, 12, 30) + timedelta(days=97 * n) for n in range(100)]
"""Of two partitions, so that a load that is not atomic would show."""


def generation(number: int) -> pa.Table:
    """Return rows whose every value is the number."""
    count = GENERATION_SYMBOLS * len(GENERATION_DAYS)
    symbols = [f"S{n}" for n in range(GENERATION_SYMBOLS) for _ in GENERATION_DAYS]
    values = pa.array([float(number)] * count)
    fields = ("open", "high", "low", "close", "adj_close", "volume")
    return pa.table(
        {
            "symbol": symbols,
            "date": pa.array(GENERATION_DAYS * GENERATION_SYMBOLS, pa.date32()),
            **dict.fromkeys(fields, values),
        }
    )


def load_and_read(lake: str, number: int) -> list[int]:
    """Load rows of one's own and rows that everybody loads, and read between.

    Says how many rows of each kind were inserted.
    """
    own, shared = 0, 0
    for turn in range(ROUNDS):
        store = LakeSeriesStore(lake)
        first = f"20{10 + turn}-06-01"
        rows = closes(f"W{number}", first, [float(n + 1) for n in range(20)])
        own += store.load_daily_prices(price_table(rows)).rows_inserted
        mine = store.price_matrix([f"W{number}"])[f"W{number}"]
        if len(mine) != 20 * (turn + 1):
            raise AssertionError(f"{number} reads {len(mine)} rows in turn {turn}")
        rows = closes("SHARED", "2020-01-01", [turn + 1.0] * SHARED_DAYS)
        shared += store.load_daily_prices(price_table(rows)).rows_inserted
        if turn % 3 == number % 3:
            store.update_returns()
        if turn == number % ROUNDS:
            store.compact()
        store.monthly_closes()
    return [own, shared]


def load_endlessly(lake: str, first: int, diary: str) -> None:
    """Load one generation after the other, noting each number when it is in."""
    store = LakeSeriesStore(lake)
    number = first
    while True:
        outcome = store.load_daily_prices(generation(number))
        Path(f"{diary}.new").write_text(str(number))
        os.replace(f"{diary}.new", diary)
        if number == first:
            say("begun")
        if outcome.rows_unchanged:
            raise AssertionError(outcome)
        if number % 5 == 0:
            store.compact()
        number += 1
        time.sleep(0.001)


def use_then_fork(lake: str) -> list[object]:
    """Use a store, then use the same object in a forked child, and then again here."""
    import multiprocessing

    store = LakeSeriesStore(lake)
    store.load_daily_prices(price_table(closes("A", "2024-01-01", [1.0])))
    store.daily_prices()
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def in_child() -> None:
        known = len(store.daily_prices())
        loaded = store.load_daily_prices(price_table(closes("B", "2024-01-01", [2.0])))
        answers.put([known, loaded.rows_inserted, len(store.daily_prices())])

    child = context.Process(target=in_child)
    child.start()
    child.join()
    answer = answers.get() if child.exitcode == 0 else None
    return [child.exitcode, answer, len(store.daily_prices())]
