"""What stands out in rebalancing: each rule on a result worked out by hand."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import AmountError
from foresto_lab.runs.monitoring import RebalancingLimits, rebalancing_alerts
from foresto_lab.scenarios import SimulationResult

HALVES = {"doubling": 0.5, "standing": 0.5}


@pytest.fixture
def prices() -> pd.DataFrame:
    """Return closes over the end of January 2024: one asset doubles on the 31st."""
    dates = ["2024-01-29", "2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02"]
    closes = {"doubling": [1.0, 1.0, 2.0, 2.0, 2.0], "standing": [1.0] * 5}
    return pd.DataFrame(closes, index=pd.DatetimeIndex(dates, name="date"))


def codes(result: SimulationResult, **limits: float) -> list[str]:
    found = rebalancing_alerts(result, RebalancingLimits(**limits))
    return [finding.code for finding in found]


def without_events(result: SimulationResult) -> SimulationResult:
    """Return a result as it would be had the rebalancing been lost."""
    return dataclasses.replace(result, events=result.events.iloc[:0])


def test_a_quiet_run_has_no_alerts(prices: pd.DataFrame) -> None:
    result = fl.simulate(prices, HALVES, fl.Periodic("MONTHLY"))
    assert len(result.events) == 1
    assert codes(result) == []


def test_buy_and_hold_is_not_expected_to_trade(prices: pd.DataFrame) -> None:
    assert codes(fl.simulate(prices, HALVES)) == []


@pytest.mark.parametrize(
    "rule",
    [
        fl.Periodic("MONTHLY"),
        fl.Drift(0.1),
        fl.Drift(0.3, relative=True),
        fl.Hybrid(fl.Periodic("MONTHLY"), fl.Drift(0.9), mode="ANY"),
    ],
    ids=str,
)
def test_a_rule_that_called_and_was_not_followed_is_told(
    prices: pd.DataFrame, rule: fl.Periodic | fl.Drift | fl.Hybrid
) -> None:
    # The path is that of the weights drifting to 2/3 and 1/3 and staying there.
    drifted = dataclasses.replace(fl.simulate(prices, HALVES), rule=rule)
    (finding,) = rebalancing_alerts(drifted)
    assert finding.code == "NO_REBALANCING"
    assert finding.samples[0] in ("2024-01-31", "2024-02-01")


@pytest.mark.parametrize(
    "rule",
    [
        fl.Periodic("QUARTERLY"),
        fl.Drift(0.2),
        fl.Drift(0.34, relative=True),
        fl.Hybrid(fl.Periodic("MONTHLY"), fl.Drift(0.1), mode="ALL"),
    ],
    ids=str,
)
def test_a_rule_that_did_not_call_is_not_missed(
    prices: pd.DataFrame, rule: fl.Periodic | fl.Drift | fl.Hybrid
) -> None:
    drifted = dataclasses.replace(fl.simulate(prices, HALVES), rule=rule)
    assert codes(drifted) == []


def test_a_call_on_the_last_session_is_traded_at_a_close_to_come(
    prices: pd.DataFrame,
) -> None:
    until = prices.loc[:"2024-02-01"]
    hold = fl.simulate(until, HALVES)
    missed = dataclasses.replace(hold, rule=fl.Periodic("MONTHLY"))
    assert codes(missed) == ["NO_REBALANCING"]
    assert codes(dataclasses.replace(missed, execution="next_close")) == []


def test_turnover_above_the_limit_is_told(prices: pd.DataFrame) -> None:
    # From 2/3 and 1/3 back to halves is 1/6 of the NAV, 16.67 %.
    result = fl.simulate(prices, HALVES, fl.Drift(0.1, cost_rate=0.0))
    assert codes(result, turnover=0.17) == []
    (finding,) = rebalancing_alerts(result, RebalancingLimits(turnover=0.16))
    assert finding.code == "HIGH_TURNOVER"
    assert finding.samples == ("2024-01-31 16.67%",)
    assert finding.details["largest"] == pytest.approx(1 / 6, rel=1e-12)


def test_cost_above_the_limit_is_told(prices: pd.DataFrame) -> None:
    # 1/6 of the NAV at 6 % is 1 % of the NAV.
    result = fl.simulate(prices, HALVES, fl.Drift(0.1, cost_rate=0.0606))
    (finding,) = rebalancing_alerts(result)
    assert finding.code == "HIGH_COST"
    assert finding.details["largest"] == pytest.approx(0.0101, rel=1e-12)
    assert codes(fl.simulate(prices, HALVES, fl.Drift(0.1, cost_rate=0.0594))) == []


@pytest.mark.parametrize("limit", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_limit_that_is_no_fraction_is_refused(limit: float) -> None:
    with pytest.raises(AmountError, match="limit of turnover"):
        RebalancingLimits(turnover=limit)
    with pytest.raises(AmountError, match="limit of cost"):
        RebalancingLimits(cost=limit)
