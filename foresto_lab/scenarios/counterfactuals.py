"""One portfolio under several rules, and what each trade of a rule did.

The definitions are in docs/rebalancing_study.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd

from foresto_lab._version import __version__
from foresto_lab.canonical import sha256_of
from foresto_lab.errors import (
    DateRangeError,
    InputError,
    RuleError,
    UnknownNameError,
)
from foresto_lab.findings import Finding
from foresto_lab.rebalancing import ProportionalCost, RebalancingRule
from foresto_lab.scenarios.decomposition import (
    CASH_FLOW,
    COLUMNS,
    PARTS,
    WEIGHT_PREFIX,
    WalkedPath,
    decompose,
    walked_path,
)
from foresto_lab.scenarios.result import SimulationResult
from foresto_lab.scenarios.simulation import simulate
from foresto_lab.scenarios.study_rules import (
    STUDY_RULES,
    is_fixed,
    parse_study_rules,
    plain_weights,
    require_two_holdings,
    with_baseline,
)
from foresto_lab.types import RunKind, Severity, TriggerType

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foresto_lab.scenarios.market_facts import MarketFacts

Unit = Literal["money", "fraction"]

COMPARED = (
    "total_return",
    "cagr",
    "volatility",
    "sharpe_ratio",
    "max_drawdown",
    "longest_underwater_days",
    "worst_year",
    "annual_turnover",
    "total_cost",
    "rebalancing_count",
    "money_weighted_return",
)
"""What the summary takes over of each path's own, where it has it."""
_MONEY = ("cost", *COLUMNS, "difference")


@dataclass(frozen=True, eq=False, kw_only=True)
class RebalancingStudy:
    """A portfolio under several rules. It shows itself in a notebook.

    Parameters
    ----------
    summary : DataFrame, index ``rule``
        ``final_nav`` and the main figures of each path; ``difference`` to the path
        without rebalancing in money, ``difference_fraction`` of the initial amount, and
        the parts that it is made of. The baseline is the first row.
    paths : DataFrame, index ``date``
        The value at each close, one column a rule.
    event_table : DataFrame
        One row a trade of any rule; see :meth:`events`.
    part_table : DataFrame
        One row a rule and session: the parts so far; see :meth:`parts`.
    rules : mapping of name to rule
    baseline : str
        The name of no rebalancing.
    weights : mapping of asset to fraction of NAV
    initial_amount : base currency
    with_flows : bool
        Whether money was paid in or taken out on the way.
    currency : str
        ISO 4217, what is counted in.
    findings : tuple of Finding
    simulated : bool
        Whether the prices were made up.
    name : str
        What the portfolio is called in headings.
    run_id : str, optional
        None outside a Lab.
    """

    summary: pd.DataFrame
    paths: pd.DataFrame
    event_table: pd.DataFrame
    part_table: pd.DataFrame
    rules: Mapping[str, RebalancingRule | None]
    baseline: str
    weights: Mapping[str, float]
    initial_amount: float
    calendar: str
    execution: str = "close"
    with_flows: bool = False
    currency: str = "KRW"
    findings: tuple[Finding, ...] = ()
    simulated: bool = False
    name: str = ""
    run_id: str | None = None
    make_request_hash: Callable[[], str] = field(repr=False)

    @cached_property
    def request_hash(self) -> str:
        """SHA-256 that names the request: same hash, same numbers."""
        return self.make_request_hash()

    @property
    def compared(self) -> tuple[str, ...]:
        """The rules that trade, by name."""
        return tuple(name for name in self.rules if name != self.baseline)

    def events(self, rule: str, *, unit: Unit = "money") -> pd.DataFrame:
        """Return the trades of a rule and what each of them did, a row each.

        Parameters
        ----------
        rule : str
        unit : {"money", "fraction"}
            Of the effects: money, or fractions of the initial amount, which add up to
            the difference of the total returns.

        Returns
        -------
        DataFrame
            ``event_date``, ``until`` (the next trade, or the end), the trigger,
            ``drift_before``, ``drift_after`` and ``drift_removed`` (the largest of any
            holding, cash too) with their ``half_sum_`` (half the sum of all),
            ``turnover``, ``nav_before``, ``nav_after``, ``cost`` paid; then until the
            next trade ``return_effect``, ``carried_effect`` (which is
            ``earlier_trades_effect`` plus ``compounding_effect``), ``cost_effect`` and
            ``flow_effect``; ``difference`` is the sum of the four.

        Raises
        ------
        UnknownNameError
            The study has no such rule, or no such unit.
        InputError
            Fractions were asked for, and money flowed in or out.
        """
        self._require_rule(rule)
        mine = self.event_table["rule"] == rule
        rows = self.event_table[mine].drop(columns="rule").reset_index(drop=True)
        rows[list(_MONEY)] = rows[list(_MONEY)] / self._divisor(unit)
        return rows

    def parts(self, rule: str, *, unit: Unit = "money") -> pd.DataFrame:
        """Return the parts of a rule's difference so far at each close, index ``date``.

        The four parts of each row add up to its ``difference``.
        """
        self._require_rule(rule)
        mine = self.part_table[self.part_table["rule"] == rule]
        table = mine.drop(columns="rule").set_index("date")
        return table / self._divisor(unit)

    def by_year(self, rule: str, *, unit: Unit = "money") -> pd.DataFrame:
        """Return what each calendar year added to each part, index ``year``."""
        so_far = self.parts(rule, unit=unit)
        years = pd.DatetimeIndex(so_far.index).year
        at_ends = so_far.groupby(years).last()
        added = at_ends.diff()
        added.iloc[0] = at_ends.iloc[0]
        return added.rename_axis("year")

    def attribution(self, rule: str, *, unit: Unit = "money") -> pd.Series[float]:
        """Return what a rule's difference to no rebalancing is made of.

        Returns
        -------
        Series
            ``return_effect``, ``carried_effect``, ``cost_effect``, with cash flows
            ``flow_effect``, and ``difference``, the sum of those before it.
        """
        last = self.parts(rule, unit=unit).iloc[-1]
        shown = [part for part in PARTS if self.with_flows or part != "flow_effect"]
        return last[[*shown, "difference"]].rename(rule)

    def with_run(self, run_id: str | None, request_hash: str, **facts: Any) -> Self:
        """Return the study as a Lab's run, with other ``facts`` changed as well."""
        return replace(
            self,
            run_id=run_id,
            make_request_hash=partial(_identity, request_hash),
            **facts,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the summary."""
        return self.summary.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the daily tables as plain values."""
        return {
            "run_id": self.run_id,
            "request_hash": self.request_hash,
            "name": self.name,
            "weights": dict(self.weights),
            "rules": {
                name: None if rule is None else rule.to_dict()
                for name, rule in self.rules.items()
            },
            "baseline": self.baseline,
            "initial_amount": self.initial_amount,
            "currency": self.currency,
            "calendar": self.calendar,
            "execution": str(self.execution),
            "start": f"{self.paths.index[0]:%Y-%m-%d}",
            "end": f"{self.paths.index[-1]:%Y-%m-%d}",
            "simulated": self.simulated,
            "summary": {
                str(name): _plain_row(row) for name, row in self.summary.iterrows()
            },
            "events": {
                name: [
                    {
                        **row,
                        "event_date": f"{row['event_date']:%Y-%m-%d}",
                        "until": f"{row['until']:%Y-%m-%d}",
                    }
                    for row in self.events(name).to_dict("records")
                ]
                for name in self.compared
            },
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def plot(self, *, language: str = "ko") -> go.Figure:
        """Return each rule's difference to no rebalancing over time, as a figure."""
        from foresto_lab.figures import study as figures

        return figures.differences(self, language=language)

    def __repr__(self) -> str:
        first, last = self.paths.index[0], self.paths.index[-1]
        return (
            f"<RebalancingStudy {self.name or 'portfolio'}: {', '.join(self.rules)}, "
            f"{first:%Y-%m-%d} ~ {last:%Y-%m-%d}>"
        )

    def _repr_html_(self) -> str:
        from foresto_lab.scenarios.study_words import study_html

        return study_html(self, "ko")

    def _require_rule(self, name: str) -> None:
        if name not in self.compared:
            raise UnknownNameError(
                kind="rule of this study", given=name, allowed=self.compared
            )

    def _divisor(self, unit: str) -> float:
        if unit not in ("money", "fraction"):
            raise UnknownNameError(
                kind="unit", given=unit, allowed=("money", "fraction")
            )
        if unit == "money":
            return 1.0
        if self.with_flows:
            raise InputError(
                message="With money paid in or taken out, the effects are amounts and "
                'no fractions of the initial amount. Ask for unit="money".'
            )
        return self.initial_amount


def rebalancing_study(
    prices: pd.DataFrame,
    weights: Any,
    rules: Any = None,
    costs: Any = None,
    cashflows: Any = None,
    initial_amount: float = 1_000_000,
    calendar: str = "XKRX",
    **options: Any,
) -> RebalancingStudy:
    """Simulate one portfolio under several rules; tell what each of their trades did.

    Every rule is compared with the same portfolio never rebalanced, from the same day,
    on the same prices, at the same costs.

    Parameters
    ----------
    prices, weights, costs, cashflows, initial_amount, calendar
        As for :func:`foresto_lab.simulate`.
    rules : mapping of name to rule, sequence of rules or names, optional
        Left out: none, monthly, quarterly, annual, drift (5 points) and hybrid (monthly
        if 5 points off). No rebalancing is always among them.
    **options
        ``start``, ``end``, ``execution`` and more, as for ``simulate``.

    Raises
    ------
    RuleError
        There is no rule that trades, or two have one name.
    UnknownNameError
        A rule is named that is none of the defaults.
    DateRangeError
        The span is too short for any of the rules to trade.
    InputError
        A single asset is all that is held, or as for ``simulate``.

    Examples
    --------
    >>> study = fl.rebalancing_study(prices, {"equity": 0.6, "bond": 0.4})
    ... # doctest: +SKIP
    >>> study.attribution("monthly")    # doctest: +SKIP
    """
    named, baseline = with_baseline(parse_study_rules(rules, STUDY_RULES))
    require_two_holdings(weights)
    if costs is None:
        trades_anyway = cashflows is not None or not is_fixed(plain_weights(weights))
        costs = _common_cost(named, needed=trades_anyway)
    results = {
        name: simulate(
            prices, weights, rule, costs, cashflows, initial_amount, calendar, **options
        )
        for name, rule in named.items()
    }
    _require_chance(results, baseline)
    based = _base_prices(prices, results[baseline], options.get("market"))
    study = study_of(results, baseline, based)
    is_rate = costs is None or isinstance(costs, (Real, ProportionalCost))
    return study if is_rate else replace(study, rules=named)


def study_of(
    results: Mapping[str, SimulationResult], baseline: str, prices: pd.DataFrame
) -> RebalancingStudy:
    """Return the study of results that differ in their rules alone.

    Parameters
    ----------
    results : mapping of name to SimulationResult
    baseline : str
        Which of them does not rebalance.
    prices : DataFrame
        The path's sessions and assets, in base currency.
    """
    walked = {name: walked_path(result, prices) for name, result in results.items()}
    values = prices.to_numpy(dtype=np.float64)
    none = walked[baseline]
    events, parts, last = [], [], {}
    for name, result in results.items():
        if name == baseline:
            continue
        found = decompose(walked[name], none, values)
        gap = walked[name].nav - none.nav
        parts.append(_part_rows(name, result, found.by_session, gap))
        events.append(_event_rows(name, result, walked[name], found.by_trade))
        last[name] = dict(zip(COLUMNS, found.by_session[-1].tolist(), strict=True))
    first = results[baseline]
    return RebalancingStudy(
        summary=_summary(results, baseline, last),
        paths=pd.DataFrame({n: r.path["nav"] for n, r in results.items()}),
        event_table=pd.concat(events, ignore_index=True),
        part_table=pd.concat(parts, ignore_index=True),
        rules={name: result.rule for name, result in results.items()},
        baseline=baseline,
        weights=dict(first.weights),
        initial_amount=first.initial_amount,
        calendar=first.calendar,
        execution=str(first.execution),
        with_flows=CASH_FLOW in first.path.columns,
        currency=first.currency,
        findings=_findings(results, baseline),
        simulated=first.simulated,
        make_request_hash=partial(_request_hash, results),
    )


def _base_prices(
    prices: pd.DataFrame, result: SimulationResult, market: MarketFacts | None
) -> pd.DataFrame:
    """Return what held assets are worth on the path's sessions, in base currency.

    Distributions, before tax, are put back into the asset on their ex date.
    """
    based = prices
    if market is not None:
        based, _ = market.prices_in_base(prices, result.calendar)
    held = [
        name.removeprefix(WEIGHT_PREFIX)
        for name in result.path.columns
        if name.startswith(WEIGHT_PREFIX) and (result.path[name] != 0.0).any()
    ]
    by_name = {str(column): column for column in based.columns}
    columns = [by_name[asset] for asset in held]
    table = based.loc[result.path.index, columns].set_axis(held, axis=1)
    if market is None or market.distributions is None:
        return table
    sessions = table.index.to_numpy().astype("datetime64[D]")
    facts = market.on(prices, sessions, columns, result.calendar)
    if facts.distribution_yield.shape[1] == 0:
        return table
    grown = np.cumprod(1.0 + facts.distribution_yield[:, 1:], axis=1).T
    return table * np.vstack([np.ones((1, len(held))), grown])


def _common_cost(
    named: Mapping[str, RebalancingRule | None], *, needed: bool
) -> float | None:
    """Return the cost rate of all the rules: what never rebalancing trades at, too.

    Without cash flows and with fixed weights it trades nothing.
    """
    rates = {rule.cost_rate for rule in named.values() if rule is not None}
    if len(rates) == 1:
        return rates.pop()
    if not needed:
        return None
    raise RuleError(
        message=f"The rules cost {', '.join(map(str, sorted(rates)))}. Money that "
        "flows and weights that change are traded without a rule too, at the same "
        "cost: say what a trade costs with costs=..."
    )


def _require_chance(results: Mapping[str, SimulationResult], baseline: str) -> None:
    """Raise where no rule traded: there is nothing to study."""
    if any(not r.events.empty for n, r in results.items() if n != baseline):
        return
    path = results[baseline].path
    others = ", ".join(name for name in results if name != baseline)
    raise DateRangeError(
        message=f"From {path.index[0]:%Y-%m-%d} to {path.index[-1]:%Y-%m-%d} "
        f"({len(path)} sessions) no rule ({others}) came to trade, so there is nothing "
        "to study. Take a longer span, or rules that trade sooner."
    )


def _part_rows(name: str, result: SimulationResult, by_session: Any, gap: Any) -> Any:
    frame = pd.DataFrame(by_session, columns=list(COLUMNS))
    frame.insert(0, "rule", pd.Series([name] * len(frame), dtype="str"))
    frame.insert(1, "date", result.path.index)
    frame["difference"] = gap
    return frame


def _event_rows(
    name: str, result: SimulationResult, walked: WalkedPath, by_trade: Any
) -> pd.DataFrame:
    """Return a rule's trades with their drift, their cost and their effects."""
    events, index = result.events, result.path.index
    trades = walked.trades
    ends = [*trades[1:].tolist(), len(index) - 1] if len(trades) else []
    targets = _targets(result)
    before, after = (
        _drifts(targets, events[f"{when}_weights"]) for when in ("before", "after")
    )
    parts = dict(zip(COLUMNS, by_trade[1:].T, strict=True))
    return pd.DataFrame(
        {
            "rule": pd.Series([name] * len(events), dtype="str"),
            "event_date": events["event_date"],
            "until": index[ends] if ends else index[:0],
            "trigger_type": events["trigger_type"],
            "trigger_detail": events["trigger_detail"],
            "drift_before": before[0],
            "drift_after": after[0],
            "drift_removed": before[0] - after[0],
            "half_sum_before": before[1],
            "half_sum_after": after[1],
            "half_sum_removed": before[1] - after[1],
            "turnover": events["turnover"],
            "nav_before": events["nav_before"],
            "nav_after": events["nav_after"],
            "cost": walked.paid,
            **parts,
            "difference": by_trade[1:, : len(PARTS)].sum(axis=1),
        }
    )


def _targets(result: SimulationResult) -> list[Mapping[str, float]]:
    """Return the targets in force at each trade; a schedule's trade goes to its row."""
    in_force: Mapping[str, float] = result.weights
    rows = []
    events = result.events
    for trigger, after in zip(
        events["trigger_type"], events["after_weights"], strict=True
    ):
        in_force = after if trigger == TriggerType.SCHEDULE else in_force
        rows.append(in_force)
    return rows


def _drifts(targets: Sequence[Mapping[str, float]], rows: Iterable[Any]) -> Any:
    """Return the largest drift of any holding, and half the sum of all, of each row."""
    drifts = [_drift(target, row) for target, row in zip(targets, rows, strict=True)]
    return np.array(drifts).reshape(-1, 2).T


def _drift(target: Mapping[str, float], weights: Mapping[str, float]) -> Any:
    """Return the largest drift and half the sum; cash is what is missing to 1."""
    away = [weights.get(asset, 0.0) - target[asset] for asset in target]
    sizes = [*map(abs, away), abs(sum(away))]
    return max(sizes), 0.5 * sum(sizes)


def _summary(
    results: Mapping[str, SimulationResult],
    baseline: str,
    last: Mapping[str, Mapping[str, float]],
) -> pd.DataFrame:
    none = results[baseline]
    rows = {}
    for name, result in results.items():
        nav = float(result.path["nav"].iloc[-1])
        gap = nav - float(none.path["nav"].iloc[-1])
        row = {"final_nav": nav}
        row |= {key: result.summary[key] for key in COMPARED if key in result.summary}
        row |= {
            "difference": gap,
            "difference_fraction": gap / none.initial_amount,
            "cagr_difference": result.summary["cagr"] - none.summary["cagr"],
        }
        row |= dict.fromkeys(COLUMNS, 0.0) | dict(last.get(name, {}))
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")


def _findings(
    results: Mapping[str, SimulationResult], baseline: str
) -> tuple[Finding, ...]:
    """Return each finding once, with which rules never traded."""
    every = {
        (finding.code, finding.where, finding.message): finding
        for result in results.values()
        for finding in result.findings
    }
    idle = [
        Finding(
            code="NEVER_TRADED",
            severity=Severity.INFO,
            where=name,
            message=f"The rule {name} did not trade once in this span: its path is "
            "that of no rebalancing.",
            fix="Take a longer span, or a rule that trades sooner.",
        )
        for name, result in results.items()
        if name != baseline and result.events.empty
    ]
    return (*every.values(), *idle)


def _request_hash(results: Mapping[str, SimulationResult]) -> str:
    """Return the SHA-256 of the requests that the study is made of."""
    return sha256_of(
        {
            "kind": str(RunKind.STUDY),
            "study": "rebalancing",
            "engine_version": __version__,
            "rules": {name: result.request_hash for name, result in results.items()},
        }
    )


def _plain_row(row: pd.Series[Any]) -> dict[str, Any]:
    return {
        str(key): None if value != value else float(value) for key, value in row.items()
    }


def _identity(value: Any) -> Any:
    return value
