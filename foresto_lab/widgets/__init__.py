"""Widgets for the notebook. Each is usable in one line, and has logic without a page.

>>> fl.widgets.scenario_explorer()                                # doctest: +SKIP
"""

from foresto_lab.widgets.explorer import ScenarioExplorer, scenario_explorer
from foresto_lab.widgets.optimizer import Optimizer, optimizer
from foresto_lab.widgets.portfolio_builder import PortfolioBuilder, portfolio_builder
from foresto_lab.widgets.strategy_explorer import StrategyExplorer, strategy_explorer

__all__ = [
    "Optimizer",
    "PortfolioBuilder",
    "ScenarioExplorer",
    "StrategyExplorer",
    "optimizer",
    "portfolio_builder",
    "scenario_explorer",
    "strategy_explorer",
]
