"""Weights that are computed from returns, in a window that looks only back."""

from foresto_lab.scenarios.weighting.equal import EqualWeight
from foresto_lab.scenarios.weighting.hierarchical import HierarchicalRiskParity
from foresto_lab.scenarios.weighting.inverse_volatility import InverseVolatility
from foresto_lab.scenarios.weighting.maximum_diversification import (
    MaximumDiversification,
)
from foresto_lab.scenarios.weighting.minimum_variance import MinimumVariance
from foresto_lab.scenarios.weighting.parsing import WEIGHTINGS, parse_weighting
from foresto_lab.scenarios.weighting.risk_parity import RiskParity
from foresto_lab.scenarios.weighting.rolling import RollingWeighting
from foresto_lab.scenarios.weighting.weighting import Weighting

__all__ = [
    "WEIGHTINGS",
    "EqualWeight",
    "HierarchicalRiskParity",
    "InverseVolatility",
    "MaximumDiversification",
    "MinimumVariance",
    "RiskParity",
    "RollingWeighting",
    "Weighting",
    "parse_weighting",
]
