"""Risk parity: every asset with the same part in the portfolio's variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from foresto_lab.errors import WeightError
from foresto_lab.scenarios.weighting.estimates import Window, normalised
from foresto_lab.scenarios.weighting.rolling import RollingWeighting
from foresto_lab.scenarios.weighting.skfolio_models import risk_parity_weights
from foresto_lab.types import Float64Array1D, Float64Array2D

MOST_STEPS: Final = 200
CLOSE_ENOUGH: Final = 1e-11
"""How far a risk contribution may be from the others, as a part of it."""
LARGEST: Final = 1e5
"""An x above it means a holding that is hedged but for 1e-10 of its variance."""


@dataclass(frozen=True, slots=True)
class RiskParity(RollingWeighting):
    """Equal risk contributions.

    Without bounds the equations are solved here by Newton's method, which takes a
    hundredth of the time of a general convex solver and goes to the last digits;
    skfolio's ``RiskBudgeting`` is the oracle of its tests. With bounds contributions
    can be equal no more, and skfolio's solution is taken.
    """

    type: ClassVar[str] = "RISK_PARITY"

    def weigh(self, window: Window) -> Float64Array1D:
        """Return the weights of a window."""
        if self.is_bounded:
            window.require_inverse(self.type)
            return risk_parity_weights(window, self.minimum_weight, self.maximum_weight)
        found = equal_contributions(window.correlation)
        if found is None:
            window.require_inverse(self.type)
            raise WeightError(
                message=f"Risk parity found no weights for {', '.join(window.assets)} "
                f"over the sessions up to {window.decided_on}: they hedge each other "
                "almost wholly. Leave one out, or take a longer lookback."
            )
        weights = found / window.volatilities
        return normalised(weights)


def equal_contributions(correlation: Float64Array2D) -> Float64Array1D | None:
    """Return x > 0 with ``x_i (Cx)_i = 1`` for every i; None when there is none.

    It is the minimum of the convex ``x'Cx / 2 - Σ ln x_i``: F. Spinu, "An algorithm for
    computing risk parity weights" (2013), https://doi.org/10.2139/ssrn.2297383. The
    function is self-concordant, so a Newton step divided by 1 + its decrement never
    leaves x > 0 and always comes nearer; near the end the steps are whole, and the
    number of right digits doubles with each.

    Parameters
    ----------
    correlation : (n, n)
        Positive semidefinite, ones on its diagonal.
    """
    total = max(float(correlation.sum()), 1.0)
    x = np.full(len(correlation), np.sqrt(len(correlation) / total))
    for _ in range(MOST_STEPS):
        if x.max() > LARGEST:
            return None
        product = correlation @ x
        if np.abs(x * product - 1.0).max() <= CLOSE_ENOUGH:
            return x
        gradient = product - 1.0 / x
        step = np.linalg.solve(correlation + np.diag(x**-2.0), gradient)
        decrement = float(np.sqrt(gradient @ step))
        x = x - step / (1.0 if decrement < 0.25 else 1.0 + decrement)
    return None
