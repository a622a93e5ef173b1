"""What the paths are drawn from, as the engine takes it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from foresto_lab.errors import AmountError, InputError, UnknownNameError
from foresto_lab.scenarios.forward.future_sessions import YEAR_SESSIONS
from foresto_lab.scenarios.forward.methods import (
    Bootstrap,
    Dependence,
    Method,
    Parametric,
)
from foresto_lab.types import Float64Array1D, Float64Array2D

DrawArguments: TypeAlias = tuple[
    Float64Array2D, float, Float64Array1D, Float64Array2D, float, np.uint64
]

FEWEST_RETURNS: Final = 20
"""Daily returns below which nothing can be said of a distribution."""
_NEGATIVE: Final = -1e-9
"""An eigenvalue above this is 0 but for rounding."""


@dataclass(frozen=True, eq=False)
class Draws:
    """The source of every path, complete: nothing is left to be matched.

    Parameters
    ----------
    growth : (n_returns, n_assets)
        1 + daily simple returns to resample; no rows for a distribution.
    block_length : float
        Mean length of a block in days; NaN for a distribution.
    means, factor
        Of the distribution: daily means; the covariance's lower triangular root.
    freedom : float
        Degrees of freedom; infinite for normal.
    """

    growth: Float64Array2D
    block_length: float
    means: Float64Array1D
    factor: Float64Array2D
    freedom: float = math.inf

    def arguments(self, seed: int) -> DrawArguments:
        """Return the engine's arguments."""
        restart = 0.0 if math.isnan(self.block_length) else 1.0 / self.block_length
        return (
            self.growth,
            restart,
            self.means,
            self.factor,
            self.freedom,
            np.uint64(seed),
        )


def prepare_draws(
    method: Method,
    growth: Float64Array2D,
    assets: Sequence[str],
    weights: Float64Array1D,
) -> Draws:
    """Return the source of the paths that a method makes of history.

    Parameters
    ----------
    method : Bootstrap or Parametric
    growth : (n_returns, n_assets)
        1 + daily simple returns of history.
    assets : (n_assets,)
    weights : (n_assets,)
        The portfolio's targets, for the block length.

    Raises
    ------
    InputError
        History is too short, a block longer than it, or a stated asset not held.
    """
    if len(growth) < FEWEST_RETURNS:
        raise InputError(
            message=f"The prices give {len(growth)} daily returns of every held asset "
            f"together; futures need at least {FEWEST_RETURNS} to be drawn from. Load "
            "a longer history."
        )
    if isinstance(method, Bootstrap):
        return _resampled(method, growth, weights)
    return _distributed(method, growth, assets)


def _resampled(
    method: Bootstrap, growth: Float64Array2D, weights: Float64Array1D
) -> Draws:
    length = method.block_length
    if length is None:
        length = _suitable_length((growth - 1.0) @ weights, method.dependence)
    elif length > len(growth):
        raise AmountError(
            parameter="block_length",
            given=length,
            allowed=f"no longer than history, which has {len(growth)} daily returns",
        )
    n_assets = growth.shape[1]
    return Draws(growth, length, np.zeros(n_assets), np.zeros((n_assets, n_assets)))


def _suitable_length(returns: Float64Array1D, dependence: Dependence) -> float:
    """Return the block length that keeps together what it is to keep."""
    if dependence is Dependence.RETURNS:
        return optimal_block_length(returns)
    squared = optimal_block_length(returns**2)
    if dependence is Dependence.VOLATILITY:
        return squared
    return max(optimal_block_length(returns), squared)


def optimal_block_length(returns: Float64Array1D) -> float:
    """Return the mean block length that suits a series, 1 to the length of the series.

    For the stationary bootstrap, by Politis and White (2004), with the correction of
    Patton, Politis and White (2009), as the library arch computes it. A series that
    never moves needs no blocks: 1.
    """
    if float(np.ptp(returns)) < 1e-12:
        return 1.0
    from arch.bootstrap import optimal_block_length as find_length

    length = float(find_length(returns)["stationary"].iloc[0])
    return min(max(length, 1.0), float(len(returns))) if length == length else 1.0


def _distributed(
    method: Parametric, growth: Float64Array2D, assets: Sequence[str]
) -> Draws:
    returns = growth - 1.0
    _require_known(method, assets)
    daily_mean = returns.mean(axis=0)
    daily_deviation = returns.std(axis=0, ddof=1)
    means = np.empty(len(assets))
    deviations = np.empty(len(assets))
    for place, asset in enumerate(assets):
        mean = _stated(method.mean, asset)
        means[place] = (
            daily_mean[place]
            if mean is None
            else math.expm1(math.log1p(mean) / YEAR_SESSIONS)
        )
        volatility = _stated(method.volatility, asset)
        deviations[place] = (
            daily_deviation[place]
            if volatility is None
            else volatility / math.sqrt(YEAR_SESSIONS)
        )
    correlation = _correlation(method, returns, assets)
    factor = deviations[:, None] * lower_root(correlation)
    return Draws(
        growth=np.empty((0, len(assets))),
        block_length=math.nan,
        means=means,
        factor=np.ascontiguousarray(factor),
        freedom=math.inf
        if method.degrees_of_freedom is None
        else method.degrees_of_freedom,
    )


def _require_known(method: Parametric, assets: Sequence[str]) -> None:
    for name in ("mean", "volatility", "correlation"):
        stated: Any = getattr(method, name)
        if not isinstance(stated, Mapping):
            continue
        for asset in stated:
            if asset not in assets:
                raise UnknownNameError(
                    kind=f"held asset in {name}=", given=asset, allowed=tuple(assets)
                )


def _stated(given: Mapping[str, float] | float | None, asset: str) -> float | None:
    return given.get(asset) if isinstance(given, Mapping) else given


def _correlation(
    method: Parametric, returns: Float64Array2D, assets: Sequence[str]
) -> Float64Array2D:
    """Return history's correlations, with the stated ones in their place."""
    n_assets = len(assets)
    matrix = np.eye(n_assets)
    moving = np.flatnonzero(np.ptp(returns, axis=0) > 1e-12)
    if len(moving) > 1:
        found = np.corrcoef(returns[:, moving], rowvar=False)
        matrix[np.ix_(moving, moving)] = np.clip(found, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    for place, asset in enumerate(assets):
        for other_place, other in enumerate(assets):
            row = (method.correlation or {}).get(asset, {})
            if other in row:
                matrix[place, other_place] = row[other]
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest < _NEGATIVE:
        raise InputError(
            message=f"The correlations contradict each other: their matrix has the "
            f"eigenvalue {smallest:.6g}, and no returns can have it. Bring the stated "
            "ones nearer to 0, or state them for all held assets."
        )
    return matrix


def lower_root(matrix: Float64Array2D) -> Float64Array2D:
    """Return the lower triangular L with ``L @ L.T`` = matrix (Cholesky).

    A matrix of less than full rank has one too: where nothing is left of a row, its
    column is 0.
    """
    n = len(matrix)
    root = np.zeros((n, n))
    for column in range(n):
        left = matrix[column, column] - float(
            root[column, :column] @ root[column, :column]
        )
        if left <= 1e-12:
            continue
        root[column, column] = math.sqrt(left)
        for row in range(column + 1, n):
            known = float(root[row, :column] @ root[column, :column])
            root[row, column] = (matrix[row, column] - known) / root[column, column]
    return root
