"""The probability that the best trial in sample is a poor one out of sample (CSCV).

Combinatorially symmetric cross-validation cuts the bars into blocks, takes every half
of the blocks as the sample in which the best trial is chosen, and looks up where that
trial ranks in the other half.

References
----------
.. [1] Bailey, D. H., Borwein, J. M., Lopez de Prado, M. and Zhu, Q. J. (2017). The
   probability of backtest overfitting. Journal of Computational Finance 20(4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from foresto_lab.errors import InputError
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Float64Array3D,
    Int64Array1D,
)

BoolArray2D: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.bool_]]
MOST_BLOCKS: Final = 20
"""Of 20 blocks there are 184,756 halves; of 24 already 2.7 million."""
_NUMBERS_AT_ONCE: Final = 20_000
"""Few enough for the cache of a core."""
_FLAT: Final = 1e-13
"""A variance below this share of the mean square is rounding, and there is none."""


@dataclass(frozen=True, eq=False)
class OverfittingProbability:
    """What every half of the blocks says of the trial that the other half chose.

    Parameters
    ----------
    probability : float
        Share of halves whose best trial ranks in the lower half elsewhere: PBO. NaN
        where fewer than two trials could be compared. Where all trials have one and
        the same edge it is one half, for then the best is as good as the others.
    probability_of_loss : float
        Share of halves whose best trial has no positive Sharpe ratio elsewhere.
    logits : (n_halves,)
        ``ln(w / (1 - w))`` of the relative rank w of the chosen trial out of sample.
    in_sample, out_of_sample : (n_halves,)
        Sharpe ratio per bar of the chosen trial in its half, and in the other.
    chosen : (n_halves,) of int
        Place of the chosen trial among all that were given.
    n_trials : int
        Trials compared; those with NaN are none.
    n_blocks : int
    """

    probability: float
    probability_of_loss: float
    logits: Float64Array1D
    in_sample: Float64Array1D
    out_of_sample: Float64Array1D
    chosen: Int64Array1D
    n_trials: int
    n_blocks: int

    @property
    def slope(self) -> float:
        """Slope of the regression of out-of-sample on in-sample Sharpe ratios."""
        if len(self.in_sample) < 2:
            return math.nan
        away = self.in_sample - self.in_sample.mean()
        squares = float(away @ away)
        return float(away @ self.out_of_sample) / squares if squares > 0 else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers, without the series, as plain values."""
        return {
            "probability": _plain(self.probability),
            "probability_of_loss": _plain(self.probability_of_loss),
            "slope": _plain(self.slope),
            "n_trials": self.n_trials,
            "n_blocks": self.n_blocks,
        }

    def __repr__(self) -> str:
        return (
            f"<OverfittingProbability {self.probability:.3f} of {self.n_trials:,} "
            f"trials on {self.n_blocks} blocks>"
        )


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value


def probability_of_backtest_overfitting(
    returns: npt.ArrayLike, blocks: int = 16
) -> OverfittingProbability:
    """Return the probability of backtest overfitting from the returns of all trials.

    Parameters
    ----------
    returns : (n_bars, n_trials)
        Simple return of each bar. A trial with a NaN is left out.
    blocks : int
        An even number of blocks of bars, as equal as can be.

    Returns
    -------
    OverfittingProbability
        Performance is the Sharpe ratio per bar with ``ddof=1``; a trial that does not
        move in a half has a ratio of 0 there. Ties share their rank.

    Raises
    ------
    InputError
        The returns are no matrix, or the blocks are odd, too many or longer than them.
    """
    sums, lengths = block_sums_of(returns, _require_blocks(blocks))
    return overfitting_from_block_sums(sums, lengths)


def block_sums_of(
    returns: npt.ArrayLike, blocks: int
) -> tuple[Float64Array3D, Float64Array1D]:
    """Return the sums that a sweep gives of returns that are at hand.

    Parameters
    ----------
    returns : (n_bars, n_trials)
    blocks : int
        Block k begins at bar ``k * n_bars // blocks``.

    Returns
    -------
    (n_trials, blocks, 2), (blocks,)
        Sum of returns and of their squares; bars in each block.

    Raises
    ------
    InputError
        The returns are no matrix, or have fewer than two bars for each block.
    """
    matrix = np.asarray(returns, dtype=np.float64)
    if matrix.ndim != 2:
        raise InputError(
            message=f"Returns have {matrix.ndim} dimensions; give one row for each bar "
            "and one column for each trial."
        )
    if len(matrix) < 2 * blocks:
        raise InputError(
            message=f"{len(matrix)} bars are too few for {blocks} blocks; give "
            f"{2 * blocks} or more, or fewer blocks."
        )
    edges = np.arange(blocks + 1) * len(matrix) // blocks
    sums = np.stack(
        [
            np.add.reduceat(matrix, edges[:-1], axis=0).T,
            np.add.reduceat(matrix * matrix, edges[:-1], axis=0).T,
        ],
        axis=-1,
    )
    return sums, np.diff(edges).astype(np.float64)


def overfitting_from_block_sums(
    block_sums: Float64Array3D, block_lengths: Float64Array1D
) -> OverfittingProbability:
    """Return the probability of backtest overfitting from sums over blocks of bars.

    The same numbers as from the returns themselves, for mean and variance of any half
    follow from the sums.

    Parameters
    ----------
    block_sums : (n_trials, n_blocks, 2)
        Sum of the bars' simple returns, and of their squares. A trial with a NaN is
        left out.
    block_lengths : (n_blocks,)
        Bars in each block.

    Raises
    ------
    InputError
        The number of blocks is odd, below 2, or above 20.
    """
    n_blocks = _require_blocks(block_sums.shape[1])
    known = np.flatnonzero(np.isfinite(block_sums).all(axis=(1, 2)))
    if len(known) < 2:
        return _nothing(len(known), n_blocks)
    found = _every_half(block_sums[known], np.asarray(block_lengths), n_blocks)
    inside, outside, ranks, places = (found[:, column] for column in range(4))
    relative = ranks / (len(known) + 1.0)
    logits = np.log(relative / (1.0 - relative))
    return OverfittingProbability(
        probability=float((logits <= 0.0).mean()),
        probability_of_loss=float((outside <= 0.0).mean()),
        logits=logits,
        in_sample=inside.copy(),
        out_of_sample=outside.copy(),
        chosen=known[places.astype(np.int64)],
        n_trials=len(known),
        n_blocks=n_blocks,
    )


def _require_blocks(blocks: int) -> int:
    if blocks < 2 or blocks % 2 or blocks > MOST_BLOCKS:
        raise InputError(
            message=f"{blocks} blocks cannot be halved in every way; give an even "
            f"number from 2 to {MOST_BLOCKS}, such as 16."
        )
    return int(blocks)


def _nothing(n_trials: int, n_blocks: int) -> OverfittingProbability:
    empty = np.empty(0)
    return OverfittingProbability(
        probability=math.nan,
        probability_of_loss=math.nan,
        logits=empty,
        in_sample=empty,
        out_of_sample=empty,
        chosen=np.empty(0, dtype=np.int64),
        n_trials=n_trials,
        n_blocks=n_blocks,
    )


def _every_half(
    sums: Float64Array3D, lengths: Float64Array1D, n_blocks: int
) -> Float64Array2D:
    """Return the chosen trial's ratios inside and outside, rank and place per half.

    The second part of the halves are the complements of the first, backwards.
    """
    halves = _halves(n_blocks)
    count = len(halves)
    found = np.empty((count, 4))
    at_once = max(1, _NUMBERS_AT_ONCE // len(sums))
    for first in range(0, count // 2, at_once):
        last = min(first + at_once, count // 2)
        inside = _sharpe_ratios(sums, lengths, halves[first:last])
        outside = _sharpe_ratios(sums, lengths, ~halves[first:last])
        found[first:last] = _judged(inside, outside)
        found[count - last : count - first] = _judged(outside, inside)[::-1]
    return found


@cache
def _halves(n_blocks: int) -> BoolArray2D:
    """Return every half of the blocks, (n_halves, n_blocks), in lexical order."""
    chosen = np.array(list(combinations(range(n_blocks), n_blocks // 2)))
    halves = np.zeros((len(chosen), n_blocks), dtype=np.bool_)
    np.put_along_axis(halves, chosen, True, axis=1)
    return halves


def _judged(inside: Float64Array2D, outside: Float64Array2D) -> Float64Array2D:
    """Return the chosen trials' ratios inside and outside, ranks and places."""
    rows = np.arange(len(inside))
    places = inside.argmax(axis=1)
    reached = outside[rows, places]
    below = (outside < reached[:, None]).sum(axis=1)
    up_to = (outside <= reached[:, None]).sum(axis=1)
    ranks = (below + up_to + 1.0) / 2.0
    return np.stack([inside[rows, places], reached, ranks, places], axis=1)


def _sharpe_ratios(
    sums: Float64Array3D, lengths: Float64Array1D, halves: BoolArray2D
) -> Float64Array2D:
    """Return the Sharpe ratio per bar of each trial in each half, 0 where flat."""
    weights = halves.astype(np.float64)
    bars = (weights @ lengths)[:, None]
    totals = weights @ sums[:, :, 0].T
    squares = weights @ sums[:, :, 1].T
    least = squares * _FLAT
    spread = totals * totals
    spread /= bars
    np.subtract(squares, spread, out=spread)
    moving = spread > least
    spread *= bars * bars / (bars - 1.0)
    ratios = np.zeros_like(totals)
    np.sqrt(spread, out=spread, where=moving)
    np.divide(totals, spread, out=ratios, where=moving)
    return ratios
