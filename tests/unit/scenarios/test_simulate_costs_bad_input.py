"""What an account is given that it cannot be: a sentence each, or a finding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    AmountError,
    CostError,
    DateRangeError,
    ForestoError,
    InputError,
    PriceTableError,
    UnknownAssetError,
    WeightError,
)

NAN, INF = float("nan"), float("inf")
DAYS = pd.DatetimeIndex(fl.get_calendar("XKRX").sessions("2024-01-02", "2024-03-29"))
HALVES = {"a": 0.5, "b": 0.5}


def prices() -> pd.DataFrame:
    steps = np.linspace(0.0, 0.2, len(DAYS))
    return pd.DataFrame({"a": 100 * (1 + steps), "b": 200 * (1 - steps)}, DAYS)


def refused(error: type[ForestoError], *words: str, **arguments: Any) -> None:
    with pytest.raises(error) as caught:
        fl.simulate(prices(), arguments.pop("weights", HALVES), **arguments)
    said = str(caught.value)
    assert "\n" not in said.strip()
    for word in words:
        assert word in said


@pytest.mark.parametrize("rate", [-0.1, NAN, INF, 1.0, "dear", None, True])
@pytest.mark.parametrize(
    "part",
    [fl.Commission, fl.HalfSpread, fl.CurrencyConversion, fl.CapitalGainsTax],
)
def test_rates_that_are_none_are_refused_by_the_parts(part: Any, rate: Any) -> None:
    with pytest.raises(AmountError):
        part(rate)


@pytest.mark.parametrize("minimum", [-1.0, NAN, INF, "five"])
def test_a_least_commission_that_is_none(minimum: Any) -> None:
    with pytest.raises(AmountError):
        fl.Commission(0.001, minimum=minimum)


@pytest.mark.parametrize("costs", [object(), [object()], {"kind": 3}, b"x"])
def test_costs_that_are_none(costs: Any) -> None:
    with pytest.raises(InputError):
        fl.simulate(prices(), HALVES, costs=costs)


def test_flows_larger_than_all_there_is_are_a_ruin() -> None:
    result = fl.simulate(
        prices(), HALVES, cashflows=fl.ListedFlows({"2024-02-01": -5e6})
    )
    summary = result.summary
    assert summary["ruined"]
    assert summary["ruin_date"] == "2024-02-01"
    there = result.path["nav"].asof("2024-01-31")
    assert summary["total_withdrawals"] + summary["unmet_withdrawals"] == 5e6
    assert summary["total_withdrawals"] == pytest.approx(there, rel=0.02)
    assert (result.path.loc["2024-02-01":, "nav"] == 0).all()
    assert np.isfinite(result.path.to_numpy()).all()


@pytest.mark.parametrize("amount", [NAN, INF])
def test_flows_that_are_no_number(amount: float) -> None:
    with pytest.raises(AmountError):
        fl.simulate(prices(), HALVES, cashflows=fl.ListedFlows({"2024-02-01": amount}))


def test_too_little_for_one_share_is_told() -> None:
    result = fl.simulate(prices(), HALVES, initial_amount=150, whole_shares=True)
    told = {finding.where: finding for finding in result.findings}
    assert set(told) == {"a", "b"}
    assert told["a"].code == "NO_WHOLE_SHARE"
    assert "one share costs 100" in told["a"].message
    assert (result.path["nav"] == 150.0).all()
    assert (result.path[["weight_a", "weight_b"]] == 0.0).all(axis=None)


def test_whole_shares_are_yes_or_no() -> None:
    refused(InputError, "whole_shares is 'yes'", whole_shares="yes")


def test_a_schedule_with_an_asset_that_has_no_prices() -> None:
    schedule = fl.WeightsSchedule.from_rows({"2024-01-02": {"a": 0.5, "c": 0.5}})
    refused(UnknownAssetError, "'c'", weights=schedule)


def test_a_schedule_row_without_an_asset_or_with_nan() -> None:
    with pytest.raises(WeightError, match="says nothing of b"):
        fl.WeightsSchedule.from_rows(
            {"2024-01-02": {"a": 0.5, "b": 0.5}, "2024-02-01": {"a": 1.0}}
        )
    with pytest.raises(WeightError, match="NaN"):
        fl.WeightsSchedule.from_rows({"2024-01-02": {"a": NAN}})


def test_a_start_before_the_schedule() -> None:
    schedule = fl.WeightsSchedule.from_rows({"2024-02-01": HALVES})
    refused(DateRangeError, "2024-02-01", weights=schedule, start="2024-01-02")
    result = fl.simulate(prices(), schedule)
    assert f"{result.path.index[0]:%Y-%m-%d}" == "2024-02-01"


def test_facts_of_a_market_that_are_none() -> None:
    refused(InputError, "market is 3", "fl.MarketFacts", market=3)
    wrong = pd.DataFrame({"a": [NAN, -1.0]}, DAYS[:2])
    with pytest.raises(PriceTableError, match="distribution of a is -1"):
        fl.simulate(
            prices(),
            HALVES,
            costs=fl.DistributionTax(0.15),
            market=fl.MarketFacts(distributions=wrong),
        )


def test_an_impact_without_traded_values() -> None:
    refused(CostError, costs=fl.MarketImpact(1.0))


def test_prices_with_nan_in_the_middle() -> None:
    table = prices()
    table.iloc[9, 0] = NAN
    with pytest.raises(PriceTableError, match="2024-01-15"):
        fl.simulate(table, HALVES, costs=fl.Commission(0.001), whole_shares=True)
