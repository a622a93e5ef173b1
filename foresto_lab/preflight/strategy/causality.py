"""Two questions on where a history ends and begins, asked by computing signals again.

Cut at the end, nothing computed may change: what does, looked ahead. Cut at the
beginning, what changes tells how long the start is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from foresto_lab.preflight.strategy.readings import bar_time
from foresto_lab.types import BoolArray1D, Float64Array1D

if TYPE_CHECKING:
    from foresto_lab.market.candle_table import CandleTable
    from foresto_lab.strategies import Signals

_TOLERANCE: Final = 1e-9
_NAMES: Final = (
    (1, "long_entry"),
    (2, "long_exit"),
    (4, "short_entry"),
    (8, "short_exit"),
)
_ENTRY_BITS: Final = 1 | 4


@dataclass(frozen=True, slots=True)
class ChangedPast:
    """A value of a past bar that later candles changed."""

    bar: int
    time: str
    column: str
    before: str
    after: str
    known_until: str


@dataclass(frozen=True, slots=True)
class UnsettledStart:
    """Which entries of the first bars a longer history would change.

    ``moved`` is by how much each column's first value moves, in its own unit;
    ``last_bar`` the last bar after the start whose entry comes or goes.
    """

    changed_signals: int
    last_bar: int
    moved: Mapping[str, float]


def find_changed_past(
    compute: Callable[[CandleTable], Signals], table: CandleTable, whole: Signals
) -> ChangedPast | None:
    """Return the first value that is another on a history cut short, or None.

    A cut on which the code raises is passed over: it says nothing of looking ahead.
    """
    found: list[ChangedPast] = []
    for length in cut_lengths(whole):
        try:
            part = compute(table.first(length))
        except Exception:
            continue
        if len(part) == length:
            found.extend(_differences(part, whole, table, length))
    return min(found, key=lambda change: change.bar, default=None)


def cut_lengths(whole: Signals) -> list[int]:
    """Return where to cut: right after some signals, within the start, and between.

    A signal that reads the next candle cannot be there when its own is the last.
    """
    count = len(whole)
    signalled = np.flatnonzero(whole.bits)
    middle_and_ends = sorted({0, len(signalled) // 2, len(signalled) - 1})
    after = {int(signalled[n]) + 1 for n in middle_and_ends if len(signalled)}
    first_values = [
        int(np.isfinite(values).argmax()) for values in whole.columns.values()
    ]
    start = max(first_values, default=0)
    lengths = {start // 2, start + 1, count // 3, 2 * count // 3, count - 1}
    return sorted(length for length in lengths | after if 0 < length < count)


def _differences(
    part: Signals, whole: Signals, table: CandleTable, length: int
) -> Iterator[ChangedPast]:
    def change(bar: int, column: str, before: object, after: object) -> ChangedPast:
        return ChangedPast(
            bar=bar,
            time=bar_time(int(table.open_times[bar])),
            column=column,
            before=str(before),
            after=str(after),
            known_until=bar_time(int(table.open_times[length - 1])),
        )

    for name, values in part.columns.items():
        if name not in whole.columns:
            continue
        now = whole.columns[name][:length]
        bars = differing_bars(values, now)
        if len(bars):
            bar = int(bars[0])
            yield change(bar, name, f"{values[bar]:.6g}", f"{now[bar]:.6g}")
    changed = part.bits ^ whole.bits[:length]
    if changed.any():
        bar = int(changed.argmax())
        bit, name = next((b, n) for b, n in _NAMES if changed[bar] & b)
        yield change(bar, name, bool(part.bits[bar] & bit), bool(whole.bits[bar] & bit))


def differing_bars(before: Float64Array1D, after: Float64Array1D) -> np.ndarray:
    """Return the bars on which two rows differ by more than rounding."""
    if np.array_equal(before.view(np.int64), after.view(np.int64)):
        return np.empty(0, dtype=np.int64)
    same = (before == after) | (np.isnan(before) & np.isnan(after))
    if not same.all():
        size = np.maximum(np.abs(before), np.abs(after))
        same |= np.abs(before - after) <= _TOLERANCE * size
    return np.flatnonzero(~same)


def measure_start(
    compute: Callable[[CandleTable], Signals],
    table: CandleTable,
    whole: Signals,
    *,
    warm_up: int,
    settling: int,
) -> UnsettledStart | None:
    """Return what of the first bars a longer history would change, or None.

    The candles from a third on stand for a run that began there, the whole for one
    with a longer history. None where there are too few candles to tell.
    """
    begin = max(len(table) // 3, min(settling, len(table) // 2))
    length = min(len(table) - begin, max(10 * (warm_up + 1), 3 * settling, 500))
    if begin < 1 or length <= warm_up + 1:
        return None
    try:
        part = compute(table.slice(begin, begin + length))
    except Exception:
        return None
    if len(part) != length:
        return None
    longer = whole.bits[begin : begin + length]
    entries = (part.bits ^ longer) & np.uint8(_ENTRY_BITS)
    changed = _after_warm_up(entries != 0, warm_up)
    last = int(np.flatnonzero(changed)[-1]) if changed.any() else -1
    return UnsettledStart(int(changed.sum()), last, _moved(part, whole, begin))


def _after_warm_up(changed: BoolArray1D, warm_up: int) -> BoolArray1D:
    kept = changed.copy()
    kept[: warm_up + 1] = False
    return kept


def _moved(part: Signals, whole: Signals, begin: int) -> dict[str, float]:
    """Return by how much the first value of each column moves, where it does."""
    moved = {}
    for name, values in part.columns.items():
        known = np.isfinite(values)
        if name not in whole.columns or not known.any():
            continue
        first = int(known.argmax())
        by = abs(float(values[first] - whole.columns[name][begin + first]))
        if np.isfinite(by) and by > _TOLERANCE * abs(float(values[first])):
            moved[name] = by
    return moved
