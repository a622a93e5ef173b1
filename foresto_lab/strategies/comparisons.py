"""Comparisons of columns, as both JSON and Python strategies make them.

Every function returns one True or False per bar, known at that bar's close, and False
wherever a value that it looks at is NaN or lies before the first bar.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from foresto_lab.types import BoolArray1D, Float64Array1D

Side: TypeAlias = Float64Array1D | float
"""A column of one value per bar, or one number for all of them."""


def crossover(left: Float64Array1D, right: Side) -> BoolArray1D:
    """Return where left rose above right: at or below it a bar ago, above it now."""
    return _crossing(left, right, over=True)


def crossunder(left: Float64Array1D, right: Side) -> BoolArray1D:
    """Return where left fell below right: at or above it a bar ago, below it now."""
    return _crossing(left, right, over=False)


def _crossing(left: Float64Array1D, right: Side, *, over: bool) -> BoolArray1D:
    from foresto_lab.engine.conditions import (
        cross_number_kernel,
        crossover_columns_kernel,
    )

    column = _contiguous(left)
    truth: BoolArray1D = np.empty(len(column), dtype=np.bool_)
    if not isinstance(right, np.ndarray):
        cross_number_kernel(column, float(right), over, truth)
    elif over:
        crossover_columns_kernel(column, _contiguous(right), truth)
    else:
        crossover_columns_kernel(_contiguous(right), column, truth)
    return truth


def rising(column: Float64Array1D, *, bars: int = 1) -> BoolArray1D:
    """Return where each of the last ``bars`` values is above the one before it."""
    return _run(np.greater, column, bars)


def falling(column: Float64Array1D, *, bars: int = 1) -> BoolArray1D:
    """Return where each of the last ``bars`` values is below the one before it."""
    return _run(np.less, column, bars)


def _run(step: np.ufunc, column: Float64Array1D, bars: int) -> BoolArray1D:
    from foresto_lab.engine.conditions import run_kernel

    steps: BoolArray1D = np.zeros(len(column), dtype=np.bool_)
    step(column[1:], column[:-1], out=steps[1:])
    if bars == 1:
        return steps
    truth: BoolArray1D = np.empty(len(column), dtype=np.bool_)
    run_kernel(steps, bars, truth)
    return truth


def between(column: Float64Array1D, low: Side, high: Side) -> BoolArray1D:
    """Return where the column lies from low to high, both included."""
    truth: BoolArray1D = (column >= low) & (column <= high)
    return truth


def shifted(column: Float64Array1D, bars: int) -> Float64Array1D:
    """Return each bar's value of ``bars`` bars ago; NaN before the first.

    Parameters
    ----------
    column : (n_bars,)
    bars : int
        At least 0: values only ever come from the past.
    """
    if bars == 0:
        return column
    moved: Float64Array1D = np.empty(len(column))
    moved[:bars] = np.nan
    moved[bars:] = column[: max(len(column) - bars, 0)]
    return moved


def _contiguous(column: Float64Array1D) -> Float64Array1D:
    return np.ascontiguousarray(column, dtype=np.float64)
