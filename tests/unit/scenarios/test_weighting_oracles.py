"""Weights beside skfolio's and a general optimiser's, on made-up and on real prices."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foresto_lab.scenarios.weighting import (
    HierarchicalRiskParity,
    InverseVolatility,
    MaximumDiversification,
    MinimumVariance,
    RiskParity,
)
from foresto_lab.scenarios.weighting.estimates import risk_contributions
from tests.oracles import weighting as oracle

LOOKBACK = 120


def made_up(seed: int, n: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(LOOKBACK, 1)) * 0.006
    moves = rng.normal(size=(LOOKBACK, n)) * np.geomspace(0.002, 0.02, n) + common
    path = np.vstack([np.ones(n), np.cumprod(1.0 + moves, axis=0)]) * 100.0
    index = pd.bdate_range("2020-01-02", periods=len(path))
    return pd.DataFrame(path, index, [f"A{place}" for place in range(n)])


def decided(kind: Any, table: pd.DataFrame, **options: Any) -> np.ndarray:
    schedule = kind(lookback=LOOKBACK, **options).schedule(table, "XNYS")
    return np.asarray(schedule.weights[-1])


def covariance(table: pd.DataFrame) -> np.ndarray:
    return table.pct_change().iloc[-LOOKBACK:].cov().to_numpy()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [3, 8])
def test_weights_are_those_of_a_general_optimiser(seed: int, n: int) -> None:
    table = made_up(seed, n)
    matrix = covariance(table)
    found = decided(MinimumVariance, table)
    expected = oracle.minimum_variance(matrix)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert found @ matrix @ found <= expected @ matrix @ expected * (1 + 1e-12)
    bounds = {"minimum_weight": 0.05, "maximum_weight": 0.5}
    np.testing.assert_allclose(
        decided(MinimumVariance, table, **bounds),
        oracle.minimum_variance(matrix, 0.05, 0.5),
        atol=1e-5,
    )
    np.testing.assert_allclose(
        decided(MaximumDiversification, table),
        oracle.maximum_diversification(matrix),
        atol=1e-5,
    )
    parity = decided(RiskParity, table)
    np.testing.assert_allclose(parity, oracle.risk_parity(matrix), atol=1e-10)
    parts = risk_contributions(parity, matrix)
    np.testing.assert_allclose(parts, 1.0 / n, rtol=1e-9)


def test_bounded_weights_are_stationary() -> None:
    table = made_up(9, 8)
    matrix = covariance(table)
    found = decided(MinimumVariance, table, minimum_weight=0.05, maximum_weight=0.3)
    slope = matrix @ found
    free = (found > 0.05 + 1e-12) & (found < 0.3 - 1e-12)
    assert free.any()
    level = slope[free].mean()
    np.testing.assert_allclose(slope[free], level, rtol=1e-11)
    assert (slope[found <= 0.05 + 1e-12] >= level).all()
    assert (slope[found >= 0.3 - 1e-12] <= level).all()


def skfolio_weights(model: Any, table: pd.DataFrame) -> np.ndarray:
    return np.asarray(model.fit(table.pct_change().iloc[-LOOKBACK:]).weights_)


def skfolio_prior(method: str = "EMPIRICAL") -> Any:
    from skfolio.moments import EmpiricalCovariance, LedoitWolf
    from skfolio.prior import EmpiricalPrior

    kind = EmpiricalCovariance if method == "EMPIRICAL" else LedoitWolf
    return EmpiricalPrior(covariance_estimator=kind())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", ["EMPIRICAL", "LEDOIT_WOLF"])
def test_weights_are_those_of_skfolio(seed: int, method: str) -> None:
    from skfolio import RiskMeasure
    from skfolio import optimization as skfolio

    table = made_up(seed + 20, 6)
    prior = skfolio_prior(method)
    precise = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-13)
    # skfolio's own tolerances leave weights of daily returns wrong by up to 4e-4.
    solver = {"solver_params": precise, "scale_objective": 1e3}
    variance = {"risk_measure": RiskMeasure.VARIANCE, "prior_estimator": prior}
    for kind, model, tolerance in (
        (InverseVolatility, skfolio.InverseVolatility(prior_estimator=prior), 1e-14),
        (RiskParity, skfolio.RiskBudgeting(**variance, **solver), 1e-7),
        (MinimumVariance, skfolio.MeanRisk(**variance, **solver), 1e-6),
        (
            MaximumDiversification,
            skfolio.MaximumDiversification(prior_estimator=prior, **solver),
            1e-6,
        ),
        (HierarchicalRiskParity, skfolio.HierarchicalRiskParity(**variance), 1e-14),
    ):
        found = decided(kind, table, covariance=method)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "may be inaccurate": it is not
            expected = skfolio_weights(model, table)
        np.testing.assert_allclose(found, expected, atol=tolerance, err_msg=str(kind))


def test_eighteen_years_of_real_funds_carry_equal_risk(us_prices: pd.DataFrame) -> None:
    schedule = RiskParity(lookback=252).schedule(us_prices, "XNYS")
    returns = us_prices.pct_change()
    assert len(schedule.dates) > 200
    for date, weights in zip(schedule.dates, schedule.weights, strict=True):
        window = returns.loc[:date].iloc[-252:]
        parts = risk_contributions(weights, window.cov().to_numpy())
        np.testing.assert_allclose(parts, 0.2, rtol=1e-8)
    # Bills move a hundredth of what shares do, and hold nearly all of it.
    mean = schedule.to_frame().mean()
    assert mean.idxmax() == "cash"
    assert mean["bond"] > mean["equity"] > 0.0
