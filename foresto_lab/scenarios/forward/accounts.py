"""Futures of an account: its costs, taxes and flows on the sessions to come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab import engine
from foresto_lab.errors import InputError
from foresto_lab.findings import Finding
from foresto_lab.rebalancing import RebalancingRule, Schedule, no_schedule
from foresto_lab.rebalancing.cashflows import (
    AccountFlows,
    FlowPlan,
    no_flows,
    parse_cashflows,
)
from foresto_lab.rebalancing.costs import AccountCosts, CostModel, parse_costs
from foresto_lab.scenarios.forward.draws import Draws
from foresto_lab.scenarios.forward.future_sessions import MONTH_SESSIONS, FutureSessions
from foresto_lab.scenarios.forward.methods import Method, Parametric
from foresto_lab.scenarios.forward.tables import FLOW_OUTCOMES, NEVER, Outcomes
from foresto_lab.scenarios.forward.threads import Progress, share
from foresto_lab.types import Float64Array1D, Float64Array2D

if TYPE_CHECKING:
    from foresto_lab.rebalancing.costs import SpanFacts


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """What an account is asked to bear, beside its rule: costs and flows.

    Parameters
    ----------
    costs : CostModel, optional
        None leaves the rule its own rate.
    flows : FlowPlan, optional
    whole_shares : bool
    """

    costs: CostModel | None
    flows: FlowPlan | None
    whole_shares: bool

    @property
    def costs_are_plain(self) -> bool:
        """Whether there is at most one cost rate, as the plain walk takes it."""
        model = self.costs
        return model is None or not model.parts or model.proportional is not None

    @property
    def plain_rate(self) -> float | None:
        """The rate of the plain walk in place of the rule's own; None leaves that."""
        if self.costs is None:
            return None
        only = self.costs.proportional
        return 0.0 if only is None else only.rate

    def require_drawable(self, method: Method, facts: SpanFacts) -> None:
        """Raise when distributions are taken from history, but returns are not."""
        if facts.distribution_yield.shape[1] and isinstance(method, Parametric):
            raise InputError(
                message="Distributions are drawn with the days of history; a "
                "Parametric method has none. Use fl.Bootstrap(), or prices adjusted "
                "for distributions and no distributions."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the terms as plain JSON-ready values."""
        return {
            "costs": None if self.costs is None else self.costs.to_dict(),
            "cashflows": None if self.flows is None else self.flows.to_dict(),
            "whole_shares": self.whole_shares,
        }


def parse_account(
    costs: object, cashflows: object, whole_shares: object
) -> AccountTerms:
    """Return the terms, checked.

    Raises
    ------
    InputError
        Costs or flows are none; ``whole_shares`` is no bool.
    """
    if not isinstance(whole_shares, bool):
        raise InputError(
            message=f"whole_shares is {whole_shares!r}; it must be True or False."
        )
    model = None if costs is None else parse_costs(costs)
    return AccountTerms(model, parse_cashflows(cashflows), whole_shares)


@dataclass(frozen=True, eq=False)
class FutureAccount:
    """An account on the sessions of the future, as the engine takes it."""

    initial_amount: float
    schedule: Schedule
    at_next_close: bool
    costs: AccountCosts
    flows: AccountFlows
    whole_shares: bool
    start_prices: Float64Array1D
    yields: Float64Array2D
    findings: tuple[Finding, ...]

    @property
    def is_plain(self) -> bool:
        """Whether nothing flows, nothing is paid out, and parts of a share are held."""
        return self.flows.is_empty and not self.whole_shares and not self.yields.size


def account_on(
    terms: AccountTerms,
    rule: RebalancingRule | None,
    future: FutureSessions,
    facts: SpanFacts,
    *,
    initial_amount: float,
    at_next_close: bool,
    start_prices: Float64Array1D,
) -> FutureAccount:
    """Return an account on a future.

    Parameters
    ----------
    facts : SpanFacts
        Of history. Its markets and currencies hold on; the trading that market impact
        goes by stays as it last was; distributions are drawn with the days they were
        paid on.
    start_prices : (n_assets,), base currency
    """
    schedule = (
        no_schedule(future.n_sessions)
        if rule is None
        else rule.schedule(future.sessions, future.calendar)
    )
    ahead = replace(
        facts,
        sessions=future.sessions,
        distribution_yield=np.empty((len(facts.assets), 0)),
        findings=(),
    )
    model = terms.costs
    if model is None and rule is not None:
        model = parse_costs(rule.cost_rate)
    costs = (model or CostModel()).on(ahead)
    flows = (
        no_flows(future.n_sessions)
        if terms.flows is None
        else terms.flows.on(future.sessions, future.calendar)
    )
    return FutureAccount(
        initial_amount=initial_amount,
        schedule=schedule,
        at_next_close=at_next_close,
        costs=costs,
        flows=flows,
        whole_shares=terms.whole_shares,
        start_prices=np.ascontiguousarray(start_prices),
        yields=np.ascontiguousarray(facts.distribution_yield[:, 1:].T),
        findings=(*costs.findings, *flows.findings),
    )


def walk_accounts(
    draws: Draws,
    targets: Float64Array1D,
    account: FutureAccount,
    future: FutureSessions,
    n_paths: int,
    *,
    seed: int,
    threads: int,
    progress: Progress | None = None,
) -> Outcomes:
    """Return what became of the account on every path.

    A path's numbers depend on its number and the seed alone, not on the threads; its
    prices are those of the plain walk.
    """
    from foresto_lab.engine.account import busy_sessions
    from foresto_lab.engine.account_terms import (
        AccountCharges,
        AccountFlowArrays,
        AccountRule,
    )

    navs = np.empty((future.n_months + 1, n_paths))
    growths = np.empty((future.n_months + 1, n_paths))
    figures = np.empty((n_paths, engine.N_ACCOUNT_OUTCOMES))
    schedule, given = account.schedule, account.flows
    rule = AccountRule(
        np.array(schedule.due),
        int(schedule.decision),
        schedule.threshold,
        schedule.relative,
        schedule.to_band_edge,
        account.at_next_close,
    )
    charges = AccountCharges(**_writable(account.costs, AccountCharges._fields))
    flows = AccountFlowArrays(
        np.array(given.amounts), np.array(given.nav_rates), np.array(given.toward)
    )
    one_row = np.zeros(future.n_sessions, dtype=np.int64)
    busy = busy_sessions(rule, one_row, charges, flows)
    source, kernel = draws.arguments(seed), engine.forward_account_kernel
    target_rows = np.array(targets)[None, :].copy()

    def compute(first: int, last: int) -> None:
        kernel(
            *source,
            first,
            last,
            account.start_prices,
            account.yields,
            target_rows,
            account.initial_amount,
            rule,
            charges,
            flows,
            busy,
            account.whole_shares,
            future.month_ends,
            navs,
            growths,
            figures,
        )

    share(compute, n_paths, threads, progress)
    return _outcomes(navs, growths, figures)


def _outcomes(
    navs: Float64Array2D, growths: Float64Array2D, figures: Float64Array2D
) -> Outcomes:
    named = dict(zip(engine.ACCOUNT_OUTCOMES, figures.T, strict=False))
    ruin = named["ruin_session"].astype(np.int64)
    months = -(-ruin // MONTH_SESSIONS)
    return Outcomes(
        navs=navs,
        growth=growths,
        drawdowns=named["max_drawdown"],
        ruin_months=np.where(ruin < 0, NEVER, months),
        turnover=named["total_turnover"],
        cost=named["total_cost"],
        trades=named["rebalancing_count"],
        flows={name: named[name] for name in FLOW_OUTCOMES},
        cost_parts=figures[:, len(engine.ACCOUNT_OUTCOMES) :],
    )


def _writable(costs: AccountCosts, names: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the fields as the engine takes them: arrays of its own, plain numbers."""
    known = {item.name for item in fields(costs)}
    values = {name: getattr(costs, name) for name in names if name in known}
    return {
        name: np.array(value, order="C")
        if isinstance(value, np.ndarray)
        else (int(value) if name == "gains_method" else value)
        for name, value in values.items()
    }
