"""What is kept of the paths: a table by month, a row a path, some paths whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from foresto_lab.rebalancing.costs import COST_PARTS
from foresto_lab.scenarios.forward.future_sessions import MONTHS
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D

PERCENTILES: Final = (5, 10, 25, 50, 75, 90, 95)
SHOWN_PATHS: Final = 20
"""Paths that are kept whole, the first ones: some to look at, not the nearest ones."""
TIE: Final = 1e-12
"""Relative slack below which an amount is not less than another."""
NEVER: Final = -1
FLOW_OUTCOMES: Final = ("contributions", "withdrawals", "unmet_withdrawals")


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What became of each path, in today's money where inflation was given.

    Parameters
    ----------
    navs : (n_months + 1, n_paths)
        NAV at the start and at each month's end.
    growth : (n_months + 1, n_paths)
        Time-weighted value of 1 invested at the start.
    drawdowns : (n_paths,)
        Deepest drawdown of the time-weighted growth, day by day; 0 or below.
    ruin_months : (n_paths,)
        The month whose end finds nothing left; -1 for never.
    turnover, cost, trades : (n_paths,)
    flows : mapping of name to (n_paths,)
        What came in, went out and could not be paid; empty without cash flows.
    cost_parts : (n_paths, n_parts), optional
        The cost by its parts, in the order of ``COST_PARTS``.
    """

    navs: Float64Array2D
    growth: Float64Array2D
    drawdowns: Float64Array1D
    ruin_months: Int64Array1D
    turnover: Float64Array1D
    cost: Float64Array1D
    trades: Float64Array1D
    flows: Mapping[str, Float64Array1D] = field(default_factory=dict)
    cost_parts: Float64Array2D | None = None


def percentile_column(percentile: int) -> str:
    """Return the name of a percentile's column: ``p05``, ``p50``."""
    return f"p{percentile:02d}"


def fan_table(outcomes: Outcomes, goal: float | None) -> pd.DataFrame:
    """Return, by month, percentiles of value and the chances of loss, ruin and goal.

    Percentiles are linear between the ranks of the paths, as ``numpy.percentile``'s.
    """
    months = np.arange(len(outcomes.navs))
    columns: dict[str, Any] = dict(
        zip(
            map(percentile_column, PERCENTILES),
            row_percentiles(outcomes.navs, PERCENTILES),
            strict=True,
        )
    )
    columns["mean"] = outcomes.navs.mean(axis=1)
    columns["probability_of_loss"] = (outcomes.growth < 1.0 - TIE).mean(axis=1)
    ruined = np.where(outcomes.ruin_months == NEVER, len(months), outcomes.ruin_months)
    counts = np.bincount(ruined, minlength=len(months) + 1)[: len(months)]
    columns["probability_of_ruin"] = np.cumsum(counts) / len(ruined)
    if goal is not None:
        reached = outcomes.navs >= goal * (1.0 - TIE)
        columns["probability_of_goal"] = reached.mean(axis=1)
    return pd.DataFrame(columns, index=pd.Index(months, name="month"))


def row_percentiles(
    values: Float64Array2D, percentiles: Sequence[int]
) -> Float64Array2D:
    """Return percentiles of each row, a row a percentile, linear between ranks."""
    ordered = np.sort(values, axis=1)
    n = ordered.shape[1]
    found = np.empty((len(percentiles), len(ordered)))
    for place, percentile in enumerate(percentiles):
        rank = (n - 1) * percentile / 100.0
        low = int(rank)
        high = min(low + 1, n - 1)
        below, above = ordered[:, low], ordered[:, high]
        found[place] = below + (rank - low) * (above - below)
    return found


def path_table(outcomes: Outcomes) -> pd.DataFrame:
    """Return a row a path: what it ended with, and the worst on its way.

    ``cagr`` is of the time-weighted growth over the whole horizon.
    """
    years = (len(outcomes.navs) - 1) / MONTHS
    return pd.DataFrame(
        {
            "final": outcomes.navs[-1],
            "cagr": outcomes.growth[-1] ** (1.0 / years) - 1.0,
            "max_drawdown": outcomes.drawdowns,
            "ruin_month": outcomes.ruin_months,
            "total_turnover": outcomes.turnover,
            "total_cost": outcomes.cost,
            "rebalancing_count": outcomes.trades.astype(np.int64),
            **outcomes.flows,
            **_cost_columns(outcomes.cost_parts),
        },
        index=pd.RangeIndex(len(outcomes.drawdowns), name="path"),
    )


def _cost_columns(parts: Float64Array2D | None) -> dict[str, Float64Array1D]:
    """Return the cost of each part that any path paid."""
    if parts is None:
        return {}
    columns = {f"cost_{name}": parts[:, at] for at, name in enumerate(COST_PARTS)}
    return {name: paid for name, paid in columns.items() if paid.any()}


def shown_paths(outcomes: Outcomes) -> pd.DataFrame:
    """Return the first paths whole: a row a month, a column a path."""
    first = outcomes.navs[:, :SHOWN_PATHS]
    return pd.DataFrame(
        first,
        index=pd.RangeIndex(len(first), name="month"),
        columns=[f"path_{number}" for number in range(first.shape[1])],
    )


def summary_figures(
    fan: pd.DataFrame, paths: pd.DataFrame, goal: float | None
) -> dict[str, Any]:
    """Return the main figures of all paths by name."""
    n_months = len(fan) - 1
    years = n_months / MONTHS
    last = fan.iloc[-1]
    rates = np.percentile(paths["cagr"], (5, 50, 95))
    deepest = np.percentile(paths["max_drawdown"], (50, 5))
    figures = {
        "paths": len(paths),
        "years": years,
        "final_p05": float(last["p05"]),
        "final_p50": float(last["p50"]),
        "final_p95": float(last["p95"]),
        "final_mean": float(last["mean"]),
        "cagr_p05": float(rates[0]),
        "cagr_p50": float(rates[1]),
        "cagr_p95": float(rates[2]),
        "probability_of_loss": float(last["probability_of_loss"]),
        "probability_of_ruin": float(last["probability_of_ruin"]),
        "probability_of_goal": None
        if goal is None
        else float(last["probability_of_goal"]),
        "max_drawdown_p50": float(deepest[0]),
        "max_drawdown_p05": float(deepest[1]),
        "mean_annual_turnover": float(paths["total_turnover"].mean()) / years,
        "mean_total_cost": float(paths["total_cost"].mean()),
        "mean_rebalancing_count": float(paths["rebalancing_count"].mean()),
    }
    for name in FLOW_OUTCOMES:
        if name in paths:
            figures[f"mean_{name}"] = float(paths[name].mean())
    for column in map(str, paths):
        if column.startswith("cost_"):
            figures[f"mean_{column}"] = float(paths[column].mean())
    return figures
