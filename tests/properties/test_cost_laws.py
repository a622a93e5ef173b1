"""Laws of costs and currencies that hold for whatever is given."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.errors import TaxTableError
from foresto_lab.rebalancing.costs import (
    CapitalGainsTax,
    Commission,
    CostModel,
    CurrencyConversion,
    DistributionTax,
    HalfSpread,
    ManagementFee,
    SpanFacts,
    TaxTable,
    TransactionTax,
    parse_costs,
)
from foresto_lab.scenarios.market_facts import MarketFacts
from tests.oracles.lots import Trade, keep_books

rates = st.floats(0.0, 0.3)
ARRAYS = (
    "commission_rate",
    "spread_rate",
    "conversion_rate",
    "distribution_tax",
    "gains_tax",
    "fee_rate",
)
DAYS = pd.bdate_range("2023-11-01", "2024-03-29")
SESSIONS = DAYS.to_numpy().astype("datetime64[D]")
FACTS = SpanFacts.plain(
    SESSIONS,
    ("A", "B", "C"),
    markets=("KOSPI", "US", "KRX_ETF"),
    currencies=("KRW", "USD", "KRW"),
)
selections = st.none() | st.lists(st.sampled_from(["A", "B", "C", "D"]), max_size=3)
parts = st.one_of(
    st.builds(Commission, rates, assets=selections),
    st.builds(HalfSpread, rates, selections),
    st.builds(CurrencyConversion, rates, selections),
    st.builds(DistributionTax, rates, selections),
    st.builds(ManagementFee, rates, st.sampled_from(["WEEKLY", "MONTHLY", "ANNUAL"])),
    st.just(TransactionTax()),
)


@given(st.lists(parts, max_size=3))
def test_a_models_arrays_are_the_sum_of_its_parts(chosen: list[object]) -> None:
    whole = CostModel(tuple(chosen)).on(FACTS)  # type: ignore[arg-type]
    alone = [parse_costs(part).on(FACTS) for part in chosen]
    for name in ARRAYS:
        total = sum(
            (getattr(one, name) for one in alone), np.zeros_like(getattr(whole, name))
        )
        np.testing.assert_allclose(getattr(whole, name), total, rtol=0, atol=1e-15)
    by_session = whole.transaction_tax[:, whole.transaction_tax_period]
    total = sum(
        (one.transaction_tax[:, one.transaction_tax_period] for one in alone),
        np.zeros((3, len(SESSIONS))),
    )
    np.testing.assert_allclose(by_session, total, rtol=0, atol=1e-15)


@given(st.lists(parts, max_size=4), selections)
def test_a_model_comes_back_from_its_dict(
    chosen: list[object], assets: list[str] | None
) -> None:
    model = CostModel((*chosen, CapitalGainsTax(0.22, assets=assets)))  # type: ignore[arg-type]
    assert parse_costs(model.to_dict()) == model


@given(rates, st.sampled_from(["WEEKLY", "MONTHLY", "QUARTERLY", "ANNUAL"]))
def test_a_fee_is_of_every_day_once(rate: float, frequency: str) -> None:
    fees = parse_costs(ManagementFee(rate, frequency)).on(FACTS).fee_rate
    days = int((SESSIONS[-1] - SESSIONS[0]).astype(int))
    assert fees.sum() == pytest.approx(rate * days / 365.0, rel=1e-12, abs=1e-15)


@given(
    st.lists(
        st.tuples(st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)), rates),
        min_size=1,
        max_size=8,
        unique_by=lambda row: row[0],
    ),
    st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)),
)
def test_a_table_has_the_rate_of_the_latest_row(
    starts: list[tuple[dt.date, float]], day: dt.date
) -> None:
    starts = sorted(starts)
    ends = [after[0] - dt.timedelta(days=1) for _, after in pairwise(starts)]
    table = TaxTable(
        tuple(  # type: ignore[arg-type]
            {"market": "KOSPI", "from_date": first, "to_date": last, "rate": rate}
            for (first, rate), last in zip(starts, [*ends, None], strict=True)
        )
    )
    begun = [rate for first, rate in starts if first <= day]
    if not begun:
        with pytest.raises(TaxTableError):
            table.rate("KOSPI", day)
        return
    assert table.rate("KOSPI", day) == begun[-1]
    sessions = np.arange(
        np.datetime64(starts[0][0]), np.datetime64(day) + 1, dtype="datetime64[D]"
    )[-400:]
    by_period, period = table.on(sessions, ["KOSPI", "US"])
    looked_up = [
        [rate for first, rate in starts if np.datetime64(first) <= session][-1]
        for session in sessions
    ]
    np.testing.assert_array_equal(by_period[0, period], looked_up)
    np.testing.assert_array_equal(by_period[1], 0.0)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(30, len(DAYS) - 1))
def test_what_comes_later_changes_nothing_before(seed: int, n_rows: int) -> None:
    """Prices, rates and calendars cut at a row give the same table up to it."""
    random = np.random.default_rng(seed)
    prices = pd.DataFrame(
        random.uniform(50, 150, (len(DAYS), 2)), index=DAYS, columns=["KODEX", "SPY"]
    )
    closed = random.random(len(DAYS)) < 0.1
    prices.loc[closed & np.roll(~closed, 1), "SPY"] = np.nan
    quotes = pd.DataFrame({"USD": random.uniform(900, 1500, len(DAYS))}, index=DAYS)
    market = MarketFacts(currencies={"SPY": "USD"}, exchange_rates=quotes)
    early = MarketFacts(currencies={"SPY": "USD"}, exchange_rates=quotes.iloc[:n_rows])
    whole, _ = market.prices_in_base(prices)
    part, _ = early.prices_in_base(prices.iloc[:n_rows])
    pd.testing.assert_frame_equal(part, whole.loc[: DAYS[n_rows - 1]])


@given(
    st.lists(
        st.tuples(st.integers(2020, 2023), st.integers(-9, 9), st.integers(1, 99)),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(["FIFO", "AVERAGE"]),
)
def test_gains_and_what_is_left_are_what_was_earned(
    moves: list[tuple[int, int, int]], method: str
) -> None:
    """Cash out less cash in is the gains less the cost of the lots still held."""
    trades, held = [], 0
    for year, units, price in sorted(moves, key=lambda move: move[0]):
        units = max(units, -held)
        held += units
        trades.append(Trade(year, "A", units, price))
    books = keep_books(trades, {"A": "0.2"}, method)  # type: ignore[arg-type]
    cash = -sum(int(t.units) * int(t.price) for t in trades)  # type: ignore[arg-type]
    left = books.books.get("A")
    cost = left.cost if left is not None else 0
    assert sum(books.gains) == cash + cost
    assert (left.units if left is not None else 0) == held
    assert all(tax >= 0 for tax in books.tax_of_years.values())
    assert sum(books.paid_at_sales) == sum(books.tax_of_years.values())
