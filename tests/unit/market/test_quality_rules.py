"""Every quality rule: rows that break it, and rows that just do not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.market.quality import (
    RULES,
    CheckedRows,
    QualityReport,
    check_daily_prices,
    rule_name,
)
from foresto_lab.types import Severity

PRICES = ["open", "high", "low", "close", "adj_close"]
DATES = [  # fifteen sessions of XKRX in 2024, Monday 17 June to Friday 5 July
    *("2024-06-17", "2024-06-18", "2024-06-19", "2024-06-20", "2024-06-21"),
    *("2024-06-24", "2024-06-25", "2024-06-26", "2024-06-27", "2024-06-28"),
    *("2024-07-01", "2024-07-02", "2024-07-03", "2024-07-04", "2024-07-05"),
]
Change = Callable[[pd.DataFrame], pd.DataFrame]


def clean(symbol: str = "A") -> pd.DataFrame:
    close = 100.0 + np.arange(len(DATES))
    return pd.DataFrame(
        {
            "symbol": symbol,
            "date": [pd.Timestamp(day).date() for day in DATES],
            "open": close - 0.5,
            "high": close + 1,
            "low": close - 1,
            "close": close,
            "adj_close": close,
            "volume": 1000.0,
        }
    )


def findings_of(frame: pd.DataFrame, calendar: str = "XKRX") -> dict[str, Finding]:
    return {each.code: each for each in check_daily_prices(frame, calendar=calendar)}


def put(row: int, **values: object) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        for name, value in values.items():
            frame.loc[row, name] = value
        return frame

    return change


def move(row: int, day: str) -> Change:
    return put(row, date=pd.Timestamp(day).date())


def closes(*ratios: float) -> Change:
    """Let the prices of the last rows be these multiples of 100."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        for row, ratio in zip(range(-len(ratios), 0), ratios, strict=True):
            frame.loc[len(frame) + row, PRICES] = 100.0 * ratio
        return frame

    return change


def monthly(frame: pd.DataFrame) -> pd.DataFrame:
    sessions = pd.to_datetime([f"2023-{m:02d}-02" for m in range(2, 13)])
    short = frame.head(len(sessions)).copy()
    short["date"] = [day.date() for day in sessions]
    return short


BREAKING: list[tuple[str, Severity, Change, int]] = [
    ("PRICE_MISSING", Severity.ERROR, put(3, close=np.nan), 1),
    ("PRICE_MISSING", Severity.ERROR, put(3, adj_close=np.nan), 1),
    ("PRICE_MISSING", Severity.ERROR, put(3, high=np.inf), 1),
    ("PRICE_NOT_POSITIVE", Severity.ERROR, put(3, open=0.0), 1),
    ("PRICE_NOT_POSITIVE", Severity.ERROR, put(3, low=-1.0), 1),
    ("VOLUME_NEGATIVE", Severity.ERROR, put(3, volume=-1.0), 1),
    ("HIGH_BELOW_LOW", Severity.ERROR, put(3, high=90.0, low=91.0), 1),
    (
        "DUPLICATE_KEY",
        Severity.ERROR,
        lambda frame: pd.concat([frame.iloc[:4], frame.iloc[3:]]),
        1,
    ),
    (
        "OUT_OF_ORDER",
        Severity.ERROR,
        lambda frame: frame.iloc[[0, 1, 3, 2, *range(4, 15)]],
        1,
    ),
    ("OUT_OF_ORDER", Severity.ERROR, lambda frame: frame.iloc[::-1], 14),
    ("OUTSIDE_CALENDAR_YEARS", Severity.ERROR, move(0, "1955-01-03"), 1),
    ("WEEKEND_ROW", Severity.ERROR, move(5, "2024-06-22"), 1),
    ("NOT_DAILY", Severity.ERROR, monthly, 1),
    ("PRICE_JUMP", Severity.WARNING, closes(1.0, 1.301), 1),
    ("PRICE_JUMP", Severity.WARNING, closes(1.0, 0.699), 1),
    ("SPLIT_SUSPECTED", Severity.WARNING, closes(1.0, 0.0201), 1),
    ("SPLIT_SUSPECTED", Severity.WARNING, closes(1.0, 5.05), 1),
    ("PRICE_OUTSIDE_RANGE", Severity.WARNING, put(3, close=104.01), 1),
    ("OFF_CALENDAR_ROW", Severity.WARNING, move(0, "2024-06-06"), 1),
    (
        "MISSING_SESSION",
        Severity.WARNING,
        lambda frame: frame.drop(index=[3, 4, 8]),
        3,
    ),
    ("STALE_TAIL", Severity.WARNING, closes(*[1.1] * 12), 12),
    ("ZERO_VOLUME", Severity.INFO, put(3, volume=0.0), 1),
    (
        "EARLY_END",
        Severity.INFO,
        lambda frame: pd.concat([frame, clean("B").head(5)]),
        1,
    ),
]

KEEPING: list[tuple[str, Change]] = [
    ("PRICE_MISSING", put(3, open=np.nan, high=np.nan, low=np.nan, volume=np.nan)),
    ("PRICE_NOT_POSITIVE", put(3, low=0.01)),
    ("VOLUME_NEGATIVE", put(3, volume=0.0)),
    ("HIGH_BELOW_LOW", put(3, high=103.0, low=103.0, open=103.0, close=103.0)),
    ("DUPLICATE_KEY", lambda frame: pd.concat([frame, clean("B")])),
    ("OUT_OF_ORDER", lambda frame: pd.concat([frame, clean("B")]).sort_values("date")),
    ("OUTSIDE_CALENDAR_YEARS", move(0, "1956-03-03")),
    ("WEEKEND_ROW", move(0, "1998-12-05")),  # the last Saturday session
    ("NOT_DAILY", lambda frame: frame.iloc[::3]),
    ("PRICE_JUMP", closes(1.0, 1.299)),
    ("PRICE_JUMP", closes(1.0, 0.701)),
    ("PRICE_JUMP", put(14, open=500.0, high=500.0, low=500.0, close=500.0)),  # adjusted
    ("SPLIT_SUSPECTED", closes(1.0, 1.35)),
    ("PRICE_OUTSIDE_RANGE", put(3, close=104.0)),
    ("OFF_CALENDAR_ROW", move(0, "2024-06-07")),
    ("MISSING_SESSION", lambda frame: frame.iloc[2:]),
    ("STALE_TAIL", closes(*[1.1] * 9)),
    ("ZERO_VOLUME", put(3, volume=np.nan)),
    ("EARLY_END", lambda frame: pd.concat([frame, clean("B").head(6)])),
]


def test_clean_prices_break_no_rule() -> None:
    assert findings_of(clean()) == {}


@pytest.mark.parametrize(("code", "severity", "change", "count"), BREAKING)
def test_the_rule_fires(
    code: str, severity: Severity, change: Change, count: int
) -> None:
    finding = findings_of(change(clean()))[code]
    assert finding.severity is severity
    assert finding.count == count
    assert finding.where in ("A", "B")
    assert finding.samples
    assert finding.fix
    assert finding.details["by_symbol"] == {finding.where: count}


@pytest.mark.parametrize(("code", "change"), KEEPING)
def test_the_rule_stays_silent(code: str, change: Change) -> None:
    assert code not in findings_of(change(clean()))


def test_every_rule_is_fired_and_kept_by_a_test() -> None:
    assert (
        set(RULES) == {code for code, *_ in BREAKING} == {code for code, _ in KEEPING}
    )


@pytest.mark.parametrize("code", RULES)
def test_every_rule_describes_itself(code: str) -> None:
    rule = RULES[code]
    assert rule.code == code
    assert rule.name
    assert rule.description.endswith(".")
    assert "Why it matters" in (rule.__doc__ or "")
    assert "Offending" in (rule.__doc__ or "")


def test_checking_changes_nothing() -> None:
    frame = clean().iloc[::-1]
    before = frame.copy(deep=True)
    check_daily_prices(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_several_symbols_are_counted_apart() -> None:
    frame = pd.concat([clean("A"), put(2, close=np.nan)(clean("B")), clean("C")])
    finding = findings_of(frame)["PRICE_MISSING"]
    assert finding.details["by_symbol"] == {"B": 1}
    assert finding.samples == ("B 2024-06-19 close=nan adj_close=102",)


def test_rows_by_date_and_rows_by_symbol_give_the_same_findings() -> None:
    frame = pd.concat([closes(1.0, 2.0)(clean("A")), put(2, volume=0.0)(clean("B"))])
    by_date = frame.sort_values("date", kind="stable")
    assert check_daily_prices(by_date) == check_daily_prices(frame)


def test_rows_on_another_exchanges_sessions_are_told_which() -> None:
    sessions = pd.bdate_range("2023-01-01", "2023-12-31")
    holidays = ["2023-01-02", "2023-01-16", "2023-02-20", "2023-04-07", "2023-05-29"]
    holidays += ["2023-06-19", "2023-07-04", "2023-09-04", "2023-11-23", "2023-12-25"]
    days = sessions.difference(pd.to_datetime(holidays))
    close = 100.0 + np.arange(len(days))
    frame = pd.DataFrame(
        {"symbol": "SPY", "date": [day.date() for day in days], "close": close}
    )
    assert "--calendar XNYS" in findings_of(frame)["OFF_CALENDAR_ROW"].fix
    assert findings_of(frame, "XNYS") == {}


def test_crypto_trades_every_day() -> None:
    days = pd.date_range("2024-01-01", periods=30)
    close = 100.0 + np.arange(30)
    frame = pd.DataFrame(
        {"symbol": "BTC", "date": [day.date() for day in days], "close": close}
    )
    assert "24/7" in findings_of(frame)["WEEKEND_ROW"].fix
    assert findings_of(frame, "24/7") == {}


def test_filled_in_holidays_are_recognised() -> None:
    frame = clean()
    holiday = frame.iloc[[4]].assign(date=pd.Timestamp("2024-06-22").date())
    holiday[[*PRICES, "volume"]] = 0.0
    finding = findings_of(pd.concat([frame.iloc[:5], holiday, frame.iloc[5:]]))[
        "PRICE_NOT_POSITIVE"
    ]
    assert "1 of them hold nothing but zeros, 0 of those on sessions" in finding.message
    assert "--drop-zero-rows" in finding.fix


def test_halts_are_recognised() -> None:
    change = put(3, open=0.0, high=0.0, low=0.0, volume=0.0)
    finding = findings_of(change(clean()))["PRICE_NOT_POSITIVE"]
    assert "--halts-as-missing" in finding.fix
    assert "--drop-zero-rows" not in finding.fix


def test_a_table_that_lacks_what_it_needs_is_refused() -> None:
    with pytest.raises(InputError, match="'close'"):
        check_daily_prices(clean().drop(columns="close"))
    with pytest.raises(InputError, match="no date"):
        check_daily_prices(put(3, date=None)(clean()))
    with pytest.raises(UnknownNameError, match="calendar"):
        check_daily_prices(clean(), calendar="NOWHERE")


def test_no_rows_give_no_findings() -> None:
    assert check_daily_prices(clean().head(0)) == ()


def test_one_row_breaks_no_rule() -> None:
    assert findings_of(clean().head(1)) == {}


# --- the report -------------------------------------------------------------------


@pytest.fixture
def report() -> QualityReport:
    frame = put(3, close=np.nan)(put(5, volume=0.0)(clean("<b>")))
    findings = check_daily_prices(frame)
    return QualityReport((CheckedRows("XKRX", ("<b>",), len(frame), findings),), "v1")


def test_the_report_is_a_table(report: QualityReport) -> None:
    frame = report.to_frame()
    assert frame["code"].tolist() == ["PRICE_MISSING", "ZERO_VOLUME"]
    assert frame["count"].tolist() == [1, 1]
    assert not report.passed


def test_the_report_is_json(report: QualityReport) -> None:
    import json

    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["row_count"] == 15
    assert plain["counts"]["PRICE_MISSING"] == 1
    assert plain["counts"]["PRICE_JUMP"] == 0
    assert set(plain["counts"]) == set(RULES)
    assert plain["data_version"] == "v1"


def test_the_report_is_html_that_escapes_its_data(report: QualityReport) -> None:
    for page in (report._repr_html_(), report.to_html()):
        assert "&lt;b&gt;" in page
        assert "<b>" not in page
    assert "http" not in report.to_html()


def test_codes_of_a_reader_have_a_readable_name_too() -> None:
    assert rule_name("PRICE_JUMP") == "Price jump"
    assert rule_name("NEWEST_FIRST") == "Newest first"
