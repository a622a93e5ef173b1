"""One of several notebooks on a workspace: loads, simulates and reads, all through fl.

Run as ``python -m tests.integration.lab_worker HOME NUMBER``; prints what it did.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import foresto_lab as fl
from foresto_lab.market.calendars import get_calendar

TURNS = 3
SESSIONS = 60
WAIT_SECONDS = 120.0


def prices_of(number: int, turn: int) -> pd.DataFrame:
    """Return a worker's prices of one turn: two symbols, the next sixty sessions."""
    sessions = get_calendar("XKRX").sessions("2020-01-02", "2021-12-30")
    dates = sessions[turn * SESSIONS : (turn + 1) * SESSIONS]
    steps = np.arange(turn * SESSIONS, turn * SESSIONS + len(dates))
    return pd.concat(
        pd.DataFrame({"symbol": f"W{number}{side}", "date": dates, "close": closes})
        for side, closes in {"A": 100.0 + steps, "B": 500.0 - steps}.items()
    )


def main(home: Path, number: int) -> None:
    """Work when the others are ready, and print the runs with their last NAV."""
    (home / f"ready-{number}").touch()
    deadline = time.monotonic() + WAIT_SECONDS
    while not (home / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    lab = fl.open_lab(home)
    done = {}
    for turn in range(TURNS):
        path = home / f"prices-{number}-{turn}.csv"
        prices_of(number, turn).to_csv(path, index=False)
        lab.load_prices(path)
        weights = {f"W{number}A": 0.6, f"W{number}B": 0.4}
        result = lab.simulate(weights, rebalancing="MONTHLY")
        done[result.run_id] = float(result.path["nav"].iloc[-1])
        for run_id in lab.runs(status="completed").index[:5]:
            lab.run(run_id)
        lab.prices([f"W{number}A"])
    sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
