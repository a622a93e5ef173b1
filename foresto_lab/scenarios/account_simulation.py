"""Simulate an account: prepare, one account walk of the engine, label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foresto_lab import engine
from foresto_lab.canonical import sha256_of
from foresto_lab.findings import Finding
from foresto_lab.metrics.money_weighted import (
    money_weighted_return,
    time_weighted_returns,
)
from foresto_lab.rebalancing.cashflows import AccountFlows, FlowPlan
from foresto_lab.rebalancing.costs import COST_PARTS, AccountCosts, CostModel
from foresto_lab.scenarios.account_arguments import account_arguments, costs_checksum
from foresto_lab.scenarios.figures_of_span import figures_of
from foresto_lab.scenarios.result import SimulationResult
from foresto_lab.scenarios.span import Span
from foresto_lab.scenarios.tables import (
    COST_PREFIX,
    EventLog,
    ledger_table,
    path_table,
    summary_row,
)
from foresto_lab.scenarios.targets import Targets
from foresto_lab.types import Execution, Float64Array1D, Severity

if TYPE_CHECKING:
    from foresto_lab.scenarios.market_facts import MarketFacts
    from foresto_lab.scenarios.simulation import Terms


@dataclass(frozen=True, eq=False)
class Account:
    """An account to walk: what holds for it beside the terms of every simulation.

    ``model`` is None where the rule's own cost rate counts, ``plan`` where no money
    comes in or goes out.
    """

    span: Span
    targets: Targets
    terms: Terms
    costs: AccountCosts
    flows: AccountFlows
    model: CostModel | None
    plan: FlowPlan | None
    market: MarketFacts | None
    whole_shares: bool

    @property
    def parts_are_told(self) -> bool:
        """Whether costs are shown by their parts."""
        return self.model is not None and self.model.proportional is None

    @property
    def with_lots(self) -> bool:
        """Whether lots are kept."""
        return bool(self.costs.gains_method)


@dataclass(frozen=True, eq=False)
class _Walked:
    """What the engine wrote."""

    nav: Float64Array1D
    cash_flow: Float64Array1D
    totals: Float64Array1D
    weights: Any
    events: tuple[Any, ...]
    session_ledger: Any
    n_events: int
    turnover: float
    cost: float
    ruin: int
    unmet: float


def simulate_account(
    account: Account, *, findings: tuple[Finding, ...], simulated: bool
) -> SimulationResult:
    """Walk the account and label what came out."""
    span, terms = account.span, account.terms
    walked = _walk(account)
    has_flows = account.plan is not None
    returns = time_weighted_returns(walked.nav, walked.cash_flow)
    grown = walked.nav
    if walked.cash_flow.any():
        growth = np.concatenate(([1.0], 1.0 + returns))
        grown = np.cumprod(growth, out=growth)
        grown *= terms.initial_amount
    assets = tuple(str(asset) for asset in account.targets.weights)
    held = span.table.assets
    last = walked.ruin + 1 if walked.ruin >= 0 else len(grown)
    summary = summary_row(
        figures_of(span, grown[:last], returns[: last - 1]),
        turnover=walked.turnover,
        cost=walked.cost,
        n_events=walked.n_events,
        years=span.years,
    )
    extras = _extras(account, walked)
    summary = pd.Series(
        [*summary.to_list(), *extras.values()],
        index=[*summary.index, *extras],
        dtype=summary.dtype,
        name=summary.name,
    )
    return SimulationResult(
        path=path_table(
            span.sessions,
            walked.nav,
            returns,
            dict(zip(held, walked.weights, strict=True)),
            assets,
            index=grown,
            cash_flow=walked.cash_flow if has_flows else None,
        ),
        summary=summary,
        weights={str(name): value for name, value in account.targets.weights.items()},
        rule=terms.rule,
        initial_amount=terms.initial_amount,
        calendar=terms.calendar.name,
        execution=terms.execution,
        findings=(
            *span.findings,
            *findings,
            *account.costs.findings,
            *account.flows.findings,
            *_few_shares(account),
        ),
        simulated=simulated,
        currency="KRW" if account.market is None else account.market.base_currency,
        costs=account.model,
        cashflows=account.plan,
        schedule=account.targets.schedule,
        whole_shares=account.whole_shares,
        make_events=_event_log(account, walked, assets).to_frame,
        make_request_hash=partial(_request_hash, account),
        make_ledger=partial(
            ledger_table,
            span.sessions,
            walked.session_ledger,
            with_lots=account.with_lots,
        ),
    )


def _walk(account: Account) -> _Walked:
    span, terms = account.span, account.terms
    rows, row_of_session = account.targets.on(span.sessions)
    arguments = account_arguments(
        terms.schedule(span),
        account.costs,
        account.flows,
        rows,
        row_of_session,
        at_next_close=terms.execution is Execution.NEXT_CLOSE,
        whole_shares=account.whole_shares,
    )
    n_sessions, n_held = span.table.prices.shape
    nav, cash_flow = np.empty(n_sessions), np.empty(n_sessions)
    totals = np.empty(engine.N_LEDGER)
    weights = np.empty((n_held, n_sessions))
    events = (
        np.empty(n_sessions, dtype=np.int64),
        np.empty(n_sessions, dtype=np.int64),
        np.empty((n_sessions, 4)),
        np.empty((n_sessions, 2, n_held)),
        np.empty((n_sessions, engine.N_LEDGER)),
    )
    session_ledger = np.empty((n_sessions, engine.N_LEDGER))
    written = (nav, cash_flow, totals, weights, *events, session_ledger)
    given: tuple[Any, ...] = (*arguments.in_order(terms.initial_amount), *written)
    n_events, turnover, cost, ruin, unmet = engine.account_kernel(
        span.table.prices.T, *given
    )
    return _Walked(
        nav,
        cash_flow,
        totals,
        weights,
        tuple(table[:n_events].copy() for table in events),
        session_ledger,
        n_events,
        turnover,
        cost,
        ruin,
        unmet,
    )


def _event_log(account: Account, walked: _Walked, assets: tuple[str, ...]) -> EventLog:
    sessions, triggers, amounts, weights, ledger = walked.events
    return EventLog(
        sessions=account.span.sessions[sessions],
        triggers=triggers,
        amounts=amounts,
        weights=weights,
        held=account.span.table.assets,
        assets=assets,
        rule=account.terms.rule,
        ledger=ledger if account.parts_are_told else None,
        with_lots=account.with_lots,
    )


def _extras(account: Account, walked: _Walked) -> dict[str, Any]:
    """Return what a summary has beyond that of a plain simulation."""
    extras: dict[str, Any] = {}
    if account.parts_are_told:
        for place, part in enumerate(COST_PARTS):
            extras[COST_PREFIX + part] = float(walked.totals[place])
        if account.with_lots:
            extras["realized_gain"] = float(walked.totals[engine.N_COST_PARTS])
    if account.plan is not None:
        flow, sessions = walked.cash_flow, account.span.sessions
        worth = money_weighted_return(sessions, walked.nav, flow)
        ruined = walked.ruin >= 0
        extras |= {
            "total_contributions": float(flow[flow > 0.0].sum()),
            "total_withdrawals": float(abs(flow[flow < 0.0].sum())),
            "money_weighted_return": worth.rate,
            "ruined": ruined,
            "ruin_date": str(sessions[walked.ruin]) if ruined else None,
            "unmet_withdrawals": walked.unmet,
        }
    return extras


def _few_shares(account: Account) -> tuple[Finding, ...]:
    """Return a finding for each asset that the amount buys no whole share of."""
    if not account.whole_shares:
        return ()
    rows, row_of_session = account.targets.on(account.span.sessions)
    amount, day_zero = account.terms.initial_amount, account.span.sessions[0]
    found = []
    for place, asset in enumerate(account.span.table.assets):
        wanted = rows[row_of_session[0], place] * amount
        price = account.span.table.prices[0, place]
        if 0.0 < wanted < price:
            found.append(
                Finding(
                    code="NO_WHOLE_SHARE",
                    severity=Severity.WARNING,
                    where=asset,
                    message=f"{wanted:,.10g} are to go into {asset} on {day_zero}, and "
                    f"one share costs {price:,.10g}: none is bought, the money stays "
                    "in cash.",
                    fix="Start with more, give it a greater weight, or leave "
                    "whole_shares out.",
                )
            )
    return tuple(found)


def _request_hash(account: Account) -> str:
    """Return the SHA-256 of the request and of all numbers it was computed from."""
    from foresto_lab.scenarios.simulation import request_of

    given: dict[str, Any] = {
        "costs": None if account.model is None else account.model.to_dict(),
        "cashflows": None if account.plan is None else account.plan.to_dict(),
        "whole_shares": account.whole_shares,
        "market": None if account.market is None else account.market.to_dict(),
        "cost_numbers": costs_checksum(account.costs),
    }
    if account.targets.schedule is not None:
        given["weights_schedule"] = account.targets.schedule.checksum
    weights = {str(name): value for name, value in account.targets.weights.items()}
    return sha256_of(request_of(account.span.table, weights, account.terms, given))
