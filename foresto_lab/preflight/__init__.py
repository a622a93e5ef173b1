"""Preflight: what would stop a run or mislead its reader, found before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foresto_lab.preflight.portfolio import (
    PORTFOLIO_CHECKS,
    PortfolioInputs,
    check_portfolio,
)
from foresto_lab.preflight.report import PreflightReport

if TYPE_CHECKING:
    from foresto_lab.preflight.strategy import STRATEGY_CHECKS as STRATEGY_CHECKS
    from foresto_lab.preflight.strategy import StrategyInputs as StrategyInputs
    from foresto_lab.preflight.strategy import (
        ZeroTradeExplanation as ZeroTradeExplanation,
    )
    from foresto_lab.preflight.strategy import check_strategy as check_strategy
    from foresto_lab.preflight.strategy import preflight as preflight

__all__ = [
    "PORTFOLIO_CHECKS",
    "STRATEGY_CHECKS",
    "PortfolioInputs",
    "PreflightReport",
    "StrategyInputs",
    "ZeroTradeExplanation",
    "check_portfolio",
    "check_strategy",
    "preflight",
]

_OF_STRATEGIES = frozenset(
    {
        "STRATEGY_CHECKS",
        "StrategyInputs",
        "ZeroTradeExplanation",
        "check_strategy",
        "preflight",
    }
)


def __getattr__(name: str) -> Any:
    """Import what is about strategies the first time it is used."""
    if name not in _OF_STRATEGIES:
        raise AttributeError(f"{__name__} has no name {name!r}", name=name)
    from foresto_lab.preflight import strategy

    return getattr(strategy, name)
