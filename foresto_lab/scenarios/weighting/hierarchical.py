"""Hierarchical risk parity: weights by a tree of what moves alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from foresto_lab.scenarios.weighting.estimates import Window
from foresto_lab.scenarios.weighting.rolling import RollingWeighting
from foresto_lab.scenarios.weighting.skfolio_models import (
    hierarchical_risk_parity_weights,
)
from foresto_lab.types import Float64Array1D


@dataclass(frozen=True, slots=True)
class HierarchicalRiskParity(RollingWeighting):
    """López de Prado's tree of assets, split by the variance of its halves.

    "Building diversified portfolios that outperform out of sample", Journal of
    Portfolio Management 42 (2016), https://doi.org/10.3905/jpm.2016.42.4.059, by
    skfolio's ``HierarchicalRiskParity`` with the risk measured as variance and its own
    linkage (Ward) and distance (Pearson). No covariance is inverted, so a singular one
    has weights too.
    """

    type: ClassVar[str] = "HIERARCHICAL_RISK_PARITY"

    def weigh(self, window: Window) -> Float64Array1D:
        """Return the weights of a window."""
        return hierarchical_risk_parity_weights(
            window, self.minimum_weight, self.maximum_weight
        )
