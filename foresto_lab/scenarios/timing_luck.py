"""How much of a rule's result is the luck of its base day.

The definitions and their sources are in docs/rebalancing_study.md.

References
----------
.. [1] Hoffstein, C., Sibears, J. and Faber, N. (2019), Rebalance Timing Luck: The
   Difference between Hired and Fired, Journal of Index Investing 10(1),
   https://ssrn.com/abstract=3319045.
.. [2] Hoffstein, C., Faber, N. and Braun, S. (2020), Rebalance Timing Luck: The (Dumb)
   Luck of Smart Beta, https://ssrn.com/abstract=3673910.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from numbers import Integral
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias

import numpy as np
import pandas as pd

from foresto_lab._version import __version__
from foresto_lab.canonical import sha256_of
from foresto_lab.errors import (
    AmountError,
    DateRangeError,
    RuleError,
    UnknownNameError,
)
from foresto_lab.findings import Finding
from foresto_lab.labels import MEASURES
from foresto_lab.metrics.periods import SESSIONS_PER_YEAR
from foresto_lab.rebalancing import Hybrid, Periodic, RebalancingRule
from foresto_lab.scenarios.base_days import (
    FIGURES,
    DatedPaths,
    RuleDays,
    simulate_days,
    walk_days,
)
from foresto_lab.scenarios.study_rules import (
    TIMING_RULES,
    parse_study_rules,
    require_two_holdings,
)
from foresto_lab.types import Frequency, RunKind, Severity

if TYPE_CHECKING:
    import plotly.graph_objects as go

BaseDays: TypeAlias = int | Literal["all"]

PERIOD_SESSIONS: Final[Mapping[Frequency, int]] = {
    Frequency.WEEKLY: 5,
    Frequency.MONTHLY: 21,
    Frequency.QUARTERLY: 63,
    Frequency.SEMIANNUAL: 126,
    Frequency.ANNUAL: 252,
}
"""Sessions of a period, of 252 in a year: as many base days as a rule can have."""
SPREAD: Final = ("cagr", "volatility", "max_drawdown", "final_nav")
"""The figures whose distribution over base days is summarised."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TimingLuck:
    """Rules on every base day that they could have. It shows itself in a notebook.

    Parameters
    ----------
    table : DataFrame
        One row a rule and base day: ``offset`` (sessions from the rule's base day),
        ``chosen`` (whether it is the rule's own), ``final_nav``, ``total_return``,
        ``cagr``, ``volatility``, ``sharpe_ratio``, ``max_drawdown``,
        ``total_turnover``, ``total_cost``, ``rebalancing_count`` and
        ``tracking_error`` to the portfolio spread over all of them, a year.
    summary : DataFrame, index ``(rule, measure)``
        Of ``cagr``, ``volatility``, ``max_drawdown`` and ``final_nav``: ``base_days``,
        ``minimum``, ``lower_quartile``, ``median``, ``upper_quartile``, ``maximum``,
        ``spread`` (maximum less minimum), ``standard_deviation``, ``chosen``, its
        ``rank`` (1 is the best) and ``tranched``: the same money spread over all base
        days at the start, and never evened out.
    rules : mapping of name to rule
    base_days : int or "all"
        As many were asked for.
    currency : str
        ISO 4217, what is counted in.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    rules: Mapping[str, RebalancingRule]
    base_days: BaseDays
    weights: Mapping[str, float]
    initial_amount: float
    calendar: str
    execution: str
    start: str
    end: str
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

    def of(self, rule: str) -> pd.DataFrame:
        """Return the base days of one rule, a row each, index ``offset``."""
        if rule not in self.rules:
            raise UnknownNameError(
                kind="rule of this study", given=rule, allowed=tuple(self.rules)
            )
        mine = self.table[self.table["rule"] == rule]
        return mine.drop(columns="rule").set_index("offset")

    def with_run(self, run_id: str | None, request_hash: str, **facts: Any) -> Self:
        """Return the study as a Lab's run, with other ``facts`` changed as well."""
        return replace(
            self,
            run_id=run_id,
            make_request_hash=partial(_identity, request_hash),
            **facts,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "run_id": self.run_id,
            "request_hash": self.request_hash,
            "name": self.name,
            "weights": dict(self.weights),
            "rules": {name: rule.to_dict() for name, rule in self.rules.items()},
            "base_days": self.base_days,
            "initial_amount": self.initial_amount,
            "currency": self.currency,
            "calendar": self.calendar,
            "execution": self.execution,
            "start": self.start,
            "end": self.end,
            "simulated": self.simulated,
            "summary": {
                rule: _of_rule(self.summary, rule).to_dict("index")
                for rule in self.rules
            },
            "base_day_figures": self.table.to_dict("records"),
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def plot(self, *, measure: str = "cagr", language: str = "ko") -> go.Figure:
        """Return the distribution over base days as a Plotly figure."""
        from foresto_lab.figures import study as figures

        return figures.timing_luck(self, measure=measure, language=language)

    def __repr__(self) -> str:
        return (
            f"<TimingLuck {self.name or 'portfolio'}: {', '.join(self.rules)}, "
            f"{len(self.table)} base days, {self.start} ~ {self.end}>"
        )

    def _repr_html_(self) -> str:
        from foresto_lab.scenarios.study_words import luck_html

        return luck_html(self, "ko")


def timing_luck(
    prices: pd.DataFrame,
    weights: Any,
    rules: Any = None,
    costs: Any = None,
    cashflows: Any = None,
    initial_amount: float = 1_000_000,
    calendar: str = "XKRX",
    *,
    base_days: BaseDays = "all",
    **options: Any,
) -> TimingLuck:
    """Simulate rules on every base day of their period, to see how far apart they end.

    Everything but the base day is the same: prices, targets, costs and the first
    session. Base days lie over the whole period, as in [1]_ and [2]_: an annual rule
    may trade on any of a year's 252 sessions, not of its first month alone.

    Parameters
    ----------
    prices, weights, costs, cashflows, initial_amount, calendar
        As for :func:`foresto_lab.simulate`.
    rules : mapping of name to rule, sequence of rules or names, optional
        Left out: weekly, monthly, quarterly, semiannual, annual and hybrid (monthly if
        5 points off). A rule without a periodic date has no base day and is left out,
        with a finding.
    base_days : int or "all"
        How many of each period's sessions to try, as evenly apart as can be, the
        rule's own among them: 21 tries every session of a month, and every twelfth of
        a year.
    **options
        ``start``, ``end``, ``execution`` and more, as for ``simulate``.

    Raises
    ------
    RuleError
        No rule has a base day.
    AmountError
        ``base_days`` is neither "all" nor a whole number from 2.
    DateRangeError
        The span is too short for a rule to trade on any base day.
    InputError
        As for ``simulate``.
    """
    named = parse_study_rules(rules, TIMING_RULES)
    dated = require_dated(named)
    parse_base_days(base_days)
    require_two_holdings(weights)
    variants = {name: _variants(rule, base_days) for name, rule in dated.items()}
    given = (prices, weights, costs, cashflows, initial_amount, calendar)
    paths = walk_days(*given, variants, **options) or simulate_days(
        *given, variants, **options
    )
    tables, summaries = [], []
    for name, rule in dated.items():
        days = paths.days[name]
        _require_trades(name, days, paths)
        own = offset_of(rule)
        tables.append(_table(name, [n for n, _ in variants[name]], own, days, paths))
        summaries.append(_summary(name, tables[-1], days.tranched))
    return TimingLuck(
        table=pd.concat(tables, ignore_index=True),
        summary=pd.concat(summaries),
        rules=dated,
        base_days=base_days,
        weights=paths.weights,
        initial_amount=paths.initial_amount,
        calendar=paths.calendar,
        execution=paths.execution,
        start=str(paths.sessions[0]),
        end=str(paths.sessions[-1]),
        currency=paths.currency,
        findings=(*paths.findings, *_undated(named, dated)),
        simulated=paths.simulated,
        make_request_hash=partial(_request_hash, paths, dated, base_days),
    )


def _of_rule(summary: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Return a rule's rows of a summary, index ``measure``."""
    mine = summary.index.get_level_values("rule") == rule
    return summary[mine].droplevel("rule")


def require_dated(
    named: Mapping[str, RebalancingRule | None],
) -> dict[str, RebalancingRule]:
    """Return the rules that have a base day; raise RuleError where none has one."""
    dated = {
        name: rule
        for name, rule in named.items()
        if rule is not None and has_base_day(rule)
    }
    if not dated:
        raise RuleError(
            message=f"None of the rules ({', '.join(named)}) has a base day to try "
            'others for. Give a periodic one, such as fl.Periodic("MONTHLY").'
        )
    return dated


def has_base_day(rule: RebalancingRule | None) -> bool:
    """Return whether a rule trades on dates."""
    return isinstance(rule, (Periodic, Hybrid))


def offset_of(rule: RebalancingRule) -> int:
    """Return how many sessions from its base day a rule trades."""
    return rule.offset if isinstance(rule, Periodic) else rule.periodic.offset  # type: ignore[union-attr]


def _variants(
    rule: RebalancingRule, base_days: BaseDays
) -> list[tuple[int, RebalancingRule]]:
    """Return the rule on each base day to try, by its offset; its own among them."""
    periodic = rule if isinstance(rule, Periodic) else rule.periodic  # type: ignore[union-attr]
    n_days = PERIOD_SESSIONS[periodic.frequency]
    asked = parse_base_days(base_days)
    tried = n_days if asked == "all" else min(int(asked), n_days)
    offsets = {day * n_days // tried for day in range(tried)} | {periodic.offset}
    return [(offset, _moved(rule, offset)) for offset in sorted(offsets)]


def _moved(rule: RebalancingRule, offset: int) -> RebalancingRule:
    if isinstance(rule, Periodic):
        return replace(rule, offset=offset)
    assert isinstance(rule, Hybrid)
    return replace(rule, periodic=replace(rule.periodic, offset=offset))


def parse_base_days(given: object) -> BaseDays:
    """Return how many base days to try.

    Raises
    ------
    AmountError
        It is neither "all" nor a whole number from 2.
    """
    if given == "all":
        return "all"
    if isinstance(given, Integral) and not isinstance(given, bool) and int(given) > 1:
        return int(given)
    raise AmountError(
        parameter="base_days", given=given, allowed='"all" or a whole number from 2'
    )


def _require_trades(name: str, days: RuleDays, paths: DatedPaths) -> None:
    if days.totals[:, 2].any():
        return
    raise DateRangeError(
        message=f"From {paths.sessions[0]} to {paths.sessions[-1]} "
        f"({len(paths.sessions)} sessions) the rule {name} does not trade on any base "
        "day, so there is no luck to measure. Take a longer span, or leave it out."
    )


def _table(
    name: str, offsets: list[int], own: int, days: RuleDays, paths: DatedPaths
) -> pd.DataFrame:
    """Return a row a base day."""
    returns = days.nav[:, 1:] / days.nav[:, :-1]
    mean = days.nav.mean(axis=0)
    apart = returns - mean[1:] / mean[:-1]
    deviation = apart.std(axis=1, ddof=1) if apart.shape[1] > 1 else np.nan
    return pd.DataFrame(
        {
            "rule": pd.Series([name] * len(offsets), dtype="str"),
            "offset": np.array(offsets, dtype=np.int64),
            "chosen": np.array(offsets) == own,
            "final_nav": days.nav[:, -1],
            **dict(zip(FIGURES, days.figures.T, strict=True)),
            "total_turnover": days.totals[:, 0],
            "total_cost": days.totals[:, 1],
            "rebalancing_count": days.totals[:, 2].astype(np.int64),
            "tracking_error": deviation * np.sqrt(SESSIONS_PER_YEAR),
        }
    )


def _summary(
    name: str, table: pd.DataFrame, tranched: Mapping[str, float]
) -> pd.DataFrame:
    """Return a row a measure: its distribution, and where the chosen day stands."""
    rows = []
    for measure in SPREAD:
        values = table[measure].to_numpy()
        chosen = float(values[table["chosen"].to_numpy()][0])
        better = values > chosen if _is_better_higher(measure) else values < chosen
        quartiles = np.quantile(values, (0.0, 0.25, 0.5, 0.75, 1.0))
        rows.append(
            {
                "base_days": len(values),
                **dict(zip(_QUARTILES, quartiles.tolist(), strict=True)),
                "spread": float(quartiles[-1] - quartiles[0]),
                "standard_deviation": float(values.std(ddof=1)),
                "chosen": chosen,
                "rank": 1 + int(better.sum()),
                "tranched": tranched[measure],
            }
        )
    index = pd.MultiIndex.from_product([[name], SPREAD], names=["rule", "measure"])
    return pd.DataFrame(rows, index=index)


_QUARTILES: Final = ("minimum", "lower_quartile", "median", "upper_quartile", "maximum")


def _is_better_higher(measure: str) -> bool:
    return MEASURES[measure].better == "higher"


def _undated(
    named: Mapping[str, RebalancingRule | None], dated: Mapping[str, RebalancingRule]
) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            code="NO_BASE_DAY",
            severity=Severity.INFO,
            where=name,
            message=f"{name} trades on no periodic date, so it has no base day whose "
            "luck could be measured; it is left out.",
            fix="Leave it out, or give a periodic rule.",
        )
        for name in named
        if name not in dated
    )


def _request_hash(
    paths: DatedPaths, rules: Mapping[str, RebalancingRule], base_days: BaseDays
) -> str:
    """Return the SHA-256 of the request and of the prices it was computed from."""
    return sha256_of(
        {
            "kind": str(RunKind.STUDY),
            "study": "timing_luck",
            "engine_version": __version__,
            "rules": {name: rule.to_dict() for name, rule in rules.items()},
            "base_days": base_days,
            "path": paths.make_request_hash(),
        }
    )


def _identity(value: Any) -> Any:
    return value
