"""The walk of one portfolio through its sessions: hold, decide, trade.

A portfolio holds units of assets and cash. Cash, the part of the targets that is left
to 1, counts as one more holding; it stands last in every array of holdings.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    INPUT_1D,
    INPUT_2D,
    OUTPUT_1D,
    OUTPUT_2D,
    compiled_kernel,
    kernel_step,
)
from foresto_lab.engine.decisions import (
    DATE_FIRED,
    DRIFT_FIRED,
    ON_BOTH,
    ON_DATE,
    ON_DRIFT,
    ON_EITHER,
)
from foresto_lab.types import (
    BoolArray1D,
    Float64Array1D,
    Float64Array2D,
    Float64Array3D,
    Int64Array1D,
)

WALK_RULE: Final = (
    types.Array(types.boolean, 1, "C", readonly=True),
    types.int64,
    types.float64,
    types.boolean,
    types.boolean,
    types.boolean,
    types.float64,
)
"""Types of a rule's arguments, from ``due`` to ``cost_rate``."""

STRETCH: Final = 32
"""Sessions that holdings are marked ahead; a trade has the rest marked anew."""
TIE: Final = 1e-12
"""Relative slack by which a drift reaches its threshold: a tie is not left to rounding.

Also the turnover below which a trade to the band's edge is no trade.
"""


@kernel_step
def mark(
    prices: Float64Array2D,
    units: Float64Array1D,
    first: int,
    last: int,
    nav: Float64Array1D,
) -> None:
    """Write the value of the units on the sessions from first up to last."""
    n_assets = prices.shape[0]
    marks = nav[first:last]
    for session in range(marks.shape[0]):
        marks[session] = 0.0
    for asset in range(n_assets):
        held = units[asset]
        closes = prices[asset, first:last]
        for session in range(marks.shape[0]):
            marks[session] += held * closes[session]
    for session in range(marks.shape[0]):
        marks[session] += units[n_assets]


@kernel_step
def drift_reached(
    values: Float64Array1D,
    total: float,
    targets: Float64Array1D,
    limits: Float64Array1D,
) -> bool:
    """Return whether any holding has left its target by its limit."""
    reached = False
    for holding in range(targets.shape[0]):
        away = abs(values[holding] - targets[holding] * total)
        reached |= away >= limits[holding] * total
    return reached


@kernel_step
def watch(
    prices: Float64Array2D,
    units: Float64Array1D,
    targets: Float64Array1D,
    limits: Float64Array1D,
    first: int,
    last: int,
    nav: Float64Array1D,
    drifted: BoolArray1D,
) -> None:
    """Write for the sessions from first up to last whether the drift is reached."""
    n_assets = prices.shape[0]
    marks = nav[first:last]
    reached = drifted[first:last]
    held, target, limit = units[n_assets], targets[n_assets], limits[n_assets]
    for session in range(marks.shape[0]):
        away = abs(held - target * marks[session])
        reached[session] = away >= limit * marks[session]
    for asset in range(n_assets):
        held, target, limit = units[asset], targets[asset], limits[asset]
        closes = prices[asset, first:last]
        for session in range(marks.shape[0]):
            away = abs(held * closes[session] - target * marks[session])
            reached[session] |= away >= limit * marks[session]


@kernel_step
def _project_on_band(
    weights: Float64Array1D,
    targets: Float64Array1D,
    bands: Float64Array1D,
    after: Float64Array1D,
) -> None:
    """Write the point of the bands nearest to the weights that sums to 1.

    It is ``clip(weights + shift)`` for the one shift at which the sum is 1. The sum is
    piecewise linear in the shift: find its piece among the sorted corners, then solve.
    """
    n_holdings = targets.shape[0]
    low = np.empty(n_holdings)
    high = np.empty(n_holdings)
    corners = np.empty(2 * n_holdings)
    for holding in range(n_holdings):
        band = bands[holding] if targets[holding] > 0.0 else 0.0
        low[holding] = max(targets[holding] - band, 0.0)
        high[holding] = min(targets[holding] + band, 1.0)
        corners[2 * holding] = low[holding] - weights[holding]
        corners[2 * holding + 1] = high[holding] - weights[holding]
    _sort(corners)
    left, right = 0, 2 * n_holdings - 1
    while right - left > 1:
        middle = (left + right) // 2
        if _clipped_sum(weights, low, high, corners[middle]) <= 1.0:
            left = middle
        else:
            right = middle
    at_left = _clipped_sum(weights, low, high, corners[left])
    at_right = _clipped_sum(weights, low, high, corners[right])
    shift = corners[left]
    if at_right > at_left:
        step = (1.0 - at_left) / (at_right - at_left)
        shift += step * (corners[right] - corners[left])
    for holding in range(n_holdings):
        after[holding] = min(max(weights[holding] + shift, low[holding]), high[holding])


@kernel_step
def _sort(values: Float64Array1D) -> None:
    """Sort a few values in place, by insertion."""
    for i in range(1, values.shape[0]):
        value = values[i]
        place = i
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


@kernel_step
def _clipped_sum(
    weights: Float64Array1D, low: Float64Array1D, high: Float64Array1D, shift: float
) -> float:
    total = 0.0
    for holding in range(weights.shape[0]):
        total += min(max(weights[holding] + shift, low[holding]), high[holding])
    return total


@kernel_step
def decide(on_date: bool, drifted: bool, decision: int) -> int:
    """Return what fires at this close: DATE_FIRED, DRIFT_FIRED, their sum, or 0."""
    fired = (DATE_FIRED if on_date else 0) + (DRIFT_FIRED if drifted else 0)
    if decision == ON_DATE:
        return fired & DATE_FIRED
    if decision == ON_DRIFT:
        return fired & DRIFT_FIRED
    if decision == ON_BOTH:
        return fired if on_date and drifted else 0
    return fired if decision == ON_EITHER else 0


@kernel_step
def traded_weights(
    values: Float64Array1D,
    total: float,
    targets: Float64Array1D,
    bands: Float64Array1D,
    to_edge: bool,
    before: Float64Array1D,
    after: Float64Array1D,
) -> float:
    """Write the weights before and after a trade; return its turnover."""
    for holding in range(targets.shape[0]):
        before[holding] = values[holding] / total
        after[holding] = targets[holding]
    if to_edge:
        _project_on_band(before, targets, bands, after)
    moved = 0.0
    for holding in range(targets.shape[0]):
        moved += abs(after[holding] - before[holding])
    return 0.5 * moved


@kernel_step
def walk(
    prices: Float64Array2D,
    targets: Float64Array1D,
    initial_amount: float,
    due: BoolArray1D,
    decision: int,
    threshold: float,
    relative: bool,
    to_band_edge: bool,
    at_next_close: bool,
    cost_rate: float,
    nav: Float64Array1D,
    weights: Float64Array2D,
    event_sessions: Int64Array1D,
    event_triggers: Int64Array1D,
    event_amounts: Float64Array2D,
    event_weights: Float64Array3D,
) -> tuple[int, float, float]:
    """Walk one portfolio through its sessions; see ``walk_kernel``.

    Only ``nav`` is written when ``weights`` has no columns.
    """
    n_assets, n_sessions = prices.shape
    n_holdings = n_assets + 1
    recording = weights.shape[1] > 0
    watching = decision in (ON_DRIFT, ON_BOTH, ON_EITHER)
    drifted = np.zeros(n_sessions, dtype=np.bool_)
    units = np.empty(n_holdings)
    values = np.empty(n_holdings)
    before = np.empty(n_holdings)
    after = np.empty(n_holdings)
    bands = np.empty(n_holdings)
    limits = np.empty(n_holdings)
    for holding in range(n_holdings):
        target = targets[holding]
        bands[holding] = threshold * target if relative else threshold
        limits[holding] = bands[holding] * (1.0 - TIE) if target > 0.0 else np.inf
        units[holding] = target * initial_amount
    for asset in range(n_assets):
        units[asset] /= prices[asset, 0]
        if recording:
            weights[asset, 0] = targets[asset]
    nav[0] = initial_amount
    pending = 0
    n_events = 0
    total_turnover = 0.0
    total_cost = 0.0

    marked = 1
    for session in range(1, n_sessions):
        # 1. mark the holdings at this close, and ahead for as long as they are held
        if session == marked:
            marked = min(session + STRETCH, n_sessions)
            mark(prices, units, session, marked, nav)
            if watching:
                watch(prices, units, targets, limits, session, marked, nav, drifted)
        if not (drifted[session] or due[session] or pending != 0 or recording):
            continue
        total = nav[session]
        for asset in range(n_assets):
            values[asset] = units[asset] * prices[asset, session]
        values[n_assets] = units[n_assets]

        # 2. trade: on what yesterday decided, or on what fires now
        trigger = pending
        if not at_next_close:
            trigger = decide(due[session], drifted[session], decision)
        traded = False
        if trigger != 0:
            on_date = decision == ON_EITHER and trigger != DRIFT_FIRED
            to_edge = to_band_edge and not on_date
            turnover = traded_weights(
                values, total, targets, bands, to_edge, before, after
            )
            traded = not to_edge or turnover > TIE
        if traded:
            cost = total * turnover * cost_rate
            nav_after = total * (1.0 - turnover * cost_rate)
            if recording:
                event_sessions[n_events] = session
                event_triggers[n_events] = trigger
                event_amounts[n_events, 0] = turnover
                event_amounts[n_events, 1] = cost
                event_amounts[n_events, 2] = total
                event_amounts[n_events, 3] = nav_after
                for asset in range(n_assets):
                    event_weights[n_events, 0, asset] = before[asset]
                    event_weights[n_events, 1, asset] = after[asset]
            n_events += 1
            total_turnover += turnover
            total_cost += cost
            total = nav_after
            for holding in range(n_holdings):
                values[holding] = after[holding] * total
                units[holding] = values[holding]
            for asset in range(n_assets):
                units[asset] /= prices[asset, session]
            nav[session] = total
            marked = session + 1
            drifted[session] = watching and drift_reached(
                values, total, targets, limits
            )

        # 3. decide for tomorrow, on the holdings as they are now
        if at_next_close:
            pending = decide(due[session], drifted[session], decision)

        if recording:
            for asset in range(n_assets):
                held = after[asset] if traded else values[asset] / total
                weights[asset, session] = held
    return n_events, total_turnover, total_cost


@compiled_kernel(
    types.Tuple((types.int64, types.float64, types.float64))(
        INPUT_2D,
        INPUT_1D,
        types.float64,
        *WALK_RULE,
        OUTPUT_1D,
        OUTPUT_2D,
        types.int64[::1],
        types.int64[::1],
        OUTPUT_2D,
        types.float64[:, :, ::1],
    )
)
def walk_kernel(
    prices: Float64Array2D,
    targets: Float64Array1D,
    initial_amount: float,
    due: BoolArray1D,
    decision: int,
    threshold: float,
    relative: bool,
    to_band_edge: bool,
    at_next_close: bool,
    cost_rate: float,
    nav: Float64Array1D,
    weights: Float64Array2D,
    event_sessions: Int64Array1D,
    event_triggers: Int64Array1D,
    event_amounts: Float64Array2D,
    event_weights: Float64Array3D,
) -> tuple[int, float, float]:
    """Write a portfolio's path and events; return their number, turnover and cost.

    Rules are evaluated at each session's close from session 1 on, on the drifted
    weights, and trade at that close or, with ``at_next_close``, at the next one.

    Parameters
    ----------
    prices : (n_assets, n_sessions)
        Positive, without NaN; by asset, as sessions are marked many at a time.
    targets : (n_assets + 1,)
        Fractions of NAV, cash last; they sum to 1.
    initial_amount : base currency
        Invested at the targets at session 0's close, free of cost.
    due : (n_sessions,)
        Whether a periodic date falls on the session.
    decision : NEVER, ON_DATE, ON_DRIFT, ON_BOTH, ON_EITHER
        Which of date and drift make a trade.
    threshold, relative
        The drift's band: fraction of NAV, or of each target; targets of 0 have none.
    to_band_edge : bool
        Whether a trade goes only as far as the band. One that ``ON_EITHER`` makes on
        a date goes to the targets.
    cost_rate : fraction of the traded value
    nav : (n_sessions,), out
        After any trade of the session.
    weights : (n_assets, n_sessions), out
        After any trade of the session; without columns, nothing but nav is written.
    event_sessions, event_triggers : (n_sessions,), out
        Session, and DATE_FIRED + DRIFT_FIRED, of each trade.
    event_amounts : (n_sessions, 4), out
        Turnover, cost, NAV before, NAV after.
    event_weights : (n_sessions, 2, n_assets), out
        Weights before and after.
    """
    return walk(
        prices,
        targets,
        initial_amount,
        due,
        decision,
        threshold,
        relative,
        to_band_edge,
        at_next_close,
        cost_rate,
        nav,
        weights,
        event_sessions,
        event_triggers,
        event_amounts,
        event_weights,
    )
