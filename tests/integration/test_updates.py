"""Updates against a real store of each kind: what is stored, refused and recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from foresto_lab import Lab
from foresto_lab.errors import (
    ConnectorError,
    InputError,
    NothingGivenError,
    UnknownNameError,
)
from foresto_lab.market.protocols import DAILY_PRICE_FIELDS
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.connectors import (
    CandleAnswer,
    DailyAnswer,
    Patience,
    ProviderFacts,
    SymbolUpdate,
    UpdateReport,
    UpdateStatus,
    update_candles,
    update_daily_prices,
)
from foresto_lab.sources.connectors.options import (
    CandleUpdateOptions,
    DailyUpdateOptions,
)

# Sessions of XNYS in June 2024: no 19th (Juneteenth), no weekends.
JUNE = [
    f"2024-06-{day:02d}" for day in (3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 17, 18, 20, 21)
]
Rows = dict[str, float]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def closes(first: float, days: list[str]) -> Rows:
    """Return a close for each day, one more than that of the day before."""
    return {day: first + place for place, day in enumerate(days)}


class ListedDays:
    """A connector whose provider holds a list of closes for each symbol."""

    facts = ProviderFacts("yfinance", "yfinance", "yfinance", "yahoo", "as listed", 0.0)

    def __init__(self, rows: dict[str, Rows], *, dividends: bool = False) -> None:
        self.rows = rows
        self.adjusted: dict[str, Rows] = {}
        self.asked: list[tuple[str, date, date]] = []
        self.before: Callable[[str], None] = lambda symbol: None

    def calendar_of(self, symbol: str) -> str | None:
        return None if symbol.startswith("?") else "XNYS"

    def fetch_daily(self, symbol: str, start: date, end: date) -> DailyAnswer:
        self.asked.append((symbol, start, end))
        self.before(symbol)
        held = self.rows.get(symbol, {})
        days = [day for day in sorted(held) if str(start) <= day <= str(end)]
        if not days:
            raise NothingGivenError(
                provider="yfinance", symbol=symbol, reason="it has no prices.", fix=""
            )
        values = [held[day] for day in days]
        adjusted = [self.adjusted.get(symbol, held)[day] for day in days]
        columns = dict.fromkeys(DAILY_PRICE_FIELDS, pa.array(values, pa.float64()))
        columns["adj_close"] = pa.array(adjusted, pa.float64())
        columns["volume"] = pa.array([100.0] * len(days), pa.float64())
        keys = {
            "symbol": pa.array([symbol] * len(days)).dictionary_encode(),
            "date": pa.array([date.fromisoformat(day) for day in days], pa.date32()),
        }
        return DailyAnswer(pa.table({**keys, **columns}), currency="USD")


def update(
    lab: Lab,
    connector: ListedDays,
    symbols: list[str] | None = None,
    *,
    now: str = "2024-06-30T12:00",
    **options: Any,
) -> UpdateReport:
    """Update from a connector that stands for yfinance; nobody really waits."""
    return update_daily_prices(
        symbols,
        series=lab.storage.series,
        catalog=lab.storage.catalog,
        now=at(now),
        options=DailyUpdateOptions(source="yfinance", **options),
        connectors={"yfinance": connector},
        patience=Patience(sleep=lambda seconds: None),
    )


def only(report: UpdateReport) -> SymbolUpdate:
    (one,) = report.updates
    return one


def stored(lab: Lab, symbol: str, field: str = "close") -> Rows:
    rows = lab.storage.series.daily_prices([symbol])
    days = (f"{day:%Y-%m-%d}" for day in pd.DatetimeIndex(rows["date"]))
    return dict(zip(days, rows[field].tolist(), strict=True))


# --- daily prices -------------------------------------------------------------------


def test_a_new_symbol_gets_its_whole_history(either_lab: Lab) -> None:
    connector = ListedDays({"SPY": closes(100.0, JUNE)})
    done = only(update(either_lab, connector, ["SPY"]))
    assert done.status is UpdateStatus.UPDATED
    assert (done.rows_inserted, done.rows_compared) == (14, 0)
    assert (done.first_new, done.last_stored) == ("2024-06-03", "2024-06-21")
    assert stored(either_lab, "SPY") == closes(100.0, JUNE)
    instruments = either_lab.instruments().loc["SPY"]
    assert (instruments["currency"], instruments["calendar"]) == ("USD", "XNYS")


def test_an_update_goes_on_from_the_last_stored_row(either_lab: Lab) -> None:
    rows = closes(100.0, JUNE)
    connector = ListedDays({"SPY": {day: rows[day] for day in JUNE[:10]}})
    update(either_lab, connector, ["SPY"])
    connector.rows["SPY"] = rows
    done = only(update(either_lab, connector, overlap=3))
    assert (done.rows_inserted, done.rows_updated, done.rows_compared) == (4, 0, 3)
    assert done.first_new == "2024-06-17"
    assert connector.asked[-1] == ("SPY", date(2024, 6, 12), date(2024, 6, 28))
    assert stored(either_lab, "SPY") == rows


def test_updating_twice_changes_nothing(either_lab: Lab) -> None:
    connector = ListedDays({"SPY": closes(100.0, JUNE)})
    update(either_lab, connector, ["SPY"])
    version = either_lab.storage.series.data_version()
    loads = len(either_lab.storage.catalog.load_history())
    done = only(update(either_lab, connector, ["SPY"]))
    assert done.status is UpdateStatus.UP_TO_DATE
    assert done.rows_compared == 14
    assert either_lab.storage.series.data_version() == version
    assert len(either_lab.storage.catalog.load_history()) == loads


def test_who_has_every_session_that_is_over_is_not_asked_for(either_lab: Lab) -> None:
    connector = ListedDays({"SPY": closes(100.0, JUNE)})
    saturday = "2024-06-22T12:00"
    update(either_lab, connector, ["SPY"], now=saturday)
    connector.asked.clear()
    done = only(update(either_lab, connector, ["SPY"], now=saturday))
    assert done.status is UpdateStatus.UP_TO_DATE
    assert connector.asked == []
    update(either_lab, connector, ["SPY"], now=saturday, recheck=True)
    assert len(connector.asked) == 1


def test_a_session_that_is_not_over_is_not_asked_for(either_lab: Lab) -> None:
    connector = ListedDays({"SPY": closes(100.0, JUNE)})
    update(either_lab, connector, ["SPY"], now="2024-06-21T18:00")  # 14:00 in New York
    assert connector.asked[-1][2] == date(2024, 6, 20)
    assert max(stored(either_lab, "SPY")) == "2024-06-20"


def test_a_restated_history_is_told_and_not_mixed_in(either_lab: Lab) -> None:
    rows = closes(2_650_000.0, JUNE)
    connector = ListedDays({"SPY": {day: rows[day] for day in JUNE[:10]}})
    update(either_lab, connector, ["SPY"])
    version = either_lab.storage.series.data_version()
    connector.rows["SPY"] = {day: close / 50.0 for day, close in rows.items()}
    report = update(either_lab, connector, ["SPY"])
    done = only(report)
    assert done.status is UpdateStatus.RESTATED
    assert report.exit_code == 3
    for fact in ("SPY", "2024-06-03", "× 0.02", "50:1", "10 of the last 10"):
        assert fact in done.message
    assert "--accept-restated" in done.message
    assert either_lab.storage.series.data_version() == version
    assert len(stored(either_lab, "SPY")) == 10


def test_a_restated_history_is_loaded_anew_where_that_is_accepted(
    either_lab: Lab,
) -> None:
    rows = closes(2_650_000.0, JUNE)
    connector = ListedDays({"SPY": {day: rows[day] for day in JUNE[:10]}})
    update(either_lab, connector, ["SPY"])
    connector.rows["SPY"] = {day: close / 50.0 for day, close in rows.items()}
    report = update(either_lab, connector, ["SPY"], accept_restated=True, overlap=2)
    done = only(report)
    assert done.status is UpdateStatus.RELOADED
    assert (done.rows_inserted, done.rows_updated) == (4, 10)
    assert "HISTORY_RELOADED" in {finding.code for finding in done.findings}
    assert stored(either_lab, "SPY") == connector.rows["SPY"]
    assert connector.asked[-1][1] == date(2024, 6, 3)
    latest = either_lab.storage.catalog.load_history().iloc[0]
    assert latest["options"]["reloaded"] is True
    assert report.exit_code == 0


def test_a_dividend_that_moves_the_adjusted_close_is_a_restatement(
    either_lab: Lab,
) -> None:
    connector = ListedDays({"SPY": closes(100.0, JUNE[:10])})
    update(either_lab, connector, ["SPY"])
    connector.rows["SPY"] = closes(100.0, JUNE)
    connector.adjusted["SPY"] = {
        day: close * (0.99 if day <= "2024-06-14" else 1.0)
        for day, close in connector.rows["SPY"].items()
    }
    done = only(update(either_lab, connector, ["SPY"]))
    assert done.status is UpdateStatus.RESTATED
    assert "only the adjusted close, as by a dividend" in done.message
    assert stored(either_lab, "SPY", "adj_close") == closes(100.0, JUNE[:10])


def test_old_and_new_rows_never_stand_side_by_side(either_lab: Lab) -> None:
    """A provider that restated, and no longer gives the beginning, is refused."""
    rows = closes(500.0, JUNE)
    connector = ListedDays({"SPY": {day: rows[day] for day in JUNE[:10]}})
    update(either_lab, connector, ["SPY"])
    connector.rows["SPY"] = {day: rows[day] / 2.0 for day in JUNE[4:]}
    report = update(either_lab, connector, ["SPY"], accept_restated=True)
    assert only(report).status is UpdateStatus.RESTATED
    assert "no longer gives 4 of the 10 stored rows" in only(report).message
    assert stored(either_lab, "SPY") == {day: rows[day] for day in JUNE[:10]}


def test_without_a_common_row_nothing_is_stored(either_lab: Lab) -> None:
    connector = ListedDays({"SPY": closes(500.0, JUNE[:3])})
    update(either_lab, connector, ["SPY"])
    connector.rows["SPY"] = closes(500.0, JUNE[5:])
    done = only(update(either_lab, connector, ["SPY"]))
    assert done.status is UpdateStatus.RESTATED
    assert "gives none of the last 3 stored rows" in done.message
    assert len(stored(either_lab, "SPY")) == 3


def test_a_stored_symbol_that_is_no_longer_given_stays(either_lab: Lab) -> None:
    connector = ListedDays({"OLD": closes(5.0, JUNE[:3])})
    update(either_lab, connector, ["OLD"])
    connector.rows.clear()
    report = update(either_lab, connector)
    done = only(report)
    assert done.status is UpdateStatus.NOTHING_GIVEN
    assert done.findings[0].code == "NOTHING_GIVEN"
    assert "stay as they are" in done.findings[0].message
    assert report.exit_code == 0
    assert len(stored(either_lab, "OLD")) == 3


def test_a_symbol_silent_for_long_may_be_delisted(either_lab: Lab) -> None:
    connector = ListedDays({"OLD": closes(5.0, JUNE[:3])})
    update(either_lab, connector, ["OLD"])
    done = only(update(either_lab, connector))
    assert done.status is UpdateStatus.UP_TO_DATE
    assert [finding.code for finding in done.findings] == ["NO_ROWS_SINCE"]


def test_an_unknown_new_symbol_is_an_error_and_the_others_are_stored(
    either_lab: Lab,
) -> None:
    connector = ListedDays({"SPY": closes(1.0, JUNE)})
    report = update(either_lab, connector, ["NOPE", "SPY"])
    assert [u.status for u in report.updates] == [
        UpdateStatus.FAILED,
        UpdateStatus.UPDATED,
    ]
    assert report.exit_code == ConnectorError.exit_code


def test_rows_that_break_a_rule_are_refused_and_recorded(either_lab: Lab) -> None:
    connector = ListedDays({"BAD": {**closes(5.0, JUNE), JUNE[5]: -1.0}})
    done = only(update(either_lab, connector, ["BAD"]))
    assert done.status is UpdateStatus.REFUSED
    assert "BAD" not in set(either_lab.coverage()["symbol"])
    latest = either_lab.storage.catalog.load_history().iloc[0]
    assert (latest["source"], latest["status"]) == ("yfinance:BAD", "refused")


def test_the_history_names_the_source_and_no_secret(either_lab: Lab) -> None:
    update(either_lab, ListedDays({"SPY": closes(1.0, JUNE)}), ["SPY"])
    latest = either_lab.storage.catalog.load_history().iloc[0]
    assert (latest["source"], latest["table_name"]) == ("yfinance:SPY", "daily_price")
    assert len(latest["checksum"]) == 64
    options = latest["options"]
    assert options.pop("library").startswith("yfinance")
    assert options == {
        "connector": "yfinance",
        "symbol": "SPY",
        "first": "2024-06-03",
        "last": "2024-06-21",
    }


def test_a_dry_run_stores_nothing_and_says_what_it_would(either_lab: Lab) -> None:
    rows = closes(100.0, JUNE)
    connector = ListedDays({"SPY": {day: rows[day] for day in JUNE[:10]}})
    update(either_lab, connector, ["SPY"])
    version = either_lab.storage.series.data_version()
    connector.rows["SPY"] = rows
    report = update(either_lab, connector, dry_run=True)
    done = only(report)
    assert done.status is UpdateStatus.WOULD_UPDATE
    assert (done.rows_inserted, done.rows_updated) == (4, 0)
    assert "4 rows would be new" in report.headline()
    assert either_lab.storage.series.data_version() == version
    assert len(either_lab.storage.catalog.load_history()) == 1


def test_ctrl_c_keeps_what_was_done_and_the_next_update_goes_on(
    either_lab: Lab,
) -> None:
    symbols = ["A", "B", "C", "D"]
    connector = ListedDays({symbol: closes(9.0, JUNE) for symbol in symbols})

    def interrupt(symbol: str) -> None:
        if symbol == "C":
            raise KeyboardInterrupt

    connector.before = interrupt
    saturday = "2024-06-22T12:00"
    report = update(either_lab, connector, symbols, now=saturday)
    assert report.interrupted
    assert [str(u.status)[:3] for u in report.updates] == ["upd", "upd", "not", "not"]
    assert set(either_lab.coverage()["symbol"]) >= {"A", "B"}
    connector.before = lambda symbol: None
    connector.asked.clear()
    again = update(either_lab, connector, symbols, now=saturday)
    assert [symbol for symbol, _, _ in connector.asked] == ["C", "D"]
    assert not again.interrupted
    assert all(len(stored(either_lab, symbol)) == 14 for symbol in symbols)


def test_stored_symbols_are_asked_of_the_source_they_came_from(
    either_lab: Lab,
) -> None:
    connector = ListedDays({"SPY": closes(100.0, JUNE[:10])})
    update(either_lab, connector, ["SPY"])
    report = update_daily_prices(
        None,
        series=either_lab.storage.series,
        catalog=either_lab.storage.catalog,
        now=at("2024-06-30T12:00"),
        connectors={"yfinance": connector},
    )
    by_symbol = {done.symbol: done for done in report.updates}
    assert by_symbol["SPY"].source == "yfinance"
    assert by_symbol["SPY"].status is UpdateStatus.UP_TO_DATE


@pytest.mark.parametrize(
    ("symbols", "options", "kind", "said"),
    [
        (["SPY"], {"source": "bloomberg"}, UnknownNameError, "pykrx"),
        (["SPY"], {"source": "ccxt:binance"}, InputError, "foresto candles update"),
        (["SPY"], {}, InputError, "Name a source"),
        ([" "], {"source": "yfinance"}, InputError, "A symbol is empty"),
        (None, {"source": "yfinance"}, InputError, "Nothing that is stored came from"),
        (["SPY"], {"source": "yfinance", "overlap": 0}, InputError, "1 or more"),
        (["SPY"], {"source": "yfinance", "calendar": "MARS"}, UnknownNameError, "MARS"),
        (["SPY"], {"source": "yfinance", "start": "soon"}, InputError, "soon"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_is(
    either_lab: Lab,
    symbols: list[str] | None,
    options: dict[str, Any],
    kind: type[Exception],
    said: str,
) -> None:
    with pytest.raises(kind, match=said):
        either_lab.update_data(symbols, **options)


def test_an_exchange_that_nobody_knows_must_be_named(either_lab: Lab) -> None:
    connector = ListedDays({"?X": closes(3.0, JUNE)})
    refused = only(update(either_lab, connector, ["?X"]))
    assert "Name its calendar: --calendar" in refused.message
    done = only(update(either_lab, connector, ["?X"], calendar="XNYS"))
    assert done.status is UpdateStatus.UPDATED


def test_a_new_symbol_is_stored_in_capitals_a_known_one_as_it_is(
    either_lab: Lab,
) -> None:
    connector = ListedDays({"SPY": closes(3.0, JUNE), "0000J0": closes(3.0, JUNE)})
    report = update(either_lab, connector, ["spy", "0000j0"])
    assert [done.symbol for done in report.updates] == ["SPY", "0000J0"]
    assert report.count(UpdateStatus.UPDATED) == 2


# --- candles ------------------------------------------------------------------------

HOUR = timedelta(hours=1)


class ListedCandles:
    """A connector whose exchange holds hourly candles, given in pages."""

    facts = ProviderFacts("ccxt:binance", "ccxt", "ccxt", "crypto", "as listed", 0.0)

    def __init__(self, closes: list[float], *, page: int = 4) -> None:
        self.closes = closes
        self.page = page
        self.first = at("2024-06-01T00:00")
        self.asked: list[datetime] = []
        self.fails_after = 1_000_000

    def timeframes(self) -> list[Timeframe]:
        return [Timeframe.ONE_HOUR]

    def fetch_candles(
        self, symbol: str, timeframe: Timeframe, start: datetime, end: datetime
    ) -> CandleAnswer:
        if len(self.asked) >= self.fails_after:
            raise KeyboardInterrupt
        self.asked.append(start)
        opens = [self.first + n * HOUR for n in range(len(self.closes))]
        held = zip(opens, self.closes, strict=True)
        rows = [(t, c) for t, c in held if start <= t <= end][: self.page]
        prices = pa.array([close for _, close in rows], pa.float64())
        return CandleAnswer(
            pa.table(
                {
                    "symbol": pa.array([symbol] * len(rows), pa.string()),
                    "timeframe": pa.array([str(timeframe)] * len(rows), pa.string()),
                    "open_time": pa.array(
                        [t for t, _ in rows], pa.timestamp("us", "UTC")
                    ),
                    **dict.fromkeys(("open", "high", "low", "close", "volume"), prices),
                }
            )
        )


def update_hours(
    lab: Lab,
    connector: ListedCandles,
    symbols: list[str] | None = None,
    *,
    now: str,
    **options: Any,
) -> UpdateReport:
    return update_candles(
        symbols,
        store=lab.storage.candles,
        catalog=lab.storage.catalog,
        now=at(now),
        options=CandleUpdateOptions(source="ccxt:binance", **options),
        connectors={"ccxt:binance": connector},
        patience=Patience(sleep=lambda seconds: None),
    )


NEW = {"timeframes": ("1h",), "start": "2024-06-01"}


def hours(lab: Lab) -> list[float]:
    return list(lab.candles("BTC/USDT", "1h")["close"])


def test_candles_come_page_by_page_and_the_forming_one_is_left(either_lab: Lab) -> None:
    connector = ListedCandles([float(n) for n in range(1, 11)])
    done = only(
        update_hours(either_lab, connector, ["BTC/USDT"], now="2024-06-01T09:59", **NEW)
    )
    assert done.status is UpdateStatus.UPDATED
    assert done.rows_inserted == 9
    assert done.last_stored == "2024-06-01T08:00Z"
    assert hours(either_lab) == [float(n) for n in range(1, 10)]


def test_candles_go_on_from_the_last_complete_one(either_lab: Lab) -> None:
    connector = ListedCandles([float(n) for n in range(1, 21)])
    update_hours(either_lab, connector, ["BTC/USDT"], now="2024-06-01T10:30", **NEW)
    connector.asked.clear()
    done = only(update_hours(either_lab, connector, now="2024-06-02T00:00", overlap=2))
    assert connector.asked[0] == at("2024-06-01T08:00")
    assert (done.rows_inserted, done.rows_updated, done.rows_compared) == (10, 0, 2)
    assert done.first_new == "2024-06-01T10:00Z"
    assert hours(either_lab) == [float(n) for n in range(1, 21)]
    latest = either_lab.storage.catalog.load_history().iloc[0]
    assert latest["source"] == "ccxt:binance:BTC/USDT:1h"
    assert latest["options"]["timeframe"] == "1h"


def test_an_interrupted_series_keeps_its_pages_and_goes_on(either_lab: Lab) -> None:
    connector = ListedCandles([float(n) for n in range(1, 21)])
    connector.fails_after = 2
    report = update_hours(
        either_lab, connector, ["BTC/USDT"], now="2024-06-02T00:00", **NEW
    )
    assert report.interrupted
    assert len(hours(either_lab)) == 8
    connector.fails_after = 1_000_000
    update_hours(either_lab, connector, ["BTC/USDT"], now="2024-06-02T00:00")
    assert hours(either_lab) == [float(n) for n in range(1, 21)]


def test_restated_candles_are_told_and_loaded_anew_where_accepted(
    either_lab: Lab,
) -> None:
    connector = ListedCandles([float(n) for n in range(1, 11)])
    update_hours(either_lab, connector, ["BTC/USDT"], now="2024-06-01T10:00", **NEW)
    connector.closes = [2.0 * n for n in range(1, 13)]
    done = only(update_hours(either_lab, connector, now="2024-06-02T00:00"))
    assert done.status is UpdateStatus.RESTATED
    assert "the first on 2024-06-01T00:00Z" in done.message
    assert hours(either_lab) == [float(n) for n in range(1, 11)]
    accepted = only(
        update_hours(
            either_lab, connector, now="2024-06-02T00:00", accept_restated=True
        )
    )
    assert accepted.status is UpdateStatus.RELOADED
    assert (accepted.rows_inserted, accepted.rows_updated) == (2, 10)
    assert hours(either_lab) == connector.closes


@pytest.mark.parametrize(
    ("symbols", "options", "said"),
    [
        (["X"], {"source": "ccxt"}, "Name one: ccxt:binance"),
        (["X"], {"source": "yfinance"}, "foresto data update"),
        (["X"], {"source": "ccxt:binance"}, "--timeframe"),
        (["X"], {"source": "ccxt:binance", "timeframe": "1h"}, "--start"),
        (["X"], {"timeframe": "1h", "start": "2024-01-01"}, "Name a source"),
        (["X"], {"source": "ccxt:binance", "timeframe": "7q"}, "Unknown timeframe"),
    ],
)
def test_what_cannot_be_fetched_is_told_before_anything_is(
    either_lab: Lab, symbols: list[str], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        either_lab.update_candles(symbols, **options)


def test_a_gap_between_two_pages_and_a_late_begin_are_told(either_lab: Lab) -> None:
    connector = ListedCandles([float(n) for n in range(1, 9)])
    connector.first = at("2024-06-01T03:00")
    done = only(
        update_hours(either_lab, connector, ["BTC/USDT"], now="2024-06-02T00:00", **NEW)
    )
    (late,) = [f for f in done.findings if f.code == "BEGINS_LATER"]
    assert "opens at 2024-06-01T03:00Z, not at 2024-06-01T00:00Z" in late.message
    plain = connector.fetch_candles

    def with_a_gap(
        symbol: str, timeframe: Timeframe, start: datetime, end: datetime
    ) -> CandleAnswer:
        table = plain(symbol, timeframe, start, end).table
        opens = table["open_time"].to_pylist()
        keep = [not at("2024-06-01T11:00") <= t < at("2024-06-01T13:00") for t in opens]
        left = table.filter(pa.array(keep, pa.bool_()))
        if len(left) or not len(table):
            return CandleAnswer(left)
        return with_a_gap(symbol, timeframe, opens[-1] + HOUR, end)

    connector.closes = [float(n) for n in range(1, 13)]
    connector.fetch_candles = with_a_gap  # type: ignore[method-assign]
    again = only(update_hours(either_lab, connector, now="2024-06-02T00:00"))
    assert again.rows_inserted == 2
    assert "BEGINS_LATER" not in {finding.code for finding in again.findings}
    gaps = [finding for finding in again.findings if "GAP" in finding.code]
    assert len(gaps) == 1, [str(finding) for finding in again.findings]
