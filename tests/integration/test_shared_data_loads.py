"""Every file of the real data sets loads, or is refused for the right reason.

Row counts are the MANIFEST's. It counts the lines of a file less one, so the files
without a header have one row more, and a stacked header of four lines three less.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from foresto_lab.errors import DataFileError, ForestoError, QualityError
from foresto_lab.sources import LoadOptions, LoadReport, load_file
from foresto_lab.storage import Storage, create_workspace
from foresto_lab.types import Severity

pytestmark = pytest.mark.shared_data

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
OHLCV = "date,open,high,low,close,volume"
YFINANCE = {"layout": "yfinance-multiheader", "calendar": "XNYS"}


@dataclass(frozen=True)
class Case:
    """A file with options, and what must come of it."""

    file: str
    options: Mapping[str, Any] = field(default_factory=dict)
    rows: int | None = None
    symbols: int = 1
    findings: Mapping[str, int] = field(default_factory=dict)
    """Count of each error-level rule of a refusal, or of each warning of a load."""
    reason: str = ""
    """Words of the sentence of a file that cannot be read."""

    def __str__(self) -> str:
        return f"{self.file} {' '.join(self.options)}".strip()


LOADED = [
    Case(
        "kr_daily_quantkang/kr_daily.parquet",
        rows=60_289,
        symbols=17,
        findings={
            "PRICE_JUMP": 3,  # 005930 and 005380 after the gap of January 1998, 000660
            "SPLIT_SUSPECTED": 1,
            "OFF_CALENDAR_ROW": 8,
            "MISSING_SESSION": 598,  # 267 each for 005930 and 005380, before 1999
        },
    ),
    Case(
        "kr_daily_quantkang/raw/005930_D.csv.gz",
        rows=8_343,
        findings={"PRICE_JUMP": 1, "OFF_CALENDAR_ROW": 4, "MISSING_SESSION": 267},
    ),
    Case("kr_daily_quantkang/raw/069500_D.csv.gz", rows=5_243),
    Case("kr_daily_quantkang/raw/152380_D.csv.gz", rows=2_937),
    Case(
        "kr_daily_quantkang/raw/kospi200.csv.gz",
        rows=8_807,
        findings={"OFF_CALENDAR_ROW": 5, "MISSING_SESSION": 12},
    ),
    Case("kr_etf_nav_canalisl/0000J0.csv.gz", rows=319),
    Case("kr_etf_nav_canalisl/069500.csv.gz", rows=319),
    Case(
        "kr_samsung_rltrader_mit/v1_005930.csv.gz",
        {"columns": OHLCV, "symbol": "005930", "adjusted": False},
        rows=8_826,
        # against the answers 10 sessions are missing and 6 dates extra; they begin in
        # 1986, and 1985-12-28 is the eleventh
        findings={"OFF_CALENDAR_ROW": 6, "MISSING_SESSION": 11, "UNADJUSTED": 1},
    ),
    Case(
        "kr_samsung_rltrader_mit/v1_kospi.csv.gz",
        {"columns": OHLCV, "symbol": "KOSPI"},
        rows=600,
    ),
    Case(
        "dirty_zero_filled_arclien/005930.csv.gz",
        {"columns": f"{OHLCV},_", "drop_zero_rows": True, "halts_as_missing": True},
        rows=2_818 - 920,
        findings={
            "ZERO_ROWS_DROPPED": 920,
            "HALT_PRICES_EMPTIED": 3,  # before the split of 2018-05-04
            "PRICE_OUTSIDE_RANGE": 3,  # 2015-01-27, 2015-02-17, 2016-10-24
        },
    ),
    Case(
        "dirty_zero_filled_arclien/TLT.csv.gz",
        {"columns": f"{OHLCV},_", "drop_zero_rows": True, "calendar": "XNYS"},
        rows=1_932,
        findings={"ZERO_ROWS_DROPPED": 869},
    ),
    Case(
        "us_etf_daily_yahoo/us_etf_daily.parquet",
        {"calendar": "XNYS"},
        rows=125_927,
        symbols=21,
    ),
    Case("us_etf_daily_yahoo/raw/SPY.csv.gz", YFINANCE, rows=8_225 - 3),
    Case("us_etf_daily_yahoo/raw/TLT.csv.gz", YFINANCE, rows=5_832 - 3),
    Case("us_etf_daily_yahoo/raw/GLD.csv.gz", YFINANCE, rows=5_250 - 3),
    Case("us_etf_yahoo_clean_csv/TLT.csv.gz", {"calendar": "XNYS"}, rows=4_429),
    Case("longrun_public/arch_sp500_daily.csv.gz", {"calendar": "XNYS"}, rows=5_031),
    Case(
        "longrun_public/skfolio_factors_etf.csv.gz",
        {"calendar": "XNYS", "layout": "wide", "adjusted": True},
        rows=2_264 * 5,
        symbols=5,
    ),
    Case("crypto_binance_1h_4h_1d/BTCUSDT_1d.csv.gz", {"calendar": "24/7"}, rows=1_432),
]

UNREADABLE = [
    Case("dirty_zero_filled_arclien/005930.csv.gz", reason="there is no header"),
    Case("dirty_zero_filled_arclien/TLT.csv.gz", reason="there is no header"),
    Case("kr_samsung_rltrader_mit/v1_005930.csv.gz", reason="there is no header"),
    Case("kr_samsung_rltrader_mit/v1_kospi.csv.gz", reason="there is no header"),
    *(
        Case(f"us_etf_daily_yahoo/raw/{symbol}.csv.gz", reason="stacked header")
        for symbol in ("GLD", "SPY", "TLT")
    ),
    *(
        Case(f"intraday_1m_etf_mit/{symbol}.csv.gz", reason="carry a time zone")
        for symbol in ("069500.KS", "132030.KS", "GLD", "SPY", "TLT")
    ),
    Case("crypto_binance_1h_4h_1d/BTCUSDT_1h.csv.gz", reason="intraday"),
    Case("crypto_binance_1h_4h_1d/BTCUSDT_4h.csv.gz", reason="intraday"),
    Case(
        "crypto_1m_bitfinex/BTCUSD_1m_2017-2018.parquet",
        reason="no column holds the date",
    ),
    Case("calendars/xkrx.csv.gz", reason="no column holds the date"),
    Case("calendars/xnys.csv.gz", reason="no column holds the date"),
    Case(
        "longrun_damodaran/annual_returns_1928_2023.csv",
        reason="no column holds the date",
    ),
    Case("longrun_public/arch_frenchdata.csv.gz", reason="no column holds the close"),
    Case(
        "longrun_public/arch_frenchdata.csv.gz",
        {"layout": "wide"},
        reason="dates are months",
    ),
    Case(
        "longrun_public/shiller_sp500_monthly.csv", reason="no column holds the close"
    ),
    Case(
        "longrun_public/skfolio_factors_etf.csv.gz", reason="no column holds the close"
    ),
    Case(
        "longrun_public/us_treasury_curves_daily.csv", reason="no column holds the date"
    ),
    Case(
        "longrun_public/us_treasury_curves_daily.csv",
        {"layout": "wide", "mapping": {"date": "Time Period"}},
        reason="carry a time zone",
    ),
    Case("kr_etf_nav_canalisl/etf_names.json", reason="no column holds the date"),
]

REFUSED = [
    Case(
        "dirty_zero_filled_arclien/005930.csv.gz",
        {"columns": f"{OHLCV},_"},
        findings={"PRICE_NOT_POSITIVE": 920 + 3, "WEEKEND_ROW": 806},
    ),
    Case(
        "dirty_zero_filled_arclien/005930.csv.gz",
        {"columns": f"{OHLCV},_", "drop_zero_rows": True},
        findings={"PRICE_NOT_POSITIVE": 3},
    ),
    Case(
        "dirty_zero_filled_arclien/TLT.csv.gz",
        {"columns": f"{OHLCV},_", "calendar": "XNYS"},
        findings={"PRICE_NOT_POSITIVE": 869, "WEEKEND_ROW": 800},
    ),
    Case(
        "crypto_binance_1h_4h_1d/BTCUSDT_1d.csv.gz",
        {"calendar": "XKRX"},  # trades on every day of the week
        findings={"WEEKEND_ROW": 410},
    ),
    Case(
        "longrun_public/gold_monthly.csv",
        findings={"NOT_DAILY": 1, "OUTSIDE_CALENDAR_YEARS": 1_479, "WEEKEND_ROW": 184},
    ),
    Case(
        "longrun_public/shiller_sp500_monthly.csv",
        {"mapping": {"close": "SP500"}, "calendar": "XNYS"},
        findings={"NOT_DAILY": 1, "OUTSIDE_CALENDAR_YEARS": 984, "WEEKEND_ROW": 252},
    ),
]


@pytest.fixture(scope="module")
def storage(
    either_store: str | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Storage]:
    store = create_workspace(tmp_path_factory.mktemp("workspace"), either_store)
    yield store
    store.close()


def load(storage: Storage, shared_data: Path, case: Case) -> LoadReport:
    return load_file(
        shared_data / case.file,
        series=storage.series,
        catalog=storage.catalog,
        options=LoadOptions(**case.options),
        loaded_at=NOW,
    )


def refusal(storage: Storage, shared_data: Path, case: Case) -> ForestoError:
    version = storage.series.data_version()
    with pytest.raises((DataFileError, QualityError)) as caught:
        load(storage, shared_data, case)
    assert storage.series.data_version() == version
    return caught.value


def test_every_file_is_in_the_tables(shared_data: Path) -> None:
    present = {
        str(path.relative_to(shared_data))
        for path in shared_data.rglob("*")
        if path.is_file() and path.name != "MANIFEST.md"
    }
    tested = {case.file for case in (*LOADED, *UNREADABLE, *REFUSED)}
    assert tested == present


@pytest.mark.parametrize("case", LOADED, ids=str)
def test_it_loads(storage: Storage, shared_data: Path, case: Case) -> None:
    report = load(storage, shared_data, case)
    assert report.outcome.rows_received == case.rows
    assert len(report.symbols) == case.symbols
    found = {
        finding.code: finding.count
        for finding in report.findings
        if finding.severity is Severity.WARNING
    }
    assert found == dict(case.findings)


@pytest.mark.parametrize("case", UNREADABLE, ids=str)
def test_it_cannot_be_read(storage: Storage, shared_data: Path, case: Case) -> None:
    error = refusal(storage, shared_data, case)
    assert isinstance(error, DataFileError)
    assert case.reason in error.facts["reason"]
    assert error.facts["fix"]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_it_is_refused(storage: Storage, shared_data: Path, case: Case) -> None:
    error = refusal(storage, shared_data, case)
    assert isinstance(error, QualityError)
    found = {finding.code: finding.count for finding in error.facts["findings"]}
    assert found == dict(case.findings)


def test_two_sources_of_one_symbol_agree(storage: Storage, shared_data: Path) -> None:
    """Closes of 005930 by rltrader are 50 times QuantKang's from 1997 to the split."""
    sources = [
        Case("kr_daily_quantkang/raw/005930_D.csv.gz", {"symbol": "QUANTKANG"}),
        Case(
            "kr_samsung_rltrader_mit/v1_005930.csv.gz",
            {"columns": OHLCV, "symbol": "RLTRADER", "adjusted": False},
        ),
    ]
    for case in sources:
        load(storage, shared_data, case)
    closes = storage.series.price_matrix(
        ["QUANTKANG", "RLTRADER"],
        start=dt.date(1997, 1, 1),
        end=dt.date(2018, 2, 14),
        field="close",
    ).dropna()
    assert len(closes) > 5_000
    assert (closes["RLTRADER"] == 50 * closes["QUANTKANG"]).all()
