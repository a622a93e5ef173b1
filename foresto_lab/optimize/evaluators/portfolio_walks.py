"""Many portfolios under one rule on the same prices: figures, or returns."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from foresto_lab.engine.summary_figures import N_FIGURES
from foresto_lab.engine.sweep import N_COLUMNS, sweep_kernel
from foresto_lab.engine.walk import walk_kernel
from foresto_lab.metrics import SESSIONS_PER_YEAR
from foresto_lab.scenarios.simulation import RuleArguments
from foresto_lab.scenarios.span import Span
from foresto_lab.types import Float64Array2D

_CHUNK: Final = 32
"""Portfolios a thread takes at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Walks:
    """What portfolios are walked through.

    Parameters
    ----------
    prices : (n_assets, n_sessions)
        Of the assets that all of them hold.
    targets : (n, n_assets + 1)
        Cash last; each row sums to 1.
    initial_amount : base currency
    rule : tuple
        The rule on the sessions, as the engine takes it.
    span : Span
    threads : int
    """

    prices: Float64Array2D
    targets: Float64Array2D
    initial_amount: float
    rule: RuleArguments
    span: Span
    threads: int


def swept_figures(walks: Walks) -> Float64Array2D:
    """Return the figures of each portfolio, in the order of ``SUMMARY_MEASURES``."""
    span = walks.span
    found = np.empty((len(walks.targets), N_COLUMNS))

    def compute(rows: slice) -> None:
        sweep_kernel(
            walks.prices,
            walks.targets[rows],
            walks.initial_amount,
            *walks.rule,
            span.day_numbers,
            span.month_ends,
            span.year_ends,
            span.years,
            SESSIONS_PER_YEAR,
            found[rows],
        )

    _in_threads(compute, walks)
    turnover, cost, count = found[:, N_FIGURES:].T
    annual = np.full(len(found), np.nan)
    if span.years > 0.0:
        annual = turnover / span.years
    figures: Float64Array2D = np.column_stack(
        [found[:, :N_FIGURES], turnover, annual, cost, count]
    )
    return figures


def walked_returns(walks: Walks) -> Float64Array2D:
    """Return the return of each portfolio on each session, 0 on the first."""
    returns = np.zeros((len(walks.targets), len(walks.span.sessions)))
    no_path, no_events = np.empty((0, 0)), np.empty(0, dtype=np.int64)
    no_weights = np.empty((0, 0, 0))

    def compute(rows: slice) -> None:
        nav = np.empty(len(walks.span.sessions))
        for row in range(rows.start, min(rows.stop, len(returns))):
            walk_kernel(
                walks.prices,
                walks.targets[row],
                walks.initial_amount,
                *walks.rule,
                nav,
                no_path,
                no_events,
                no_events,
                no_path,
                no_weights,
            )
            returns[row, 1:] = nav[1:] / nav[:-1] - 1.0

    _in_threads(compute, walks)
    return returns


def _in_threads(compute: Callable[[slice], None], walks: Walks) -> None:
    n = len(walks.targets)
    shares = [slice(first, first + _CHUNK) for first in range(0, n, _CHUNK)]
    if len(shares) == 1 or walks.threads == 1:
        for share in shares:
            compute(share)
        return
    with ThreadPoolExecutor(walks.threads) as pool:
        list(pool.map(compute, shares))
