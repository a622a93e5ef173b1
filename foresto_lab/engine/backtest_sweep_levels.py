"""Where a level is reached: bars are leapt over by the extremes of whole groups."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import types

from foresto_lab.engine._compile import INPUT_1D, inlined_step
from foresto_lab.engine.backtest import HIGHEST, LOWEST, SIDE, Rules
from foresto_lab.types import Float64Array1D

FEW_BITS: Final = 4
MANY_BITS: Final = 8
FEW: Final = (1 << FEW_BITS) - 1
MANY: Final = (1 << MANY_BITS) - 1
"""Groups have 16 and 256 bars; this bit mask takes a bar to its group's last."""


class Extremes(NamedTuple):
    """A column of prices with its least or greatest in each group of bars.

    Parameters
    ----------
    bars : (n_bars,)
    few : (n_bars / 16,)
    many : (n_bars / 256,)
    """

    bars: Float64Array1D
    few: Float64Array1D
    many: Float64Array1D


Grouped: TypeAlias = tuple[Float64Array1D, Float64Array1D, Float64Array1D]
EXTREMES: Final = types.UniTuple(INPUT_1D, 3)


def extremes_of(column: Float64Array1D, extreme: np.ufunc) -> Grouped:
    """Return a column with the extremes, np.minimum or np.maximum, of its groups."""
    few = _grouped(column, extreme, 1 << FEW_BITS)
    return column, few, _grouped(few, extreme, 1 << (MANY_BITS - FEW_BITS))


def _grouped(column: Float64Array1D, extreme: np.ufunc, length: int) -> Float64Array1D:
    starts: npt.NDArray[np.int64] = np.arange(0, len(column), length)
    grouped: Float64Array1D = extreme.reduceat(column, starts)
    return grouped


@inlined_step
def _first_reach(
    tops: Extremes,
    bottoms: Extremes,
    floor: float,
    ceiling: float,
    first: int,
    last: int,
) -> int:
    """Return the first bar, up to ``last``, at or below a floor or above a ceiling."""
    bar = first
    while bar < last:
        group = bar >> MANY_BITS
        if bottoms.many[group] > floor and tops.many[group] < ceiling:
            bar = (bar | MANY) + 1
            continue
        many_end = min((bar | MANY) + 1, last)
        while bar < many_end:
            group = bar >> FEW_BITS
            few_end = min((bar | FEW) + 1, last)
            if bottoms.few[group] <= floor or tops.few[group] >= ceiling:
                while bar < few_end:
                    if bottoms.bars[bar] <= floor or tops.bars[bar] >= ceiling:
                        return bar
                    bar += 1
            bar = few_end
    return last


@inlined_step
def _first_trailed(
    account: Float64Array1D,
    rules: Rules,
    tops: Extremes,
    bottoms: Extremes,
    floor: float,
    ceiling: float,
    first: int,
    last: int,
) -> int:
    """Return the first bar of a level where a trailing stop moves with the bars.

    Groups are left out that reach no level even behind their own best price.
    """
    is_long = account[SIDE] > 0.0
    kept, beyond = 1.0 - rules.trailing_stop, 1.0 + rules.trailing_stop
    highest, lowest = account[HIGHEST], account[LOWEST]
    bar, found = first, last
    while bar < last:
        end = min((bar | FEW) + 1, last)
        group = bar >> FEW_BITS
        low, high = bottoms.few[group], tops.few[group]
        top, bottom = max(high, highest), min(low, lowest)
        trailed = low <= top * kept if is_long else high >= bottom * beyond
        whole = (bar & FEW) == 0 and end == bar + FEW + 1
        if whole and not (trailed or low <= floor or high >= ceiling):
            highest, lowest = top, bottom
            bar = end
            continue
        while bar < end:
            low, high = bottoms.bars[bar], tops.bars[bar]
            top, bottom = max(high, highest), min(low, lowest)
            trailed = low <= top * kept if is_long else high >= bottom * beyond
            if trailed or low <= floor or high >= ceiling:
                found = bar
                break
            highest, lowest = top, bottom
            bar += 1
        if found != last:
            break
    account[HIGHEST], account[LOWEST] = highest, lowest
    return found
