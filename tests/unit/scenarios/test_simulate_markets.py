"""Simulations across markets, currencies and taxes: hand-worked, and by the bookkeeper.

The bookkeeper (tests/oracles/lots.py) knows no engine: it is told what was held after
each session and keeps the lots by itself, in fractions.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.scenarios import SimulationResult
from tests.oracles.lots import Books, Trade, keep_books

AMOUNT = 100_000_000.0


def world(n_rows: int = 520, seed: int = 5) -> pd.DataFrame:
    """Two assets on New York's sessions, from 3 January 2022."""
    days = fl.get_calendar("XNYS").sessions("2022-01-03", "2024-12-31")[:n_rows]
    random = np.random.default_rng(seed)
    steps = random.normal(0.0004, [0.012, 0.005], (len(days), 2))
    return pd.DataFrame(
        100.0 * np.exp(steps.cumsum(axis=0)),
        index=pd.DatetimeIndex(days),
        columns=["SPY", "IEF"],
    )


def dollars(prices: pd.DataFrame, rate: object, **given: object) -> fl.MarketFacts:
    rates = pd.DataFrame({"USD": rate}, index=prices.index)
    return fl.MarketFacts(
        currencies=dict.fromkeys(prices.columns, "USD"),
        exchange_rates=rates,
        **given,  # type: ignore[arg-type]
    )


def simulated(prices: pd.DataFrame, **given: object) -> SimulationResult:
    values: dict[str, object] = {
        "rebalancing": fl.Periodic("QUARTERLY", cost_rate=0.0),
        "initial_amount": AMOUNT,
        "calendar": "XNYS",
    }
    weights = {"SPY": 0.6, "IEF": 0.4}
    return fl.simulate(prices, weights, **{**values, **given})  # type: ignore[arg-type]


def test_held_in_dollars_and_counted_in_won() -> None:
    prices = world(60)
    rate = np.linspace(1200.0, 1300.0, 60)
    nav = simulated(prices, rebalancing=None, market=dollars(prices, rate)).path["nav"]
    grown = 0.6 * prices["SPY"] / 100.0 / (prices["SPY"].iloc[0] / 100.0)
    grown += 0.4 * prices["IEF"] / prices["IEF"].iloc[0]
    np.testing.assert_allclose(nav, AMOUNT * grown * rate / 1200.0, rtol=1e-13)


def test_a_rate_of_one_is_no_rate_to_the_last_bit() -> None:
    prices = world()
    costs = fl.Commission(0.001) + fl.CapitalGainsTax(0.22)
    plain = simulated(prices, costs=costs)
    one = simulated(prices, costs=costs, market=dollars(prices, 1.0))
    np.testing.assert_array_equal(plain.path.to_numpy(), one.path.to_numpy())


def test_hedged_at_a_constant_rate_is_unhedged_to_the_last_bit() -> None:
    prices = world()
    hedged = simulated(prices, market=dollars(prices, 1234.5, hedged=["SPY", "IEF"]))
    plain = simulated(prices, market=dollars(prices, 1234.5))
    np.testing.assert_array_equal(plain.path.to_numpy(), hedged.path.to_numpy())


def test_hedged_at_a_moving_rate_earns_the_own_return() -> None:
    prices = world()
    rate = np.linspace(1100.0, 1400.0, len(prices))
    hedged = simulated(prices, market=dollars(prices, rate, hedged=["SPY", "IEF"]))
    own = simulated(prices)
    np.testing.assert_allclose(hedged.path["nav"], own.path["nav"], rtol=1e-12)


@pytest.mark.parametrize(
    "absent",
    [
        fl.Commission(0.0),
        fl.HalfSpread(0.0),
        fl.MarketImpact(0.0),
        fl.CurrencyConversion(0.0),
        fl.DistributionTax(0.0),
        fl.CapitalGainsTax(0.0),
        fl.ManagementFee(0.0),
        fl.TransactionTax([{"market": "US", "from_date": "2000-01-01", "rate": 0.0}]),
    ],
    ids=lambda part: part.kind,
)
def test_a_part_of_rate_zero_changes_no_bit(absent: object) -> None:
    prices = world(260)
    market = dollars(prices, 1200.0)
    with_it = simulated(prices, costs=[fl.Commission(0.001), absent], market=market)
    without = simulated(prices, costs=fl.Commission(0.001), market=market)
    np.testing.assert_array_equal(with_it.path.to_numpy(), without.path.to_numpy())


def test_in_a_world_of_constant_prices_only_the_fee_is_lost() -> None:
    days = fl.get_calendar("XKRX").sessions("2023-01-02", "2023-12-28")
    prices = pd.DataFrame({"A": 7.0, "B": 3.0}, index=pd.DatetimeIndex(days))
    result = fl.simulate(
        prices,
        {"A": 0.5, "B": 0.5},
        fl.Periodic("MONTHLY"),
        costs=fl.ManagementFee(0.01) + fl.Commission(0.01) + fl.CapitalGainsTax(0.5),
        initial_amount=AMOUNT,
    )
    closes = pd.Series(days, index=days).groupby(days.astype("datetime64[M]")).last()
    dates = np.array([days[0], *closes.to_numpy()], dtype="datetime64[D]")
    elapsed = np.diff(dates).astype(int)
    left = AMOUNT * np.prod(1.0 - 0.01 * elapsed / 365.0)
    assert result.path["nav"].iloc[-1] == pytest.approx(left, rel=1e-12)
    assert result.summary["cost_management_fee"] == pytest.approx(
        AMOUNT - left, rel=1e-9
    )
    for part in ("commission", "capital_gains_tax", "spread"):
        assert result.summary[f"cost_{part}"] == 0.0


def test_a_sale_on_kospi_pays_the_tax_of_its_day() -> None:
    """50/50; stock doubles, the fund stands: a quarter of 3 parts of 2 is sold."""
    days = pd.DatetimeIndex(["2024-05-30", "2024-05-31", "2024-06-03", "2024-06-04"])
    prices = pd.DataFrame(
        {"005930": [100.0, 100.0, 200.0, 200.0], "069500": 50.0}, index=days
    )
    result = fl.simulate(
        prices,
        {"005930": 0.5, "069500": 0.5},
        fl.Periodic("MONTHLY", cost_rate=0.0),
        costs=fl.TransactionTax(),
        initial_amount=1_000_000,
        market=fl.MarketFacts(markets={"005930": "KOSPI", "069500": "KRX_ETF"}),
    )
    (event,) = result.events.to_dict("records")
    # before: 1,000,000 + 500,000. After N: sold 1,000,000 - N / 2, of which 0.18 %:
    # N = 1,500,000 - 0.0018 * (1,000,000 - N / 2)
    after = (1_500_000 - 0.0018 * 1_000_000) / (1 - 0.0018 / 2)
    assert event["nav_after"] == pytest.approx(after, rel=1e-14)
    assert event["cost_transaction_tax"] == pytest.approx(1_500_000 - after, rel=1e-9)
    assert event["cost_transaction_tax"] == pytest.approx(
        0.0018 * (1_000_000 - after / 2), rel=1e-9
    )


def test_distributions_are_reinvested_net_of_tax() -> None:
    days = pd.DatetimeIndex(["2024-05-30", "2024-05-31", "2024-06-03", "2024-06-04"])
    prices = pd.DataFrame({"A": [100.0, 100.0, 95.0, 95.0]}, index=days)
    market = fl.MarketFacts(distributions=pd.DataFrame({"A": [5.0]}, index=days[[2]]))
    result = fl.simulate(
        prices,
        {"A": 1.0},
        costs=fl.DistributionTax(0.154),
        initial_amount=1_000_000,
        market=market,
    )
    # 10,000 shares at 95 and 5 each, less 15.4 %
    nav = result.path["nav"].to_numpy()
    np.testing.assert_allclose(nav[2:], 10_000 * (95 + 5 * 0.846), rtol=1e-14)
    assert result.summary["cost_distribution_tax"] == pytest.approx(10_000 * 0.77)


# --- lots -------------------------------------------------------------------------


def _trades(result: SimulationResult, prices: pd.DataFrame, rate: float) -> list[Trade]:
    """Return what was bought and sold, read from what was held at each close."""
    nav = result.path["nav"]
    on_event = set(result.events["event_date"].to_numpy())
    trades = []
    held = dict.fromkeys(prices.columns, 0.0)
    for row, day in enumerate(result.path.index):
        moves = {}
        for asset in prices.columns:
            value = result.path[f"weight_{asset}"].iloc[row] * nav.iloc[row]
            units = value / prices[asset].iloc[row]
            change = units - held[asset]
            if abs(change) > 1e-9 * units:
                moves[asset] = change
                held[asset] = units
        for asset, change in moves.items():
            price = float(prices[asset].iloc[row])
            traded = np.datetime64(day) in on_event or row == 0
            cost = abs(change) * price * rate if traded and row else 0.0
            # what is sold to pay a year's tax is a sale of the next year
            trades.append(Trade(day.year + (not traded), asset, change, price, cost))
    return trades


def _books(
    result: SimulationResult, prices: pd.DataFrame, method: str, allowance: float
) -> Books:
    return keep_books(
        _trades(result, prices, 0.003),
        {"SPY": Fraction("0.22"), "IEF": Fraction("0.22")},
        method,  # type: ignore[arg-type]
        allowance,
    )


@pytest.mark.parametrize("method", ["FIFO", "AVERAGE"])
def test_taxes_at_year_ends_are_the_bookkeepers(method: str) -> None:
    prices = world(700)
    result = simulated(
        prices,
        rebalancing=fl.Periodic("MONTHLY", cost_rate=0.0),
        costs=[
            fl.Commission(0.002),
            fl.HalfSpread(0.001),
            fl.CapitalGainsTax(0.22, method, 500_000.0, "YEAR_END"),
        ],
    )
    books = _books(result, prices, method, 500_000.0)
    paid = sum(books.tax_of_years.values(), Fraction(0))
    assert paid > 0
    assert result.summary["cost_capital_gains_tax"] == pytest.approx(
        float(paid), rel=1e-6
    )


@pytest.mark.parametrize("method", ["FIFO", "AVERAGE"])
def test_taxes_at_sales_are_the_bookkeepers(method: str) -> None:
    prices = world(700, seed=11)
    result = simulated(
        prices,
        rebalancing=fl.Drift(0.03, cost_rate=0.0),
        costs=[
            fl.Commission(0.002),
            fl.HalfSpread(0.001),
            fl.CapitalGainsTax(0.22, method, 500_000.0, "SALE"),
        ],
    )
    books = _books(result, prices, method, 500_000.0)
    assert len(books.gains) == len(result.events) >= 3
    np.testing.assert_allclose(
        result.events["realized_gain"], [float(gain) for gain in books.gains], rtol=1e-6
    )
    np.testing.assert_allclose(
        result.events["cost_capital_gains_tax"],
        [float(paid) for paid in books.paid_at_sales],
        rtol=1e-6,
        atol=1.0,
    )


def test_lots_of_no_shares_are_none() -> None:
    """A share dearer than the account is never held, sold or taxed."""
    prices = world(300)
    prices["SPY"] *= 10_000.0
    result = simulated(
        prices,
        costs=fl.CapitalGainsTax(0.22) + fl.Commission(0.001, 1_000),
        whole_shares=True,
        initial_amount=500_000.0,
    )
    assert (result.path["weight_SPY"] == 0.0).all()
    assert np.isfinite(result.path["nav"]).all()


def test_samsungs_tax_is_of_the_year_it_was_sold_in(shared_data: Path) -> None:
    """Sold values read from the events, rates from a list of years."""
    table = pd.read_parquet(
        shared_data / "kr_daily_quantkang" / "kr_daily.parquet",
    )
    symbol = "code" if "code" in table.columns else "symbol"
    closes = table[table[symbol].isin(["005930", "069500"])].pivot_table(
        index="date", columns=symbol, values="close"
    )
    closes.index = pd.to_datetime(closes.index.astype(str), format="%Y%m%d")
    result = fl.simulate(
        closes,
        {"005930": 0.5, "069500": 0.5},
        fl.Periodic("QUARTERLY", cost_rate=0.0),
        costs=fl.TransactionTax(),
        start="2003-01-02",
        initial_amount=1e8,
        market=fl.MarketFacts(markets={"005930": "KOSPI", "069500": "KRX_ETF"}),
    )
    rates = dict.fromkeys(range(2003, 2019), 0.0030)
    rates |= {2020: 0.0025, 2021: 0.0023, 2022: 0.0023, 2023: 0.0020}
    checked = 0
    for event in result.events.to_dict("records"):
        year = event["event_date"].year
        before = event["before_weights"]["005930"] * event["nav_before"]
        sold = max(before - event["after_weights"]["005930"] * event["nav_after"], 0.0)
        if year in rates:
            assert event["cost_transaction_tax"] == pytest.approx(
                rates[year] * sold, rel=1e-6, abs=1e-3
            )
            checked += sold > 0.0
    assert checked > 30


def test_real_funds_in_won_cost_what_the_preset_says(shared_data: Path) -> None:
    """SPY and IEF from Seoul with a made-up exchange rate, 2015 to 2024."""
    table = pd.read_parquet(
        shared_data / "us_etf_daily_yahoo" / "us_etf_daily.parquet",
        filters=[("ticker", "in", ["SPY", "IEF"])],
    )
    close = table.pivot_table(index="date", columns="ticker", values="close")
    adjusted = table.pivot_table(index="date", columns="ticker", values="adj_close")
    volume = table.pivot_table(index="date", columns="ticker", values="volume")
    cash = fl.distributions_from_adjusted(close, adjusted)
    days = close.index
    wave = 1150.0 + 150.0 * np.sin(np.arange(len(days)) / 300.0)
    market = fl.MarketFacts(
        currencies={"SPY": "USD", "IEF": "USD"},
        exchange_rates=pd.DataFrame({"USD": wave}, index=days),
        traded_value=close * volume,
        distributions=cash,
    )
    given = {"start": "2015-01-02", "end": "2024-12-30", "initial_amount": 1e8}
    weights = {"SPY": 0.6, "IEF": 0.4}
    rule = fl.Periodic("QUARTERLY", cost_rate=0.0)
    costs = fl.cost_preset("US_RETAIL_KRW").costs + fl.MarketImpact(0.7)
    taxed = fl.simulate(close, weights, rule, costs, market=market, **given)  # type: ignore[arg-type]
    free = fl.simulate(close, weights, rule, 0.0, market=market, **given)  # type: ignore[arg-type]
    gross = fl.simulate(
        adjusted,
        weights,
        rule,
        0.0,
        market=fl.MarketFacts(
            currencies=market.currencies, exchange_rates=market.exchange_rates
        ),
        **given,  # type: ignore[arg-type]
    )
    parts = {
        name: value
        for name, value in taxed.summary.items()
        if str(name).startswith("cost_")
    }
    assert parts["cost_transaction_tax"] == parts["cost_management_fee"] == 0.0
    for part in (
        "commission",
        "spread",
        "impact",
        "currency_conversion",
        "distribution_tax",
        "capital_gains_tax",
    ):
        assert parts[f"cost_{part}"] > 0.0
    # an account of 100 million won moves SPY by next to nothing
    assert parts["cost_impact"] < 0.01 * parts["cost_commission"]
    assert taxed.path["nav"].iloc[-1] < free.path["nav"].iloc[-1]
    # paid out and reinvested untaxed is what adjusted closes mean
    assert free.summary["cagr"] == pytest.approx(gross.summary["cagr"], abs=2e-4)
    codes = {finding.code for finding in taxed.findings}
    assert {"CLOSE_KNOWN_LATER", "PRICE_CARRIED"} <= codes
