"""The weights of the largest diversification ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from foresto_lab.scenarios.weighting.estimates import Window, normalised
from foresto_lab.scenarios.weighting.least_variance import least_variance
from foresto_lab.scenarios.weighting.rolling import RollingWeighting
from foresto_lab.scenarios.weighting.skfolio_models import (
    maximum_diversification_weights,
)
from foresto_lab.types import Float64Array1D


@dataclass(frozen=True, slots=True)
class MaximumDiversification(RollingWeighting):
    """The largest ratio of the weighted mean volatility to the portfolio's.

    Choueifaty and Coignard, "Toward maximum diversification", Journal of Portfolio
    Management 35 (2008), https://doi.org/10.3905/JPM.2008.35.1.40, by skfolio's
    ``MaximumDiversification``. Without bounds these are the weights of least variance
    on the correlation matrix, each divided by its volatility: by that they are solved
    to the last digits from where the solver stops. With bounds they are the solver's,
    good to about 1e-6.
    """

    type: ClassVar[str] = "MAXIMUM_DIVERSIFICATION"

    def weigh(self, window: Window) -> Float64Array1D:
        """Return the weights of a window."""
        window.require_inverse(self.type)
        found = maximum_diversification_weights(
            window, self.minimum_weight, self.maximum_weight
        )
        if self.is_bounded:
            return found
        near = normalised(found * window.volatilities)
        exact = least_variance(window.correlation, 0.0, 1.0, near)
        return normalised(exact / window.volatilities)
