"""Tax tables: Korea's rows against printed rates, and tables that are refused."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from foresto_lab.errors import TaxTableError
from foresto_lab.market import get_calendar
from foresto_lab.rebalancing.costs import KOREAN_TRANSACTION_TAX, TaxRow, TaxTable
from foresto_lab.rebalancing.costs.korean_transaction_tax import RURAL, STT

KOSPI_TOTALS = {
    # 증권거래세 + 농어촌특별세, as newspapers and notices printed them
    "1992-01-03": 0.0020,
    "1994-05-02": 0.0035,
    "1994-07-04": 0.0050,
    "1995-08-01": 0.0045,
    "1996-05-02": 0.0030,
    "2019-05-29": 0.0030,
    "2019-05-30": 0.0025,
    "2020-12-28": 0.0025,
    "2020-12-29": 0.0023,
    "2022-06-01": 0.0023,
    "2023-06-01": 0.0020,
    "2024-06-03": 0.0018,
    "2024-12-26": 0.0018,
    "2024-12-27": 0.0015,
    "2025-06-02": 0.0015,
    "2026-06-01": 0.0020,
}
KOSDAQ = {
    "1996-07-15": 0.0050,
    "2002-03-04": 0.0030,
    "2019-05-29": 0.0030,
    "2019-05-30": 0.0025,
    "2021-06-01": 0.0023,
    "2023-06-01": 0.0020,
    "2024-06-03": 0.0018,
    "2025-06-02": 0.0015,
    "2026-06-01": 0.0020,
}


@pytest.mark.parametrize("date", KOSPI_TOTALS)
def test_kospi(date: str) -> None:
    assert KOREAN_TRANSACTION_TAX.rate("KOSPI", date) == KOSPI_TOTALS[date]


@pytest.mark.parametrize("date", KOSDAQ)
def test_kosdaq(date: str) -> None:
    assert KOREAN_TRANSACTION_TAX.rate("KOSDAQ", date) == KOSDAQ[date]


def test_konex_and_exempt_etfs() -> None:
    assert KOREAN_TRANSACTION_TAX.rate("KONEX", "2018-01-02") == 0.003
    assert KOREAN_TRANSACTION_TAX.rate("KONEX", "2026-01-02") == 0.001
    assert KOREAN_TRANSACTION_TAX.rate("KRX_ETF", "2009-01-02") == 0.0


def test_kospi_shows_the_rural_tax_beside_the_transaction_tax() -> None:
    for row in KOREAN_TRANSACTION_TAX.of("KOSPI"):
        rural = 0.0015 if row.from_date >= dt.date(1994, 6, 29) else 0.0
        assert row.components.get(RURAL, 0.0) == rural
        assert row.components[STT] == pytest.approx(row.rate - rural, abs=1e-15)


def test_every_row_names_its_source_and_what_is_not_confirmed() -> None:
    for row in KOREAN_TRANSACTION_TAX.rows:
        assert len(row.source) > 40
        assert ("NOT CONFIRMED" in row.source) == (not row.confirmed)


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in KOREAN_TRANSACTION_TAX.rows
        if row.in_force is not None and row.in_force >= dt.date(2019, 1, 1)
    ],
    ids=str,
)
def test_a_rate_begins_with_the_first_trade_that_settles_under_it(row: TaxRow) -> None:
    """Settlement is on the second session after the trade."""
    assert row.in_force is not None
    sessions = get_calendar("XKRX").sessions(
        row.from_date - dt.timedelta(days=15), row.in_force + dt.timedelta(days=15)
    )
    place = int(sessions.searchsorted(np.datetime64(row.from_date)))
    assert sessions[place] == np.datetime64(row.from_date)
    assert sessions[place + 2] >= np.datetime64(row.in_force)
    assert sessions[place + 1] < np.datetime64(row.in_force)


def _row(first: str, last: str | None, rate: object = 0.001) -> dict[str, object]:
    return {"market": "KOSPI", "from_date": first, "to_date": last, "rate": rate}


def test_rows_that_overlap_are_named() -> None:
    with pytest.raises(TaxTableError, match=r"overlap.*2020-01-01.*2020-06-30"):
        TaxTable((_row("2020-01-01", "2020-12-31"), _row("2020-06-30", None)))  # type: ignore[arg-type]
    with pytest.raises(TaxTableError, match="overlap"):
        TaxTable((_row("2020-01-01", None), _row("2021-01-01", None)))  # type: ignore[arg-type]
    with pytest.raises(TaxTableError, match="overlap"):
        TaxTable((_row("2020-01-01", None), _row("2020-01-01", None)))  # type: ignore[arg-type]


def test_a_gap_is_named_with_its_days() -> None:
    with pytest.raises(TaxTableError, match="2020-07-01 to 2020-12-31 have no row"):
        TaxTable((_row("2020-01-01", "2020-06-30"), _row("2021-01-01", None)))  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [-0.001, 1.0, float("nan"), "0.1 %", None, True])
def test_a_wrong_rate_is_named_with_its_row(rate: object) -> None:
    with pytest.raises(TaxTableError, match=r"KOSPI 2020-01-01.*rate"):
        TaxTable((_row("2020-01-01", None, rate),))  # type: ignore[arg-type]


def test_other_wrong_rows_are_refused() -> None:
    with pytest.raises(TaxTableError, match="ends before it begins"):
        TaxTable((_row("2020-01-02", "2020-01-01"),))  # type: ignore[arg-type]
    with pytest.raises(TaxTableError, match="no date"):
        TaxTable((_row("1 January 2020", None),))  # type: ignore[arg-type]
    with pytest.raises(TaxTableError, match="has no rate"):
        TaxTable(({"market": "KOSPI", "from_date": "2020-01-01"},))  # type: ignore[arg-type]
    with pytest.raises(TaxTableError, match="has percent"):
        TaxTable(({**_row("2020-01-01", None), "percent": 1},))  # type: ignore[arg-type]
    with pytest.raises(TaxTableError, match="add up to"):
        TaxRow(
            market="KOSPI",
            from_date=dt.date(2020, 1, 1),
            rate=0.002,
            components={"a": 0.001, "b": 0.0005},
        )
    with pytest.raises(TaxTableError, match="given 3"):
        TaxTable((3,))  # type: ignore[arg-type]


def test_sessions_outside_the_table_are_refused() -> None:
    with pytest.raises(TaxTableError, match="KOSPI from 1990-06-04"):
        KOREAN_TRANSACTION_TAX.rate("KOSPI", "1989-12-26")
    ended = TaxTable((_row("2020-01-01", "2020-12-31"),))  # type: ignore[arg-type]
    with pytest.raises(TaxTableError, match="to 2020-12-31"):
        ended.rate("KOSPI", "2021-01-04")
    assert ended.rate("KOSDAQ", "2021-01-04") == 0.0


def test_a_table_comes_back_from_its_dict_and_across_processes() -> None:
    import pickle

    table = KOREAN_TRANSACTION_TAX
    given = table.to_dict()
    assert TaxTable(tuple(given["rows"]), given["name"]) == table
    assert pickle.loads(pickle.dumps(table)) == table
