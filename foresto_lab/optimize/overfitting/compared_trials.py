"""The trials that the best is compared with: an even draw, their returns summed up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluator
from foresto_lab.optimize.method import Method
from foresto_lab.optimize.searching.executors import Executor, LocalExecutor
from foresto_lab.optimize.searching.search_outcome import SearchOutcome
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.types import Float64Array1D, Float64Array2D, Float64Array3D

MOST_COMPARED: Final = 1_000
"""Of more trials an even draw is compared; it stands for the others."""
BLOCKS: Final = 16
"""Blocks of cross-validation and of the walk over time."""
_STRETCHES_A_BLOCK: Final = 16
FEWEST_BARS: Final = 64
"""Four bars for each block; of fewer nothing can be said."""
ADAPTIVE: Final = frozenset({"genetic", "nsga2", "tpe"})
"""Ways to search that look at what was found: their trials are no even draw."""
_WHOLE: Final = 4
"""Of a space at most so many times as large as the search, all points are compared."""
REACH: Final = 10
"""A search that climbs finds by luck what takes ten times as many draws at random."""


@dataclass(frozen=True, eq=False)
class ComparedTrials:
    """Sums of returns over stretches of bars, a few to each of 16 blocks.

    Parameters
    ----------
    sums : (n_trials, n_stretches, 2)
        Of simple returns and of their squares. NaN where a trial cannot be run.
    lengths : (n_stretches,)
        Bars.
    """

    sums: Float64Array3D
    lengths: Float64Array1D

    @property
    def stretches(self) -> Float64Array2D:
        """Sums of returns, (n_stretches, n_trials)."""
        return self.sums[:, :, 0].T

    @property
    def block_sums(self) -> Float64Array3D:
        """The sums of 16 blocks, (n_trials, 16, 2)."""
        n_trials, n_stretches, _ = self.sums.shape
        shape = (n_trials, BLOCKS, n_stretches // BLOCKS, 2)
        sums: Float64Array3D = self.sums.reshape(shape).sum(axis=2)
        return sums

    @property
    def block_lengths(self) -> Float64Array1D:
        """Bars of 16 blocks."""
        lengths: Float64Array1D = self.lengths.reshape(BLOCKS, -1).sum(axis=1)
        return lengths

    def summed(self, returns: Float64Array1D) -> Float64Array1D:
        """Return the sums of bars' returns over the stretches."""
        starts = np.cumsum(self.lengths).astype(np.int64) - self.lengths.astype(int)
        sums: Float64Array1D = np.add.reduceat(returns, starts)
        return sums


def compare(
    evaluator: Evaluator,
    outcome: SearchOutcome,
    space: Space | None,
    *,
    method: str = "",
    executor: Executor | None = None,
    seed: int = 0,
) -> ComparedTrials:
    """Return the trials that stand for all that a search could have found.

    All trials, or an even draw of a thousand. Of a search that follows what it finds
    the trials crowd around the best, and say little of what luck would have found
    elsewhere; there as many fresh combinations are drawn from the space instead. They
    are looked at for their spread alone; none is chosen, so none is a trial.

    Bars: 64 or more.
    """
    stretches = stretches_of(bars_of(evaluator, outcome))
    generator = np.random.default_rng(seed)
    if method in ADAPTIVE and space is not None:
        chosen = _fresh(space, generator, max(len(outcome), BLOCKS))
    else:
        kept = _summed_already(outcome, stretches, generator)
        if kept is not None:
            return kept
        chosen = outcome.combinations.take(_draw(generator, len(outcome)))
    told = (executor or LocalExecutor()).evaluate(
        evaluator, chosen, span=outcome.span, blocks=stretches
    )
    assert told.block_sums is not None
    assert told.block_lengths is not None
    return ComparedTrials(told.block_sums, told.block_lengths)


def reach_of(
    outcome: SearchOutcome, space: Space | None, method: str, trials: int
) -> float:
    """Return how many even draws are as good at finding luck as all trials ever made.

    Those of this search count tenfold where it climbs, up to the whole space.
    """
    if method not in ADAPTIVE:
        return float(trials)
    size = math.inf if space is None or space.size is None else float(space.size)
    reached = max(min(REACH * outcome.evaluated, size), outcome.evaluated)
    return trials - outcome.evaluated + reached


def bars_of(evaluator: Evaluator, outcome: SearchOutcome) -> int:
    """Return the bars that were searched on."""
    return evaluator.n_bars if outcome.span is None else len(outcome.span)


def stretches_needed(method: Method, space: Space, n_bars: int) -> int:
    """Return over how many stretches a search should sum returns as it goes, or 0.

    None where they would not be used: of many trials a draw is evaluated again, of a
    search that climbs fresh combinations are.
    """
    told = method.to_dict().get("trials") if method.name == "random" else space.size
    few = told is not None and told <= 2 * MOST_COMPARED
    if method.name in ADAPTIVE or not few or n_bars < FEWEST_BARS:
        return 0
    return stretches_of(n_bars)


def stretches_of(n_bars: int) -> int:
    """Return into how many stretches bars are cut: a multiple of 16, 256 at most."""
    return BLOCKS * max(1, min(_STRETCHES_A_BLOCK, n_bars // (2 * BLOCKS)))


def market_returns(evaluator: Evaluator, span: BarSpan | None) -> Float64Array1D | None:
    """Return the returns of what is traded, if the evaluator knows them."""
    told: Any = getattr(evaluator, "market_returns", None)
    return None if told is None else told(span=span)


def _fresh(space: Space, generator: np.random.Generator, n: int) -> Combinations:
    size = space.size
    if size is not None and size <= min(MOST_COMPARED, _WHOLE * n):
        return space.grid(0, size)
    return space.sample(generator, min(n, MOST_COMPARED))


def _draw(generator: np.random.Generator, n: int) -> Any:
    if n <= MOST_COMPARED:
        return np.arange(n)
    return np.sort(generator.choice(n, MOST_COMPARED, replace=False))


def _summed_already(
    outcome: SearchOutcome, stretches: int, generator: np.random.Generator
) -> ComparedTrials | None:
    """Return the sums that the search has kept, if they are as fine as these."""
    kept = outcome.blocks
    if kept is None or len(kept.lengths) != stretches:
        return None
    some = _draw(generator, len(kept.places))
    return ComparedTrials(kept.sums[some], kept.lengths)
