"""Simulate a portfolio forward: history, made-up futures, and what becomes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from foresto_lab.errors import InputError
from foresto_lab.findings import Finding
from foresto_lab.rebalancing import ProportionalCost, RebalancingRule
from foresto_lab.scenarios.forward.draws import Draws, prepare_draws
from foresto_lab.scenarios.forward.future_sessions import YEAR_SESSIONS, FutureSessions
from foresto_lab.scenarios.forward.limits import (
    parse_goal,
    parse_inflation,
    parse_months,
    parse_paths,
    parse_seed,
    parse_threads,
)
from foresto_lab.scenarios.forward.methods import Method, parse_method
from foresto_lab.scenarios.forward.paths import Progress, walk_paths
from foresto_lab.scenarios.forward.result import ForwardResult
from foresto_lab.scenarios.forward.tables import (
    Outcomes,
    fan_table,
    path_table,
    shown_paths,
    summary_figures,
)
from foresto_lab.scenarios.simulation import parse_terms, require_columns
from foresto_lab.scenarios.span import DateLike, Span, parse_span
from foresto_lab.scenarios.weights import parse_weights, targets_with_cash
from foresto_lab.types import Execution, Float64Array2D, Severity

if TYPE_CHECKING:
    from foresto_lab.scenarios.simulation import Terms

SHORT_HISTORY: Final = 5.0
"""Years of history below which a reader is told that it is short."""
DAILY: Final = 4.0
"""Median days between rows above which prices are no daily ones."""


def forward(
    prices: pd.DataFrame,
    weights: Mapping[Any, float],
    rebalancing: RebalancingRule | None = None,
    costs: ProportionalCost | float | None = None,
    cashflows: None = None,
    *,
    years: float = 20,
    paths: int = 10_000,
    method: Method | Mapping[str, Any] | str | None = None,
    seed: int = 0,
    initial_amount: float = 1_000_000,
    goal: float | None = None,
    inflation: float = 0.0,
    threads: int | None = None,
    calendar: str = "XKRX",
    start: DateLike | None = None,
    end: DateLike | None = None,
    execution: Execution | str = "close",
    progress: Progress | None = None,
) -> ForwardResult:
    """Simulate many futures of a portfolio, drawn from the history of its assets.

    Each path is drawn as a table of daily prices, all assets of a day together, and
    walked exactly as :func:`simulate` walks history. A year has 252 sessions, a month
    21, a week 5; session 0 is the close of a year. Path number ``i`` draws from a
    stream of its own, made of ``seed`` and ``i``: the numbers are the same, to the last
    bit, for any number of threads, and the first 100 of 10,000 paths are those of 100.

    Parameters
    ----------
    prices : DataFrame (n_sessions, n_assets)
        History, daily, as for ``simulate``; the sessions on which every held asset has
        a price give the joint returns.
    weights : mapping of column to fraction of NAV
        As for ``simulate``.
    rebalancing : Periodic, Drift or Hybrid, optional
        Left out, the portfolio is bought and held.
    costs : float or ProportionalCost, optional
        In place of the rule's own cost rate.
    years : float
        The horizon, a whole number of months.
    paths : int
        How many futures; 1 to 1,000,000, as far as memory goes.
    method : Bootstrap, Parametric, their name or ``to_dict``; optional
        Left out, the stationary block bootstrap with a block length that suits.
    seed : int
        0 or more. Another seed gives other futures.
    initial_amount : base currency
    goal : base currency, optional
        The value whose chance is told.
    inflation : float
        A yearly rate. Other than 0, all values, the chances of a loss and of the goal
        are in today's money; costs and turnover stay as they are paid.
    threads : int, optional
        Left out, one a core.
    calendar, start, end
        Of history, as for ``simulate``.
    execution : {"close", "next_close"}
    progress : callable, optional
        Told what is done, how many paths, and of how many.

    Returns
    -------
    ForwardResult

    Raises
    ------
    InputError
        As for ``simulate``; history too short, a block longer than it, paths, years,
        seed, goal or threads out of range, more than memory holds.

    Examples
    --------
    >>> weights = {"equity": 0.6, "bond": 0.4}
    >>> fl.forward(prices, weights, fl.Drift(0.05), goal=2_000_000)  # doctest: +SKIP
    """
    n_months = parse_months(years)
    n_paths = parse_paths(paths, n_months)
    seed, n_threads = parse_seed(seed), parse_threads(threads)
    goal, inflation = parse_goal(goal), parse_inflation(inflation)
    method = parse_method(method)
    if cashflows is not None:
        raise InputError(
            message="cashflows are not offered yet; leave the argument out, or None."
        )
    given = parse_weights(weights)
    terms = parse_terms(rebalancing, costs, initial_amount, calendar, execution)
    require_columns(prices, given)
    held = {asset: weight for asset, weight in given.items() if weight > 0.0}
    span = parse_span(prices, list(held), terms.calendar, start=start, end=end)
    require_daily(span)
    targets = targets_with_cash(np.array([list(held.values())]))[0]
    draws = prepare_draws(method, daily_growth(span), span.table.assets, targets[:-1])
    future = FutureSessions(span.sessions[-1], n_months)
    outcomes = walk_paths(
        draws,
        targets,
        terms,
        future,
        n_paths,
        seed=seed,
        threads=n_threads,
        progress=progress,
    )
    return _result(
        deflated(outcomes, inflation, future),
        span,
        draws,
        terms,
        weights={str(asset): weight for asset, weight in given.items()},
        method=method,
        seed=seed,
        goal=goal,
        inflation=inflation,
        simulated=bool(prices.attrs.get("simulated", False)),
        growth=outcomes.growth,
    )


def daily_growth(span: Span) -> Float64Array2D:
    """Return 1 + the simple return of each session after the first, a row each."""
    closes = span.table.prices
    return np.ascontiguousarray(closes[1:] / closes[:-1])


def require_daily(span: Span) -> None:
    """Raise when rows lie so far apart that their returns are not those of days."""
    if len(span.sessions) < 2:
        return
    spacing = float(np.median(np.diff(span.day_numbers)))
    if spacing > DAILY:
        raise InputError(
            message=f"Prices have a row every {spacing:g} days; futures are drawn from "
            "daily returns, 252 a year. Give daily prices, or state yearly figures "
            "with fl.Parametric on daily ones."
        )


def deflated(outcomes: Outcomes, inflation: float, future: FutureSessions) -> Outcomes:
    """Return the outcomes in today's money; as they are without inflation."""
    if inflation == 0.0:
        return outcomes
    months = np.arange(future.n_months + 1)
    level = ((1.0 + inflation) ** (months / 12.0))[:, None]
    return Outcomes(
        navs=outcomes.navs / level,
        growth=outcomes.growth / level,
        drawdowns=outcomes.drawdowns,
        ruin_months=outcomes.ruin_months,
        turnover=outcomes.turnover,
        cost=outcomes.cost,
        trades=outcomes.trades,
    )


def _result(
    outcomes: Outcomes,
    span: Span,
    draws: Draws,
    terms: Terms,
    *,
    weights: Mapping[str, float],
    method: Method,
    seed: int,
    goal: float | None,
    inflation: float,
    simulated: bool,
    growth: Float64Array2D,
) -> ForwardResult:
    fan = fan_table(outcomes, goal)
    by_path = path_table(outcomes)
    n_months = len(fan) - 1
    return ForwardResult(
        fan=fan,
        outcomes=by_path,
        sample=shown_paths(outcomes),
        summary=pd.Series(
            summary_figures(fan, by_path, goal), dtype=object, name="summary"
        ),
        request={
            "weights": dict(weights),
            "rebalancing": None if terms.rule is None else terms.rule.to_dict(),
            "initial_amount": terms.initial_amount,
            "execution": str(terms.execution),
            "months": n_months,
            "paths": len(by_path),
            "method": method.to_dict(),
            "seed": seed,
            "goal": goal,
            "inflation": inflation,
        },
        weights=dict(weights),
        rule=terms.rule,
        method=method,
        initial_amount=terms.initial_amount,
        goal=goal,
        inflation=inflation,
        seed=seed,
        history_start=str(span.sessions[0]),
        history_end=str(span.sessions[-1]),
        n_returns=len(span.sessions) - 1,
        block_length=draws.block_length,
        data_version=span.table.checksum,
        findings=(*span.findings, *history_findings(span, n_months / 12.0, draws)),
        simulated=simulated,
        growth=growth,
    )


def history_findings(span: Span, years: float, draws: Draws) -> tuple[Finding, ...]:
    """Return what a reader should know of the history that futures are drawn from."""
    findings = []
    known = (len(span.sessions) - 1) / YEAR_SESSIONS
    if known < SHORT_HISTORY:
        findings.append(
            Finding(
                code="SHORT_HISTORY",
                severity=Severity.WARNING,
                where="prices",
                message=f"{years:g} years of futures are drawn from {known:.1f} years "
                "of history: what did not happen then cannot happen in them.",
                fix="Load a longer history, or state means and volatilities with "
                "fl.Parametric.",
                count=len(span.sessions) - 1,
            )
        )
    longest = draws.block_length
    if not math.isnan(longest) and longest > len(draws.growth) / 10:
        findings.append(
            Finding(
                code="LONG_BLOCKS",
                severity=Severity.WARNING,
                where="method",
                message=f"A block of {longest:.0f} days on average is over a tenth of "
                f"the {len(draws.growth)} days of history: futures repeat long "
                "stretches of it.",
                fix="Choose a shorter block_length, or load a longer history.",
            )
        )
    return tuple(findings)
