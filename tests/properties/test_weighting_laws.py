"""Laws of computed weights: of portfolios, of order and scale, and of time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.scenarios.weighting import (
    WEIGHTINGS,
    EqualWeight,
    HierarchicalRiskParity,
    InverseVolatility,
    MinimumVariance,
    RiskParity,
)
from foresto_lab.scenarios.weighting.estimates import risk_contributions
from foresto_lab.scenarios.weighting.inverse_volatility import in_proportion

LOOKBACK = 30
KINDS: list[Any] = list(WEIGHTINGS.values())
QUICK: list[Any] = [EqualWeight, InverseVolatility, RiskParity]


def prices(seed: int, n_assets: int, n_sessions: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0.002, 0.03, n_assets)
    moves = rng.normal(size=(n_sessions, n_assets)) * scale
    moves += rng.normal(size=(n_sessions, 1)) * rng.uniform(0.0, 0.01)
    index = pd.bdate_range("2021-01-04", periods=n_sessions)
    names = [f"A{place}" for place in range(n_assets)]
    return pd.DataFrame(100.0 * np.cumprod(1.0 + moves, axis=0), index, names)


def weighting(kind: Any, **options: Any) -> Any:
    return kind() if kind is EqualWeight else kind(lookback=LOOKBACK, **options)


def rows(kind: Any, table: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return weighting(kind, **options).schedule(table, "XNYS").to_frame()


seeds = st.integers(0, 10_000)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=6, deadline=None)
@given(seed=seeds, n=st.integers(2, 7))
def test_weights_are_a_portfolio(kind: Any, seed: int, n: int) -> None:
    found = rows(kind, prices(seed, n))
    assert (found >= 0.0).all(axis=None)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=6, deadline=None)
@given(seed=seeds, n=st.integers(2, 6), data=st.data())
def test_the_future_changes_no_weight(
    kind: Any, seed: int, n: int, data: st.DataObject
) -> None:
    table = prices(seed, n)
    found = rows(kind, table)
    decided = found.index[data.draw(st.integers(0, len(found) - 1))]
    altered = table.copy()
    after = altered.index > decided
    altered.loc[after] = prices(seed + 1, n).loc[after].to_numpy() * 3.0
    for other in (altered, table.loc[:decided]):
        again = rows(kind, other).loc[:decided]
        pd.testing.assert_frame_equal(again, found.loc[:decided], check_exact=True)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=5, deadline=None)
@given(seed=seeds, n=st.integers(2, 6))
def test_the_order_of_assets_and_the_unit_of_prices_do_not_matter(
    kind: Any, seed: int, n: int
) -> None:
    table = prices(seed, n)
    found = rows(kind, table)
    order = np.random.default_rng(seed).permutation(n)
    units = 10.0 ** np.random.default_rng(seed).integers(-2, 3, n)
    if kind is HierarchicalRiskParity:
        # A tree may be drawn from either side; halves of an odd number then differ.
        order = np.arange(n)
    other = rows(kind, (table * units).iloc[:, order])[found.columns]
    np.testing.assert_allclose(other, found, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, n=st.integers(2, 12))
def test_risk_parity_gives_every_asset_the_same_risk(seed: int, n: int) -> None:
    table = prices(seed, n)
    found = rows(RiskParity, table)
    last = table.pct_change().loc[: found.index[-1]].iloc[-LOOKBACK:]
    parts = risk_contributions(found.iloc[-1].to_numpy(), last.cov().to_numpy())
    np.testing.assert_allclose(parts, 1.0 / n, rtol=1e-9)


@settings(max_examples=10, deadline=None)
@given(seed=seeds, n=st.integers(2, 7))
def test_no_other_weights_have_less_variance(seed: int, n: int) -> None:
    table = prices(seed, n)
    found = rows(MinimumVariance, table)
    last = table.pct_change().loc[: found.index[-1]].iloc[-LOOKBACK:]
    matrix = last.cov().to_numpy()
    best = found.iloc[-1].to_numpy()
    others = np.random.default_rng(seed).dirichlet(np.ones(n), 500)
    nearby = 0.999 * best + 0.001 * others
    for tried in (others, nearby):
        variances = np.einsum("ij,jk,ik->i", tried, matrix, tried)
        assert best @ matrix @ best <= variances.min() * (1.0 + 1e-12)


@settings(max_examples=200, deadline=None)
@given(
    shares=st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=12),
    low=st.floats(0.0, 1.0),
    high=st.floats(0.0, 1.0),
)
def test_what_is_held_in_proportion_sums_to_one(
    shares: list[float], low: float, high: float
) -> None:
    n = len(shares)
    low, high = low / n, 1.0 / n + high * (1.0 - 1.0 / n)
    given_shares = np.array(shares) / sum(shares)
    found = in_proportion(given_shares, low, high)
    assert found.sum() == pytest.approx(1.0, abs=1e-9)
    assert (found >= low).all()
    assert (found <= high).all()
    free = (found > low + 1e-9) & (found < high - 1e-9)
    ratios = found[free] / given_shares[free]
    np.testing.assert_allclose(ratios, ratios[:1].repeat(len(ratios)), rtol=1e-6)
