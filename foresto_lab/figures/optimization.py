"""Searches drawn: their landscape, how they went, and whether to believe them.

Of many trials a figure shows cells, bins or a sample, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from foresto_lab.figures.optimization_belief import (
    in_out_of_sample,
    overfitting_logits,
    sharpe_distribution,
)
from foresto_lab.figures.optimization_cells import heat_map
from foresto_lab.figures.optimization_importance import importance
from foresto_lab.figures.optimization_parallel import parallel_coordinates
from foresto_lab.figures.optimization_search import generations, pareto_front
from foresto_lab.figures.optimization_slices import slices
from foresto_lab.figures.optimization_trials import searched
from foresto_lab.figures.optimization_walk import walk_over_blocks

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult

__all__ = [
    "generations",
    "heat_map",
    "importance",
    "in_out_of_sample",
    "overfitting_logits",
    "parallel_coordinates",
    "pareto_front",
    "plot_optimization",
    "sharpe_distribution",
    "slices",
    "walk_over_blocks",
]


def plot_optimization(result: OptimizationResult, *, language: str = "ko") -> go.Figure:
    """Return the one figure that tells most of a search.

    The front of several objectives; else the heat map of the two parameters that
    matter most; of one parameter its slice.
    """
    trials = searched(result)
    if len(trials.objectives) > 1:
        return pareto_front(result, language=language)
    if len(trials.varied()) > 1:
        return heat_map(result, language=language)
    return slices(result, language=language)
