"""Target weights: fractions of NAV that make a portfolio."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from numbers import Real
from typing import Any, Final

import numpy as np

from foresto_lab.errors import WeightError
from foresto_lab.types import Float64Array2D

SUM_TOLERANCE: Final = 1e-9
"""How far a sum of weights may lie from 1 and still mean 1."""
_ROUNDING: Final = 1e-12


def parse_weights(
    given: Mapping[Any, Any], *, where: str = "weights"
) -> dict[Hashable, float]:
    """Return target weights as floats, in the order given.

    Parameters
    ----------
    given : mapping of asset to fraction of NAV
        Each 0 or more; together at most 1. What is missing to 1 stays uninvested.
    where : str
        What the error calls them.

    Raises
    ------
    WeightError
        There is none; one is no number, NaN, infinite or negative; the sum is over 1.
    """
    if not hasattr(given, "items"):
        raise WeightError(
            message=f"{where} must be a mapping of asset to fraction of NAV, such as "
            f"{{'equity': 0.6, 'bond': 0.4}}; given {type(given).__name__}."
        )
    weights = {
        asset: _parse_weight(weight, f"{where}[{asset!r}]")
        for asset, weight in given.items()
    }
    if not weights:
        raise WeightError(message=f"{where} names no asset. Give at least one.")
    _require_sum(weights.values(), where)
    return weights


def targets_with_cash(weights: Float64Array2D) -> Float64Array2D:
    """Return the targets that the engine trades to, cash last; each row sums to 1.

    A sum within 1e-9 of 1 means 1: there is no cash then, and the weights are scaled
    unless the difference is mere rounding.

    Parameters
    ----------
    weights : (n_portfolios, n_assets)

    Returns
    -------
    (n_portfolios, n_assets + 1)
    """
    totals = np.array([math.fsum(row) for row in weights.tolist()])
    rest = 1.0 - totals
    full = np.abs(rest) <= SUM_TOLERANCE
    scale = np.where(full & (np.abs(rest) > _ROUNDING), totals, 1.0)
    targets = np.empty((len(weights), weights.shape[1] + 1))
    targets[:, :-1] = weights / scale[:, None]
    targets[:, -1] = np.where(full, 0.0, rest)
    return targets


def _parse_weight(given: object, where: str) -> float:
    number = isinstance(given, Real) and not isinstance(given, bool)
    weight = float(given) if number else math.nan  # type: ignore[arg-type]
    if math.isfinite(weight) and weight >= 0.0:
        return weight + 0.0  # minus zero becomes zero
    raise WeightError(
        message=f"{where} is {given!r}; a weight is a fraction of NAV, 0 or more, such "
        "as 0.25 for a quarter.",
        weight=given,
    )


def _require_sum(weights: Iterable[float], where: str) -> None:
    total = math.fsum(weights)
    if total > 1.0 + SUM_TOLERANCE:
        raise WeightError(
            message=f"{where} sum to {total:.10g}; they are fractions of NAV and may "
            "sum to at most 1. Scale them, or lower one.",
            total=total,
        )
