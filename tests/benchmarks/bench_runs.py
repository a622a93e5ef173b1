"""Runs on a team's server: a long path written, and ten people simulating at once.

The server is a private one with the settings that PostgreSQL comes with: what is
committed is on the disk.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.storage import Storage, create_workspace
from foresto_lab.types import RunKind, RunStatus
from tests.benchmarks.harness import Measurement, Options, best_of
from tests.postgresql_server import PostgresServer, new_server

LONG_PATH = 100_000
PEOPLE = 10
TURNS = 20
ASSETS = ("A1", "A2", "A3", "A4", "A5")
DURABLE = {"fsync": "on", "shared_buffers": "512MB"}


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the measurements of runs on PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="foresto-bench-"))
    folder.chmod(0o755)
    server = new_server(folder / "server", **DURABLE)
    server.start()
    try:
        yield from _measure(server, folder, options)
    finally:
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(
    server: PostgresServer, folder: Path, options: Options
) -> Iterator[Measurement]:
    url = server.url(server.create_database())
    (folder / "home").mkdir()
    storage = create_workspace(folder / "home", url)
    artifacts = RunArtifacts({"path": long_path()}, {})
    runs = new_runs()
    writing = best_of(lambda: write_run(storage, next(runs), artifacts), least=5)
    peers = {"one INSERT a row (psycopg)": insert_rows(server)} if options.peers else {}
    yield Measurement(
        f"a path of {LONG_PATH:,} sessions written", writing, 0.3, peers=peers
    )
    newest = storage.runs.records(limit=1)[0].run_id
    yield Measurement("the same read back", best_of(lambda: read(storage, newest)))
    load_sample(storage)
    storage.close()
    alone = simulate_together(folder / "home", url, 1)
    together = simulate_together(folder / "home", url, PEOPLE)
    p50, p95 = (float(np.percentile(alone, share)) for share in (50, 95))
    yield Measurement("one person simulating, p50", p50)
    yield Measurement("one person simulating, p95", p95)
    yield Measurement(
        f"{PEOPLE} at once, p50", float(np.percentile(together, 50)), 2 * p50
    )
    yield Measurement(
        f"{PEOPLE} at once, p95", float(np.percentile(together, 95)), 2 * p95
    )


def read(storage: Storage, run_id: str) -> None:
    assert len(storage.runs.artifacts(run_id).tables["path"]) == LONG_PATH


def long_path() -> pd.DataFrame:
    """Return a path with five weights, on consecutive days."""
    random = np.random.default_rng(1)
    nav = 1e6 * np.exp(np.cumsum(random.normal(0, 0.001, LONG_PATH)))
    index = pd.DatetimeIndex(
        np.datetime64("1753-01-01") + np.arange(LONG_PATH), name="date"
    ).as_unit("us")
    columns = {
        "nav": nav,
        "daily_return": np.r_[0.0, nav[1:] / nav[:-1] - 1],
        "cumulative_return": nav / nav[0] - 1,
        "drawdown": np.minimum(nav / np.maximum.accumulate(nav) - 1, 0.0),
        **{f"weight_{name}": random.random(LONG_PATH) for name in ASSETS},
    }
    return pd.DataFrame(columns, index=index)


def new_runs() -> Iterator[RunRecord]:
    number = 0
    while True:
        number += 1
        now = datetime.now(UTC)
        yield RunRecord(
            run_id=f"bench-{number:04d}",
            kind=RunKind.SIMULATION,
            name="BENCH",
            request={},
            request_hash=f"{number:064x}",
            status=RunStatus.RUNNING,
            engine_version="0",
            data_version="none",
            created_at=now,
        )


def write_run(storage: Storage, record: RunRecord, artifacts: RunArtifacts) -> None:
    storage.runs.begin(record)
    storage.runs.complete(record.run_id, artifacts)


def insert_rows(server: PostgresServer) -> float:
    """Return the time of writing as many rows by executemany."""
    import psycopg

    path = long_path()
    rows = list(path.reset_index().itertuples(index=False, name=None))
    with psycopg.connect(server.url()) as connection:
        connection.execute(
            "CREATE TABLE plain (session timestamp, a float8, b float8, c float8, "
            "d float8, e float8, f float8, g float8, h float8, i float8)"
        )
        started = time.perf_counter()
        marks = ", ".join(["%s"] * len(rows[0]))
        connection.cursor().executemany(f"INSERT INTO plain VALUES ({marks})", rows)
        connection.commit()
        return time.perf_counter() - started


def load_sample(storage: Storage) -> None:
    import pyarrow as pa

    random = np.random.default_rng(2)
    dates = np.datetime64("2014-01-01") + np.arange(2600)
    closes = 100 * np.exp(np.cumsum(random.normal(0, 0.01, (2600, 5)), axis=0))
    for place, name in enumerate(ASSETS):
        close = pa.array(closes[:, place])
        storage.series.load_daily_prices(
            pa.table(
                {
                    "symbol": pa.array([name] * len(dates)),
                    "date": pa.array(dates.astype("datetime64[D]")),
                    **dict.fromkeys(
                        ("open", "high", "low", "close", "adj_close"), close
                    ),
                    "volume": pa.array(np.ones(len(dates))),
                }
            )
        )


def simulate_together(home: Path, url: str, people: int) -> list[float]:
    """Return the times of every simulation of so many processes at once."""
    go = home / "go"
    go.unlink(missing_ok=True)
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.bench_runs", str(home)],
            env={**os.environ, "FORESTO_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(people)
    ]
    while len(list(home.glob("ready-*"))) < people:
        time.sleep(0.02)
        assert all(worker.poll() is None for worker in workers)
    go.touch()
    times: list[float] = []
    for worker in workers:
        out, _ = worker.communicate()
        times += json.loads(out)
    for ready in home.glob("ready-*"):
        ready.unlink()
    return times


def simulate_some(home: Path) -> None:
    """Simulate again and again, as one person would; print how long each took."""
    import foresto_lab as fl

    lab = fl.open_lab(home)
    weights = dict.fromkeys(ASSETS, 0.2)

    def simulate() -> None:
        lab.simulate(weights, rebalancing="MONTHLY", calendar="24/7", force=True)

    for _ in range(3):
        simulate()
    (home / f"ready-{os.getpid()}").touch()
    while not (home / "go").exists():
        time.sleep(0.005)
    times = []
    for _ in range(TURNS):
        started = time.perf_counter()
        simulate()
        times.append(time.perf_counter() - started)
    sys.stdout.write(json.dumps(times))


if __name__ == "__main__":
    simulate_some(Path(sys.argv[1]))
