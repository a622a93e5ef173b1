"""Real portfolios beside two engines by others: bt and vectorbt.

Where the definitions coincide, values agree to 1e-9 on every day. Where they do not:

- bt's ``RunIfOutOfBounds`` is a relative band and needs more than the tolerance; ours
  is absolute unless asked for, and a tie counts. Neither matters on real prices.
- bt's ``RunMonthly`` goes by the rows of the data; ours by the exchange's calendar.
  They coincide where no row is missing. bt does not trade on the very last row.
- bt and vectorbt take fees from the cash of each order, of the first purchase too, and
  on both sides of an exchange; we take cost pro rata on turnover, which counts an
  exchange once, and nothing on the first purchase. So costs are compared by size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from tests.oracles.peers import bt, bt_value, vectorbt_portfolio

WEIGHTS = {"equity": 0.55, "bond": 0.2, "cash": 0.1, "gold": 0.1, "other": 0.05}
FREE = {"cost_rate": 0.0}
CLOSE = {"rtol": 1e-9, "atol": 0.0}


def simulate(prices: pd.DataFrame, rule: Any) -> fl.SimulationResult:
    return fl.simulate(prices, WEIGHTS, rule, calendar="XNYS")


@pytest.fixture
def recent_prices(us_prices: pd.DataFrame) -> pd.DataFrame:
    """Return the years from 2016 on."""
    return us_prices.loc["2016":]


@pytest.fixture
def korean_prices(shared_data: Any) -> pd.DataFrame:
    """Return KODEX 200 and KODEX KTB 10Y futures, every session since 2012 (XKRX)."""
    rows = pd.read_parquet(shared_data / "kr_daily_quantkang" / "kr_daily.parquet")
    rows.columns = [str(column).lower() for column in rows.columns]
    code = next(name for name in ("code", "symbol", "ticker") if name in rows)
    closes = rows.pivot(index="date", columns=code, values="close")
    closes.index = pd.to_datetime(closes.index.astype(str), format="%Y%m%d")
    return closes[["069500", "152380"]].dropna().astype(float)


PERIODS = [
    ("WEEKLY", bt.algos.RunWeekly),
    ("MONTHLY", bt.algos.RunMonthly),
    ("QUARTERLY", bt.algos.RunQuarterly),
    ("ANNUAL", bt.algos.RunYearly),
]


@pytest.mark.parametrize("at_end", [False, True], ids=["first day", "last day"])
@pytest.mark.parametrize(
    ("frequency", "algo"), PERIODS, ids=[name for name, _ in PERIODS]
)
def test_periodic_rebalancing_agrees_with_bt(
    recent_prices: pd.DataFrame, frequency: str, algo: Any, at_end: bool
) -> None:
    base_day = "LAST_TRADING_DAY" if at_end else "FIRST_TRADING_DAY"
    ours = simulate(recent_prices, fl.Periodic(frequency, base_day, **FREE))
    theirs = bt_value(recent_prices, WEIGHTS, algo(run_on_end_of_period=at_end))
    # 2025-09-26 is a Friday, the end of a week but of no month; bt leaves the last row.
    end = -1 if frequency == "WEEKLY" and at_end else None
    np.testing.assert_allclose(ours.path["nav"][:end], theirs[:end], **CLOSE)


def test_monthly_rebalancing_agrees_with_bt_in_korea(
    korean_prices: pd.DataFrame,
) -> None:
    halves = dict.fromkeys(korean_prices.columns, 0.5)
    ours = fl.simulate(korean_prices, halves, fl.Periodic("MONTHLY", **FREE))
    assert [finding.code for finding in ours.findings] == []
    assert len(ours.events) > 100
    theirs = bt_value(korean_prices, halves, bt.algos.RunMonthly())
    np.testing.assert_allclose(ours.path["nav"], theirs, **CLOSE)


@pytest.mark.parametrize("threshold", [0.05, 0.2])
def test_a_relative_band_agrees_with_bt(
    recent_prices: pd.DataFrame, threshold: float
) -> None:
    ours = simulate(recent_prices, fl.Drift(threshold, relative=True, **FREE))
    assert len(ours.events) > 10
    when = bt.algos.Or([bt.algos.RunOnce(), bt.algos.RunIfOutOfBounds(threshold)])
    theirs = bt_value(recent_prices, WEIGHTS, when)
    np.testing.assert_allclose(ours.path["nav"], theirs, **CLOSE)


def test_either_date_or_band_agrees_with_bt(recent_prices: pd.DataFrame) -> None:
    rule = fl.Hybrid(
        fl.Periodic("QUARTERLY", **FREE), fl.Drift(0.1, relative=True, **FREE), "ANY"
    )
    ours = simulate(recent_prices, rule)
    when = bt.algos.Or([bt.algos.RunQuarterly(), bt.algos.RunIfOutOfBounds(0.1)])
    np.testing.assert_allclose(
        ours.path["nav"], bt_value(recent_prices, WEIGHTS, when), **CLOSE
    )


def test_buy_and_hold_agrees_with_bt(recent_prices: pd.DataFrame) -> None:
    ours = simulate(recent_prices, None)
    theirs = bt_value(recent_prices, WEIGHTS, bt.algos.RunOnce())
    np.testing.assert_allclose(ours.path["nav"], theirs, **CLOSE)


@pytest.mark.slow
def test_values_agree_with_vectorbt(recent_prices: pd.DataFrame) -> None:
    prices = recent_prices
    for rule in (
        None,
        fl.Periodic("MONTHLY", **FREE),
        fl.Drift(0.03, **FREE),
        fl.Hybrid(fl.Periodic("MONTHLY", **FREE), fl.Drift(0.02, **FREE), "ALL"),
    ):
        ours = simulate(prices, rule)
        rows = prices.index.get_indexer(pd.DatetimeIndex(ours.events["event_date"]))
        theirs = vectorbt_portfolio(prices, list(WEIGHTS.values()), rows)
        np.testing.assert_allclose(ours.path["nav"], theirs.value(), **CLOSE)
        assert ours.summary["max_drawdown"] == pytest.approx(
            theirs.max_drawdown(), rel=1e-9
        )


@pytest.mark.slow
def test_costs_agree_with_vectorbt_to_the_second_order(
    recent_prices: pd.DataFrame,
) -> None:
    prices = recent_prices
    rate = 0.001
    ours = simulate(prices, fl.Periodic("MONTHLY", cost_rate=rate))
    rows = prices.index.get_indexer(pd.DatetimeIndex(ours.events["event_date"]))
    theirs = vectorbt_portfolio(prices, list(WEIGHTS.values()), rows, fees=rate)
    first = 1_000_000 - theirs.value().iloc[0]
    both_sides = theirs.order_records["fees"].sum() - first
    assert both_sides == pytest.approx(2 * ours.summary["total_cost"], rel=0.01)
