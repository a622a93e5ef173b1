"""What is told and counted of runs and loads, whatever their end."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from foresto_lab.errors import DiskFullError, QualityError
from foresto_lab.market.protocols import LoadOutcome
from foresto_lab.runs.record import RunRecord
from foresto_lab.settings import Settings
from foresto_lab.telemetry import get_logger, logs, metrics
from foresto_lab.telemetry.counts import read_counts
from foresto_lab.telemetry.loads import watching_load
from foresto_lab.telemetry.runs import RunTelemetry, tell_crashed
from foresto_lab.types import RunKind, RunStatus

RECORD = RunRecord(
    run_id="20240102T030405-abcdef",
    kind=RunKind.SIMULATION,
    name="GROWTH",
    request={},
    request_hash="f" * 64,
    status=RunStatus.RUNNING,
    engine_version="1",
    data_version="daily_price@none",
    created_at=datetime(2024, 1, 2, tzinfo=UTC),
)
OUTCOME = LoadOutcome(
    rows_received=10,
    rows_inserted=7,
    rows_updated=2,
    rows_unchanged=1,
    data_version="daily_price@1-0123456789ab",
)


@pytest.fixture(autouse=True)
def _told_and_counted(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, log_level="INFO", metrics_dir=tmp_path)
    logs.configure_logs(settings)
    metrics.configure_metrics(settings, tmp_path)


def counted(folder: Path) -> dict[str, float]:
    """Return what was counted: sample, then its labels' values."""
    return {
        "/".join([series.sample, *(value for _, value in series.labels)]): value
        for series, value in read_counts(folder).items()
        if not series.sample.endswith(("_bucket", "_sum"))
    }


def buckets(folder: Path, name: str) -> float:
    return sum(
        value
        for series, value in read_counts(folder).items()
        if series.sample == f"{name}_bucket"
    )


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_run_that_completes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RunTelemetry().running(RECORD, searched=True):
        get_logger("x").info("inside")
    told = lines(capsys)
    assert [line["event"] for line in told] == [
        "run started",
        "inside",
        "run completed",
    ]
    assert {line["run_id"] for line in told} == {RECORD.run_id}
    assert told[2]["kind"] == "simulation"
    assert told[2]["name"] == "GROWTH"
    assert told[2]["request_hash"] == "f" * 64
    assert 0 <= told[2]["duration"] < 60
    assert counted(tmp_path) == {
        "foresto_runs_total/simulation/completed": 1,
        "foresto_run_reuse_misses_total/simulation": 1,
    }
    assert buckets(tmp_path, "foresto_run_duration_seconds") == 1


@pytest.mark.parametrize("error", [DiskFullError(path="/x"), KeyboardInterrupt()])
def test_a_run_that_fails_raises_what_it_raised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    with (
        pytest.raises(type(error)) as raised,
        RunTelemetry().running(RECORD, searched=False),
    ):
        raise error
    assert raised.value is error
    failed = lines(capsys)[-1]
    assert failed["event"] == "run failed"
    assert failed["error"] == type(error).__name__
    assert failed["run_id"] == RECORD.run_id
    assert counted(tmp_path) == {"foresto_runs_total/simulation/failed": 1}


def test_a_run_that_is_reused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RunTelemetry().run_reused(RECORD)
    (line,) = lines(capsys)
    assert (line["event"], line["run_id"]) == ("run reused", RECORD.run_id)
    assert counted(tmp_path) == {"foresto_run_reuse_total/simulation": 1}


def test_a_crashed_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell_crashed(RECORD)
    (line,) = lines(capsys)
    assert (line["level"], line["event"]) == ("warning", "crashed run failed")
    assert line["run_id"] == RECORD.run_id
    assert counted(tmp_path) == {"foresto_runs_total/simulation/failed": 1}


def test_a_load_that_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with watching_load("prices.csv", "daily_price") as load:
        load.note(OUTCOME, checksum="c0ffee")
    started, finished = lines(capsys)
    assert started["event"] == "load started"
    assert finished["event"] == "load finished"
    assert {line["source"] for line in (started, finished)} == {"prices.csv"}
    assert finished["checksum"] == "c0ffee"
    assert finished["rows"] == 10
    assert finished["rows_inserted"] == 7
    assert finished["data_version"] == "daily_price@1-0123456789ab"
    assert counted(tmp_path) == {
        "foresto_loads_total/loaded": 1,
        "foresto_rows_loaded_total/inserted/daily_price": 7,
        "foresto_rows_loaded_total/updated/daily_price": 2,
        "foresto_rows_loaded_total/unchanged/daily_price": 1,
    }
    assert buckets(tmp_path, "foresto_load_duration_seconds") == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (QualityError(source="prices.csv", findings=()), "refused"),
        (DiskFullError(path="/x"), "failed"),
    ],
)
def test_a_load_that_is_not(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    status: str,
) -> None:
    with (
        pytest.raises(type(error)),
        watching_load("prices.csv", "daily_price"),
    ):
        raise error
    last = lines(capsys)[-1]
    assert (last["event"], last["level"]) == (f"load {status}", "error")
    assert last["error"] == type(error).__name__
    assert counted(tmp_path) == {f"foresto_loads_total/{status}": 1}
