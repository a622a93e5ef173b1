"""Metrics of real processes, scraped as Prometheus would."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from foresto_lab.storage import open_storage
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.schema import ensure_schema
from foresto_lab.types import RunStatus
from foresto_lab.workspace import set_up_workspace
from tests.integration.foresto_command import foresto, start_foresto
from tests.integration.run_workers import record
from tests.postgresql_server import PostgresServer

Metrics = Mapping[str, float]
SIMULATE_AND_WAIT = """
import sys, time
import foresto_lab as fl
fl.open_lab().simulate("GROWTH", initial_amount=float(sys.argv[1]))
print("done", flush=True)
time.sleep(600)
"""


def parse(text: str) -> Metrics:
    """Return samples as ``name{label="value"}``, labels sorted."""
    parsed = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{k}="{v}"' for k, v in sorted(sample.labels.items()))
            parsed[f"{sample.name}{{{labels}}}" if labels else sample.name] = (
                sample.value
            )
    return parsed


@pytest.fixture(scope="module")
def _workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return set_up_workspace(tmp_path_factory.mktemp("metrics")).home


@pytest.fixture
def home(_workspace: Path, tmp_path: Path) -> Path:
    """Return a workspace of the test's own, with the sample loaded and no runs."""
    return Path(shutil.copytree(_workspace, tmp_path / "home"))


@pytest.fixture
def counting(home: Path) -> dict[str, str]:
    return {"metrics_dir": str(home / "data" / "metrics")}


def simulate_and_wait(home: Path, amount: int, folder: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SIMULATE_AND_WAIT, str(amount)],
        env={**os.environ, "FORESTO_HOME": str(home), "FORESTO_METRICS_DIR": folder},
        stdout=subprocess.PIPE,
        text=True,
    )
    return process


def scrape(home: Path, **settings: str) -> Metrics:
    done = foresto("metrics", home=home, **settings)
    assert done.returncode == 0, done.stderr
    return parse(done.stdout)


def test_three_processes_one_of_them_killed(
    home: Path, counting: dict[str, str]
) -> None:
    folder = counting["metrics_dir"]
    workers = [simulate_and_wait(home, amount, folder) for amount in (100, 200, 300)]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "done\n"
        workers[0].send_signal(signal.SIGKILL)
        workers[0].wait(30)
        done = 'foresto_runs_total{kind="simulation",status="completed"}'
        for _ in range(2):
            metrics = scrape(home, **counting)
            assert metrics[done] == 3
        seconds = 'foresto_run_duration_seconds_count{kind="simulation"}'
        assert metrics[seconds] == 3
        assert metrics['foresto_run_reuse_misses_total{kind="simulation"}'] == 3
        assert metrics['foresto_run_reuse_total{kind="simulation"}'] == 0
        completed = 'foresto_catalog_runs{kind="simulation",status="completed"}'
        assert metrics[completed] == 3
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    assert scrape(home, **counting)[done] == 3


def test_reuse_loads_and_failures_are_counted(
    home: Path, counting: dict[str, str]
) -> None:
    for _ in range(3):
        assert foresto("simulate", "GROWTH", home=home, **counting).returncode == 0
    prices = home / "more.csv"
    prices.write_text("symbol,date,close\nA,2024-01-02,1\nA,2024-01-03,2\n")
    for _ in range(2):
        done = foresto("data", "load", str(prices), home=home, **counting)
        assert done.returncode == 0
    prices.write_text("symbol,date,close\nA,2024-01-04,-1\n")
    refused = foresto("data", "load", str(prices), home=home, **counting)
    assert refused.returncode == 3
    metrics = scrape(home, **counting)
    expected = {
        'foresto_run_reuse_total{kind="simulation"}': 2,
        'foresto_run_reuse_misses_total{kind="simulation"}': 1,
        'foresto_runs_total{kind="simulation",status="completed"}': 1,
        'foresto_loads_total{status="loaded"}': 2,
        'foresto_loads_total{status="refused"}': 1,
        'foresto_loads_total{status="failed"}': 0,
        "foresto_load_duration_seconds_count": 3,
        'foresto_rows_loaded_total{change="inserted",table="daily_price"}': 2,
        'foresto_rows_loaded_total{change="unchanged",table="daily_price"}': 2,
        'foresto_catalog_loads{status="loaded",table="daily_price"}': 3,
        'foresto_catalog_loads{status="refused",table="daily_price"}': 1,
    }
    assert {name: metrics[name] for name in expected} == expected


def test_the_catalog_speaks_without_any_process(home: Path) -> None:
    before = time.time()
    done = foresto("simulate", "GROWTH", "--json", home=home)
    assert done.returncode == 0
    metrics = scrape(home)
    assert metrics["foresto_database_up"] == 1
    completed = 'foresto_catalog_runs{kind="simulation",status="completed"}'
    assert metrics[completed] == 1
    last = metrics[
        'foresto_catalog_last_completed_timestamp_seconds{kind="simulation"}'
    ]
    assert before <= last <= time.time()
    rows = 'foresto_catalog_rows_loaded{change="inserted",table="daily_price"}'
    assert metrics[rows] == 18485
    assert not [name for name in metrics if name.startswith("foresto_runs_total")]


@pytest.fixture
def served(home: Path, counting: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    server = start_foresto("metrics", "--serve", "0", home=home, **counting)
    yield server
    server.kill()
    server.communicate()


def test_served_over_http_until_interrupted(
    home: Path, counting: dict[str, str], served: subprocess.Popen[str]
) -> None:
    assert served.stdout is not None
    url = served.stdout.readline().split()[2]
    assert url.startswith("http://127.0.0.1:")

    def scrape_served() -> Metrics:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return parse(answer.read().decode())

    done = 'foresto_runs_total{kind="simulation",status="completed"}'
    assert scrape_served()[done] == 0
    assert foresto("simulate", "GROWTH", home=home, **counting).returncode == 0
    assert scrape_served()[done] == 1
    served.send_signal(signal.SIGINT)
    out, err = served.communicate(timeout=30)
    assert served.returncode == 0
    assert out == "Stopped.\n"
    assert err == ""


def test_a_textfile_for_node_exporter(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "foresto.prom"
    done = foresto("metrics", "--textfile", str(path), home=home)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert parse(path.read_text())["foresto_database_up"] == 1
    assert path.stat().st_mode & 0o044


def test_a_catalog_that_cannot_be_read_is_down(
    home: Path, counting: dict[str, str]
) -> None:
    assert foresto("simulate", "GROWTH", home=home, **counting).returncode == 0
    for path in (home / "data").glob("foresto.db*"):
        path.unlink()
    (home / "data" / "foresto.db").write_bytes(b"no database at all" * 100)
    done = foresto("metrics", home=home, **counting)
    assert done.returncode == 0
    metrics = parse(done.stdout)
    assert metrics["foresto_database_up"] == 0
    assert metrics['foresto_runs_total{kind="simulation",status="completed"}'] == 1
    assert json.loads(done.stderr)["event"] == "database down"


def test_a_folder_without_workspace_is_an_error_and_stays_empty(tmp_path: Path) -> None:
    done = foresto("metrics", home=tmp_path)
    assert done.returncode == 4
    assert "foresto init" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_scrape_changes_nothing(home: Path) -> None:
    storage = open_storage(home)
    running = storage.runs.begin(record(1)).run_id
    scrape(home)
    assert storage.runs.record(running).status is RunStatus.RUNNING
    storage.runs.fail(running, "over")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")
def test_a_full_disk_stops_no_run(home: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount: {mounted.stderr.decode()}")
    try:
        done = foresto("simulate", "GROWTH", home=home, metrics_dir=str(disk))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stderr)["event"] == "counts lost"


# --- a team's database ------------------------------------------------------------


def scrape_url(url: str) -> Metrics:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return parse(answer.read().decode())


def test_a_teams_server_that_is_killed_and_comes_back(
    tmp_path: Path, own_server: PostgresServer
) -> None:
    name = own_server.create_database()
    url = own_server.url(name)
    database = PostgresDatabase(url)
    ensure_schema(database)
    database.close()
    server = start_foresto("metrics", "--serve", "0", home=tmp_path, database_url=url)
    try:
        assert server.stdout is not None
        page = server.stdout.readline().split()[2]
        assert scrape_url(page)["foresto_database_up"] == 1
        own_server.kill()
        for _ in range(2):
            assert scrape_url(page)["foresto_database_up"] == 0
        own_server.start()
        metrics = scrape_url(page)
        assert metrics["foresto_database_up"] == 1
        assert metrics["foresto_catalog_silent_runs"] == 0
    finally:
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=60)
    assert server.returncode == 0
    (line,) = err.splitlines()
    assert json.loads(line)["event"] == "database down"
    password = urlsplit(url).password
    assert password
    assert password not in out + err
