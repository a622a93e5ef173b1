"""What processes do to a store and to its backups and copies; see ``forked``."""

from __future__ import annotations

import signal
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import foresto_lab as fl
from foresto_lab.errors import ForestoError
from foresto_lab.storage import open_storage
from foresto_lab.storage.backup import make_backup, restore_backup
from foresto_lab.storage.copying import copy_store
from foresto_lab.storage.progress import Progress
from foresto_lab.storage.workspace import open_database
from tests.integration.forked import say

PRELOADED = (
    "duckdb",
    "deltalake",
    "foresto_lab.lab",
    "foresto_lab.runs.simulation",
    "foresto_lab.storage.lake.table",
    "foresto_lab.storage.backup.embedded",
    "foresto_lab.storage.backup.team",
    "tests.integration.backup_workers",
)
DAYS_PER_LOAD = 40
ROWS_AT_ONCE = 60
"""So few that a small store is copied in many windows."""


def prices_of(number: int, turn: int) -> pa.Table:
    """Return the next days of two symbols, and new values of a shared one."""
    first = date(2015, 1, 1)
    own = [first + timedelta(days=turn * DAYS_PER_LOAD + n) for n in range(40)]
    shared = [first + timedelta(days=n) for n in range(DAYS_PER_LOAD)]
    steps = np.arange(turn * DAYS_PER_LOAD, (turn + 1) * DAYS_PER_LOAD)
    close = pa.array(
        np.concatenate(
            [100 + steps / 7, 400 - steps / 11, 10 + number + turn + np.arange(40) / 3]
        )
    )
    names = [f"W{number}A", f"W{number}B", "SHARED"]
    return pa.table(
        {
            "symbol": pa.array(np.repeat(names, DAYS_PER_LOAD)),
            "date": pa.array([*own, *own, *shared], pa.date32()),
            **dict.fromkeys(("open", "high", "low", "close", "adj_close"), close),
            "volume": pa.nulls(len(close), pa.float64()),
        }
    )


def use_endlessly(home: str, url: str | None, number: int) -> None:
    """Load, compute returns, simulate and delete, until the process is killed."""
    lab = fl.open_lab(home, database_url=url)
    runs: list[str] = []
    for turn in count():
        lab.storage.series.load_daily_prices(prices_of(number, turn))
        if turn % 4 == 1:
            lab.update_returns()
        result = lab.simulate(
            {f"W{number}A": 0.5, f"W{number}B": 0.5},
            rebalancing="DRIFT_5",
            calendar="24/7",
        )
        assert result.run_id is not None
        runs.append(result.run_id)
        if turn % 2:
            lab.delete_run(runs.pop(0))
        if turn == 3:
            say("begun")


def stopping_at(moment: int) -> Progress:
    """Return what lets the work stand still when it was told ``moment`` times."""
    told = count(1)

    def tell(step: str, done: int, total: int) -> None:
        if next(told) == moment:
            say(["standing", step])
            signal.pause()

    return tell


def back_up(home: str, url: str | None, path: str, moment: int) -> Any:
    """Make a backup, standing still at a moment; say how it ended."""
    database = open_database(Path(home), url)
    try:
        make_backup(database, Path(home), Path(path), progress=stopping_at(moment))
    except ForestoError as error:
        return [type(error).__name__, str(error)]
    return ["done", ""]


def restore(path: str, home: str, url: str | None, moment: int) -> Any:
    """Restore a backup, standing still at a moment; say how it ended."""
    try:
        restore_backup(Path(path), Path(home), url, progress=stopping_at(moment))
    except ForestoError as error:
        return [type(error).__name__, str(error)]
    return ["done", ""]


def copy(home: str, url: str | None, to: str, to_url: str | None, moment: int) -> Any:
    """Copy a store, standing still at a moment; say how it ended."""
    source, target = open_storage(Path(home), url), open_storage(Path(to), to_url)
    try:
        report = copy_store(
            source, target, progress=stopping_at(moment), rows_at_once=ROWS_AT_ONCE
        )
    except ForestoError as error:
        return [type(error).__name__, str(error)]
    return ["done", report.to_dict()]
