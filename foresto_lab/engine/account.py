"""The walk of an account: every cost and tax, lots, cash flows, targets that change.

It is the second kernel beside the plain walk, which stays as it is and is faster. At
each session's close, in this order: holdings are marked; distributions are reinvested
net of tax; the fee is taken; money comes in or goes out; the rule is evaluated on the
weights then; it trades; at a year's end the tax on gains is paid.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    INPUT_2D,
    OUTPUT_1D,
    OUTPUT_2D,
    bare_step,
    compiled_kernel,
    kernel_step,
)
from foresto_lab.engine.account_flows import contribute, distribute, withdraw
from foresto_lab.engine.account_lots import add_lot, gains_tax_of_year
from foresto_lab.engine.account_terms import (
    ACCOUNT_CHARGES,
    ACCOUNT_FLOWS,
    ACCOUNT_RULE,
    AVERAGE,
    CAPITAL_GAINS_TAX,
    CLOSES,
    COMMISSION_MINIMUM,
    COMMISSION_RATE,
    CONVERSION_RATE,
    GAINS_TAX_RATE,
    IMPACT_RATE,
    MANAGEMENT_FEE,
    N_BOOK,
    N_COST_PARTS,
    N_LEDGER,
    N_RATES,
    NO_LOTS,
    PLANNED_UNITS,
    PLANNED_VALUES,
    REALIZED_GAIN,
    SALES_TAX_RATE,
    SCHEDULE_FIRED,
    SPREAD_RATE,
    TRADE_GAINS,
    UNITS,
    VALUES,
    YEAR_GAINS,
    AccountCharges,
    AccountFlowArrays,
    AccountRule,
    Settlement,
)
from foresto_lab.engine.account_trade import (
    AS_TRADED,
    NOTHING,
    TO_WEIGHTS,
    WHOLE,
    book_trade,
    plan_at_turnover,
    solve_trade,
)
from foresto_lab.engine.decisions import (
    DATE_FIRED,
    ON_BOTH,
    ON_DRIFT,
    ON_EITHER,
)
from foresto_lab.engine.walk import (
    STRETCH,
    TIE,
    decide,
    drift_reached,
    mark,
    traded_weights,
    watch,
)
from foresto_lab.types import (
    BoolArray1D,
    Float64Array1D,
    Float64Array2D,
    Float64Array3D,
    Int64Array1D,
)


def busy_sessions(
    rule: AccountRule,
    row_of_session: Int64Array1D,
    charges: AccountCharges,
    flows: AccountFlowArrays,
) -> BoolArray1D:
    """Return the sessions on which more may happen than a drift; all paths share them.

    Returns
    -------
    (n_sessions,)
    """
    busy: BoolArray1D = rule.due | (flows.amounts != 0.0) | (flows.nav_rates != 0.0)
    busy |= charges.fee_rate != 0.0
    busy[1:] |= row_of_session[1:] != row_of_session[:-1]
    if charges.distribution_yield.shape[1] > 0:
        busy |= (charges.distribution_yield != 0.0).any(axis=0)
    if charges.gains_method != NO_LOTS:
        busy |= charges.year_ends
    busy[0] = False
    return busy


@bare_step
def _open_book(
    prices: Float64Array2D,
    targets: Float64Array1D,
    initial_amount: float,
    whole_shares: bool,
    book: Float64Array2D,
) -> None:
    """Write the holdings at day 0's close: at their targets, bought free of cost."""
    cash = prices.shape[0]
    left = initial_amount
    for asset in range(cash):
        close = prices[asset, 0]
        bought = targets[asset] * initial_amount / close
        if whole_shares:
            bought = math.floor(bought * WHOLE)
            left -= bought * close
        book[UNITS, asset] = bought
        book[VALUES, asset] = bought * close
    book[UNITS, cash] = left if whole_shares else targets[cash] * initial_amount
    book[VALUES, cash] = book[UNITS, cash]


@bare_step
def _look_up(
    prices: Float64Array2D,
    sales_tax: Float64Array2D,
    tax_period: int,
    impact_coefficient: Float64Array1D,
    impact_scale: Float64Array2D,
    session: int,
    book: Float64Array2D,
    rates: Float64Array2D,
) -> None:
    """Write the session's closes, values, and the rates that change by session."""
    cash = prices.shape[0]
    has_impact = impact_scale.shape[1] > 0
    for asset in range(cash):
        book[CLOSES, asset] = prices[asset, session]
        book[VALUES, asset] = book[UNITS, asset] * book[CLOSES, asset]
        rates[SALES_TAX_RATE, asset] = sales_tax[asset, tax_period]
        rates[IMPACT_RATE, asset] = 0.0
        if has_impact:
            scale = impact_scale[asset, session]
            rates[IMPACT_RATE, asset] = impact_coefficient[asset] * scale
    book[VALUES, cash] = book[UNITS, cash]


@bare_step
def _set_limits(
    targets: Float64Array1D,
    threshold: float,
    relative: bool,
    bands: Float64Array1D,
    limits: Float64Array1D,
) -> None:
    """Write the bands around the targets, and the drifts that reach them."""
    for holding in range(targets.shape[0]):
        target = targets[holding]
        bands[holding] = threshold * target if relative else threshold
        limits[holding] = bands[holding] * (1.0 - TIE) if target > 0.0 else np.inf


@kernel_step
def _has_trading_costs(charges: AccountCharges) -> bool:
    """Return whether trades have other costs than one in proportion to turnover."""
    total = charges.transaction_tax.sum()
    total += charges.commission_rate.sum() + charges.commission_minimum.sum()
    total += charges.spread_rate.sum() + charges.conversion_rate.sum()
    if charges.impact_scale.shape[1] > 0:
        total += charges.impact_coefficient.sum()
    return bool(total > 0.0)


@bare_step
def _whole_share_turnover(
    book: Float64Array2D,
    before: Float64Array1D,
    after: Float64Array1D,
    nav_after: float,
) -> tuple[float, bool]:
    """Write the weights of whole shares; return turnover, and whether any moves."""
    cash = before.shape[0] - 1
    moved, moves = 0.0, False
    for holding in range(cash + 1):
        after[holding] = book[PLANNED_VALUES, holding] / nav_after
        moved += abs(after[holding] - before[holding])
    for asset in range(cash):
        moves |= book[PLANNED_UNITS, asset] != book[UNITS, asset]
    return 0.5 * moved, moves


@kernel_step
def account_walk(
    prices: Float64Array2D,
    target_rows: Float64Array2D,
    row_of_session: Int64Array1D,
    initial_amount: float,
    rule: AccountRule,
    charges: AccountCharges,
    flows: AccountFlowArrays,
    busy: BoolArray1D,
    whole_shares: bool,
    nav: Float64Array1D,
    cash_flow: Float64Array1D,
    totals: Float64Array1D,
    weights: Float64Array2D,
    event_sessions: Int64Array1D,
    event_triggers: Int64Array1D,
    event_amounts: Float64Array2D,
    event_weights: Float64Array3D,
    event_ledger: Float64Array2D,
    session_ledger: Float64Array2D,
) -> tuple[int, float, float, int, float]:
    """Walk one account through its sessions; see ``account_kernel``.

    Only ``nav``, ``cash_flow`` and ``totals`` are written when ``weights`` has no
    columns.
    """
    n_assets, n_sessions = prices.shape
    n_holdings = n_assets + 1
    due, decision, threshold = rule.due, rule.decision, rule.threshold
    relative, to_band_edge = rule.relative, rule.to_band_edge
    at_next_close = rule.at_next_close
    amounts, nav_rates, toward = flows.amounts, flows.nav_rates, flows.toward
    fee_rate, year_ends = charges.fee_rate, charges.year_ends
    sales_tax, tax_period = charges.transaction_tax, charges.transaction_tax_period
    impact_coefficient, impact_scale = charges.impact_coefficient, charges.impact_scale
    distribution_yield = charges.distribution_yield
    distribution_tax = charges.distribution_tax
    at_year_end = charges.gains_at_year_end
    method = charges.gains_method
    settlement = Settlement(
        charges.proportional_rate,
        charges.gains_allowance,
        method,
        not at_year_end,
        whole_shares,
    )
    has_distributions = distribution_yield.shape[1] > 0
    recording = weights.shape[1] > 0
    watching = decision in (ON_DRIFT, ON_BOTH, ON_EITHER)
    drifted = np.zeros(n_sessions, dtype=np.bool_)
    targets = np.empty(n_holdings)
    watched = np.empty(n_holdings)
    before = np.empty(n_holdings)
    after = np.empty(n_holdings)
    bands = np.empty(n_holdings)
    limits = np.empty(n_holdings)
    book = np.zeros((N_BOOK, n_holdings))
    values = book[VALUES]
    units = book[UNITS]
    rates = np.empty((N_RATES, n_assets))
    parts = np.zeros(N_COST_PARTS)
    ledger = np.zeros(N_LEDGER)
    room = 0 if method == NO_LOTS else (1 if method == AVERAGE else n_sessions)
    lots = np.empty((2, n_assets, room))
    places = np.zeros((3, n_assets), dtype=np.int64)

    free = pro_rata = charges.proportional_rate < 0.0  # variables: compiled once
    targets_row = row_of_session[0]
    limits_row = row_of_session[0]
    for holding in range(n_holdings):
        targets[holding] = target_rows[targets_row, holding]
        watched[holding] = targets[holding]
    _set_limits(watched, threshold, relative, bands, limits)
    _open_book(prices, targets, initial_amount, whole_shares, book)
    for asset in range(n_assets):
        rates[COMMISSION_RATE, asset] = charges.commission_rate[asset]
        rates[COMMISSION_MINIMUM, asset] = charges.commission_minimum[asset]
        rates[SPREAD_RATE, asset] = charges.spread_rate[asset]
        rates[CONVERSION_RATE, asset] = charges.conversion_rate[asset]
        rates[GAINS_TAX_RATE, asset] = charges.gains_tax[asset]
        if method != NO_LOTS and units[asset] > 0.0:
            add_lot(lots, places, asset, units[asset], values[asset], 0, method)
        if recording:
            weights[asset, 0] = targets[asset]
            if whole_shares:
                weights[asset, 0] = values[asset] / initial_amount
    totals[:] = 0.0
    cash_flow[:] = 0.0
    nav[0] = initial_amount
    if recording:
        session_ledger[:] = 0.0
    at_turnover = not whole_shares and not (
        _has_trading_costs(charges)
        or (method != NO_LOTS and not at_year_end and charges.gains_tax.sum() > 0.0)
    )
    pending = 0
    n_events = 0
    total_turnover = 0.0
    year_tax = 0.0
    unmet = 0.0
    ruin = -1

    marked = 1
    for session in range(1, n_sessions):
        # 1. mark the holdings at this close, and ahead for as long as they are held
        if session == marked:
            marked = min(session + STRETCH, n_sessions)
            mark(prices, units, session, marked, nav)
            if watching and ruin < 0:
                watch(
                    prices,
                    units,
                    watched,
                    limits,
                    session,
                    marked,
                    nav,
                    drifted,
                )
        total = nav[session]
        if ruin >= 0:
            unmet += max(-amounts[session], 0.0)
            if recording:
                weights[:, session] = 0.0
            continue
        if not (drifted[session] or busy[session] or pending != 0):
            if recording:
                for asset in range(n_assets):
                    held = units[asset] * prices[asset, session]
                    weights[asset, session] = held / total
            continue
        _look_up(
            prices,
            sales_tax,
            tax_period[session],
            impact_coefficient,
            impact_scale,
            session,
            book,
            rates,
        )
        changed = False
        new_row = row_of_session[session] != row_of_session[session - 1]
        row = row_of_session[session - 1 if at_next_close else session]
        if targets_row != row:
            targets_row = row
            for holding in range(n_holdings):
                targets[holding] = target_rows[row, holding]

        # 2. to 4. distributions, the fee, money in or out
        if busy[session]:
            if has_distributions:
                received = distribute(
                    book,
                    lots,
                    places,
                    settlement,
                    distribution_yield,
                    distribution_tax,
                    session,
                    ledger,
                )
                changed |= received > 0.0
                total += received
            fee = fee_rate[session] * total
            if fee > 0.0:
                total, paid = withdraw(
                    book,
                    rates,
                    lots,
                    places,
                    parts,
                    settlement,
                    year_tax,
                    targets,
                    before,
                    pro_rata,
                    free,
                    session,
                    total,
                    fee,
                    ledger,
                )
                year_tax += parts[CAPITAL_GAINS_TAX]
                ledger[MANAGEMENT_FEE] += paid
                changed = True
            flow = amounts[session] + nav_rates[session] * total
            if flow > 0.0 and total > 0.0:
                total = contribute(
                    book,
                    rates,
                    lots,
                    places,
                    parts,
                    settlement,
                    year_tax,
                    targets,
                    toward[session],
                    session,
                    total,
                    flow,
                    ledger,
                )
                year_tax += parts[CAPITAL_GAINS_TAX]
                cash_flow[session] = flow
                changed = True
            elif flow < 0.0 and total > 0.0:
                at_hand = total
                total, paid = withdraw(
                    book,
                    rates,
                    lots,
                    places,
                    parts,
                    settlement,
                    year_tax,
                    targets,
                    before,
                    toward[session],
                    not free,
                    session,
                    total,
                    -flow,
                    ledger,
                )
                year_tax += parts[CAPITAL_GAINS_TAX]
                cash_flow[session] = -paid
                if -flow - paid > NOTHING * at_hand:
                    unmet += -flow - paid
                changed = True
            if limits_row != row:
                limits_row = row
                _set_limits(targets, threshold, relative, bands, limits)
            if changed or new_row:
                drifted[session] = (
                    watching
                    and total > 0.0
                    and drift_reached(values, total, targets, limits)
                )

        # 5. and 6. trade: on what yesterday decided, or on what fires now
        trigger = pending
        if not at_next_close:
            trigger = decide(due[session], drifted[session], decision)
            trigger += SCHEDULE_FIRED if new_row else 0
        traded = False
        if trigger != 0 and total > 0.0:
            on_date = decision == ON_EITHER and trigger & DATE_FIRED != 0
            to_edge = to_band_edge and not on_date and trigger < SCHEDULE_FIRED
            turnover = traded_weights(
                values, total, targets, bands, to_edge, before, after
            )
            if not to_edge or turnover > TIE:
                if at_turnover:
                    nav_after = plan_at_turnover(
                        book,
                        rates,
                        lots,
                        places,
                        parts,
                        settlement,
                        after,
                        turnover,
                        total,
                    )
                else:
                    nav_after = solve_trade(
                        book,
                        rates,
                        lots,
                        places,
                        parts,
                        settlement,
                        year_tax,
                        after,
                        TO_WEIGHTS,
                        0.0,
                        True,
                        AS_TRADED if whole_shares else turnover * total,
                        total,
                        0.0,
                    )
                traded = nav_after > 0.0
                if traded and whole_shares:
                    turnover, traded = _whole_share_turnover(
                        book, before, after, nav_after
                    )
        if traded:
            if recording:
                event_sessions[n_events] = session
                event_triggers[n_events] = trigger
                event_amounts[n_events, 0] = turnover
                event_amounts[n_events, 1] = 0.0
                for part in range(N_COST_PARTS):
                    event_amounts[n_events, 1] += parts[part]
                event_amounts[n_events, 2] = total
                event_amounts[n_events, 3] = nav_after
                for asset in range(n_assets):
                    event_weights[n_events, 0, asset] = before[asset]
                    event_weights[n_events, 1, asset] = after[asset]
            book_trade(book, lots, places, parts, settlement, session, total, ledger)
            if recording:
                for part in range(N_COST_PARTS):
                    event_ledger[n_events, part] = parts[part]
                gain = 0.0
                for asset in range(n_assets):
                    gain += book[TRADE_GAINS, asset]
                event_ledger[n_events, REALIZED_GAIN] = gain
            year_tax += parts[CAPITAL_GAINS_TAX]
            n_events += 1
            total_turnover += turnover
            total = nav_after
            changed = True

        # 7. the tax on the year's gains
        exact = traded
        if method != NO_LOTS and year_ends[session] and total > 0.0:
            for asset in range(n_assets):
                book[TRADE_GAINS, asset] = 0.0
            tax = gains_tax_of_year(book, rates, settlement.gains_allowance)
            for asset in range(n_assets):
                book[YEAR_GAINS, asset] = 0.0
            year_tax = 0.0
            if at_year_end and tax > 0.0:
                total, paid = withdraw(
                    book,
                    rates,
                    lots,
                    places,
                    parts,
                    settlement,
                    year_tax,
                    targets,
                    before,
                    pro_rata,
                    free,
                    session,
                    total,
                    tax,
                    ledger,
                )
                ledger[CAPITAL_GAINS_TAX] += paid
                changed = True
                exact = exact and not whole_shares

        if changed:
            nav[session] = max(total, 0.0)
            marked = session + 1
            for part in range(N_LEDGER):
                totals[part] += ledger[part]
                if recording:
                    session_ledger[session, part] = ledger[part]
                ledger[part] = 0.0
            if total <= 0.0:
                ruin = session
                pending = 0
                units[:] = 0.0
                drifted[session:] = False

        # 8. decide for tomorrow, on the holdings as they are now
        if new_row:
            marked = session + 1
            limits_row = row_of_session[session]
            for holding in range(n_holdings):
                watched[holding] = target_rows[limits_row, holding]
            _set_limits(watched, threshold, relative, bands, limits)
        if at_next_close and ruin < 0:
            if changed or new_row:
                drifted[session] = watching and drift_reached(
                    values, total, watched, limits
                )
            pending = decide(due[session], drifted[session], decision)
            pending += SCHEDULE_FIRED if new_row else 0

        if recording:
            for asset in range(n_assets):
                held = 0.0
                if exact:
                    held = after[asset]
                elif total > 0.0:
                    held = values[asset] / total
                weights[asset, session] = held
    total_cost = 0.0
    for part in range(N_COST_PARTS):
        total_cost += totals[part]
    return n_events, total_turnover, total_cost, ruin, unmet


@compiled_kernel(
    types.Tuple(
        (types.int64, types.float64, types.float64, types.int64, types.float64)
    )(
        INPUT_2D,
        OUTPUT_2D,
        types.int64[::1],
        types.float64,
        ACCOUNT_RULE,
        ACCOUNT_CHARGES,
        ACCOUNT_FLOWS,
        types.boolean[::1],
        types.boolean,
        OUTPUT_1D,
        OUTPUT_1D,
        OUTPUT_1D,
        OUTPUT_2D,
        types.int64[::1],
        types.int64[::1],
        OUTPUT_2D,
        types.float64[:, :, ::1],
        OUTPUT_2D,
        OUTPUT_2D,
    )
)
def account_kernel(
    prices: Float64Array2D,
    target_rows: Float64Array2D,
    row_of_session: Int64Array1D,
    initial_amount: float,
    rule: AccountRule,
    charges: AccountCharges,
    flows: AccountFlowArrays,
    busy: BoolArray1D,
    whole_shares: bool,
    nav: Float64Array1D,
    cash_flow: Float64Array1D,
    totals: Float64Array1D,
    weights: Float64Array2D,
    event_sessions: Int64Array1D,
    event_triggers: Int64Array1D,
    event_amounts: Float64Array2D,
    event_weights: Float64Array3D,
    event_ledger: Float64Array2D,
    session_ledger: Float64Array2D,
) -> tuple[int, float, float, int, float]:
    """Write an account's path, events and ledger.

    Parameters
    ----------
    prices : (n_assets, n_sessions), base currency
        Positive, without NaN.
    target_rows : (n_rows, n_assets + 1)
        Fractions of NAV, cash last; each sums to 1.
    row_of_session : (n_sessions,)
        The row in force from the session's close on. A new row is a trade to it, at
        that close or, with ``rule.at_next_close``, at the next one.
    initial_amount : base currency
        Invested at session 0's close, free of cost; of whole shares as many as fit.
    rule, charges, flows
        See ``account_terms``; writable C-contiguous arrays.
    busy : (n_sessions,)
        From ``busy_sessions``.
    whole_shares : bool
        Hold whole numbers of units; the rest is cash.
    nav : (n_sessions,), out
        After everything of the session; 0 from a ruin on.
    cash_flow : (n_sessions,), out
        What came in (+) or was paid out (-); what could not be paid is not in it.
    totals : (N_LEDGER,), out
        Cost parts and realized gain of the whole walk.
    weights : (n_assets, n_sessions), out
        After everything of the session; without columns, it and what follows is not
        written.
    event_sessions, event_triggers : (n_sessions,), out
        Session, and DATE_FIRED + DRIFT_FIRED + SCHEDULE_FIRED, of each trade.
    event_amounts : (n_sessions, 4), out
        Turnover, cost, NAV before and after: after the session's flow, and before a
        year's end takes its tax.
    event_weights : (n_sessions, 2, n_assets), out
        Weights before and after.
    event_ledger : (n_sessions, N_LEDGER), out
        Cost parts and realized gain of each trade.
    session_ledger : (n_sessions, N_LEDGER), out
        Those of all that happened on each session.

    Returns
    -------
    n_events, turnover, total_cost, ruin_session, unmet
        The session of the ruin is -1 where there is none. Unmet is what withdrawals
        asked for, of ``flows.amounts``, that the account could not pay.
    """
    return account_walk(
        prices,
        target_rows,
        row_of_session,
        initial_amount,
        rule,
        charges,
        flows,
        busy,
        whole_shares,
        nav,
        cash_flow,
        totals,
        weights,
        event_sessions,
        event_triggers,
        event_amounts,
        event_weights,
        event_ledger,
        session_ledger,
    )
