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
from foresto_lab.market.calendars import TradingCalendar, get_calendar
from foresto_lab.market.price_table import PriceTable
from foresto_lab.metrics import SESSIONS_PER_YEAR
from foresto_lab.rebalancing import (
    ProportionalCost,
    RebalancingRule,
    Schedule,
    no_schedule,
    parse_cost_rate,
)
from foresto_lab.rebalancing.rules import RULES
from foresto_lab.scenarios.result import SimulationResult
from foresto_lab.scenarios.span import DateLike, Span, parse_span
from foresto_lab.scenarios.tables import EventLog, path_table, summary_row
from foresto_lab.scenarios.weights import parse_weights, targets_with_cash
from foresto_lab.types import BoolArray1D, Execution, Float64Array1D, RunKind

if TYPE_CHECKING:
    import pandas as pd


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
    weights: Mapping[Any, float],
    rebalancing: RebalancingRule | None = None,
    costs: ProportionalCost | float | None = None,
    cashflows: None = None,
    initial_amount: float = 1_000_000,
    calendar: str = "XKRX",
    *,
    start: DateLike | None = None,
    end: DateLike | None = None,
    execution: Execution | str = "close",
) -> SimulationResult:
    """Simulate a portfolio that starts at its target weights and goes back to them.

    Day 0 is the first row, from ``start`` on, with a price for every held asset. The
    initial amount is invested at its close, free of cost. A rule is evaluated at each
    close from day 1 on, on the weights as they have drifted, and trades at that close.
    A cost is taken pro rata, so that the weights after a trade are those it went to.

    Parameters
    ----------
    prices : DataFrame (n_sessions, n_assets)
        Adjusted closes above 0. Index: tz-naive dates, ascending and unique. NaN only
        before day 0. Not changed.
    weights : mapping of column to fraction of NAV
        Each 0 or more; together at most 1. What is missing to 1 is cash that earns
        nothing, and counts as one more holding. Assets of weight 0 are not looked at.
    rebalancing : Periodic, Drift or Hybrid, optional
        Left out, the portfolio is bought and held.
    costs : float or ProportionalCost, optional
        In place of the rule's own cost rate.
    cashflows : None
        Reserved for contributions and withdrawals.
    initial_amount : base currency
    calendar : str
        The exchange whose sessions decide periodic dates: ``XKRX``, ``XNYS``, ``24/7``
        or any that exchange_calendars has.
    start, end : date, optional
        Take the rows between them, both included.
    execution : {"close", "next_close"}
        ``next_close`` trades one session after the rule decided, at that close; what
        is decided on the last session is not traded.

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
    if cashflows is not None:
        raise InputError(
            message="cashflows are not offered yet; leave the argument out, or None."
        )
    targets = parse_weights(weights)
    terms = parse_terms(rebalancing, costs, initial_amount, calendar, execution)
    require_columns(prices, targets)
    held = {asset: weight for asset, weight in targets.items() if weight > 0.0}
    span = parse_span(prices, list(held), terms.calendar, start=start, end=end)
    plain = {str(asset): weight for asset, weight in targets.items()}
    simulated = bool(prices.attrs.get("simulated", False))
    goal = targets_with_cash(np.array([list(held.values())]))[0]
    return _walk(span, goal, terms, plain, simulated)


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
            _figures(span, nav, returns),
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


def _figures(
    span: Span, nav: Float64Array1D, returns: Float64Array1D
) -> Float64Array1D:
    figures = np.empty(engine.N_FIGURES)
    engine.summary_kernel(
        nav,
        returns,
        span.day_numbers,
        span.month_ends,
        span.year_ends,
        span.years,
        SESSIONS_PER_YEAR,
        0.0,
        figures,
    )
    return figures


def _request_hash(table: PriceTable, weights: Mapping[str, float], terms: Terms) -> str:
    """Return the SHA-256 of the request and of the prices it was computed from."""
    return sha256_of(
        {
            "kind": RunKind.SIMULATION,
            "request": {
                "weights": weights,
                "rebalancing": None if terms.rule is None else terms.rule.to_dict(),
                "initial_amount": terms.initial_amount,
                "calendar": terms.calendar.name,
                "execution": terms.execution,
            },
            "engine_version": __version__,
            "data_version": _data_version(table),
        }
    )


def _data_version(table: PriceTable) -> str:
    """Return the SHA-256 of the prices, whatever the order of the assets."""
    digest = hashlib.sha256(table.sessions.astype("<M8[D]").tobytes())
    for place in sorted(range(len(table.assets)), key=table.assets.__getitem__):
        digest.update(table.assets[place].encode())
        digest.update(table.prices[:, place].astype("<f8").tobytes())
    return digest.hexdigest()
