"""Whether the best of many trials beats a benchmark, or only luck over so many.

The numbers are those of ``arch.bootstrap.SPA`` with the same seed, to the last one;
they are computed here because a product of two matrices does in a fraction of the time
what a thousand copies of the returns do, and because importing arch takes seconds.

References
----------
.. [1] White, H. (2000). A reality check for data snooping. Econometrica 68(5).
.. [2] Hansen, P. R. (2005). A test for superior predictive ability. Journal of Business
   and Economic Statistics 23(4).
.. [3] Politis, D. N. and Romano, J. P. (1994). The stationary bootstrap. Journal of the
   American Statistical Association 89(428).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from foresto_lab.errors import InputError
from foresto_lab.types import Float64Array1D, Float64Array2D

FEWEST_BARS: Final = 8
"""Hansen's threshold has a logarithm of a logarithm; fewer bars say nothing anyway."""
_NUMBERS_AT_ONCE: Final = 4_000_000
_DRAWS_AT_ONCE: Final = 100_000
_FLAT: Final = 1e-26


@dataclass(frozen=True, slots=True)
class DataSnoopingTest:
    """Probabilities that luck makes the best of the trials look as good as it does.

    Parameters
    ----------
    spa_lower, spa_consistent, spa_upper : float
        Hansen's test. The consistent one leaves trials out of the comparison that are
        far too poor; lower and upper bound it.
    reality_check : float
        White's: means as they are, every trial compared.
    best : int
        Place of the trial with the best mean, or mean over its standard deviation where
        ``studentized``; -1 for none.
    studentized : bool
    n_trials, n_bars, block_size, repetitions : int
        What the test was made of; trials with a NaN are left out.
    """

    spa_lower: float
    spa_consistent: float
    spa_upper: float
    reality_check: float
    best: int
    studentized: bool
    n_trials: int
    n_bars: int
    block_size: int
    repetitions: int

    def to_dict(self) -> dict[str, Any]:
        """Return the test as plain values, None for what is not defined."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in asdict(self).items()
        }


def superior_predictive_ability(
    returns: npt.ArrayLike,
    benchmark: npt.ArrayLike | None = None,
    *,
    studentize: bool = False,
    block_size: int | None = None,
    repetitions: int = 1_000,
    seed: int = 0,
) -> DataSnoopingTest:
    """Test whether any trial is better than the benchmark: SPA and reality check.

    Parameters
    ----------
    returns : (n_bars, n_trials)
        Of each bar, or summed over stretches of bars. A trial with a NaN is left out;
        one that does not differ from the benchmark is never better.
    benchmark : (n_bars,), optional
        By default cash that earns nothing.
    studentize : bool
        Measure each trial's mean by its own standard deviation, as Hansen advises, so
        that one wild trial does not hide the others. ``arch.bootstrap.SPA`` compares
        means as they are whatever it is told; that is the default here.
    block_size : int, optional
        Mean length of the stationary bootstrap's blocks [3]_; by default the root of
        the number of bars.
    repetitions : int
        Resamples; the probabilities are multiples of one over it.
    seed : int
        The same seed, the same probabilities.

    Returns
    -------
    DataSnoopingTest
        NaN where no trial is known.

    Raises
    ------
    InputError
        The shapes do not fit, there are fewer than 8 bars, or no repetitions.
    """
    differences, known = _differences(returns, benchmark)
    n_bars = len(differences)
    size = block_size or int(math.sqrt(n_bars))
    _require(n_bars, size, repetitions)
    if not len(known):
        return _nothing(n_bars, size, repetitions, studentize)
    deviations = long_run_deviations(differences, size)
    scaled = _scaled(differences, deviations) if studentize else differences
    counts = resample_counts(n_bars, size, repetitions, seed)
    lower, consistent, upper = _spa(counts, scaled, differences, deviations)
    check = _reality_check(counts, differences) if studentize else upper
    best = int(known[scaled.mean(axis=0).argmax()])
    return DataSnoopingTest(
        spa_lower=lower,
        spa_consistent=consistent,
        spa_upper=upper,
        reality_check=check,
        best=best,
        studentized=studentize,
        n_trials=len(known),
        n_bars=n_bars,
        block_size=size,
        repetitions=repetitions,
    )


def _scaled(columns: Float64Array2D, deviations: Float64Array1D) -> Float64Array2D:
    scaled = np.zeros_like(columns)
    np.divide(columns, deviations, out=scaled, where=deviations > 0.0)
    return scaled


def _differences(
    returns: npt.ArrayLike, benchmark: npt.ArrayLike | None
) -> tuple[Float64Array2D, npt.NDArray[np.int64]]:
    matrix = np.asarray(returns, dtype=np.float64)
    if matrix.ndim != 2:
        raise InputError(
            message=f"Returns have {matrix.ndim} dimensions; give one row for each bar "
            "and one column for each trial."
        )
    if benchmark is not None:
        other = np.asarray(benchmark, dtype=np.float64)
        if other.shape != (len(matrix),):
            raise InputError(
                message=f"The benchmark has the shape {other.shape}; the returns have "
                f"{len(matrix)} bars, and it needs one number for each."
            )
        matrix = matrix - other[:, None]
    known = np.flatnonzero(np.isfinite(matrix).all(axis=0))
    return np.ascontiguousarray(matrix[:, known]), known


def _require(n_bars: int, block_size: int, repetitions: int) -> None:
    if n_bars < FEWEST_BARS:
        raise InputError(
            message=f"{n_bars} bars are too few to resample; give {FEWEST_BARS} or "
            "more."
        )
    if not 1 <= block_size <= n_bars or repetitions < 1:
        raise InputError(
            message=f"Blocks of {block_size} of {n_bars} bars, {repetitions} times, "
            "cannot be drawn; give a block size from 1 to the number of bars, and "
            "one repetition or more."
        )


def _nothing(
    n_bars: int, block_size: int, repetitions: int, studentize: bool
) -> DataSnoopingTest:
    return DataSnoopingTest(
        spa_lower=math.nan,
        spa_consistent=math.nan,
        spa_upper=math.nan,
        reality_check=math.nan,
        best=-1,
        studentized=studentize,
        n_trials=0,
        n_bars=n_bars,
        block_size=block_size,
        repetitions=repetitions,
    )


def long_run_deviations(differences: Float64Array2D, block_size: int) -> Float64Array1D:
    """Return the standard deviation of each column that resampled means have.

    The variance that the stationary bootstrap implies ([2]_, equation 3), times the
    number of bars, so that the mean's standard error is it over the bars' root; 0 for a
    column that does not move.
    """
    n_bars = len(differences)
    away = differences - differences.mean(axis=0)
    squares = np.einsum("ij,ij->j", away, away)
    variances = squares / n_bars
    stay = 1.0 - 1.0 / block_size
    for lag in range(1, n_bars):
        share = lag / n_bars
        weight = (1.0 - share) * stay**lag + share * stay ** (n_bars - lag)
        if weight < 1e-12:
            continue
        products = np.einsum("ij,ij->j", away[:-lag], away[lag:])
        variances += 2.0 * weight / n_bars * products
    moving = squares > _FLAT * n_bars * np.abs(differences).max(axis=0) ** 2
    return np.sqrt(np.where(moving, np.maximum(variances, 0.0), 0.0))


def resample_counts(
    n_bars: int, block_size: int, repetitions: int, seed: int
) -> Float64Array2D:
    """Return how often each bar is in each stationary resample, (repetitions, n_bars).

    The draws are those of ``arch.bootstrap.StationaryBootstrap`` with the same seed.
    """
    generator = np.random.default_rng(seed)
    bars = np.arange(n_bars)
    counts = np.empty((repetitions, n_bars))
    at_once = max(1, _DRAWS_AT_ONCE // n_bars)
    for first in range(0, repetitions, at_once):
        rows = min(at_once, repetitions - first)
        starts = np.empty((rows, n_bars), dtype=np.int64)
        lots = np.empty((rows, n_bars))
        for row in range(rows):
            starts[row] = generator.integers(n_bars, size=n_bars)
            generator.random(out=lots[row])
        begins = lots <= 1.0 / block_size
        begins[:, 0] = True
        origin = np.maximum.accumulate(np.where(begins, bars, 0), axis=1)
        drawn = np.take_along_axis(starts, origin, axis=1) + (bars - origin)
        drawn %= n_bars
        drawn += np.arange(rows)[:, None] * n_bars
        told = np.bincount(drawn.reshape(-1), minlength=rows * n_bars)
        counts[first : first + rows] = told.reshape(rows, n_bars)
    return counts


def resampled_means(counts: Float64Array2D, columns: Float64Array2D) -> Float64Array2D:
    """Return the mean of each column in each resample, (repetitions, n_columns)."""
    means: Float64Array2D = counts @ columns / len(columns)
    return means


def _spa(
    counts: Float64Array2D,
    scaled: Float64Array2D,
    differences: Float64Array2D,
    deviations: Float64Array1D,
) -> tuple[float, float, float]:
    means = scaled.mean(axis=0)
    n_bars = len(scaled)
    slack = math.sqrt(2.0 * math.log(math.log(n_bars)) / n_bars)
    relevant = differences.mean(axis=0) >= -slack * deviations
    centres = (
        np.maximum(means, 0.0),
        np.where(relevant, means, 0.0),
        means,
    )
    highest = _highest(counts, scaled, centres)
    lower, consistent, upper = (_share_above(row, means) for row in highest)
    return lower, consistent, upper


def _reality_check(counts: Float64Array2D, differences: Float64Array2D) -> float:
    means = differences.mean(axis=0)
    (highest,) = _highest(counts, differences, (means,))
    return _share_above(highest, means)


def _share_above(highest: Float64Array1D, means: Float64Array1D) -> float:
    """Return how often luck beats the best; always where it is as good as nothing."""
    best = means.max()
    return 1.0 if best == 0.0 else float((highest > best).mean())


def _highest(
    counts: Float64Array2D,
    columns: Float64Array2D,
    centres: tuple[Float64Array1D, ...],
) -> Float64Array2D:
    """Return each resample's best mean over its centre, for each kind of centre."""
    at_once = max(1, _NUMBERS_AT_ONCE // columns.shape[1])
    highest = np.empty((len(centres), len(counts)))
    for first in range(0, len(counts), at_once):
        portion = slice(first, first + at_once)
        means = resampled_means(counts[portion], columns)
        for place, centre in enumerate(centres):
            highest[place, portion] = (means - centre).max(axis=1)
    return highest
