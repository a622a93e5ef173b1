"""Ask history: how long does the money last, and what can be withdrawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from foresto_lab.errors import AmountError, CashFlowError, InputError, RuleError
from foresto_lab.findings import Finding
from foresto_lab.market.calendars import parse_session
from foresto_lab.market.price_table import PriceTable, parse_price_table
from foresto_lab.rebalancing import ProportionalCost, RebalancingRule
from foresto_lab.rebalancing.cashflows.growth import (
    ConsumerPrices,
    Growth,
    parse_growth,
)
from foresto_lab.rebalancing.rules import RULES
from foresto_lab.scenarios.retirement.plan import WithdrawalPlan, WithdrawalTime
from foresto_lab.scenarios.retirement.study import RetirementStudy, make_study
from foresto_lab.scenarios.retirement.windows import (
    GrowthOfRows,
    growth_at_targets,
    historical_windows,
)
from foresto_lab.scenarios.simulation import require_columns, simulate
from foresto_lab.scenarios.span import DateLike
from foresto_lab.scenarios.weights import parse_weights, targets_with_cash
from foresto_lab.types import Float64Array1D, Frequency, Int64Array1D, Severity

if TYPE_CHECKING:
    import pandas as pd

AT_WITHDRAWALS: Final = "withdrawals"
"""Back to the targets at every withdrawal, free of cost, as the studies do."""
FEW_STARTS: Final = 12

Rebalancing: TypeAlias = "RebalancingRule | str | None"


def retirement(
    prices: pd.DataFrame,
    weights: Mapping[Any, float],
    withdrawal_rate: float = 0.04,
    years: int = 30,
    *,
    inflation: Growth | Any | None = None,
    frequency: Frequency | str = "ANNUAL",
    withdraw_at: WithdrawalTime | str = "BEGIN",
    rebalancing: RebalancingRule | str | None = AT_WITHDRAWALS,
    costs: ProportionalCost | float | None = None,
    annual_fee: float = 0.0,
    initial_amount: float = 1_000_000,
    calendar: str = "XKRX",
    start: DateLike | None = None,
    end: DateLike | None = None,
) -> RetirementStudy:
    """Return how a retirement of so many years would have gone from every start.

    A start is the first row of a calendar month. Each withdrawal takes its share of
    ``withdrawal_rate`` of the initial amount, grown with ``inflation`` since the start,
    and sells pro rata to what is held. Taxes are not in it: for those simulate with
    ``fl.Withdrawal``.

    Parameters
    ----------
    prices : DataFrame (n_rows, n_assets)
        As for ``simulate``; rows may be daily, monthly or yearly. Of yearly returns:
        ``(1 + returns).cumprod()`` with a row of 1 before them.
    weights : mapping of column to fraction, or Portfolio of fixed weights
        What is missing to 1 is cash that earns nothing.
    withdrawal_rate : float
        A year, as a fraction of the initial amount, in the money of the start.
    years : int
    inflation : float, Series or ConsumerPrices, optional
        A rate a year, or consumer prices by date. Left out, withdrawals stay the same
        in money, and nothing is in real terms.
    frequency : {"ANNUAL", "SEMIANNUAL", "QUARTERLY", "MONTHLY"}
        Of withdrawals.
    withdraw_at : {"BEGIN", "END"}
        Of each period.
    rebalancing : rule, "withdrawals" or None
        A rule, or None for buy and hold, is simulated anew from every start, which
        takes daily rows that ``calendar`` knows. ``"withdrawals"`` puts the portfolio
        back to its targets at every withdrawal, without cost.
    costs : float or ProportionalCost, optional
        In place of the rule's own cost rate.
    annual_fee : float
        Fraction of the money taken a year.
    initial_amount : base currency
        For amounts that are shown; the rates do not depend on it.
    start, end : date, optional
        Take the rows between them.

    Returns
    -------
    RetirementStudy

    Raises
    ------
    InputError
        No window is that long, a month lacks a row, or what ``simulate`` refuses.
    AmountError, UnknownNameError, CashFlowError
        A rate, years, frequency or inflation is none that can be.
    """
    plan = WithdrawalPlan(
        withdrawal_rate,
        years,
        frequency,  # type: ignore[arg-type]  # parsed there
        withdraw_at,  # type: ignore[arg-type]
        annual_fee,
    )
    growth = 0.0 if inflation is None else parse_growth(inflation)
    amount = _parse_amount(initial_amount)
    rule = _parse_rebalancing(rebalancing)
    targets = parse_weights(_fixed_weights(weights))
    require_columns(prices, targets)
    held = {asset: weight for asset, weight in targets.items() if weight > 0.0}
    table, notes = _rows_with_inflation(
        _complete_rows(prices, list(held), start, end), growth
    )
    if rule == AT_WITHDRAWALS:
        _refuse_costs(costs)
        goal = targets_with_cash(np.array([list(held.values())]))[0]
        growth_of = growth_at_targets(table, goal)
    else:
        growth_of = _simulated_growth(prices, held, rule, costs, calendar, table)
    windows = historical_windows(table, plan, growth, growth_of)
    n_whole = len(windows.of_length(plan.n_periods()).starts)
    if n_whole == 0:
        span = (table.sessions[-1] - table.sessions[0]).astype(int) / 365.25
        raise InputError(
            message=f"The prices reach over {span:.1f} years, from {table.sessions[0]} "
            f"to {table.sessions[-1]}: no window of {plan.years} years. Ask for fewer "
            "years, load a longer history, or look forward with fl.forward."
        )
    return make_study(
        windows,
        plan,
        weights={str(asset): weight for asset, weight in targets.items()},
        inflation=_inflation_words(growth, given=inflation is not None),
        rebalancing=_rebalancing_words(rule),
        initial_amount=amount,
        findings=(*notes, *_findings(n_whole, plan, table, growth)),
        simulated=bool(prices.attrs.get("simulated", False)),
    )


def _fixed_weights(given: Any) -> Any:
    """Return the weights of a portfolio that has fixed ones; else what was given."""
    own = None if isinstance(given, Mapping) else getattr(given, "weights", None)
    return own if isinstance(own, Mapping) else given


def _complete_rows(
    prices: pd.DataFrame,
    assets: list[Any],
    start: DateLike | None,
    end: DateLike | None,
) -> PriceTable:
    first = None if start is None else parse_session(start, "start")
    last = None if end is None else parse_session(end, "end")
    table = parse_price_table(prices, assets, start=first, end=last)
    return table.rows(table.first_complete_row, len(table.sessions))


def _rows_with_inflation(
    table: PriceTable, growth: Growth
) -> tuple[PriceTable, tuple[Finding, ...]]:
    """Return the rows whose consumer prices are known, and a finding of the others."""
    if not isinstance(growth, ConsumerPrices):
        return table, ()
    known = np.flatnonzero(growth.knows(table.sessions))
    if len(known) == 0:
        raise CashFlowError(
            message=f"The consumer prices, {growth.dates[0]} to {growth.dates[-1]}, "
            f"and the prices, {table.sessions[0]} to {table.sessions[-1]}, do not "
            "meet. Give consumer prices of the same years."
        )
    missing = len(table.sessions) - len(known)
    if missing == 0:
        return table, ()
    return table.rows(int(known[0]), int(known[-1]) + 1), (
        Finding(
            code="INFLATION_NOT_KNOWN",
            severity=Severity.WARNING,
            where="inflation",
            message=f"{missing} rows of prices lie outside the consumer prices, "
            f"{growth.dates[0]} to {growth.dates[-1]}, and are left out.",
            fix="Give a longer series of consumer prices.",
            count=missing,
        ),
    )


def _simulated_growth(
    prices: pd.DataFrame,
    held: Mapping[Any, float],
    rule: RebalancingRule | None,
    costs: ProportionalCost | float | None,
    calendar: str,
    table: PriceTable,
) -> GrowthOfRows:
    """Return the growth of a portfolio that a rule is simulated on from each start."""

    def growth_of(rows: Int64Array1D) -> Float64Array1D:
        first, last = table.sessions[rows[0]], table.sessions[rows[-1]]
        result = simulate(
            prices,
            held,
            rule,
            costs,
            calendar=calendar,
            start=first,
            end=last,
        )
        nav = result.path["nav"].to_numpy()
        growth: Float64Array1D = nav[rows - rows[0]] / nav[0]
        return growth

    return growth_of


def _parse_rebalancing(given: object) -> Any:
    if (
        given is None
        or given == AT_WITHDRAWALS
        or isinstance(given, tuple(RULES.values()))
    ):
        return given
    raise RuleError(
        message=f"rebalancing is {given!r}; it must be a rule such as "
        f'fl.Periodic("ANNUAL"), "{AT_WITHDRAWALS}", or None for buy and hold.'
    )


def _refuse_costs(costs: object) -> None:
    if costs is not None:
        raise InputError(
            message='costs go with a rule: rebalancing="withdrawals" trades without '
            'cost. Give rebalancing=fl.Periodic("ANNUAL"), or an annual_fee.'
        )


def _parse_amount(given: object) -> float:
    if isinstance(given, Real) and not isinstance(given, bool):
        amount = float(given)
        if math.isfinite(amount) and amount > 0.0:
            return amount
    raise AmountError(
        parameter="initial_amount", given=given, allowed="a finite amount above 0"
    )


def _inflation_words(growth: Growth, *, given: bool) -> str:
    if isinstance(growth, ConsumerPrices):
        return "consumer prices"
    return f"{growth:.4%} a year" if given else "none"


def _rebalancing_words(rule: Any) -> str:
    if rule is None:
        return "none"
    return str(rule) if isinstance(rule, str) else str(rule.label)


def _findings(
    n_whole: int, plan: WithdrawalPlan, table: PriceTable, growth: Growth
) -> tuple[Finding, ...]:
    findings = []
    span = float((table.sessions[-1] - table.sessions[0]).astype(int)) / 365.25
    if span < 2 * plan.years:
        findings.append(
            Finding(
                code="FEW_INDEPENDENT_WINDOWS",
                severity=Severity.WARNING,
                where="years",
                message=f"{n_whole} windows of {plan.years} years overlap within "
                f"{span:.0f} years: hardly more than {max(1, int(span // plan.years))} "
                "independent.",
                fix="Read the shares as history, not as chances; compare fl.forward.",
                count=n_whole,
            )
        )
    if not isinstance(growth, ConsumerPrices) and growth == 0.0:
        findings.append(
            Finding(
                code="NO_INFLATION",
                severity=Severity.INFO,
                where="inflation",
                message="Withdrawals stay the same in money; they lose purchasing "
                "power every year.",
                fix="Give inflation: a rate, or consumer prices.",
            )
        )
    return tuple(findings)
