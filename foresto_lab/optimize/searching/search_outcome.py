"""What a search found: every trial, in order, and why it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations
from foresto_lab.optimize.searching.progress import SearchStatus
from foresto_lab.optimize.searching.trials import BlockSums
from foresto_lab.types import (
    BoolArray1D,
    Float64Array1D,
    Float64Array2D,
    Int64Array1D,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class SearchOutcome:
    """What a search found, or had found when it was stopped.

    Trials are numbered from 0 in the order of their evaluation; each combination is
    evaluated once however often it is asked.

    Parameters
    ----------
    combinations : Combinations
        Of every trial.
    objective_values : (n, n_objectives)
        NaN where there is none.
    feasible : (n,)
        Whether every constraint holds.
    order : (n,)
        The trials, the best first.
    sharpes : (n,)
        Annual Sharpe ratios, for the statistics of many trials.
    kept : (m,)
        The trials whose figures are in ``evaluations``, ascending; all unless there
        are over ``2 * KEEP``.
    evaluations : Evaluations
        Figures of the trials in ``kept``; block sums too when those are all trials.
    blocks : BlockSums, optional
        Sums of returns over blocks of bars of all trials, or of an even draw of them.
    generations : DataFrame, optional
        Best, mean and diversity, of a search that has generations.
    status : str
        ``complete``, or what stopped it.
    elapsed : seconds
    evaluated : int
        Trials; what was asked again or read from a checkpoint is counted once.
    asked : int
        Combinations asked, repeats included.
    resumed : int
        Trials that were read from a checkpoint.
    span : BarSpan, optional
        The bars that were searched on; None for all.
    findings : tuple of Finding
    """

    combinations: Combinations
    objective_values: Float64Array2D
    feasible: BoolArray1D
    order: Int64Array1D
    sharpes: Float64Array1D
    kept: Int64Array1D
    evaluations: Evaluations
    blocks: BlockSums | None
    generations: pd.DataFrame | None
    status: SearchStatus
    elapsed: float
    evaluated: int
    asked: int
    resumed: int = 0
    span: BarSpan | None = None
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.objective_values)

    @property
    def best(self) -> int | None:
        """The best trial; None if none has a value and keeps every constraint."""
        if not len(self.order):
            return None
        first = int(self.order[0])
        return first if self.counts(first) else None

    def counts(self, trial: int) -> bool:
        """Return whether a trial has every value and keeps every constraint."""
        undefined = np.isnan(self.objective_values[trial]).any()
        return bool(self.feasible[trial]) and not bool(undefined)
