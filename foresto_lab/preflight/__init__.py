"""Preflight: what would stop a run or mislead its reader, found before it starts."""

from foresto_lab.preflight.portfolio import (
    PORTFOLIO_CHECKS,
    PortfolioInputs,
    check_portfolio,
)
from foresto_lab.preflight.report import PreflightReport

__all__ = [
    "PORTFOLIO_CHECKS",
    "PortfolioInputs",
    "PreflightReport",
    "check_portfolio",
]
