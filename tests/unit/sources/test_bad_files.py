"""Bad files: each is refused with its reason, recorded, and nothing is written."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from foresto_lab.errors import (
    DataFileError,
    ForestoError,
    QualityError,
    UnknownNameError,
    WorkspaceReadOnlyError,
)
from foresto_lab.sources import LoadOptions, LoadReport, load_file
from foresto_lab.storage import Storage, create_workspace

NOW = dt.datetime(2024, 7, 1, 9, 0, tzinfo=dt.UTC)
HEADER = "date,open,high,low,close,volume\n"
DAYS = ["2024-06-03", "2024-06-04", "2024-06-05", "2024-06-07", "2024-06-10"]
ROWS = [f"{day},10,11,9,10.5,100\n" for day in DAYS]
GOOD = HEADER + "".join(ROWS)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    store = create_workspace(tmp_path_factory.mktemp("workspace"))
    yield store
    store.close()


def load(storage: Storage, path: Path, **options: Any) -> LoadReport:
    return load_file(
        path,
        series=storage.series,
        catalog=storage.catalog,
        options=LoadOptions(**options),
        loaded_at=NOW,
    )


def refused(
    storage: Storage, path: Path, error: type[ForestoError], **options: Any
) -> ForestoError:
    """Load a file that must be refused; hold that nothing came of it."""
    version = storage.series.data_version()
    symbols = set(storage.series.coverage()["symbol"])
    history = len(storage.catalog.load_history())
    with pytest.raises(error) as caught:
        load(storage, path, **options)
    assert storage.series.data_version() == version
    assert set(storage.series.coverage()["symbol"]) == symbols
    if path.is_file():
        recorded = storage.catalog.load_history()
        assert len(recorded) == history + 1
        assert recorded.iloc[0]["status"] == "refused"
        assert pd.isna(recorded.iloc[0]["data_version"])
        assert recorded.iloc[0]["findings"]
    return caught.value


UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "wrong columns": ("foo,bar\n1,2\n", "no column holds the date; .* 'foo', 'bar'"),
    "no close": ("date,open\n2024-06-03,1\n", "no column holds the close"),
    "stacked header": (
        "Price,Close\nTicker,SPY\nDate,\n2024-06-03,1\n",
        "--layout yfinance-multiheader",
    ),
    "no header": ("".join(ROWS), "no header.*--columns"),
    "no rows": (HEADER, "holds no rows"),
    "empty": ("", "the file is empty"),
    "blank": ("\n \n", "the file is empty"),
    "mixed dates": (HEADER + ROWS[0] + ROWS[1].replace("-", "."), "mixed ways"),
    "impossible date": (GOOD.replace("06-10", "06-31"), "no dates: '2024-06-31'"),
    "ambiguous dates": ("date,close\n6/3/2024,1\n6/4/2024,1\n", "--date-format"),
    "dates with a zone": ("date,close\n2024-06-03 00:00:00+09:00,1\n", "time zone"),
    "intraday": ("date,close\n2024-06-03 09:00,1\n2024-06-03 09:01,1\n", "time of day"),
    "a row without date": (GOOD + ",1,1,1,1,1\n", "1 rows have prices but no date"),
    "text for a price": (GOOD.replace("10.5,100", "ten,100"), "5 values .* 'ten'"),
    "decimal commas": ('date;close\n2024-06-03;"10,5"\n', "no numbers: '10,5'"),
    "ragged lines": (GOOD + "2024-06-11,1,2\n", "Expected 6 columns, got 3"),
    "binary": (b"\x00\x01\x02\xff" * 300, "binary data"),
    "junk": (bytes(range(1, 256)) * 40, "no column|no encoding|no text"),
    "workbook": (b"PK\x03\x04" + b"\x00" * 100, "Excel workbook"),
    "page": ("<!DOCTYPE html><html><table></table></html>", "HTML page"),
    "cut parquet": (b"PAR1" + b"\x00" * 50, "Parquet file is damaged"),
    "cut gzip": (b"\x1f\x8b\x08\x00junk", "gzip file is damaged"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_cannot_be_read(
    storage: Storage, tmp_path: Path, case: str
) -> None:
    content, reason = UNREADABLE[case]
    path = tmp_path / "prices.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    error = refused(storage, path, DataFileError)
    assert error.facts["path"] == str(path)
    assert error.facts["fix"]
    assert error.exit_code == 2
    assert pd.Series([str(error)]).str.contains(reason).all(), str(error)
    (finding,) = storage.catalog.load_history().iloc[0]["findings"]
    assert finding["code"] == "FILE_UNREADABLE"


def weekend(text: str) -> str:
    return text.replace("2024-06-05", "2024-06-08").replace("2024-06-07", "2024-06-09")


BREAKING: dict[str, tuple[str, str, str]] = {
    "newest first": (HEADER + "".join(ROWS[::-1]), "OUT_OF_ORDER", "--newest-first"),
    "unsorted": (
        HEADER + "".join(ROWS[i] for i in (0, 2, 1, 3, 4)),
        "OUT_OF_ORDER",
        "1 of 5",
    ),
    "duplicates": (GOOD + ROWS[-1], "DUPLICATE_KEY", "1 of 6"),
    "negative price": (
        GOOD.replace("9,10.5", "-9,10.5"),
        "PRICE_NOT_POSITIVE",
        "low=-9",
    ),
    "zero price": (GOOD.replace("10.5", "0"), "PRICE_NOT_POSITIVE", "close=0"),
    "zero-filled holiday": (
        HEADER + ROWS[0] + ROWS[1] + ROWS[2] + "2024-06-06,0,0,0,0,0\n" + ROWS[3],
        "PRICE_NOT_POSITIVE",
        "1 of them hold nothing but zeros, 0 of those on sessions",
    ),
    "missing close": (GOOD.replace("10.5", ""), "PRICE_MISSING", "5 of 5"),
    "infinite price": (GOOD.replace("10.5", "inf"), "PRICE_MISSING", "5 of 5"),
    "high below low": (GOOD.replace("11,9", "9,11"), "HIGH_BELOW_LOW", "5 of 5"),
    "negative volume": (GOOD.replace(",100", ",-100"), "VOLUME_NEGATIVE", "5 of 5"),
    "weekend": (weekend(GOOD).replace("06-10", "06-11"), "WEEKEND_ROW", "2 of 5"),
    "year slipped": (
        GOOD.replace("2024-06-03", "0224-06-03"),
        "OUTSIDE_CALENDAR",
        "1956",
    ),
}


@pytest.mark.parametrize("case", BREAKING)
def test_rows_that_break_a_rule(storage: Storage, tmp_path: Path, case: str) -> None:
    content, code, words = BREAKING[case]
    path = tmp_path / "prices.csv"
    path.write_text(content)
    error = refused(storage, path, QualityError)
    assert error.facts["source"] == str(path)
    broken = {finding.code: finding for finding in error.facts["findings"]}
    (found,) = [finding for name, finding in broken.items() if name.startswith(code)]
    assert words in " ".join([str(found), *found.samples])
    assert code in str(error)
    assert error.exit_code == 3


def test_a_frame_with_a_time_zone(storage: Storage, tmp_path: Path) -> None:
    path = tmp_path / "prices.parquet"
    dates = pd.DatetimeIndex(DAYS, tz="Asia/Seoul", name="date")
    pd.DataFrame({"close": 1.0}, index=dates).to_parquet(path)
    error = refused(storage, path, DataFileError)
    assert "time zone (timestamps in Asia/Seoul)" in str(error)


def test_a_parquet_without_rows(storage: Storage, tmp_path: Path) -> None:
    path = tmp_path / "prices.parquet"
    frame = pd.DataFrame({"date": ["2024-06-03"], "close": [1.0], "symbol": ["A"]})
    frame.head(0).to_parquet(path)
    assert "holds no rows" in str(refused(storage, path, DataFileError))


def test_wrong_encoding(storage: Storage, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes("일자,종가\n2024-06-03,1\n".encode("cp949"))
    error = refused(storage, path, DataFileError, encoding="utf-8")
    assert "--encoding cp949" in str(error)


def test_no_such_file_and_a_folder(storage: Storage, tmp_path: Path) -> None:
    missing = refused(storage, tmp_path / "nothing.csv", DataFileError)
    assert "no such file" in str(missing)
    assert "folder" in str(refused(storage, tmp_path, DataFileError))


def test_an_unknown_calendar_is_refused_before_reading(storage: Storage) -> None:
    with pytest.raises(UnknownNameError, match="calendar"):
        load(storage, Path("nothing.csv"), calendar="XKRK")


def test_errors_cross_process_borders(storage: Storage, tmp_path: Path) -> None:
    import pickle

    path = tmp_path / "prices.csv"
    path.write_text(GOOD + ROWS[-1])
    error = refused(storage, path, QualityError)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)


# --- and what is good -------------------------------------------------------------


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Storage]:
    store = create_workspace(tmp_path / "home")
    yield store
    store.close()


def test_a_load_is_recorded_with_its_warnings(fresh: Storage, tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text(GOOD.replace("2024-06-05,10,11,9,10.5", "2024-06-05,1,9,1,1.5"))
    report = load(fresh, path)
    assert report.outcome.rows_inserted == 5
    assert report.symbols == {"A": 5}
    assert (str(report.first_date), str(report.last_date)) == (DAYS[0], DAYS[-1])
    assert "PRICE_JUMP" in {finding.code for finding in report.findings}
    recorded = fresh.catalog.load_history().iloc[0]
    assert recorded["status"] == "loaded"
    assert recorded["checksum"] == report.checksum
    assert recorded["options"] == {"calendar": "XKRX"}
    codes = {finding["code"] for finding in recorded["findings"]}
    assert codes == {finding.code for finding in report.findings}
    json.dumps(report.to_dict())
    assert "5 rows of 1 symbols" in str(report)
    assert "<script" not in report._repr_html_()


def test_loading_again_changes_nothing(fresh: Storage, tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text(GOOD)
    first = load(fresh, path)
    second = load(fresh, path)
    assert second.outcome.rows_unchanged == 5
    assert second.outcome.rows_inserted == second.outcome.rows_updated == 0
    assert second.outcome.data_version == first.outcome.data_version


def test_what_was_read_is_what_is_stored(fresh: Storage, tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text(GOOD)
    load(fresh, path)
    rows = fresh.series.daily_prices(["A"])
    assert [f"{day:%Y-%m-%d}" for day in rows["date"]] == DAYS
    assert rows["close"].tolist() == [10.5] * 5
    assert rows["volume"].tolist() == [100.0] * 5


def test_the_input_file_is_left_alone(fresh: Storage, tmp_path: Path) -> None:
    path = tmp_path / "A.parquet"
    pd.DataFrame({"date": DAYS, "close": 1.0}).to_parquet(path)
    before = path.read_bytes()
    load(fresh, path)
    assert path.read_bytes() == before
    assert pq.read_table(path).num_rows == 5


def test_a_refusal_keeps_its_reason_when_it_cannot_be_recorded(
    fresh: Storage, tmp_path: Path
) -> None:
    class ReadOnlyCatalog:
        def record_load(self, **facts: Any) -> None:
            raise WorkspaceReadOnlyError(path="data", reason="read-only")

    path = tmp_path / "A.csv"
    path.write_text("foo,bar\n1,2\n")
    with pytest.raises(DataFileError, match="no column holds the date"):
        load_file(
            path,
            series=fresh.series,
            catalog=ReadOnlyCatalog(),  # type: ignore[arg-type]
            loaded_at=NOW,
        )
