"""What a sweep is given: conditions as numbers, the market, the accounts' rules.

Only layouts and constants: whoever turns a strategy into them needs no kernel for it.

A combination's signals are four lists of clauses, one for each of ``BLOCKS``: a block
holds on a bar where any of its clauses does, a clause where all of its leaves do. All
combinations of one sweep have the same clauses and slots; which leaf stands in a slot
is each combination's own. ``ALWAYS`` and ``NEVER`` fill slots that one does not use.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Int64Array1D,
    UInt8Array2D,
)

BLOCKS: Final = ("long_entry", "long_exit", "short_entry", "short_exit")
"""The conditions of a strategy, in the order of the bits of ``SignalBits``."""

(
    NEVER,
    ALWAYS,
    GIVEN,
    ABOVE,
    AT_LEAST,
    BELOW,
    AT_MOST,
    EQUAL,
    UNEQUAL,
    CROSS_OVER,
    CROSS_UNDER,
    RISING,
    FALLING,
    NOT_RISING,
    NOT_FALLING,
) = range(15)
"""The kinds of leaves. Each is false where a value that it looks at is NaN or lies
before the first bar of its column.

``GIVEN`` holds where ``given[left, bar] & number`` is not 0. ``ABOVE`` to ``UNEQUAL``
compare left to right on one bar. ``CROSS_OVER`` is at or below right a bar ago and
above it now; ``CROSS_UNDER`` its mirror image. ``RISING`` is left above its value a bar
before on each of the last ``number`` bars; ``NOT_RISING`` is left at or below its value
a bar before on any of them.
"""

LEAF_FIELDS: Final = ("kind", "left", "left_shift", "right", "right_shift", "number")
"""A leaf's row: its kind; its columns, right -1 where it is the leaf's constant; by how
many bars back each is read; the bars of a run or the mask of given signals."""
N_LEAF_FIELDS: Final = len(LEAF_FIELDS)

Int32Array1D = np.ndarray[tuple[int], np.dtype[np.int32]]
Int32Array2D = np.ndarray[tuple[int, int], np.dtype[np.int32]]
FinerCandles = tuple[Float64Array1D, Float64Array1D, Float64Array1D]
Candles = tuple[Float64Array1D, Float64Array1D, Float64Array1D, Float64Array1D]

_NO_COLUMNS: Final[npt.NDArray[np.float64]] = np.zeros((0, 0))
_NO_BITS: Final[npt.NDArray[np.uint8]] = np.zeros((0, 0), dtype=np.uint8)


class SweepMarket(NamedTuple):
    """The bars of the span that is walked, and what they cost: the same for all.

    Every array begins at the span's first bar, as those do that ``backtest_kernel`` is
    given for a table of these bars alone.

    Parameters
    ----------
    candles : four of (n_bars,)
        Open, high, low, close; positive; at least one bar.
    open_times : (n_bars,)
        Microseconds since 1970 UTC.
    sell_tax : (n_bars,) or (1,)
    funding_bars, funding_rates : (n_fundings,)
    finer : three of (n_finer,)
    finer_starts : (n_bars + 1,) or (0,)
    bar_length : float
        Microseconds from a bar's open to its close.
    years : float
        From the first open to the last close.
    periods : float
        Bars in a year.
    """

    candles: Candles
    open_times: Int64Array1D
    sell_tax: Float64Array1D
    funding_bars: Int64Array1D
    funding_rates: Float64Array1D
    finer: FinerCandles
    finer_starts: Int64Array1D
    bar_length: float
    years: float
    periods: float


class SweepSignals(NamedTuple):
    """The conditions of every combination.

    Parameters
    ----------
    leaves : (n_leaves, N_LEAF_FIELDS)
        Each distinct leaf once, in the order of ``LEAF_FIELDS``.
    constants : (n_leaves,)
        The right side of a leaf without a right column.
    clause_starts : (n_clauses + 1,)
        Where in the slots each clause begins; a clause without slots always holds.
    block_starts : (5,)
        Where in the clauses each block begins; a block without clauses never holds.
    leaf_of_slot : (n_combinations, n_slots)
        The leaf in each slot.
    columns : (n_columns, n_bars of the data)
        What leaves compare: candles, indicators, arithmetic on them.
    given : (n_given, n_bars of the data)
        Signals that were computed elsewhere, as bits.
    first : int
        The bar of the data on which the span begins; leaves look back past it.
    """

    leaves: Int32Array2D
    constants: Float64Array1D
    clause_starts: Int32Array1D
    block_starts: Int32Array1D
    leaf_of_slot: Int32Array2D
    columns: Float64Array2D = _NO_COLUMNS
    given: UInt8Array2D = _NO_BITS
    first: int = 0


class SweepAccounts(NamedTuple):
    """The rules of every combination.

    Parameters
    ----------
    rules : (n_rules, 20)
        Each distinct set of rules once, as ``engine.backtest.Rules`` orders them.
    rules_of : (n_combinations,)
        The row of each combination; -1 where it cannot be run: its figures are NaN.
    """

    rules: Float64Array2D
    rules_of: Int32Array1D
