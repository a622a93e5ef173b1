"""Momentum of many symbols at a few bars: returns over a window, by symbol."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import types

from foresto_lab.engine._compile import INPUT_2D, OUTPUT_2D, compiled_kernel
from foresto_lab.types import Float64Array2D, Int64Array1D

_SYMBOLS_AT_ONCE: Final = 8
"""Symbols whose scores are written together: one cache line of a decision's row."""
_PLACES: Final = types.Array(types.int64, 1, "C", readonly=True)


@compiled_kernel(
    types.void(INPUT_2D, _PLACES, _PLACES, types.int64, types.int64, OUTPUT_2D)
)
def momentum_kernel(
    values: Float64Array2D,
    close_rows: Int64Array1D,
    decisions: Int64Array1D,
    lookback: int,
    skip: int,
    scores: Float64Array2D,
) -> None:
    """Write ``close[bar - skip] / close[bar - lookback] - 1`` of each decision's bar.

    A close that is missing is the last one before it.

    Parameters
    ----------
    values : (n_rows, n_bars)
    close_rows : (n_symbols,)
        Which rows are closes; NaN where a symbol has no bar.
    decisions : (n_decisions,)
        Bars, ascending.
    lookback, skip : int
        0 <= skip < lookback.
    scores : (n_decisions, n_symbols), out
        NaN where a symbol had no close ``lookback`` bars ago.
    """
    n_symbols, n_bars = close_rows.shape[0], values.shape[1]
    closes = np.empty((_SYMBOLS_AT_ONCE, n_bars))
    for first in range(0, n_symbols, _SYMBOLS_AT_ONCE):
        n_here = min(_SYMBOLS_AT_ONCE, n_symbols - first)
        for i in range(n_here):
            last = np.nan
            row = close_rows[first + i]
            for bar in range(n_bars):
                close = values[row, bar]
                last = last if math.isnan(close) else close
                closes[i, bar] = last
        for decision in range(decisions.shape[0]):
            bar = decisions[decision]
            for i in range(n_here):
                score = np.nan
                if bar >= lookback:
                    score = closes[i, bar - skip] / closes[i, bar - lookback] - 1.0
                scores[decision, first + i] = score
