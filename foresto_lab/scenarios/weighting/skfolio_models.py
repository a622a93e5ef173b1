"""Weights of one window by skfolio; importing that takes seconds, so it is late.

skfolio is told to take the covariance as it is (``nearest=False``): a matrix that is
not definite is refused before, not mended in silence.
"""

from __future__ import annotations

import warnings
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from foresto_lab.errors import WeightError
from foresto_lab.scenarios.weighting.estimates import (
    CovarianceMethod,
    Window,
    as_array,
)
from foresto_lab.types import Float64Array1D

PRECISE: Final = MappingProxyType(
    dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-12)
)
"""What Clarabel is to go on to; variances of daily returns are about 1e-4, and with
skfolio's own 1e-9 weights come out wrong by as much as 4e-4."""


def minimum_variance_weights(window: Window, low: float, high: float) -> Float64Array1D:
    """Return the weights of least variance within the bounds."""
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk

    model = MeanRisk(
        risk_measure=RiskMeasure.VARIANCE,
        min_weights=low,
        max_weights=high,
        prior_estimator=_prior(window),
        solver_params=dict(PRECISE),
    )
    return _fitted(model, window)


def maximum_diversification_weights(
    window: Window, low: float, high: float
) -> Float64Array1D:
    """Return the weights of the largest diversification ratio within the bounds."""
    from skfolio.optimization import MaximumDiversification

    model = MaximumDiversification(
        min_weights=low,
        max_weights=high,
        prior_estimator=_prior(window),
        solver_params=dict(PRECISE),
    )
    return _fitted(model, window)


def risk_parity_weights(window: Window, low: float, high: float) -> Float64Array1D:
    """Return the weights whose risk contributions are as equal as bounds allow."""
    from skfolio import RiskMeasure
    from skfolio.optimization import RiskBudgeting

    model = RiskBudgeting(
        risk_measure=RiskMeasure.VARIANCE,
        min_weights=low,
        max_weights=high,
        prior_estimator=_prior(window),
        solver_params=dict(PRECISE),
    )
    return _fitted(model, window)


def hierarchical_risk_parity_weights(
    window: Window, low: float, high: float
) -> Float64Array1D:
    """Return the weights of hierarchical risk parity within the bounds."""
    from skfolio import RiskMeasure
    from skfolio.optimization import HierarchicalRiskParity

    model = HierarchicalRiskParity(
        risk_measure=RiskMeasure.VARIANCE,
        min_weights=low,
        max_weights=high,
        prior_estimator=_prior(window),
    )
    return _fitted(model, window)


def _prior(window: Window) -> Any:
    from skfolio.moments import EmpiricalCovariance, LedoitWolf
    from skfolio.prior import EmpiricalPrior

    is_shrunk = window.method is CovarianceMethod.LEDOIT_WOLF
    kind = LedoitWolf if is_shrunk else EmpiricalCovariance
    return EmpiricalPrior(covariance_estimator=kind(nearest=False))


def _fitted(model: Any, window: Window) -> Float64Array1D:
    """Return a model's weights; what its solver cannot do becomes a sentence.

    Returns are handed over in units of their mean volatility, which changes no weight:
    a solver's tolerances are absolute, and made for numbers around 1.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(window.returns / window.volatilities.mean())
        weights = as_array(model.weights_)
    except Exception as error:  # the solvers raise errors of many kinds
        raise _unsolved(model, window, f"{type(error).__name__}: {error}") from error
    if not np.isfinite(weights).all():
        raise _unsolved(model, window, "it gave no finite weights")
    return weights


def _unsolved(model: Any, window: Window, reason: str) -> WeightError:
    said = " ".join(reason.split())
    return WeightError(
        message=f"{type(model).__name__} found no weights for "
        f"{', '.join(window.assets[:8])} over the {len(window.returns)} sessions up to "
        f"{window.decided_on} ({said[:200]}). Change the bounds, the lookback or the "
        "assets.",
        session=window.decided_on,
    )
