"""Simulate a portfolio forward: history, made-up futures, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from foresto_lab.errors import InputError
from foresto_lab.rebalancing import RebalancingRule
from foresto_lab.scenarios.forward.accounts import (
    account_on,
    parse_account,
    walk_accounts,
)
from foresto_lab.scenarios.forward.assembly import Assumptions, assemble
from foresto_lab.scenarios.forward.draws import prepare_draws
from foresto_lab.scenarios.forward.future_sessions import FutureSessions
from foresto_lab.scenarios.forward.limits import (
    parse_goal,
    parse_inflation,
    parse_months,
    parse_paths,
    parse_seed,
    parse_threads,
)
from foresto_lab.scenarios.forward.methods import Method, parse_method
from foresto_lab.scenarios.forward.paths import walk_paths
from foresto_lab.scenarios.forward.result import ForwardResult
from foresto_lab.scenarios.forward.threads import Progress
from foresto_lab.scenarios.market_facts import MarketFacts
from foresto_lab.scenarios.simulation import parse_terms, require_columns
from foresto_lab.scenarios.span import DateLike, Span, parse_span
from foresto_lab.scenarios.weights import parse_weights, targets_with_cash
from foresto_lab.types import Execution, Float64Array2D

if TYPE_CHECKING:
    import pandas as pd

Costs: TypeAlias = Any
"""Whatever ``parse_costs`` takes: a rate, a part, parts joined by +, a preset."""
DAILY: Final = 4.0
"""Median days between rows above which prices are no daily ones."""


def forward(
    prices: pd.DataFrame,
    weights: Mapping[Any, float],
    rebalancing: RebalancingRule | None = None,
    costs: Costs = None,
    cashflows: Any = None,
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
    market: MarketFacts | None = None,
    whole_shares: bool = False,
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
    costs : rate, cost, costs joined by +, name of a preset; optional
        In place of the rule's own cost rate; as for ``simulate``. What depends on the
        date is taken on the dates of the future, which begin with the year after the
        last price. Market impact goes by the trading that was known last.
    cashflows : flow, text or sequence of these, optional
        As for ``simulate``, on the sessions of the future. A withdrawal that the
        account cannot pay takes what is there, and the path is ruined.
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
    market : MarketFacts, optional
        Currencies, markets, trading and distributions of history. Returns are drawn in
        base currency, exchange rates included; distributions with their days.
    whole_shares : bool
        Hold whole shares only, bought from the last prices of history on.
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
    account = parse_account(costs, cashflows, whole_shares)
    given = parse_weights(target_weights(weights))
    terms = parse_terms(
        rebalancing, account.plain_rate, initial_amount, calendar, execution
    )
    require_columns(prices, given)
    held = {asset: weight for asset, weight in given.items() if weight > 0.0}
    facts = market or MarketFacts()
    in_base, told = facts.prices_in_base(prices, calendar, list(held))
    span = parse_span(in_base, list(held), terms.calendar, start=start, end=end)
    require_daily(span)
    targets = targets_with_cash(np.array([list(held.values())]))[0]
    known = facts.on(prices, span.sessions, list(held), calendar)
    account.require_drawable(method, known)
    draws = prepare_draws(method, daily_growth(span), span.table.assets, targets[:-1])
    future = FutureSessions(span.sessions[-1], n_months)
    ahead = account_on(
        account,
        terms.rule,
        future,
        known,
        initial_amount=terms.initial_amount,
        at_next_close=terms.execution is Execution.NEXT_CLOSE,
        start_prices=span.table.prices[-1],
    )
    asked: Any = {"seed": seed, "threads": n_threads, "progress": progress}
    if ahead.is_plain and account.costs_are_plain:
        outcomes = walk_paths(draws, targets, terms, future, n_paths, **asked)
    else:
        outcomes = walk_accounts(draws, targets, ahead, future, n_paths, **asked)
    if account.flows is None:
        outcomes = replace(outcomes, flows={})
    return assemble(
        outcomes,
        Assumptions(
            weights={str(asset): weight for asset, weight in given.items()},
            method=method,
            terms=terms,
            account=account,
            market=market,
            seed=seed,
            goal=goal,
            inflation=inflation,
        ),
        span,
        draws,
        findings=(*told, *ahead.findings),
        simulated=bool(prices.attrs.get("simulated", False)),
    )


def target_weights(given: Any) -> Any:
    """Return the weights of a portfolio, or what was given.

    Raises
    ------
    InputError
        It is a schedule: what it says of the past holds no longer.
    """
    if isinstance(given, Mapping):
        return given
    if hasattr(given, "schedule") or hasattr(given, "on"):
        raise InputError(
            message=f"weights is a {type(given).__name__}, which changes with the "
            "past; futures hold one set of targets. Give its last weights as a mapping."
        )
    return getattr(given, "weights", given)


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
