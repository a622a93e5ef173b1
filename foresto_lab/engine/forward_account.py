"""Many made-up futures of an account: every cost and tax, and money in and out."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    INPUT_1D,
    INPUT_2D,
    OUTPUT_2D,
    compiled_kernel,
    kernel_step,
)
from foresto_lab.engine.account import account_walk
from foresto_lab.engine.account_terms import (
    ACCOUNT_CHARGES,
    ACCOUNT_FLOWS,
    ACCOUNT_RULE,
    N_COST_PARTS,
    N_LEDGER,
    AccountCharges,
    AccountFlowArrays,
    AccountRule,
)
from foresto_lab.engine.forward import (
    DRAW,
    INPUT_SESSIONS,
    deepest_drawdown,
    draw_prices,
)
from foresto_lab.types import (
    BoolArray1D,
    Float64Array1D,
    Float64Array2D,
    Int64Array1D,
)

ACCOUNT_OUTCOMES: Final = (
    "max_drawdown",
    "total_turnover",
    "total_cost",
    "rebalancing_count",
    "ruin_session",
    "contributions",
    "withdrawals",
    "unmet_withdrawals",
)
"""What is written of each path, before the totals of its cost parts."""
N_ACCOUNT_OUTCOMES: Final = len(ACCOUNT_OUTCOMES) + N_COST_PARTS


@kernel_step
def _pay_distributions(
    yields: Float64Array2D,
    days: Int64Array1D,
    busy: BoolArray1D,
    drawn_yields: Float64Array2D,
    drawn_busy: BoolArray1D,
) -> None:
    """Write the distributions of the days drawn, and which sessions are busy then."""
    n_assets = yields.shape[1]
    for session in range(busy.shape[0]):
        drawn_busy[session] = busy[session]
    if yields.shape[0] == 0:
        return
    for day in range(days.shape[0]):
        for asset in range(n_assets):
            paid = yields[days[day], asset]
            drawn_yields[asset, day + 1] = paid
            if paid != 0.0:
                drawn_busy[day + 1] = True


@kernel_step
def _grow_without_flows(
    nav: Float64Array1D, cash_flow: Float64Array1D, growth: Float64Array1D
) -> tuple[float, float]:
    """Write the time-weighted growth of 1; return what came in and what went out."""
    came, went = 0.0, 0.0
    growth[0] = 1.0
    for session in range(1, nav.shape[0]):
        flow = cash_flow[session]
        growth[session] = growth[session - 1]
        if nav[session - 1] > 0.0:
            growth[session] *= (nav[session] - flow) / nav[session - 1]
        came += max(flow, 0.0)
        went += max(-flow, 0.0)
    return came, went


@compiled_kernel(
    types.void(
        *DRAW,
        types.int64,
        types.int64,
        INPUT_1D,
        INPUT_2D,
        OUTPUT_2D,
        types.float64,
        ACCOUNT_RULE,
        ACCOUNT_CHARGES,
        ACCOUNT_FLOWS,
        types.boolean[::1],
        types.boolean,
        INPUT_SESSIONS,
        OUTPUT_2D,
        OUTPUT_2D,
        OUTPUT_2D,
    )
)
def forward_account_kernel(
    growth: Float64Array2D,
    restart: float,
    means: Float64Array1D,
    factor: Float64Array2D,
    freedom: float,
    seed: np.uint64,
    first: int,
    last: int,
    start_prices: Float64Array1D,
    yields: Float64Array2D,
    targets: Float64Array2D,
    initial_amount: float,
    rule: AccountRule,
    charges: AccountCharges,
    flows: AccountFlowArrays,
    busy: BoolArray1D,
    whole_shares: bool,
    month_ends: Int64Array1D,
    navs: Float64Array2D,
    growths: Float64Array2D,
    outcomes: Float64Array2D,
) -> None:
    """Draw and walk the accounts of the paths from ``first`` up to ``last``.

    The paths' prices are those of ``forward_kernel`` with the same seed.

    Parameters
    ----------
    growth, restart, means, factor, freedom, seed, first, last
        As for ``forward_kernel``.
    start_prices : (n_assets,)
        What a share costs at session 0; only whole shares look at it.
    yields : (n_history, n_assets)
        Distribution over the price of each day of history, drawn with its return; no
        rows where there are none.
    targets : (1, n_assets + 1)
    initial_amount, rule, charges, flows, busy, whole_shares
        As for ``account_kernel``. With ``yields``, those of the charges are not read.
    month_ends : (n_months + 1,)
    navs : (n_months + 1, n_paths), out
    growths : (n_months + 1, n_paths), out
        Time-weighted growth of 1; constant from a ruin on.
    outcomes : (n_paths, N_ACCOUNT_OUTCOMES), out
        ``ACCOUNT_OUTCOMES``, then the totals of the cost parts; the drawdown is that
        of the time-weighted growth, the session of no ruin -1.
    """
    n_sessions = rule.due.shape[0]
    n_assets = start_prices.shape[0]
    paying = yields.shape[0] > 0
    nav = np.empty(n_sessions)
    cash_flow = np.empty(n_sessions)
    grown = np.empty(n_sessions)
    totals = np.empty(N_LEDGER)
    prices = np.empty((n_assets, n_sessions))
    drawn_yields = np.zeros((n_assets, n_sessions if paying else 0))
    drawn_busy = np.empty(n_sessions, dtype=np.bool_)
    rows = np.zeros(n_sessions, dtype=np.int64)
    days = np.empty(n_sessions - 1, dtype=np.int64)
    state = np.empty(4, dtype=np.uint64)
    no_path = np.empty((0, 0))
    no_events = np.empty(0, dtype=np.int64)
    no_weights = np.empty((0, 0, 0))
    drawn_charges = AccountCharges(
        charges.proportional_rate,
        charges.commission_rate,
        charges.commission_minimum,
        charges.spread_rate,
        charges.conversion_rate,
        charges.impact_coefficient,
        charges.impact_scale,
        charges.transaction_tax,
        charges.transaction_tax_period,
        drawn_yields,
        charges.distribution_tax,
        charges.gains_tax,
        charges.gains_allowance,
        charges.gains_method,
        charges.gains_at_year_end,
        charges.year_ends,
        charges.fee_rate,
    )
    for path in range(first, last):
        draw_prices(
            growth, restart, means, factor, freedom, seed, path, state, days, prices
        )
        if whole_shares:
            for asset in range(n_assets):
                for session in range(n_sessions):
                    prices[asset, session] *= start_prices[asset]
        _pay_distributions(yields, days, busy, drawn_yields, drawn_busy)
        n_events, turnover, cost, ruin, unmet = account_walk(
            prices,
            targets,
            rows,
            initial_amount,
            rule,
            drawn_charges,
            flows,
            drawn_busy,
            whole_shares,
            nav,
            cash_flow,
            totals,
            no_path,
            no_events,
            no_events,
            no_path,
            no_weights,
            no_path,
            no_path,
        )
        came, went = _grow_without_flows(nav, cash_flow, grown)
        for month in range(month_ends.shape[0]):
            navs[month, path] = nav[month_ends[month]]
            growths[month, path] = grown[month_ends[month]]
        outcomes[path, 0] = deepest_drawdown(grown)
        outcomes[path, 1] = turnover
        outcomes[path, 2] = cost
        outcomes[path, 3] = n_events
        outcomes[path, 4] = ruin
        outcomes[path, 5] = came
        outcomes[path, 6] = went
        outcomes[path, 7] = unmet
        for part in range(N_COST_PARTS):
            outcomes[path, 8 + part] = totals[part]
