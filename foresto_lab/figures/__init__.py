"""Plotly figures: results in, figures out; reports and widgets share them.

Every function takes ``language="ko" | "en"`` and marks what was made from simulated
prices. Figures are plain ``plotly.graph_objects.Figure``.
"""

from foresto_lab.figures import backtest, optimization, walk_forward
from foresto_lab.figures.calendar_returns import annual_bars, monthly_heatmap
from foresto_lab.figures.cash_flows import cash_flows
from foresto_lab.figures.costs import costs_by_year, yearly_costs
from foresto_lab.figures.drawdown import drawdown
from foresto_lab.figures.drift import drift
from foresto_lab.figures.forward import (
    forward_cagr,
    forward_chances,
    forward_drawdowns,
    forward_fan,
)
from foresto_lab.figures.growth import growth
from foresto_lab.figures.quality import coverage, findings_by_rule
from foresto_lab.figures.retirement import (
    lasting_shares,
    retirement_fan,
    ruin_by_year,
    sustainable_rates_by_start,
)
from foresto_lab.figures.risk import return_distribution, rolling_volatility
from foresto_lab.figures.theme import PALETTE, TEMPLATE, mark_simulated
from foresto_lab.figures.trading import cumulative_cost, turnover, yearly_turnover
from foresto_lab.figures.weights import weights

__all__ = [
    "PALETTE",
    "TEMPLATE",
    "annual_bars",
    "backtest",
    "cash_flows",
    "costs_by_year",
    "coverage",
    "cumulative_cost",
    "drawdown",
    "drift",
    "findings_by_rule",
    "forward_cagr",
    "forward_chances",
    "forward_drawdowns",
    "forward_fan",
    "growth",
    "lasting_shares",
    "mark_simulated",
    "monthly_heatmap",
    "optimization",
    "retirement_fan",
    "return_distribution",
    "rolling_volatility",
    "ruin_by_year",
    "sustainable_rates_by_start",
    "turnover",
    "walk_forward",
    "weights",
    "yearly_costs",
    "yearly_turnover",
]
