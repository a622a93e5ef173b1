"""What processes do to a team's store until it or they are killed; see ``forked``."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from foresto_lab.errors import ForestoError
from foresto_lab.storage import open_storage
from tests.integration.forked import say
from tests.integration.run_workers import artifacts, record

FIRST_DATE = date(2000, 1, 3)


def price_table(symbols: int, days: int, close: float = 100.0) -> pa.Table:
    """Return rows of consecutive days; every value but the volume is the close."""
    dates = np.datetime64(FIRST_DATE) + np.arange(days)
    values = pa.array(np.full(symbols * days, close))
    return pa.table(
        {
            "symbol": pa.array(np.repeat([f"S{n:04d}" for n in range(symbols)], days)),
            "date": pa.array(np.tile(dates, symbols).astype("datetime64[D]")),
            **dict.fromkeys(("open", "high", "low", "close", "adj_close"), values),
            "volume": pa.array(np.ones(symbols * days)),
        }
    )


def load_once(home: str, url: str, symbols: int, days: int, close: float) -> Any:
    """Load prices and say what came of it; an error is said as its class and words."""
    storage = open_storage(Path(home), url)
    table = price_table(symbols, days, close)
    say("ready")
    try:
        outcome = storage.series.load_daily_prices(table)
    except ForestoError as error:
        return [type(error).__name__, str(error)]
    return ["loaded", outcome.data_version]


def load_month(home: str, url: str, number: int, begin_at: float) -> Any:
    """Load one month of symbols of one's own and of one shared with the others."""
    import time

    storage = open_storage(Path(home), url)
    day = [date(2031, 5, 1) + timedelta(days=n) for n in range(28)]
    time.sleep(max(0.0, begin_at - time.time()))
    for symbol in (f"OWN{number}", "SHARED"):
        close = pa.array(np.full(28, 10.0 + (number if symbol != "SHARED" else 0)))
        storage.series.load_daily_prices(
            pa.table(
                {
                    "symbol": pa.array([symbol] * 28),
                    "date": pa.array(day, pa.date32()),
                    **dict.fromkeys(
                        ("open", "high", "low", "close", "adj_close"), close
                    ),
                    "volume": pa.array(np.ones(28)),
                }
            )
        )
    return "loaded"


def run_until_the_server_is_gone(home: str, url: str) -> Any:
    """Complete runs, one after the other, and say by which error it ended."""
    runs = open_storage(Path(home), url).runs
    runs.fail_crashed(datetime.now(UTC))
    for number in count(1):
        try:
            run_id = runs.begin(record(number)).run_id
            runs.complete(run_id, artifacts(number))
        except ForestoError as error:
            return [type(error).__name__, str(error)]
        if number == 1:
            say("ready")
    raise AssertionError


def prepare(home: str, url: str) -> Any:
    """Make the tables of an empty database; say by which error it ended, if by one."""
    say("ready")
    try:
        open_storage(Path(home), url).close()
    except ForestoError as error:
        return [type(error).__name__, str(error)]
    return ["prepared", ""]
