"""Does an indicator look ahead, and how long does its start matter: by recomputing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

import numpy as np

from foresto_lab.indicators.indicator import CandleColumns, Indicator
from foresto_lab.types import BoolArray1D, Float64Array1D

_TOLERANCE: Final = 1e-9
_FORGOTTEN: Final = 1e-6


class SlicedCandles(CandleColumns, Protocol):
    """Candles that can be cut, as a CandleTable can."""

    def slice(self, first: int, last: int, /) -> Self:
        """Return the bars from ``first`` up to, not including, ``last``."""
        ...


@dataclass(frozen=True, slots=True)
class LookAhead:
    """A value that later bars changed.

    Parameters
    ----------
    output : str
    bar : int
        The bar whose value changed.
    known : int
        How many bars there were when it was computed first.
    before, after : float
        The value with these bars, and with all.
    """

    output: str
    bar: int
    known: int
    before: float
    after: float

    def __str__(self) -> str:
        """Return it as a sentence."""
        return (
            f"{self.output} of bar {self.bar:,} is {self.before:g} with {self.known:,} "
            f"bars known, and {self.after:g} with all: it looks ahead."
        )


@dataclass(frozen=True, slots=True)
class MeasuredWarmUp:
    """How long an indicator's start matters, as measured on candles.

    Parameters
    ----------
    leading_nan : int
        Bars without a value at the front, the most of any output.
    settling : int
        Bars after which a longer history changes no value by more than a millionth of
        the largest; the number of bars tried where they are never reached.
    first_move : mapping of output to float
        By how much the first value moves with longer history.
    n_bars : int
        How far it was looked.
    """

    leading_nan: int
    settling: int
    first_move: Mapping[str, float]
    n_bars: int

    @property
    def has_settled(self) -> bool:
        """Whether the start was forgotten within the bars that were tried."""
        return self.settling < self.n_bars


def looks_ahead(
    indicator: Indicator,
    table: SlicedCandles,
    params: Mapping[str, Any] | None = None,
    *,
    n_cuts: int = 12,
) -> LookAhead | None:
    """Return the first value that is another on a history cut short, or None.

    Parameters
    ----------
    indicator : Indicator
    table : CandleTable
        Enough candles that there are values: twice the warm-up or more.
    params : mapping, optional
    n_cuts : int
        Where the history is cut: right after the warm-up, before the last bar, and
        between.
    """
    whole = indicator.compute(table, params)
    found = [
        change
        for cut in cut_lengths(len(table), indicator.warm_up(params), n_cuts)
        for change in _changes(indicator.compute(table.slice(0, cut), params), whole)
    ]
    return min(found, key=lambda change: change.bar, default=None)


def cut_lengths(n_bars: int, warm_up: int, n_cuts: int) -> list[int]:
    """Return the lengths to cut a history to, ascending."""
    first = min(warm_up + 1, n_bars - 1)
    if first < 1:
        return []
    spread = np.linspace(first, n_bars - 1, max(n_cuts, 2))
    return sorted({int(length) for length in spread})


def measure_warm_up(
    indicator: Indicator,
    table: SlicedCandles,
    params: Mapping[str, Any] | None = None,
    *,
    n_starts: int = 4,
) -> MeasuredWarmUp:
    """Measure how much the first values still move with longer history.

    The indicator is computed from the beginning, and from several later bars of the
    first half on; where the two agree, the start is forgotten.

    Parameters
    ----------
    indicator : Indicator
    table : CandleTable
        At least four times as long as the indicator is expected to remember.
    params : mapping, optional
    n_starts : int
    """
    whole = indicator.compute(table, params)
    n_bars = len(table) - len(table) // 2
    starts = {
        int(bar) for bar in np.linspace(len(table) // 4, len(table) // 2, n_starts)
    }
    settling, leading = 0, 0
    first_move = dict.fromkeys(whole, 0.0)
    for start in sorted(starts):
        part = indicator.compute(table.slice(start, start + n_bars), params)
        for output, values in part.items():
            longer = whole[output][start : start + n_bars]
            moved = _differs(values, longer, _FORGOTTEN)
            leading = max(leading, _leading_nan(values))
            if moved.any():
                settling = max(settling, int(np.flatnonzero(moved)[-1]) + 1)
            first_move[output] = max(first_move[output], _first_move(values, longer))
    return MeasuredWarmUp(leading, max(settling, leading), first_move, n_bars)


def _changes(
    part: Mapping[str, Float64Array1D], whole: Mapping[str, Float64Array1D]
) -> Iterator[LookAhead]:
    for output, values in part.items():
        later = whole[output][: len(values)]
        changed = np.flatnonzero(_differs(values, later, _TOLERANCE))
        if len(changed):
            bar = int(changed[0])
            yield LookAhead(
                output, bar, len(values), float(values[bar]), float(later[bar])
            )


def _differs(
    values: Float64Array1D, others: Float64Array1D, tolerance: float
) -> BoolArray1D:
    """Return where two columns are not the same, NaN being the same as NaN."""
    finite = np.abs(others[np.isfinite(others)])
    scale = float(finite.max()) if len(finite) else 1.0
    with np.errstate(invalid="ignore"):
        apart = np.abs(values - others) > tolerance * (scale or 1.0)
    result: BoolArray1D = apart | (np.isnan(values) != np.isnan(others))
    return result


def _first_move(values: Float64Array1D, longer: Float64Array1D) -> float:
    first = _leading_nan(values)
    if first >= len(values):
        return 0.0
    return float(abs(values[first] - longer[first]))


def _leading_nan(values: Float64Array1D) -> int:
    known = ~np.isnan(values)
    return int(known.argmax()) if known.any() else len(values)
