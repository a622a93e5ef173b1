"""Weights worked by hand, the dates they are decided on, and what has no weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import (
    AmountError,
    DateRangeError,
    ForestoError,
    InputError,
    PriceValueError,
    UnknownNameError,
    WeightError,
)
from foresto_lab.scenarios.weighting import (
    WEIGHTINGS,
    EqualWeight,
    HierarchicalRiskParity,
    InverseVolatility,
    MaximumDiversification,
    MinimumVariance,
    RiskParity,
    RollingWeighting,
    parse_weighting,
)

ROLLING: list[Any] = [kind for kind in WEIGHTINGS.values() if kind is not EqualWeight]


def prices(**returns: list[float]) -> pd.DataFrame:
    """Return prices from 100 on that have these returns in percent, from 2024-01-02."""
    table = pd.DataFrame(returns) / 100.0
    path = np.vstack([np.full(table.shape[1], 100.0), 100.0 * (1 + table).cumprod()])
    index = pd.bdate_range("2024-01-02", periods=len(path))
    return pd.DataFrame(path, index, list(returns))


# Sums of squares, in percent squared: A 16, B 20, A·B 2·3 - 2·1 - 2·1 + 2·3 = 8.
TWO = prices(A=[2, 2, -2, -2], B=[3, -1, 1, -3])
# Orthogonal, so uncorrelated; volatilities as 1 : 2 : 2.
THREE = prices(A=[1, 1, -1, -1], B=[2, -2, 2, -2], C=[2, -2, -2, 2])


def weights(kind: Any, table: pd.DataFrame, **options: Any) -> list[float]:
    schedule = kind(lookback=4, **options).schedule(table, "XNYS")
    assert len(schedule.dates) == 1
    found: list[float] = schedule.weights[0].tolist()
    assert math.fsum(found) == pytest.approx(1.0, abs=1e-15)
    return found


def test_two_assets_by_their_closed_forms() -> None:
    root = math.sqrt(20.0)
    # s_B / (s_A + s_B), which is also risk parity of two, whatever their correlation:
    # w_A (16 w_A + 8 w_B) = w_B (8 w_A + 20 w_B) is 16 w_A² = 20 w_B².
    by_volatility = [root / (4.0 + root), 4.0 / (4.0 + root)]
    # (s_B² - s_AB) / (s_A² + s_B² - 2 s_AB) = 12 / 20.
    assert weights(MinimumVariance, TWO) == pytest.approx([0.6, 0.4], abs=1e-14)
    for kind in (InverseVolatility, RiskParity, MaximumDiversification):
        assert weights(kind, TWO) == pytest.approx(by_volatility, abs=1e-12), kind
    # A tree of two leaves splits by the inverse variance: 20 / 36.
    assert weights(HierarchicalRiskParity, TWO) == pytest.approx([20 / 36, 16 / 36])


def test_three_uncorrelated_assets() -> None:
    by_volatility = [1 / 2, 1 / 4, 1 / 4]
    for kind in (InverseVolatility, RiskParity, MaximumDiversification):
        assert weights(kind, THREE) == pytest.approx(by_volatility, abs=1e-12), kind
    # In proportion to 1/σ²: 1, 1/4, 1/4.
    found = weights(MinimumVariance, THREE)
    assert found == pytest.approx([2 / 3, 1 / 6, 1 / 6], abs=1e-14)


def test_bounds_are_kept_and_the_rest_is_shared_by_the_rule() -> None:
    low = {"minimum_weight": 0.3}
    high = {"maximum_weight": 0.4}
    for options in (low, high):
        # What A may not have is shared by B and C, which are alike.
        found = weights(InverseVolatility, THREE, **options)
        assert found == pytest.approx([0.4, 0.3, 0.3], abs=1e-15)
        found = weights(MinimumVariance, THREE, **options)
        assert found == pytest.approx([0.4, 0.3, 0.3], abs=1e-14)
        for kind in (RiskParity, MaximumDiversification):
            found = weights(kind, THREE, **options)
            assert found == pytest.approx([0.4, 0.3, 0.3], abs=1e-5), kind
    exact = {"minimum_weight": 1 / 3, "maximum_weight": 1 / 3}
    assert weights(InverseVolatility, THREE, **exact) == pytest.approx([1 / 3] * 3)


def test_a_weight_that_least_variance_would_sell_short_is_none() -> None:
    # Sums of squares A 16, B 6, A·B 8: the closed form gives A (6 - 8) / 6 < 0.
    table = prices(A=[2, 2, -2, -2], B=[2, 0, -1, -1])
    assert weights(MinimumVariance, table) == [0.0, 1.0]


def test_equal_weights_are_one_row_from_the_first_session_on() -> None:
    table = THREE.copy()
    table.iloc[0, 1] = np.nan
    schedule = EqualWeight().schedule(table)
    assert schedule.weights.tolist() == [[1 / 3] * 3]
    assert str(schedule.dates[0]) == "2024-01-03"
    assert EqualWeight().schedule(table, assets=["A"]).weights.tolist() == [[1.0]]


def test_one_asset_has_all_of_it() -> None:
    for kind in ROLLING:
        assert weights(kind, TWO[["A"]]) == [1.0]


def test_weights_are_decided_on_the_calendars_base_days() -> None:
    index = pd.bdate_range("2024-01-02", "2024-04-30")
    moves = np.random.default_rng(3).normal(0.0, 0.01, (len(index), 2))
    table = pd.DataFrame(100.0 * np.cumprod(1 + moves, axis=0), index, ["A", "B"])
    monthly = InverseVolatility(lookback=10).schedule(table, "XNYS")
    # The 11th price is that of 01-16; in March the 1st was a Friday.
    dates = ["2024-01-16", "2024-02-01", "2024-03-01", "2024-04-01"]
    assert [str(date) for date in monthly.dates] == dates
    last = InverseVolatility(lookback=10, base_day="LAST_TRADING_DAY")
    dates = ["2024-01-16", "2024-01-31", "2024-02-29", "2024-03-28", "2024-04-30"]
    found = [str(date) for date in last.schedule(table, "XNYS").dates]
    # 03-29 was Good Friday: the last session of March was the 28th.
    assert found == dates
    row = monthly.weights[2]
    known = table.loc[:"2024-03-01"].pct_change().iloc[-10:].std()
    assert row.tolist() == pytest.approx((1 / known / (1 / known).sum()).tolist())


@pytest.mark.parametrize("kind", ROLLING)
def test_an_asset_that_does_not_move_has_no_weight(kind: Any) -> None:
    table = THREE.assign(B=50.0)
    with pytest.raises(WeightError, match=r"B did not move in the 4 sessions up to"):
        kind(lookback=4).schedule(table, "XNYS")


@pytest.mark.parametrize("kind", [MinimumVariance, MaximumDiversification])
def test_a_singular_covariance_is_told_with_its_pair(kind: Any) -> None:
    twins = THREE.assign(C=3.0 * THREE["A"])
    with pytest.raises(
        WeightError, match=r"A and C move as one, correlation 1\.000000"
    ):
        kind(lookback=4).schedule(twins, "XNYS")
    many = THREE.assign(D=THREE["A"] + THREE["B"] ** 2)
    with pytest.raises(WeightError, match="no more returns than assets"):
        kind(lookback=4).schedule(many, "XNYS")
    shrunk = kind(lookback=4, covariance="LEDOIT_WOLF").schedule(twins, "XNYS")
    assert shrunk.weights[0].sum() == pytest.approx(1.0)


def test_risk_parity_of_twins_gives_them_the_same_and_of_a_hedge_nothing() -> None:
    twins = THREE.assign(C=3.0 * THREE["A"])
    found = RiskParity(lookback=4).schedule(twins, "XNYS").weights[0]
    assert found[0] == pytest.approx(found[2])
    hedge = prices(A=[2, 2, -2, -2], B=[-2, -2, 2, 2])
    for options in ({}, {"maximum_weight": 0.9}):
        with pytest.raises(WeightError, match=r"correlation -1\.000000"):
            RiskParity(lookback=4, **options).schedule(hedge, "XNYS")


@pytest.mark.parametrize("kind", ROLLING)
def test_a_window_longer_than_the_history_is_refused(kind: Any) -> None:
    with pytest.raises(DateRangeError, match=r"5 returns is longer.*have 4 returns"):
        kind(lookback=5).schedule(THREE, "XNYS")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"lookback": 1}, AmountError, "lookback is 1, but must be a whole number"),
        ({"lookback": 20.0}, AmountError, "lookback is 20.0"),
        ({"lookback": True}, AmountError, "lookback is True"),
        ({"lookback": "20"}, AmountError, "lookback is '20'"),
        ({"frequency": "DAILY"}, UnknownNameError, "frequency 'DAILY'"),
        ({"base_day": "MONDAY"}, UnknownNameError, "base day 'MONDAY'"),
        ({"covariance": "GUESS"}, UnknownNameError, "covariance 'GUESS'"),
        ({"minimum_weight": -0.1}, AmountError, "minimum_weight is -0.1"),
        ({"maximum_weight": 1.1}, AmountError, "maximum_weight is 1.1"),
        ({"maximum_weight": float("nan")}, AmountError, "maximum_weight is nan"),
        ({"maximum_weight": None}, AmountError, "maximum_weight is None"),
        (
            {"minimum_weight": 0.5, "maximum_weight": 0.4},
            WeightError,
            "minimum_weight 0.5 is above",
        ),
    ],
)
def test_options_outside_their_range_are_told(
    options: dict[str, Any], error: type[ForestoError], said: str
) -> None:
    with pytest.raises(error, match=said):
        RiskParity(**options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"minimum_weight": 0.4}, "minimum_weight 0.4 for 3 assets makes 1.2"),
        ({"maximum_weight": 0.3}, "maximum_weight 0.3 for 3 assets makes 0.9"),
    ],
)
def test_bounds_that_no_weights_keep_are_told(
    options: dict[str, float], said: str
) -> None:
    with pytest.raises(WeightError, match=said):
        RiskParity(lookback=4, **options).schedule(THREE, "XNYS")


def test_prices_are_checked_as_for_a_simulation() -> None:
    with pytest.raises(PriceValueError, match="B has price 0"):
        RiskParity(lookback=3).schedule(THREE.assign(B=[100.0, 101, 0, 99, 98]), "XNYS")
    with pytest.raises(UnknownNameError, match="asset 'D'"):
        RiskParity(lookback=3).schedule(THREE, "XNYS", assets=["A", "D"])
    for weighting in (RiskParity(), EqualWeight()):
        with pytest.raises(WeightError, match="no asset to weight"):
            weighting.schedule(THREE, "XNYS", assets=[])


@pytest.mark.parametrize("kind", WEIGHTINGS.values())
def test_what_a_weighting_says_of_itself_makes_it_again(kind: Any) -> None:
    weighting = kind()
    if isinstance(weighting, RollingWeighting):
        weighting = kind(lookback=60, frequency="QUARTERLY", maximum_weight=0.4)
    again = parse_weighting(weighting.to_dict())
    assert again == weighting
    assert again.checksum == weighting.checksum
    assert parse_weighting(weighting) is weighting
    assert parse_weighting(kind.type.lower()) == kind()
    assert weighting.describe()
    with pytest.raises(UnknownNameError, match="window"):
        parse_weighting({**weighting.to_dict(), "window": 3})


@pytest.mark.parametrize("given", [None, 3, ["RISK_PARITY"], {}, "RISK_PARTY"])
def test_what_is_no_weighting_is_told(given: Any) -> None:
    with pytest.raises(InputError):
        parse_weighting(given)
