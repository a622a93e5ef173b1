"""How often luck alone makes the best of correlated trials look as good as this one.

The paper's deflated Sharpe ratio measures the best by the spread of all trials' Sharpe
ratios. Where an edge is real it widens that spread, and thereby raises the very bar
that it is held to. Here the bar is what the trials would have shown without any edge:
their returns around their own means, each stretch multiplied by a random number, keep
how alike the trials are, but know of no edge.

References
----------
.. [1] Hansen, P. R. (2005). A test for superior predictive ability. Journal of Business
   and Economic Statistics 23(4). (Means over their own deviation.)
.. [2] Bailey, D. H. and Lopez de Prado, M. (2012). The Sharpe ratio efficient frontier.
   Journal of Risk 15(2). (The standard error.)
.. [3] Chernozhukov, V., Chetverikov, D. and Kato, K. (2013). Gaussian approximations
   and multiplier bootstrap for maxima of sums of high-dimensional random vectors.
   Annals of Statistics 41(6).
.. [4] Sidak, Z. (1967). Rectangular confidence regions. Journal of the American
   Statistical Association 62(318). (The best of K independent trials.)
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from foresto_lab.errors import InputError
from foresto_lab.types import Float64Array1D, Float64Array2D

FEWEST_STRETCHES: Final = 16
"""Of fewer sums of returns the normal law is no guide."""
_TAIL: Final = 0.9
"""Quantile of the best of luck from which the number of trials is read off."""
_FLAT: Final = 1e-9
_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class SelectionLuck:
    """The chosen trial against the best that luck would have found.

    Parameters
    ----------
    probability : float
        That the best of as many trials without any edge looks at least as good as the
        chosen one; NaN where the chosen one does not move or nothing can be said.
    statistic : float
        The chosen trial's mean over its standard error.
    effective_trials : float
        Independent trials whose best is as good, by luck, as that of all these.
    growth : float
        How the effective trials grow with the trials: 0 not at all, for more of the
        same brings nothing new, up to 1 in step, for each is a new chance.
    beta : float
        The chosen trial's mean exposure to the market; NaN where none was given.
    n_trials : int
        Trials that move, of those given.
    n_stretches : int
        Sums of returns of each trial.
    """

    probability: float
    statistic: float
    effective_trials: float
    growth: float
    beta: float
    n_trials: int
    n_stretches: int

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain values, None for what is not defined."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in asdict(self).items()
        }


def selection_luck(
    returns: npt.ArrayLike,
    chosen: npt.ArrayLike,
    *,
    market: npt.ArrayLike | None = None,
    trials: float | None = None,
    repetitions: int = 1_000,
    seed: int = 0,
) -> SelectionLuck:
    """Return how probable it is that luck alone found the chosen trial.

    1. Each trial's returns are taken less its beta times the market's, if a market is
       given: what holding the market for the same share earns is no skill of timing.
    2. The returns around their own means, over their deviations, are multiplied by
       normal numbers, one for each stretch, time and again [3]_. The best mean of all
       trials then spreads as the best of K independent ones does [4]_; that gives K,
       the effective number of trials, at most as many as there are.
    3. K of half of the trials tells how K grows; so it is carried on to all ``trials``
       that were ever made.
    4. The chosen trial's mean over its standard error, z, with Mertens' correction for
       skewness and kurtosis where that widens it, has probability ``1 - Φ(z)^K``.

    Parameters
    ----------
    returns : (n_stretches, n_trials)
        Sums of simple returns over stretches of bars, of an even draw of the trials.
        Stretches should be long enough to be nearly independent. A trial with a NaN is
        left out, and so is one that does not move.
    chosen : (n_stretches,)
        Of the trial that was chosen, whether it is among them or not.
    market : (n_stretches,), optional
        Sums of the returns of what is traded.
    trials : float, optional
        Trials that were ever made, these included; by default as many as are given.
    repetitions : int
    seed : int
        The same seed, the same probability.

    Raises
    ------
    InputError
        The shapes do not fit, or there are fewer than 16 stretches.
    """
    matrix, one, base = _checked(returns, chosen, market)
    spread = _moving(_active(matrix, base))
    best = _active(one[:, None], base)[:, 0]
    n_stretches, n_trials = spread.shape
    beta = math.nan if base is None else _beta(one, base)
    effective, growth = _effective_trials(spread, repetitions, seed)
    made = max(float(trials or 0), float(matrix.shape[1]), 1.0)
    effective *= (made / max(matrix.shape[1], 1)) ** growth
    statistic = _statistic(best, one)
    return SelectionLuck(
        probability=_probability(statistic, effective),
        statistic=statistic,
        effective_trials=effective,
        growth=growth,
        beta=beta,
        n_trials=n_trials,
        n_stretches=n_stretches,
    )


def _checked(
    returns: npt.ArrayLike, chosen: npt.ArrayLike, market: npt.ArrayLike | None
) -> tuple[Float64Array2D, Float64Array1D, Float64Array1D | None]:
    matrix = np.asarray(returns, dtype=np.float64)
    one = np.asarray(chosen, dtype=np.float64)
    base = None if market is None else np.asarray(market, dtype=np.float64)
    if matrix.ndim != 2 or len(matrix) < FEWEST_STRETCHES:
        raise InputError(
            message=f"Returns have the shape {matrix.shape}; give one row for each of "
            f"{FEWEST_STRETCHES} or more stretches of bars, and a column for each "
            "trial."
        )
    for name, column in (("chosen trial", one), ("market", base)):
        if column is not None and column.shape != (len(matrix),):
            raise InputError(
                message=f"The {name} has the shape {column.shape}; the trials have "
                f"{len(matrix)} stretches, and it needs one number for each."
            )
    known = np.isfinite(matrix).all(axis=0)
    return matrix[:, known], one, base


def _beta(column: Float64Array1D, market: Float64Array1D) -> float:
    away = market - market.mean()
    squares = float(away @ away)
    return float(away @ column) / squares if squares > 0.0 else 0.0


def _active(columns: Float64Array2D, market: Float64Array1D | None) -> Float64Array2D:
    """Return the columns less their beta times the market."""
    if market is None:
        return columns
    away = market - market.mean()
    squares = float(away @ away)
    if squares == 0.0:
        return columns
    active: Float64Array2D = columns - np.outer(market, away @ columns / squares)
    return active


def _moving(columns: Float64Array2D) -> Float64Array2D:
    """Return the columns that move, around their means and over their deviations."""
    away = columns - columns.mean(axis=0)
    deviations = away.std(axis=0, ddof=1)
    largest = np.abs(columns).max(axis=0, initial=0.0)
    moves = deviations > _FLAT * largest
    scaled: Float64Array2D = away[:, moves] / deviations[moves]
    return scaled


def _effective_trials(
    spread: Float64Array2D, repetitions: int, seed: int
) -> tuple[float, float]:
    """Return the effective number of trials, and how it grows with the number."""
    n_stretches, n_trials = spread.shape
    if n_trials < 2:
        return 1.0, 0.0
    generator = np.random.default_rng(seed)
    shocks = generator.standard_normal((repetitions, n_stretches))
    scores = shocks @ spread / math.sqrt(n_stretches)
    whole = _independent(scores)
    halves = []
    for _ in range(3):
        order = generator.permutation(n_trials)
        halves.append(_independent(scores[:, order[: n_trials // 2]]))
    whole = min(whole, float(n_trials))
    growth = math.log(whole / float(np.median(halves))) / math.log(
        n_trials / (n_trials // 2)
    )
    return whole, min(max(growth, 0.0), 1.0)


def _independent(scores: Float64Array2D) -> float:
    """Return how many independent normal numbers have a best as high as these."""
    height = float(np.quantile(scores.max(axis=1), _TAIL))
    # ln Φ(h), from the upper tail, which keeps its digits where Φ(h) is nearly 1.
    log_below = math.log1p(-_tail(height)) if height > -8.0 else -32.0
    return max(1.0, math.log(_TAIL) / log_below) if log_below < 0.0 else math.inf


def _tail(statistic: float) -> float:
    return math.erfc(statistic / math.sqrt(2.0)) / 2.0


def _statistic(active: Float64Array1D, whole: Float64Array1D) -> float:
    """Return the mean over its standard error; NaN for what does not move."""
    away = active - active.mean()
    variance = float(away @ away) / (len(active) - 1)
    if not variance > (_FLAT * float(np.abs(whole).max(initial=0.0))) ** 2:
        return math.nan
    scaled = away / math.sqrt(variance)
    ratio = float(active.mean()) / math.sqrt(variance)
    skewness = float((scaled**3).mean())
    kurtosis = float((scaled**4).mean())
    spread = 1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio
    return ratio * math.sqrt((len(active) - 1) / max(spread, 1.0))


def _probability(statistic: float, effective: float) -> float:
    if math.isnan(statistic) or not math.isfinite(effective):
        return math.nan
    tail = _tail(statistic)
    return 1.0 if tail >= 1.0 else -math.expm1(effective * math.log1p(-tail))
