"""Paths of one portfolio under rules that differ in their base day alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from foresto_lab import engine
from foresto_lab.findings import Finding
from foresto_lab.metrics.periods import (
    DAYS_PER_YEAR,
    SESSIONS_PER_YEAR,
    period_ends,
)
from foresto_lab.rebalancing import ProportionalCost, RebalancingRule
from foresto_lab.scenarios.decomposition import CASH_FLOW
from foresto_lab.scenarios.simulation import (
    Terms,
    parse_terms,
    require_columns,
    simulate,
)
from foresto_lab.scenarios.span import Span, parse_span
from foresto_lab.scenarios.study_rules import is_fixed, plain_weights
from foresto_lab.scenarios.weights import parse_weights, targets_with_cash
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Int64Array1D,
    SessionArray,
)

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.scenarios.result import SimulationResult

Variants: TypeAlias = Mapping[str, Sequence[tuple[int, RebalancingRule]]]

FIGURES: Final = (
    "total_return",
    "cagr",
    "volatility",
    "sharpe_ratio",
    "max_drawdown",
)
"""The figures of a path that are kept."""
_PLAIN_OPTIONS: Final = frozenset({"start", "end", "execution"})


@dataclass(frozen=True, eq=False)
class RuleDays:
    """One rule's paths: a row a base day.

    Parameters
    ----------
    nav : (n_days, n_sessions)
    figures : (n_days, 5)
        ``FIGURES``.
    totals : (n_days, 3)
        Turnover, cost and number of trades.
    tranched : mapping
        ``FIGURES`` and ``final_nav`` of the mean of the paths: the money divided
        evenly over the base days at the start.
    """

    nav: Float64Array2D
    figures: Float64Array2D
    totals: Float64Array2D
    tranched: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class DatedPaths:
    """The paths of every rule, and what they have in common."""

    days: Mapping[str, RuleDays]
    sessions: SessionArray
    weights: Mapping[str, float]
    initial_amount: float
    calendar: str
    execution: str
    findings: tuple[Finding, ...]
    simulated: bool
    make_request_hash: Callable[[], str]
    currency: str = "KRW"


def is_plain(
    weights: Any, costs: Any, cashflows: Any, options: Mapping[str, Any]
) -> bool:
    """Return whether the plain walk has all that is asked for."""
    extra = {name for name, value in options.items() if value} - _PLAIN_OPTIONS
    rate = costs is None or isinstance(costs, (Real, ProportionalCost))
    return is_fixed(weights) and rate and cashflows is None and not extra


def walk_days(
    prices: pd.DataFrame,
    weights: Any,
    costs: Any,
    cashflows: Any,
    initial_amount: float,
    calendar: str,
    variants: Variants,
    **options: Any,
) -> DatedPaths | None:
    """Return the paths by the plain walk alone; None where it cannot walk them.

    Each is, to the last bit, the path that ``simulate`` gives.
    """
    weights = plain_weights(weights)
    if not is_plain(weights, costs, cashflows, options):
        return None
    targets = parse_weights(weights)
    require_columns(prices, targets)
    held = {asset: weight for asset, weight in targets.items() if weight > 0.0}
    execution = options.get("execution", "close")
    first = next(iter(variants.values()))[0][1]
    terms = parse_terms(first, costs, initial_amount, calendar, execution)
    span = parse_span(
        prices,
        list(held),
        terms.calendar,
        start=options.get("start"),
        end=options.get("end"),
    )
    goal = targets_with_cash(np.array([list(held.values())]))[0]
    days = {}
    for name, rules in variants.items():
        every = [
            parse_terms(rule, costs, initial_amount, calendar, execution)
            for _, rule in rules
        ]
        days[name] = _walk(span, goal, every)
    whole = partial(
        simulate, prices, weights, None, costs, None, initial_amount, calendar
    )
    return DatedPaths(
        days=days,
        sessions=span.sessions,
        weights={str(asset): weight for asset, weight in targets.items()},
        initial_amount=terms.initial_amount,
        calendar=terms.calendar.name,
        execution=str(terms.execution),
        findings=span.findings,
        simulated=bool(prices.attrs.get("simulated", False)),
        make_request_hash=lambda: whole(**options).request_hash,
    )


def simulate_days(
    prices: pd.DataFrame,
    weights: Any,
    costs: Any,
    cashflows: Any,
    initial_amount: float,
    calendar: str,
    variants: Variants,
    **options: Any,
) -> DatedPaths:
    """Return the paths by simulating each: any cost, any cash flow, but slower."""
    call = partial(
        simulate,
        prices,
        weights,
        costs=costs,
        cashflows=cashflows,
        initial_amount=initial_amount,
        calendar=calendar,
        **options,
    )
    days, result = {}, None
    for name, rules in variants.items():
        results = [call(rebalancing=rule) for _, rule in rules]
        result = results[0]
        figures = [[float(each.summary[key]) for key in FIGURES] for each in results]
        totals = [[float(each.summary[key]) for key in _TOTALS] for each in results]
        nav = np.array([each.path["nav"].to_numpy() for each in results])
        days[name] = RuleDays(
            nav, np.array(figures), np.array(totals), _spread_evenly(results, nav)
        )
    assert result is not None
    return DatedPaths(
        days=days,
        sessions=result.path.index.to_numpy().astype("datetime64[D]"),
        weights=dict(result.weights),
        initial_amount=result.initial_amount,
        calendar=result.calendar,
        execution=str(result.execution),
        findings=result.findings,
        simulated=result.simulated,
        make_request_hash=lambda: call(rebalancing=None).request_hash,
        currency=result.currency,
    )


_TOTALS: Final = ("total_turnover", "total_cost", "rebalancing_count")


def _walk(span: Span, targets: Float64Array1D, every: Sequence[Terms]) -> RuleDays:
    """Walk the span once for each of a rule's base days."""
    prices = span.table.prices.T
    n_sessions = prices.shape[1]
    nav = np.empty((len(every), n_sessions))
    totals = np.empty((len(every), 3))
    no_path, no_weights = np.empty((0, 0)), np.empty((0, 0, 0))
    no_events = np.empty(0, dtype=np.int64)
    for day, terms in enumerate(every):
        n_events, turnover, cost = engine.walk_kernel(
            prices,
            targets,
            terms.initial_amount,
            *terms.rule_arguments(terms.schedule(span)),
            nav[day],
            no_path,
            no_events,
            no_events,
            no_path,
            no_weights,
        )
        totals[day] = turnover, cost, n_events
    dates = _Dates.of(span.sessions)
    figures = np.array([dates.figures(path) for path in nav])
    return RuleDays(nav, figures, totals, dates.tranched(nav.mean(axis=0)))


def _spread_evenly(
    results: Sequence[SimulationResult], nav: Float64Array2D
) -> Mapping[str, float]:
    """Return the figures of the mean of the paths, time-weighted where money flows."""
    index = results[0].path.index
    mean = nav.mean(axis=0)
    flows = np.zeros(len(index))
    if CASH_FLOW in results[0].path.columns:
        flows = np.mean([each.path[CASH_FLOW].to_numpy() for each in results], axis=0)
    growth = (mean[1:] - flows[1:]) / mean[:-1]
    weighted = mean[0] * np.cumprod(np.concatenate(([1.0], growth)))
    dates = _Dates.of(index.to_numpy().astype("datetime64[D]"))
    return {**dates.tranched(weighted), "final_nav": float(mean[-1])}


@dataclass(frozen=True, eq=False)
class _Dates:
    """What the figures of a path want to know of its sessions."""

    day_numbers: Int64Array1D
    month_ends: Int64Array1D
    year_ends: Int64Array1D
    years: float

    @classmethod
    def of(cls, sessions: SessionArray) -> _Dates:
        numbers = sessions.astype(np.int64)
        years = float(numbers[-1] - numbers[0]) / DAYS_PER_YEAR
        ends = period_ends(sessions, "M"), period_ends(sessions, "Y")
        return cls(numbers, *ends, years)

    def figures(self, nav: Float64Array1D) -> Float64Array1D:
        """Return ``FIGURES`` of a path."""
        figures = np.empty(engine.N_FIGURES)
        engine.summary_kernel(
            nav,
            nav[1:] / nav[:-1] - 1.0,
            self.day_numbers,
            self.month_ends,
            self.year_ends,
            self.years,
            SESSIONS_PER_YEAR,
            0.0,
            figures,
        )
        kept: Float64Array1D = figures[[engine.FIGURES.index(n) for n in FIGURES]]
        return kept

    def tranched(self, nav: Float64Array1D) -> Mapping[str, float]:
        """Return ``FIGURES`` of a path by name, with its final value."""
        named = dict(zip(FIGURES, self.figures(nav).tolist(), strict=True))
        return {**named, "final_nav": float(nav[-1])}
