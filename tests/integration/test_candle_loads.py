"""Candles from files, through a lab and its command, on both stores.

Row counts are the MANIFEST's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import foresto_lab as fl
from foresto_lab.cli.candles import candles
from foresto_lab.cli.context import CommandContext
from foresto_lab.errors import (
    DataFileError,
    QualityError,
    ResamplingError,
    UnknownNameError,
)
from foresto_lab.storage import create_workspace
from foresto_lab.types import Severity
from tests.oracles.resampling import resampled_by_pandas


@pytest.fixture(scope="module")
def home(either_store: str | None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    create_workspace(folder, either_store).close()
    return folder


@pytest.fixture(scope="module")
def lab(home: Path, either_store: str | None) -> Iterator[fl.Lab]:
    opened = fl.open_lab(home, either_store)
    yield opened
    opened.storage.close()


# --- the real files -----------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A file with options, and what must come of it."""

    file: str
    options: Mapping[str, Any] = field(default_factory=dict)
    rows: int | None = None
    findings: Mapping[str, int] = field(default_factory=dict)
    """Count of each error of a refusal, or of each warning of a load."""
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.file} {' '.join(self.options)}".strip()


KOREAN = {"calendar": "XKRX"}
BOTH = {"deduplicate": "last", "sort": True}
LOADED = [
    Case(
        "crypto_1m_bitfinex/BTCUSD_1m_2017-2018.parquet",
        rows=1_025_708,
        findings={
            "CANDLE_GAP": 2 * 365 * 1440
            - 1_025_708,  # from the first minute to the last
            "CANDLE_LONG_WICK": 48,
            "CANDLE_SPIKE": 15,
            "CANDLE_STALE": 13,
        },
    ),
    Case(
        "crypto_binance_1h_4h_1d/BTCUSDT_1h.csv.gz",
        {"timezone": "UTC"},
        rows=34_349,
        findings={"CANDLE_GAP": 1},
    ),
    Case("crypto_binance_1h_4h_1d/BTCUSDT_4h.csv.gz", {"timezone": "UTC"}, rows=8_588),
    Case("crypto_binance_1h_4h_1d/BTCUSDT_1d.csv.gz", rows=1_432),
    Case(
        "intraday_1m_etf_mit/069500.KS.csv.gz",
        KOREAN,
        rows=1_673,
        findings={"CANDLE_GAP": 27},
    ),
    Case(
        "intraday_1m_etf_mit/GLD.csv.gz",
        {"calendar": "XNYS"},
        rows=1_935,
        findings={"CANDLE_GAP": 15},
    ),
    Case(
        "intraday_1m_etf_mit/TLT.csv.gz",
        {"calendar": "XNYS"},
        rows=6_798,
        findings={"CANDLE_GAP": 43},
    ),
    Case(
        "intraday_1m_etf_mit/SPY.csv.gz",
        {**BOTH, "drop_empty_rows": True, "calendar": "XNYS"},
        rows=13_435 - 5_075,
        findings={
            "CANDLES_DEDUPLICATED": 5_074,  # the empty row is one of two
            "EMPTY_ROWS_DROPPED": 1,
            "CANDLE_GAP": 41,
        },
    ),
]
REFUSED = [
    Case(
        "intraday_1m_etf_mit/SPY.csv.gz",
        findings={
            "CANDLE_VALUE_MISSING": 1,
            "CANDLE_REPEATED": 5_075,
            "CANDLE_OUT_OF_ORDER": 5_058,
        },
    ),
    Case("intraday_1m_etf_mit/SPY.csv.gz", BOTH, findings={"CANDLE_VALUE_MISSING": 1}),
    Case(
        "intraday_1m_etf_mit/132030.KS.csv.gz",
        KOREAN,
        findings={"CANDLE_NOT_POSITIVE": 1},
    ),
    Case(
        "crypto_binance_1h_4h_1d/BTCUSDT_1h.csv.gz",
        {"timezone": "UTC", "timeframe": "1d"},
        findings={"CANDLE_OVERLAP": 34_349 - 1_432},
    ),
]
UNREADABLE = [
    Case("crypto_binance_1h_4h_1d/BTCUSDT_1h.csv.gz", reason="have no zone"),
    Case("crypto_binance_1h_4h_1d/BTCUSDT_4h.csv.gz", reason="have no zone"),
]


@pytest.mark.shared_data
@pytest.mark.parametrize("case", LOADED, ids=str)
def test_a_real_file_loads(lab: fl.Lab, shared_data: Path, case: Case) -> None:
    report = lab.load_candles(shared_data / case.file, **case.options)
    assert report.row_count == case.rows
    warnings = [f for f in report.findings if f.severity is Severity.WARNING]
    assert {f.code: f.count for f in warnings} == dict(case.findings)
    again = lab.load_candles(shared_data / case.file, **case.options)
    assert again.outcome.rows_unchanged == case.rows
    assert again.outcome.data_version == report.outcome.data_version


@pytest.mark.shared_data
@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_real_file_is_refused(lab: fl.Lab, shared_data: Path, case: Case) -> None:
    version = lab.storage.candles.candle_version()
    with pytest.raises(QualityError) as caught:
        lab.load_candles(shared_data / case.file, **case.options)
    found = {f.code: f.count for f in caught.value.facts["findings"]}
    assert found == dict(case.findings)
    assert lab.storage.candles.candle_version() == version


@pytest.mark.shared_data
@pytest.mark.parametrize("case", UNREADABLE, ids=str)
def test_a_real_file_needs_an_option(
    lab: fl.Lab, shared_data: Path, case: Case
) -> None:
    with pytest.raises(DataFileError, match=case.reason):
        lab.load_candles(shared_data / case.file, **case.options)


# --- files of one's own -------------------------------------------------------------


def written(folder: Path, n_bars: int = 300, name: str = "OWN_1m.csv") -> Path:
    """Write candles of a random walk from 2024-01-02, a minute apart."""
    random = np.random.default_rng(5)
    close = np.round(100 + random.normal(0, 0.05, n_bars).cumsum(), 2)
    opening = np.append(close[:1], close[:-1])
    frame = pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close) + 0.1,
            "low": np.minimum(opening, close) - 0.1,
            "close": close,
            "volume": random.integers(1, 90, n_bars),
        },
        index=pd.date_range("2024-01-02", periods=n_bars, freq="min", tz="UTC"),
    )
    frame.to_csv(folder / name, index_label="time")
    return folder / name


def test_candles_come_back_as_they_were(lab: fl.Lab, tmp_path: Path) -> None:
    path = written(tmp_path)
    report = lab.load_candles(path)
    assert "OWN 1m: 300 candles, 2024-01-02 to 2024-01-02T04:59Z" in str(report)
    assert "OWN 1m" in report._repr_html_()
    given = pd.read_csv(path, index_col="time", parse_dates=True)
    frame = lab.candles("OWN", "1m", "2024-01-02", "2024-01-02T00:09Z")
    np.testing.assert_array_equal(frame, given.iloc[:10])
    covered = lab.candle_coverage().set_index(["symbol", "timeframe"])
    assert covered.loc[("OWN", "1m"), "row_count"] == 300


def test_a_load_is_recorded_and_a_refusal_too(lab: fl.Lab, tmp_path: Path) -> None:
    path = written(tmp_path, name="REC_1m.csv")
    lab.load_candles(path, sort=True)
    last = lab.storage.catalog.load_history().iloc[0]
    assert (last["status"], last["rows_received"]) == ("loaded", 300)
    assert last["source"] == str(path)
    bad = tmp_path / "BAD_1m.csv"
    bad.write_text(path.read_text().replace("2024-01-02 00:05", "2024-01-02 00:04"))
    with pytest.raises(QualityError, match="CANDLE_REPEATED"):
        lab.load_candles(bad)
    with pytest.raises(DataFileError):
        lab.load_candles(bad, mapping={}, columns="time,open,high,low,close,volume")
    statuses = lab.storage.catalog.load_history().head(2)
    assert statuses["status"].tolist() == ["refused", "refused"]
    codes = [finding["code"] for finding in statuses["findings"].iloc[1]]
    assert "CANDLE_REPEATED" in codes
    with pytest.raises(UnknownNameError):
        lab.candles("BAD", "1m")


def test_longer_candles_are_made_from_shorter_ones(lab: fl.Lab, tmp_path: Path) -> None:
    lab.load_candles(written(tmp_path, name="RES_1m.csv"))
    expected = resampled_by_pandas(lab.candles("RES", "1m"), "1h")
    made = lab.candles("RES", "1h", resample_from="1m")
    pd.testing.assert_frame_equal(made, expected, check_freq=False)
    pd.testing.assert_frame_equal(lab.candles("RES", "1h", resample_from="auto"), made)
    with pytest.raises(UnknownNameError):
        lab.candles("RES", "1h")
    with pytest.raises(ResamplingError, match="shorter"):
        lab.candles("RES", "1m", resample_from="1h")


def test_a_made_candle_does_not_depend_on_where_a_span_is_cut(
    lab: fl.Lab, tmp_path: Path
) -> None:
    lab.load_candles(written(tmp_path, name="CUT_1m.csv"))
    whole = lab.candles("CUT", "1h", resample_from="1m")
    part = lab.candles(
        "CUT", "1h", "2024-01-02T00:30Z", "2024-01-02T02:15Z", resample_from="1m"
    )
    pd.testing.assert_frame_equal(part, whole.iloc[1:3])
    with_end = lab.candles("CUT", "1h", end="2024-01-02", resample_from="1m")
    pd.testing.assert_frame_equal(with_end, whole)


def test_an_own_series_comes_before_one_made(lab: fl.Lab, tmp_path: Path) -> None:
    lab.load_candles(written(tmp_path, name="BOTH_1m.csv"))
    longer = lab.candles("BOTH", "1h", resample_from="1m") + 1.0
    longer.to_csv(tmp_path / "BOTH_1h.csv")
    lab.load_candles(tmp_path / "BOTH_1h.csv")
    given = lab.candles("BOTH", "1h", resample_from="auto")
    np.testing.assert_allclose(given, longer)
    days = lab.candles("BOTH", "1d", resample_from="auto")
    assert days["open"].iloc[0] == pytest.approx(longer["open"].iloc[0])


def test_quality_of_what_is_stored(lab: fl.Lab, tmp_path: Path) -> None:
    lines = written(tmp_path, name="GAP_1m.csv").read_text().splitlines()
    (tmp_path / "GAP_1m.csv").write_text("\n".join(lines[:50] + lines[55:]))
    lab.load_candles(tmp_path / "GAP_1m.csv")
    report = lab.candle_quality(["GAP"])
    assert report.counts()["CANDLE_GAP"] == 5
    assert report.data_version == lab.storage.candles.candle_version()
    with pytest.raises(UnknownNameError, match="Did you mean GAP"):
        lab.candle_quality(["GAPP"])
    with pytest.raises(UnknownNameError, match="timeframe"):
        lab.candle_quality(["GAP"], ["3d"])


# --- the command --------------------------------------------------------------------


@pytest.fixture
def command(
    home: Path, either_store: str | None, monkeypatch: pytest.MonkeyPatch
) -> Any:
    if either_store:
        monkeypatch.setenv("FORESTO_DATABASE_URL", either_store)

    def run(*words: object) -> Result:
        given = [str(word) for word in words]
        return CliRunner().invoke(candles, given, obj=CommandContext(home=home))

    return run


def test_load_list_show_quality_resample(command: Any, tmp_path: Path) -> None:
    path = written(tmp_path, name="CLI_1m.csv")
    loaded = command("load", path)
    assert loaded.exit_code == 0, loaded.output
    assert "CLI" in loaded.output
    listed = json.loads(command("list", "--json").stdout)
    assert {
        "symbol": "CLI",
        "timeframe": "1m",
        "first_open": "2024-01-02T00:00Z",
        "last_open": "2024-01-02T04:59Z",
        "row_count": 300,
    } in listed
    assert "CLI" in command("list").output
    shown = json.loads(command("show", "CLI", "1m", "--limit", 2, "--json").stdout)
    assert [row["open_time"] for row in shown] == [
        "2024-01-02T04:58:00Z",
        "2024-01-02T04:59:00Z",
    ]
    assert "04:59:00Z" in command("show", "CLI", "1m").output
    made = json.loads(command("resample", "CLI", "1h", "--json").stdout)
    assert len(made) == 5
    for name in ("made.csv", "made.parquet"):
        assert (
            command("resample", "CLI", "1h", "--output", tmp_path / name).exit_code == 0
        )
    assert len(pd.read_parquet(tmp_path / "made.parquet")) == 5
    assert len(pd.read_csv(tmp_path / "made.csv")) == 5
    quality = command("quality", "CLI", "--html", tmp_path / "q.html")
    assert quality.exit_code == 0, quality.output
    assert "Candles: 300." in quality.output
    assert (tmp_path / "q.html").read_text().startswith("<!doctype html>")
    assert json.loads(command("quality", "CLI", "--json").stdout)["passed"]


def test_a_refused_file_leaves_the_others_loaded(command: Any, tmp_path: Path) -> None:
    good, bad = written(tmp_path, name="FINE_1m.csv"), tmp_path / "WRONG_1m.csv"
    bad.write_text(good.read_text().replace("2024-01-02 00:05", "2024-01-02 00:04"))
    result = command("load", bad, good, "--json")
    assert result.exit_code == 3
    first, second = json.loads(result.stdout)
    assert (first["status"], second["status"]) == ("refused", "loaded")
    assert first["findings"][0]["code"] == "CANDLE_REPEATED"
    assert "CANDLE_REPEATED" in result.stderr
    fixed = command("load", bad, "--deduplicate", "first")
    assert fixed.exit_code == 0, fixed.output
    assert command("load", good, "--map", "close").exit_code == 2
