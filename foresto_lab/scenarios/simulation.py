"""Simulate one portfolio: prepare, one walk of the engine, label."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from foresto_lab import engine
from foresto_lab._version import __version__
from foresto_lab.canonical import sha256_of
from foresto_lab.errors import (
    AmountError,
    InputError,
    RuleError,
    UnknownAssetError,
    UnknownNameError,
)
from foresto_lab.findings import Finding
from foresto_lab.market.calendars import TradingCalendar, get_calendar, parse_session
from foresto_lab.market.price_table import PriceTable
from foresto_lab.rebalancing import (
    ProportionalCost,
    RebalancingRule,
    Schedule,
    no_schedule,
    parse_cost_rate,
)
from foresto_lab.rebalancing.cashflows import (
    AccountFlows,
    FlowPlan,
    no_flows,
    parse_cashflows,
)
from foresto_lab.rebalancing.costs import AccountCosts, CostModel, parse_costs
from foresto_lab.rebalancing.rules import RULES
from foresto_lab.scenarios.account_simulation import Account, simulate_account
from foresto_lab.scenarios.figures_of_span import figures_of
from foresto_lab.scenarios.market_facts import MarketFacts
from foresto_lab.scenarios.result import SimulationResult
from foresto_lab.scenarios.span import DateLike, Span, parse_span
from foresto_lab.scenarios.tables import EventLog, path_table, summary_row
from foresto_lab.scenarios.targets import (
    Targets,
    parse_targets,
    rows_in_force,
    scheduled_targets,
)
from foresto_lab.types import BoolArray1D, Execution, Float64Array1D, RunKind

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.rebalancing.costs import CostPart
    from foresto_lab.scenarios.weighting import Weighting
    from foresto_lab.scenarios.weights_schedule import WeightsSchedule

Weights: TypeAlias = "Mapping[Any, float] | WeightsSchedule | Weighting | Any"
Costs: TypeAlias = "CostModel | CostPart | ProportionalCost | float | str | Any | None"
RuleArguments: TypeAlias = tuple[BoolArray1D, int, float, bool, bool, bool, float]


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every portfolio of a call: rule, amount, calendar, execution."""

    rule: RebalancingRule | None
    initial_amount: float
    calendar: TradingCalendar
    execution: Execution

    def schedule(self, span: Span) -> Schedule:
        """Return the rule on the sessions of a span."""
        if self.rule is None:
            return no_schedule(len(span.sessions))
        return self.rule.schedule(span.sessions, self.calendar)

    def rule_arguments(self, schedule: Schedule) -> RuleArguments:
        """Return the rule's arguments to the engine's kernels."""
        return (
            schedule.due,
            int(schedule.decision),
            schedule.threshold,
            schedule.relative,
            schedule.to_band_edge,
            self.execution is Execution.NEXT_CLOSE,
            0.0 if self.rule is None else self.rule.cost_rate,
        )


def simulate(
    prices: pd.DataFrame,
    weights: Weights,
    rebalancing: RebalancingRule | None = None,
    costs: Costs = None,
    cashflows: Any = None,
    initial_amount: float = 1_000_000,
    calendar: str = "XKRX",
    *,
    start: DateLike | None = None,
    end: DateLike | None = None,
    execution: Execution | str = "close",
    market: MarketFacts | None = None,
    whole_shares: bool = False,
) -> SimulationResult:
    """Simulate a portfolio that starts at its target weights and goes back to them.

    Day 0 is the first row, from ``start`` on, with a price for every held asset. The
    initial amount is invested at its close, free of cost. At each close from day 1 on,
    in this order: the holdings are marked; distributions are reinvested net of tax; the
    fee is taken; money comes in or goes out; the rule is evaluated on the weights then,
    and trades at that close; at a year's end the tax on its gains is paid. Costs are
    solved for, so that the weights after a trade are those it went to, of the NAV
    after costs.

    Parameters
    ----------
    prices : DataFrame (n_sessions, n_assets)
        Adjusted closes above 0. Index: tz-naive dates, ascending and unique. NaN only
        before day 0. Not changed. With ``market.distributions``, closes that are not
        adjusted for dividends; with ``market.currencies``, each in its own currency.
    weights : mapping of column to fraction of NAV, or WeightsSchedule, Weighting, ...
        Each 0 or more; together at most 1. What is missing to 1 is cash that earns
        nothing, and counts as one more holding. Assets of weight 0 are not looked at. A
        schedule's row is traded to at its date's close, whatever the rule; rules work
        on the row in force. A weighting computes its schedule from the prices up to
        each decision's close. Day 0 is then not before the first row.
    rebalancing : Periodic, Drift or Hybrid, optional
        Left out, the portfolio is bought and held.
    costs : rate, ProportionalCost, cost part, CostModel, preset or list, optional
        In place of the rule's own cost rate; see docs/costs.md. Trades of a rule, of a
        schedule and of flows bear them.
    cashflows : flow, FlowPlan, text or list, optional
        Contributions and withdrawals, at the close; see docs/cash_flows.md. A
        withdrawal beyond what is there is a ruin: NAV is 0 from then on.
    initial_amount : base currency
    calendar : str
        The exchange whose sessions decide periodic dates: ``XKRX``, ``XNYS``, ``24/7``
        or any that exchange_calendars has.
    start, end : date, optional
        Take the rows between them, both included.
    execution : {"close", "next_close"}
        ``next_close`` trades one session after the rule decided, at that close; what
        is decided on the last session is not traded.
    market : MarketFacts, optional
        Currencies, markets, traded values and distributions.
    whole_shares : bool
        Hold whole shares, as many as the target value buys; the rest is cash, which
        pays for withdrawals, fees and taxes first.

    Returns
    -------
    SimulationResult
        Rows with missing sessions, and other things a reader should know, are in its
        ``findings``.

    Raises
    ------
    InputError
        An argument cannot be simulated with: WeightError, PriceTableError, RuleError,
        AmountError, DateRangeError, UnknownNameError. Each says what to do.

    Examples
    --------
    >>> rule = fl.Periodic("MONTHLY", cost_rate=0.001)             # doctest: +SKIP
    >>> fl.simulate(prices, {"equity": 0.6, "bond": 0.4}, rule)    # doctest: +SKIP
    """
    asked = parse_targets(weights)
    model = None if costs is None else parse_costs(costs)
    plan = parse_cashflows(cashflows)
    rate = None if model is None else proportional_rate(model)
    terms = parse_terms(rebalancing, rate, initial_amount, calendar, execution)
    whole = _parse_flag(whole_shares, "whole_shares")
    columns = list(asked.weights) if isinstance(asked, Targets) else None
    if columns is not None:
        require_columns(prices, dict.fromkeys(columns, 0.0))
    counted, notes = _in_base_currency(prices, market, terms.calendar, columns)
    targets = (
        asked
        if isinstance(asked, Targets)
        else scheduled_targets(asked.schedule(_until(counted, end), terms.calendar))
    )
    span = parse_span(
        rows_in_force(counted, targets) if start is None else counted,
        list(targets.held),
        terms.calendar,
        start=start,
        end=end,
    )
    simulated = bool(prices.attrs.get("simulated", False))
    is_plain = model is None or model.proportional is not None or not model.parts
    if (
        is_plain
        and plan is None
        and targets.schedule is None
        and not whole
        and market is None
    ):
        plain = {str(asset): weight for asset, weight in targets.weights.items()}
        return _walk(span, targets.on(span.sessions)[0][0], terms, plain, simulated)
    counted_costs = _costs_on(model, terms, market or MarketFacts(), prices, span)
    flows = _flows_on(plan, span, terms)
    account = Account(
        span, targets, terms, counted_costs, flows, model, plan, market, whole
    )
    return simulate_account(account, findings=notes, simulated=simulated)


def proportional_rate(model: CostModel) -> float:
    """Return the sum of a model's costs in proportion to turnover."""
    return sum(part.rate for part in model.parts if isinstance(part, ProportionalCost))


def _parse_flag(given: object, parameter: str) -> bool:
    if isinstance(given, (bool, np.bool_)):
        return bool(given)
    raise InputError(message=f"{parameter} is {given!r}; it must be True or False.")


def _in_base_currency(
    prices: pd.DataFrame,
    market: MarketFacts | None,
    calendar: TradingCalendar,
    columns: list[Hashable] | None,
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    if market is None:
        return prices, ()
    if not isinstance(market, MarketFacts):
        raise InputError(
            message=f"market is {market!r}; it must be fl.MarketFacts(...), or None."
        )
    return market.prices_in_base(prices, calendar.name, columns)


def _until(prices: pd.DataFrame, end: DateLike | None) -> pd.DataFrame:
    """Return the rows that a weighting may look at."""
    if end is None or not hasattr(prices, "loc"):
        return prices
    return prices.loc[prices.index <= str(parse_session(end, "end"))]


def _costs_on(
    model: CostModel | None,
    terms: Terms,
    market: MarketFacts,
    prices: pd.DataFrame,
    span: Span,
) -> AccountCosts:
    """Return the costs on the span; the rule's own where no model was given."""
    if model is None:
        rule_rate = 0.0 if terms.rule is None else terms.rule.cost_rate
        model = CostModel((ProportionalCost(rule_rate),))
    names = {str(column): column for column in prices.columns}
    held = [names[asset] for asset in span.table.assets]
    return model.on(market.on(prices, span.sessions, held, terms.calendar.name))


def _flows_on(plan: FlowPlan | None, span: Span, terms: Terms) -> AccountFlows:
    if plan is None:
        return no_flows(len(span.sessions))
    return plan.on(span.sessions, terms.calendar)


def parse_terms(
    rebalancing: object,
    costs: object,
    initial_amount: object,
    calendar: str,
    execution: object,
) -> Terms:
    """Return what holds for every portfolio of a call, checked."""
    rule = parse_rebalancing(rebalancing)
    if costs is not None:
        rate = costs.rate if isinstance(costs, ProportionalCost) else costs
        rate = parse_cost_rate(rate, "costs")
        rule = None if rule is None else replace(rule, cost_rate=rate)
    return Terms(
        rule, _parse_amount(initial_amount), get_calendar(calendar), _parse(execution)
    )


def parse_rebalancing(given: object) -> RebalancingRule | None:
    """Return the rule, or None for buy and hold.

    Raises
    ------
    RuleError
        It is no rule.
    """
    if given is None or isinstance(given, tuple(RULES.values())):
        return given  # type: ignore[return-value]
    raise RuleError(
        message=f"rebalancing is {given!r}; it must be a rule such as "
        'fl.Periodic("MONTHLY") or fl.Drift(0.05), or None for buy and hold.'
    )


def require_columns(prices: pd.DataFrame, assets: Mapping[Hashable, float]) -> None:
    """Raise for an asset without a column, also for one of weight 0."""
    columns = getattr(prices, "columns", assets)
    for asset in assets:
        if asset not in columns:
            allowed = tuple(str(name) for name in columns)
            raise UnknownAssetError(kind="asset", given=asset, allowed=allowed)


def _parse_amount(given: object) -> float:
    if isinstance(given, Real) and not isinstance(given, bool):
        amount = float(given)
        if math.isfinite(amount) and amount > 0.0:
            return amount
    raise AmountError(
        parameter="initial_amount", given=given, allowed="a finite amount above 0"
    )


def _parse(execution: object) -> Execution:
    try:
        return Execution(str(execution))
    except ValueError:
        raise UnknownNameError(
            kind="execution", given=execution, allowed=tuple(map(str, Execution))
        ) from None


def _walk(
    span: Span,
    targets: Float64Array1D,
    terms: Terms,
    weights: Mapping[str, float],
    simulated: bool,
) -> SimulationResult:
    """Walk the span once and label what came out."""
    n_sessions, n_held = span.table.prices.shape
    nav = np.empty(n_sessions)
    held_weights = np.empty((n_held, n_sessions))
    event_sessions = np.empty(n_sessions, dtype=np.int64)
    event_triggers = np.empty(n_sessions, dtype=np.int64)
    event_amounts = np.empty((n_sessions, 4))
    event_weights = np.empty((n_sessions, 2, n_held))
    n_events, turnover, cost = engine.walk_kernel(
        span.table.prices.T,
        targets,
        terms.initial_amount,
        *terms.rule_arguments(terms.schedule(span)),
        nav,
        held_weights,
        event_sessions,
        event_triggers,
        event_amounts,
        event_weights,
    )
    returns = nav[1:] / nav[:-1] - 1.0
    assets, held = tuple(weights), span.table.assets
    log = EventLog(
        sessions=span.sessions[event_sessions[:n_events]],
        triggers=event_triggers[:n_events].copy(),
        amounts=event_amounts[:n_events].copy(),
        weights=event_weights[:n_events].copy(),
        held=held,
        assets=assets,
        rule=terms.rule,
    )
    by_asset = dict(zip(held, held_weights, strict=True))
    return SimulationResult(
        path=path_table(span.sessions, nav, returns, by_asset, assets),
        summary=summary_row(
            figures_of(span, nav, returns),
            turnover=turnover,
            cost=cost,
            n_events=n_events,
            years=span.years,
        ),
        weights=dict(weights),
        rule=terms.rule,
        initial_amount=terms.initial_amount,
        calendar=terms.calendar.name,
        execution=terms.execution,
        findings=span.findings,
        simulated=simulated,
        make_events=log.to_frame,
        make_request_hash=partial(_request_hash, span.table, dict(weights), terms),
    )


def _request_hash(table: PriceTable, weights: Mapping[str, float], terms: Terms) -> str:
    """Return the SHA-256 of the request and of the prices it was computed from."""
    return sha256_of(request_of(table, weights, terms, {}))


def request_of(
    table: PriceTable,
    weights: Mapping[str, float],
    terms: Terms,
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """Return all that names a simulation; ``more`` is what a plain one has not."""
    return {
        "kind": RunKind.SIMULATION,
        "request": {
            "weights": weights,
            "rebalancing": None if terms.rule is None else terms.rule.to_dict(),
            "initial_amount": terms.initial_amount,
            "calendar": terms.calendar.name,
            "execution": terms.execution,
            **more,
        },
        "engine_version": __version__,
        "data_version": _data_version(table),
    }


def _data_version(table: PriceTable) -> str:
    """Return the SHA-256 of the prices, whatever the order of the assets."""
    digest = hashlib.sha256(table.sessions.astype("<M8[D]").tobytes())
    for place in sorted(range(len(table.assets)), key=table.assets.__getitem__):
        digest.update(table.assets[place].encode())
        digest.update(table.prices[:, place].astype("<f8").tobytes())
    return digest.hexdigest()
