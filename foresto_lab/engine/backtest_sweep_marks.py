"""Equity marked stretch by stretch, and what becomes of it: sums and drawdown.

Nothing is kept but a block of marks. The sums are those of ``backtest_figures_kernel``,
block by block and place by place; where equity does not change they need no marks, and
where it can neither fall to a new low nor rise to the peak nothing happens to the
drawdown: the extremes of a group of closes say so, as equity rises with them, or falls.
"""

from __future__ import annotations

from foresto_lab.engine._compile import bare_step, inlined_step
from foresto_lab.engine.backtest import (
    BARS_HELD,
    CASH,
    MARGIN,
    PRICE,
    QUANTITY,
    SIDE,
)
from foresto_lab.engine.backtest_figures import (
    BLOCK,
    LANES,
    Drawdown,
    _block_sums,
    _drawdown_after,
    _sums,
)
from foresto_lab.engine.backtest_sweep_levels import (
    FEW,
    FEW_BITS,
    MANY,
    MANY_BITS,
    Extremes,
)
from foresto_lab.engine.summary import AT_PEAK
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D

SHIFT, TOTAL, SQUARES, DOWNSIDE, FLAT_TOTAL, FLAT_SQUARES, N_SUMS = range(7)
"""The running sums: the first return, from which all are taken, and what a whole block
of unchanged equity adds."""
BLOCK_BAR, TOUCHED_FROM, TOUCHED_TO, N_PLACES = range(4)
"""The first bar of the block under way, and which of its places may have a return."""


@inlined_step
def _mark_stretch(
    account: Float64Array1D,
    lows: Extremes,
    highs: Extremes,
    first: int,
    last: int,
    initial: float,
    drawdown: Drawdown,
    marks: Float64Array1D,
    lanes: Float64Array2D,
    sums: Float64Array1D,
    places: Int64Array1D,
    block_edges: Int64Array1D,
    block_sums: Float64Array2D,
) -> Drawdown:
    """Mark the bars from first up to last with one position, and add them up."""
    if first >= last:
        return drawdown
    cash, price, margin = account[CASH], account[PRICE], account[MARGIN]
    held = account[SIDE] * account[QUANTITY]
    closes = lows.bars
    if held == 0.0:
        drawdown = _flat_drawdown(drawdown, cash, first, last)
    else:
        account[BARS_HELD] += last - first
        drawdown = _held_drawdown(
            drawdown, cash, margin, held, price, lows, highs, first, last
        )
    bar = first
    if bar == 0:
        equity = cash if held == 0.0 else cash + (margin + held * (closes[0] - price))
        _begin_sums(
            equity, initial, marks, lanes, sums, places, block_edges, block_sums
        )
        bar = 1
    while bar < last:
        begin = places[BLOCK_BAR]
        end = min(last, begin + BLOCK)
        offset = bar - begin + 1
        if held != 0.0:
            part, prices = marks[offset : end - begin + 1], closes[bar:end]
            for i in range(part.shape[0]):
                part[i] = cash + (margin + held * (prices[i] - price))
            places[TOUCHED_FROM] = min(places[TOUCHED_FROM], offset - 1)
            places[TOUCHED_TO] = end - begin
        elif marks[offset - 1] != cash:
            marks[offset : end - begin + 1] = cash
            places[TOUCHED_FROM] = min(places[TOUCHED_FROM], offset - 1)
            places[TOUCHED_TO] = offset
        elif places[TOUCHED_FROM] < BLOCK or end < begin + BLOCK:
            marks[offset : end - begin + 1] = cash
        else:
            marks[BLOCK] = cash
        bar = end
        if end == begin + BLOCK:
            _add_block(BLOCK, marks, lanes, sums, places, block_edges, block_sums)
    return drawdown


@bare_step
def _begin_sums(
    equity: float,
    initial: float,
    marks: Float64Array1D,
    lanes: Float64Array2D,
    sums: Float64Array1D,
    places: Int64Array1D,
    block_edges: Int64Array1D,
    block_sums: Float64Array2D,
) -> None:
    """Begin the sums with the first bar, whose return all others are taken from."""
    shift = equity / initial - 1.0
    sums[SHIFT] = shift
    sums[TOTAL], sums[SQUARES], sums[DOWNSIDE] = _sums(shift, shift)
    sums[FLAT_TOTAL] = sums[FLAT_SQUARES] = 0.0
    marks[:] = equity
    if shift != 0.0:
        flat = _block_sums(marks, shift, lanes)
        sums[FLAT_TOTAL], sums[FLAT_SQUARES] = flat[0], flat[1]
    places[BLOCK_BAR], places[TOUCHED_FROM], places[TOUCHED_TO] = 1, BLOCK, 0
    for block in range(block_sums.shape[0]):
        if block_edges[block] <= 0 < block_edges[block + 1]:
            block_sums[block, 0] += shift
            block_sums[block, 1] += shift * shift


@bare_step
def _add_block(
    count: int,
    marks: Float64Array1D,
    lanes: Float64Array2D,
    sums: Float64Array1D,
    places: Int64Array1D,
    block_edges: Int64Array1D,
    block_sums: Float64Array2D,
) -> None:
    """Add the returns of a block that is marked, and begin the next."""
    begin, end, shift = places[TOUCHED_FROM], places[TOUCHED_TO], sums[SHIFT]
    if end > begin or (shift != 0.0 and count < BLOCK):
        begin = begin // LANES * LANES if shift == 0.0 else 0
        end = end if shift == 0.0 else count
        total, squares, downside = _block_sums(marks[begin : end + 1], shift, lanes)
        sums[TOTAL] += total
        sums[SQUARES] += squares
        sums[DOWNSIDE] += downside
        if block_sums.shape[0] > 0:
            _share_block(
                marks[begin : end + 1],
                places[BLOCK_BAR] + begin,
                (total, squares, shift),
                lanes,
                block_edges,
                block_sums,
            )
    elif count == BLOCK:
        sums[TOTAL] += sums[FLAT_TOTAL]
        sums[SQUARES] += sums[FLAT_SQUARES]
    marks[0] = marks[count]
    places[BLOCK_BAR] += BLOCK
    places[TOUCHED_FROM], places[TOUCHED_TO] = BLOCK, 0


@bare_step
def _share_block(
    marks: Float64Array1D,
    first: int,
    known: tuple[float, float, float],
    lanes: Float64Array2D,
    block_edges: Int64Array1D,
    block_sums: Float64Array2D,
) -> None:
    """Add the returns of marks, from a bar on, to the blocks the caller asked for.

    The sums of all of them are known, from a shift on; where that is 0 and one block
    has them all, they need not be summed again.
    """
    count = marks.shape[0] - 1
    for block in range(block_sums.shape[0]):
        since = max(block_edges[block] - first, 0)
        until = min(block_edges[block + 1] - first, count)
        if since >= until:
            continue
        total, squares, shift = known
        if shift != 0.0 or until - since < count:
            part = marks[since : until + 1]
            total, squares, _ = _block_sums(part, 0.0, lanes)
        block_sums[block, 0] += total
        block_sums[block, 1] += squares


# --- drawdown ----------------------------------------------------------------------


@inlined_step
def _flat_drawdown(so_far: Drawdown, equity: float, first: int, last: int) -> Drawdown:
    """Return the drawdown after bars of the same equity.

    Below the peak only the first of them can change anything; at the peak the later
    ones only move its bar, unless rounding makes one a trough.
    """
    for bar in range(first, last):
        so_far = _drawdown_after(so_far, equity, bar)
        if equity < so_far.peak * (1.0 - AT_PEAK):
            return so_far
        if so_far.peak_bar == bar and equity >= so_far.trough_level:
            return Drawdown(
                so_far.peak,
                so_far.trough_level,
                so_far.deepest,
                last - 1,
                so_far.deepest_peak_bar,
                so_far.recovery_bar,
            )
    return so_far


@inlined_step
def _held_drawdown(
    so_far: Drawdown,
    cash: float,
    margin: float,
    held: float,
    price: float,
    lows: Extremes,
    highs: Extremes,
    first: int,
    last: int,
) -> Drawdown:
    """Return the drawdown after bars with one position."""
    closes, position = lows.bars, (cash, margin, held, price)
    bar = first
    while bar < last:
        group = bar >> MANY_BITS
        if _is_uneventful(so_far, position, lows.many[group], highs.many[group]):
            bar = (bar | MANY) + 1
            continue
        many_end = min((bar | MANY) + 1, last)
        while bar < many_end:
            group = bar >> FEW_BITS
            few_end = min((bar | FEW) + 1, many_end)
            if _is_uneventful(so_far, position, lows.few[group], highs.few[group]):
                bar = few_end
                continue
            while bar < few_end:
                equity = cash + (margin + held * (closes[bar] - price))
                so_far = _drawdown_after(so_far, equity, bar)
                bar += 1
    return so_far


@inlined_step
def _is_uneventful(
    so_far: Drawdown,
    position: tuple[float, float, float, float],
    low: float,
    high: float,
) -> bool:
    """Return whether closes from low to high leave the drawdown as it is."""
    cash, margin, held, price = position
    one = cash + (margin + held * (low - price))
    other = cash + (margin + held * (high - price))
    is_above: bool = min(one, other) >= so_far.trough_level
    return is_above and max(one, other) < so_far.peak * (1.0 - AT_PEAK)
