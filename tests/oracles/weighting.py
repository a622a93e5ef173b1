"""Weights by a general optimiser: slow, and written apart from the code under test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize


def _minimised(
    function: Callable[[np.ndarray], float], n: int, low: float, high: float
) -> np.ndarray:
    best = None
    for start in range(3):
        first = np.random.default_rng(start).dirichlet(np.full(n, 5.0))
        found = optimize.minimize(
            function,
            np.clip(first, low, high),
            method="SLSQP",
            bounds=[(low, high)] * n,
            constraints=[{"type": "eq", "fun": lambda w: w.sum() - 1.0}],
            options={"ftol": 1e-15, "maxiter": 2000},
        )
        if best is None or found.fun < best.fun:
            best = found
    assert best is not None
    return np.asarray(best.x)


def minimum_variance(
    covariance: np.ndarray, low: float = 0.0, high: float = 1.0
) -> np.ndarray:
    """Return the weights of least variance."""
    scale = np.trace(covariance) / len(covariance)
    return _minimised(
        lambda w: float(w @ covariance @ w) / scale, len(covariance), low, high
    )


def maximum_diversification(
    covariance: np.ndarray, low: float = 0.0, high: float = 1.0
) -> np.ndarray:
    """Return the weights of the largest diversification ratio."""
    volatility = np.sqrt(np.diag(covariance))
    return _minimised(
        lambda w: -float(w @ volatility) / float(np.sqrt(w @ covariance @ w)),
        len(covariance),
        low,
        high,
    )


def risk_parity(covariance: np.ndarray) -> np.ndarray:
    """Return equal risk contributions by a root finder on their differences."""
    volatility = np.sqrt(np.diag(covariance))

    def apart(logs: np.ndarray) -> np.ndarray:
        weights = np.exp(logs)
        parts = weights * (covariance @ weights)
        return parts / volatility.mean() ** 2 - 1.0

    found = optimize.root(apart, -np.log(volatility / volatility.mean()), tol=1e-14)
    weights = np.exp(found.x)
    return np.asarray(weights / weights.sum())
