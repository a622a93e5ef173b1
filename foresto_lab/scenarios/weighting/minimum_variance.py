"""The weights of least variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from foresto_lab.scenarios.weighting.estimates import Window
from foresto_lab.scenarios.weighting.least_variance import least_variance
from foresto_lab.scenarios.weighting.rolling import RollingWeighting
from foresto_lab.scenarios.weighting.skfolio_models import (
    minimum_variance_weights,
)
from foresto_lab.types import Float64Array1D


@dataclass(frozen=True, slots=True)
class MinimumVariance(RollingWeighting):
    """The portfolio of least variance within the bounds, by skfolio's ``MeanRisk``.

    The solver stops about 1e-7 short of the optimum; an active-set method goes on from
    there to the last digits.
    """

    type: ClassVar[str] = "MINIMUM_VARIANCE"

    def weigh(self, window: Window) -> Float64Array1D:
        """Return the weights of a window."""
        window.require_inverse(self.type)
        low, high = self.minimum_weight, self.maximum_weight
        found = minimum_variance_weights(window, low, high)
        return least_variance(window.covariance, low, high, found)
