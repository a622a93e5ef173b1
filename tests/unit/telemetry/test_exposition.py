"""The text that Prometheus reads, and what it says of a workspace."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from foresto_lab._version import __version__
from foresto_lab.errors import InputError, StorageError
from foresto_lab.runs.tally import LoadTally, RunTally, StoreTally
from foresto_lab.settings import Settings
from foresto_lab.telemetry import metrics
from foresto_lab.telemetry.asked import ASKED
from foresto_lab.telemetry.exposition import Exposition
from foresto_lab.types import RunKind, RunStatus

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]
FACTS = StoreTally(
    runs=RunTally(
        counts={
            (RunKind.SIMULATION, RunStatus.COMPLETED): 12,
            (RunKind.REPORT, RunStatus.FAILED): 1,
        },
        last_completed={RunKind.SIMULATION: datetime(2024, 1, 2, tzinfo=UTC)},
        silent=3,
    ),
    loads=(
        LoadTally(
            table="daily_price",
            status="loaded",
            last_at=datetime(2024, 1, 3, tzinfo=UTC),
            loads=2,
            rows_inserted=100,
            rows_updated=5,
            rows_unchanged=7,
        ),
        LoadTally(
            "daily_price", "refused", datetime(2024, 2, 1, tzinfo=UTC), 1, 0, 0, 0
        ),
    ),
)


def samples_of(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, tuple(sorted(labels.items()))))


def down() -> StoreTally:
    raise StorageError(message="The server is not there.")


def count_into(folder: Path) -> None:
    metrics.configure_metrics(Settings(_env_file=None, metrics_dir=folder), folder)


def test_the_catalogs_numbers() -> None:
    samples = samples_of(Exposition(None, lambda: FACTS).text())
    runs = "foresto_catalog_runs"
    assert value(samples, runs, kind="simulation", status="completed") == 12
    assert value(samples, runs, kind="report", status="failed") == 1
    assert value(samples, runs, kind="backtest", status="running") == 0
    name = "foresto_catalog_last_completed_timestamp_seconds"
    assert value(samples, name, kind="simulation") == 1704153600
    assert value(samples, name, kind="report") is None
    assert value(samples, "foresto_catalog_silent_runs") == 3
    loads = "foresto_catalog_loads"
    assert value(samples, loads, table="daily_price", status="loaded") == 2
    assert value(samples, loads, table="daily_price", status="refused") == 1
    rows = "foresto_catalog_rows_loaded"
    assert value(samples, rows, table="daily_price", change="updated") == 5
    name = "foresto_catalog_last_load_timestamp_seconds"
    assert value(samples, name, table="daily_price") == 1704240000
    assert value(samples, "foresto_database_up") == 1
    assert value(samples, "foresto_build_info", version=__version__) == 1


def test_a_database_that_is_down_is_an_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count_into(tmp_path)
    metrics.RUNS.add(kind="simulation", status="completed")
    exposition = Exposition(tmp_path, down)
    for _ in range(3):
        samples = samples_of(exposition.text())
        assert value(samples, "foresto_database_up") == 0
        assert value(samples, "foresto_catalog_silent_runs") is None
        done = value(
            samples, "foresto_runs_total", kind="simulation", status="completed"
        )
        assert done == 1
    assert capsys.readouterr().err.count("database down") == 1


def test_counters_begin_at_zero_and_histograms_accumulate(tmp_path: Path) -> None:
    count_into(tmp_path)
    for seconds in (0.004, 0.2, 0.25, 4000.0):
        metrics.RUN_SECONDS.observe(seconds, kind="simulation")
    samples = samples_of(Exposition(tmp_path, lambda: FACTS).text())
    failed = value(samples, "foresto_runs_total", kind="report", status="failed")
    assert failed == 0
    assert value(samples, "foresto_loads_total", status="refused") == 0
    name = "foresto_run_duration_seconds"
    at_most = {
        le: value(samples, f"{name}_bucket", kind="simulation", le=le)
        for le in ("0.01", "0.1", "0.25", "1800.0", "+Inf")
    }
    assert at_most == {"0.01": 1, "0.1": 1, "0.25": 3, "1800.0": 3, "+Inf": 4}
    assert value(samples, f"{name}_count", kind="simulation") == 4
    total = value(samples, f"{name}_sum", kind="simulation")
    assert total == pytest.approx(4000.454)


def test_odd_label_values_come_through(tmp_path: Path) -> None:
    count_into(tmp_path)
    odd = 'back\\slash "quoted"\nline 성장형 {a="b"}'
    metrics.REPORTS.add(kind=odd, status="completed")
    samples = samples_of(Exposition(tmp_path, lambda: FACTS).text())
    assert value(samples, "foresto_reports_total", kind=odd, status="completed") == 1


def test_without_a_folder_nothing_counted_is_claimed() -> None:
    text = Exposition(None, lambda: FACTS).text()
    assert "foresto_runs_total" not in text
    assert "foresto_catalog_runs" in text


def test_other_metrics_of_this_process_stay_apart() -> None:
    import prometheus_client

    text = Exposition(None, lambda: FACTS).text()
    assert "python_info" in prometheus_client.generate_latest().decode()
    assert "python_info" not in text
    assert "foresto" not in prometheus_client.generate_latest().decode()


def test_names_follow_the_conventions() -> None:
    for name, metric in metrics.COUNTED.items():
        assert name.startswith("foresto_")
        assert name.endswith("_total") is isinstance(metric, metrics.Counter)
        assert metric.meaning.endswith(".")
    assert len({gauge.name for gauge in ASKED} | set(metrics.COUNTED)) == len(
        ASKED
    ) + len(metrics.COUNTED)


def test_a_textfile_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "foresto.prom"
    path.write_text("old")
    Exposition(None, lambda: FACTS).write_textfile(path)
    assert value(samples_of(path.read_text()), "foresto_database_up") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["foresto.prom"]


def test_a_textfile_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be written.*No such file"):
        Exposition(None, lambda: FACTS).write_textfile(tmp_path / "no" / "x.prom")


def test_scraped_over_http() -> None:
    exposition = Exposition(None, lambda: FACTS)
    with exposition.serving(port=0, address="127.0.0.1") as url:
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            samples = samples_of(answer.read().decode())
        port = int(url.split(":")[2].split("/")[0])
        with (
            pytest.raises(InputError, match=f"cannot be served on .* port {port}"),
            exposition.serving(port=port, address="127.0.0.1"),
        ):
            pass
    assert value(samples, "foresto_catalog_silent_runs") == 3
