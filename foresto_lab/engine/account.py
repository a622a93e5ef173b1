"""The walk of an account: every cost and tax, lots, cash flows, targets that change.

It is the second kernel beside the plain walk, which stays as it is and is faster. At
each session's close, in this order: holdings are marked; distributions are reinvested
net of tax; the fee is taken; money comes in or goes out; the rule is evaluated on the
weights then; it trades; at a year's end the tax on gains is paid.
"""

from __future__ import annotations

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    INPUT_2D,
    OUTPUT_1D,
    OUTPUT_2D,
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
    MANAGEMENT_FEE,
    N_COST_PARTS,
    N_LEDGER,
    NO_LOTS,
    SCHEDULE_FIRED,
    AccountCharges,
    AccountFlowArrays,
    AccountRule,
    AccountState,
)
from foresto_lab.engine.account_trade import (
    NOTHING,
    TO_WEIGHTS,
    WHOLE,
    book_trade,
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
    busy = rule.due | (flows.amounts != 0.0) | (flows.nav_rates != 0.0)
    busy |= charges.fee_rate != 0.0
    busy[1:] |= row_of_session[1:] != row_of_session[:-1]
    if charges.distribution_yield.shape[1] > 0:
        busy |= (charges.distribution_yield != 0.0).any(axis=0)
    if charges.gains_method != NO_LOTS:
        busy |= charges.year_ends
    busy[0] = False
    return busy


@kernel_step
def _open_account(
    prices: Float64Array2D,
    targets: Float64Array1D,
    initial_amount: float,
    whole_shares: bool,
    method: int,
) -> AccountState:
    """Return the account at day 0's close: at its targets, bought free of cost."""
    n_assets, n_sessions = prices.shape
    room = 0 if method == NO_LOTS else (1 if method == AVERAGE else n_sessions)
    account = AccountState(
        np.empty(n_assets + 1),
        np.empty(n_assets + 1),
        np.empty(n_assets + 1),
        np.empty(n_assets + 1),
        np.empty(n_assets),
        np.zeros(n_assets),
        np.zeros(N_COST_PARTS),
        np.zeros(n_assets),
        np.zeros(n_assets),
        np.zeros(1),
        np.empty((n_assets, room)),
        np.empty((n_assets, room)),
        np.zeros(n_assets, dtype=np.int64),
        np.zeros(n_assets, dtype=np.int64),
        np.zeros(n_assets, dtype=np.int64),
    )
    cash = initial_amount
    for asset in range(n_assets):
        close = prices[asset, 0]
        bought = targets[asset] * initial_amount / close
        if whole_shares:
            bought = float(np.floor(bought * WHOLE))
            cash -= bought * close
        account.units[asset] = bought
        account.values[asset] = bought * close
        if method != NO_LOTS and bought > 0.0:
            add_lot(account, asset, bought, bought * close, 0, method)
    account.units[n_assets] = (
        cash if whole_shares else targets[n_assets] * initial_amount
    )
    account.values[n_assets] = account.units[n_assets]
    return account


@kernel_step
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
def _planned_turnover(
    account: AccountState,
    before: Float64Array1D,
    after: Float64Array1D,
    nav_after: float,
) -> tuple[float, bool]:
    """Write the weights of whole shares; return turnover, and whether any moves."""
    moved, moves = 0.0, False
    for holding in range(before.shape[0]):
        after[holding] = account.planned_values[holding] / nav_after
        moved += abs(after[holding] - before[holding])
        if holding < before.shape[0] - 1:
            moves |= account.planned_units[holding] != account.units[holding]
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
    recording = weights.shape[1] > 0
    watching = rule.decision in (ON_DRIFT, ON_BOTH, ON_EITHER)
    has_lots = charges.gains_method != NO_LOTS
    has_distributions = charges.distribution_yield.shape[1] > 0
    drifted = np.zeros(n_sessions, dtype=np.bool_)
    before = np.empty(n_holdings)
    after = np.empty(n_holdings)
    bands = np.empty(n_holdings)
    limits = np.empty(n_holdings)
    ledger = np.zeros(N_LEDGER)
    account = _open_account(
        prices,
        target_rows[row_of_session[0]],
        initial_amount,
        whole_shares,
        charges.gains_method,
    )
    units, values, closes = account.units, account.values, account.closes
    limits_row = row_of_session[0]
    _set_limits(target_rows[limits_row], rule.threshold, rule.relative, bands, limits)
    for part in range(N_LEDGER):
        totals[part] = 0.0
    for session in range(n_sessions):
        cash_flow[session] = 0.0
    nav[0] = initial_amount
    if recording:
        for asset in range(n_assets):
            weights[asset, 0] = target_rows[limits_row, asset]
            if whole_shares:
                weights[asset, 0] = values[asset] / initial_amount
        for session in range(n_sessions):
            for part in range(N_LEDGER):
                session_ledger[session, part] = 0.0
    pending = 0
    n_events = 0
    total_turnover = 0.0
    unmet = 0.0
    ruin = -1

    marked = 1
    for session in range(1, n_sessions):
        # 1. mark the holdings at this close, and ahead for as long as they are held
        if session == marked:
            marked = min(session + STRETCH, n_sessions)
            mark(prices, units, session, marked, nav)
            if watching:
                watch(
                    prices,
                    units,
                    target_rows[limits_row],
                    limits,
                    session,
                    marked,
                    nav,
                    drifted,
                )
        if not (drifted[session] or busy[session] or pending != 0 or recording):
            continue
        if ruin >= 0:
            unmet += max(-flows.amounts[session], 0.0)
            drifted[session] = False
            if recording:
                for asset in range(n_assets):
                    weights[asset, session] = 0.0
            continue
        total = nav[session]
        for asset in range(n_assets):
            closes[asset] = prices[asset, session]
            values[asset] = units[asset] * closes[asset]
        values[n_assets] = units[n_assets]
        changed = False
        new_row = row_of_session[session] != row_of_session[session - 1]
        row = row_of_session[session - 1 if rule.at_next_close else session]
        targets = target_rows[row]

        # 2. to 4. distributions, the fee, money in or out
        if busy[session]:
            if has_distributions:
                received = distribute(account, charges, session, whole_shares, ledger)
                changed |= received > 0.0
                total += received
            if charges.fee_rate[session] > 0.0:
                fee = charges.fee_rate[session] * total
                total, paid = withdraw(
                    account,
                    charges,
                    targets,
                    before,
                    False,
                    False,
                    whole_shares,
                    session,
                    total,
                    fee,
                    ledger,
                )
                ledger[MANAGEMENT_FEE] += paid
                changed = True
            flow = flows.amounts[session] + flows.nav_rates[session] * total
            if flow > 0.0 and total > 0.0:
                total = contribute(
                    account,
                    charges,
                    targets,
                    flows.toward[session],
                    whole_shares,
                    session,
                    total,
                    flow,
                    ledger,
                )
                cash_flow[session] = flow
                changed = True
            elif flow < 0.0 and total > 0.0:
                at_hand = total
                total, paid = withdraw(
                    account,
                    charges,
                    targets,
                    before,
                    flows.toward[session],
                    True,
                    whole_shares,
                    session,
                    total,
                    -flow,
                    ledger,
                )
                cash_flow[session] = -paid
                if -flow - paid > NOTHING * at_hand:
                    unmet += -flow - paid
                changed = True
            if (changed or new_row) and total > 0.0:
                if limits_row != row:
                    limits_row = row
                    _set_limits(targets, rule.threshold, rule.relative, bands, limits)
                drifted[session] = watching and drift_reached(
                    values, total, targets, limits
                )

        # 5. and 6. trade: on what yesterday decided, or on what fires now
        trigger = pending
        if not rule.at_next_close:
            trigger = decide(rule.due[session], drifted[session], rule.decision)
            trigger += SCHEDULE_FIRED if new_row else 0
        traded = False
        if trigger != 0 and total > 0.0:
            scheduled = trigger >= SCHEDULE_FIRED
            on_date = rule.decision == ON_EITHER and trigger & DATE_FIRED != 0
            to_edge = rule.to_band_edge and not on_date and not scheduled
            turnover = traded_weights(
                values, total, targets, bands, to_edge, before, after
            )
            if not to_edge or turnover > TIE:
                nav_after = solve_trade(
                    account,
                    charges,
                    after,
                    TO_WEIGHTS,
                    0.0,
                    whole_shares,
                    session,
                    True,
                    -1.0 if whole_shares else turnover * total,
                    total,
                    0.0,
                )
                traded = nav_after > 0.0
                if traded and whole_shares:
                    turnover, traded = _planned_turnover(
                        account, before, after, nav_after
                    )
        if traded:
            if recording:
                for part in range(N_LEDGER):
                    event_ledger[n_events, part] = 0.0
                book_trade(account, charges, session, total, event_ledger[n_events])
                for part in range(N_LEDGER):
                    ledger[part] += event_ledger[n_events, part]
                event_sessions[n_events] = session
                event_triggers[n_events] = trigger
                event_amounts[n_events, 0] = turnover
                event_amounts[n_events, 1] = total - nav_after
                event_amounts[n_events, 2] = total
                event_amounts[n_events, 3] = nav_after
                for asset in range(n_assets):
                    event_weights[n_events, 0, asset] = before[asset]
                    event_weights[n_events, 1, asset] = after[asset]
            else:
                book_trade(account, charges, session, total, ledger)
            n_events += 1
            total_turnover += turnover
            total = nav_after
            changed = True

        # 7. the tax on the year's gains
        exact = traded
        if has_lots and charges.year_ends[session] and total > 0.0:
            for asset in range(n_assets):
                account.trade_gains[asset] = 0.0
            due = gains_tax_of_year(account.year_gains, account.trade_gains, charges)
            for asset in range(n_assets):
                account.year_gains[asset] = 0.0
            account.year_tax[0] = 0.0
            if charges.gains_at_year_end and due > 0.0:
                total, paid = withdraw(
                    account,
                    charges,
                    targets,
                    before,
                    False,
                    False,
                    whole_shares,
                    session,
                    total,
                    due,
                    ledger,
                )
                ledger[CAPITAL_GAINS_TAX] += paid
                changed = True
                exact = exact and not whole_shares

        if changed:
            nav[session] = total
            marked = session + 1
            for part in range(N_LEDGER):
                totals[part] += ledger[part]
                if recording:
                    session_ledger[session, part] = ledger[part]
                ledger[part] = 0.0
            if total <= 0.0:
                nav[session] = 0.0
                ruin = session
                for holding in range(n_holdings):
                    units[holding] = 0.0
                    values[holding] = 0.0

        # 8. decide for tomorrow, on the holdings as they are now
        if new_row:
            marked = session + 1
        if limits_row != row_of_session[session]:
            limits_row = row_of_session[session]
            _set_limits(
                target_rows[limits_row], rule.threshold, rule.relative, bands, limits
            )
        if rule.at_next_close:
            if (changed or new_row) and ruin < 0:
                drifted[session] = watching and drift_reached(
                    values, total, target_rows[limits_row], limits
                )
            pending = decide(rule.due[session], drifted[session], rule.decision)
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
