"""Rolling weights: monthly, 20 years of 10 assets, beside skfolio's own estimator."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from foresto_lab.scenarios.weighting import (
    HierarchicalRiskParity,
    InverseVolatility,
    MaximumDiversification,
    MinimumVariance,
    RiskParity,
)
from tests.benchmarks.harness import Measurement, Options, best_of, once

ASSETS, YEARS, LOOKBACK = 10, 20, 252
WINDOWS = 12 * YEARS


def market() -> pd.DataFrame:
    """Return made-up prices of 20 years and the window before the first decision."""
    random = np.random.default_rng(20040102)
    index = pd.bdate_range(end="2023-12-29", periods=YEARS * 261 + LOOKBACK)
    moves = random.normal(size=(len(index), ASSETS)) * np.linspace(0.002, 0.02, ASSETS)
    moves += random.normal(size=(len(index), 1)) * 0.004
    names = [f"A{place}" for place in range(ASSETS)]
    return pd.DataFrame(100.0 * np.cumprod(1.0 + moves, axis=0), index, names)


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the measurements of computed weights."""
    prices = market()
    parity = RiskParity(lookback=LOOKBACK)
    count = len(parity.schedule(prices, "XNYS").dates)
    peers = {}
    if options.peers:
        peers["skfolio's RiskBudgeting"] = once(lambda: _skfolio_windows(prices))
    yield Measurement(
        f"risk parity, {count} windows of {LOOKBACK} sessions, {ASSETS} assets",
        best_of(lambda: parity.schedule(prices, "XNYS")),
        bound=2.0,
        peers=peers,
    )
    kinds: list[Any] = [InverseVolatility]
    if options.peers:
        kinds += [MinimumVariance, MaximumDiversification, HierarchicalRiskParity]
    for kind in kinds:
        weighting = kind(lookback=LOOKBACK)
        call = lambda w=weighting: w.schedule(prices, "XNYS")  # noqa: E731
        taken = best_of(call) if kind is InverseVolatility else once(call)
        yield Measurement(f"{weighting.describe()}, the same windows", taken)


def _skfolio_windows(prices: pd.DataFrame) -> None:
    """Fit skfolio's estimator on as many windows, as its users would."""
    from skfolio import RiskMeasure
    from skfolio.optimization import RiskBudgeting

    returns = prices.pct_change().to_numpy()[1:]
    model = RiskBudgeting(risk_measure=RiskMeasure.VARIANCE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for place in range(WINDOWS):
            model.fit(returns[place * 21 : place * 21 + LOOKBACK])
