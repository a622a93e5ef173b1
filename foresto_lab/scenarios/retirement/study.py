"""What history says about a retirement: a row a start, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foresto_lab.findings import Finding
from foresto_lab.labels import Language, label, measure_text, percent
from foresto_lab.scenarios.retirement.discounting import (
    paid_withdrawals,
    real_wealth,
    sustainable_rates,
    withdrawal_costs,
)
from foresto_lab.scenarios.retirement.plan import WithdrawalPlan
from foresto_lab.scenarios.retirement.windows import Windows

if TYPE_CHECKING:
    import plotly.graph_objects as go

RATES = tuple(round(0.03 + 0.005 * step, 3) for step in range(9))
"""Rates of the table: 3 % to 7 %, by half a percent."""
HORIZONS = (10, 15, 20, 25, 30, 35, 40)
"""Years of the table, as far as the plan goes."""
PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True, eq=False, kw_only=True)
class RetirementStudy:
    """How every start of history would have gone. It shows itself in a notebook.

    Windows overlap, so they are far fewer independent cases than there are starts.
    Rates are fractions of the initial amount a year; money is in that of the start
    wherever there is inflation.

    Parameters
    ----------
    starts : DataFrame, index ``start``
        ``end, sustainable_rate`` (the largest rate that lasts), ``lasted_years``
        (withdrawals paid in full, in years), ``lasted`` (all of them), ``final_real``
        (what is left of the initial amount at the end, in the money of the start).
    table : DataFrame, index ``withdrawal_rate``, columns years
        The share of starts whose money lasts, of all starts that long; NaN where no
        window is that long.
    fan : DataFrame, index ``year``
        Percentiles ``p05 ... p95`` of what is left, in the money of the start, over
        all starts.
    summary : Series
    plan : WithdrawalPlan
    weights : mapping of asset to fraction
    inflation : str
        ``"none"``, a rate, or ``"consumer prices"``.
    rebalancing : str
        Where the portfolio goes back to its targets.
    initial_amount : base currency
    findings : tuple of Finding
    """

    starts: pd.DataFrame
    table: pd.DataFrame
    fan: pd.DataFrame
    summary: pd.Series[Any]
    plan: WithdrawalPlan
    weights: Mapping[str, float]
    inflation: str
    rebalancing: str
    initial_amount: float
    findings: tuple[Finding, ...] = ()
    simulated: bool = False
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the starts."""
        return self.starts.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the fan as plain values."""
        starts = self.starts.reset_index()
        for column in ("start", "end"):
            starts[column] = starts[column].dt.strftime("%Y-%m-%d")
        return {
            "name": self.name,
            "weights": dict(self.weights),
            "plan": self.plan.to_dict(),
            "inflation": self.inflation,
            "rebalancing": self.rebalancing,
            "initial_amount": self.initial_amount,
            "simulated": self.simulated,
            "summary": dict(self.summary),
            "table": {
                f"{rate:g}": {
                    str(years): None if np.isnan(share) else float(share)
                    for years, share in row.items()
                }
                for rate, row in self.table.iterrows()
            },
            "starts": starts.to_dict("records"),
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def plot(self, *, language: Language = "ko") -> go.Figure:
        """Return what could be withdrawn, by start, as a Plotly figure."""
        from foresto_lab.figures.retirement import sustainable_rates_by_start

        return sustainable_rates_by_start(self, language=language)

    def __repr__(self) -> str:
        worst = self.summary["lowest_sustainable_rate"]
        share = self.summary["success_rate"]
        return (
            f"<RetirementStudy {len(self.starts)} starts of {self.plan.years} years: "
            f"{self.plan.rate:.2%} a year lasts in {share:.1%} of them; "
            f"{worst:.2%} lasts in all>"
        )

    def _repr_html_(self) -> str:
        return study_html(self, "ko")


def make_study(windows: Windows, plan: WithdrawalPlan, **facts: Any) -> RetirementStudy:
    """Return the study of the windows that there are; at least one is whole."""
    whole = windows.of_length(plan.n_periods())
    starts = _start_table(whole, plan)
    return RetirementStudy(
        starts=starts,
        table=_success_table(windows, plan),
        fan=_fan(whole, plan),
        summary=_summary(starts, plan),
        plan=plan,
        **facts,
    )


def _start_table(windows: Windows, plan: WithdrawalPlan) -> pd.DataFrame:
    costs = withdrawal_costs(windows.growth, windows.prices, plan)
    paid = paid_withdrawals(costs, plan)
    wealth = real_wealth(windows.growth, windows.prices, plan)
    return pd.DataFrame(
        {
            "end": pd.DatetimeIndex(windows.dates[-1].astype("datetime64[us]")),
            "sustainable_rate": sustainable_rates(costs, plan),
            "lasted_years": paid / plan.per_year,
            "lasted": paid == plan.n_periods(),
            "final_real": wealth[-1],
        },
        index=pd.DatetimeIndex(windows.starts.astype("datetime64[us]"), name="start"),
    )


def _success_table(windows: Windows, plan: WithdrawalPlan) -> pd.DataFrame:
    rates = sorted({*RATES, plan.rate})
    horizons = sorted(
        {years for years in HORIZONS if years < plan.years} | {plan.years}
    )
    shares = {}
    for years in horizons:
        there = windows.of_length(plan.n_periods(years))
        costs = withdrawal_costs(there.growth, there.prices, plan)
        lasting = [
            (paid_withdrawals(costs, plan, rate) == plan.n_periods(years)).mean()
            if costs.shape[1]
            else np.nan
            for rate in rates
        ]
        shares[years] = lasting
    index = pd.Index(rates, name="withdrawal_rate")
    return pd.DataFrame(shares, index=index).rename_axis(columns="years")


def _fan(windows: Windows, plan: WithdrawalPlan) -> pd.DataFrame:
    wealth = real_wealth(windows.growth, windows.prices, plan)[:: plan.per_year]
    columns = {
        f"p{percentile:02d}": np.percentile(wealth, percentile, axis=1)
        for percentile in PERCENTILES
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(len(wealth), name="year"))


def _summary(starts: pd.DataFrame, plan: WithdrawalPlan) -> pd.Series[Any]:
    rates = starts["sustainable_rate"]
    figures = {
        "n_starts": len(starts),
        "first_start": f"{starts.index[0]:%Y-%m-%d}",
        "last_start": f"{starts.index[-1]:%Y-%m-%d}",
        "retirement_years": plan.years,
        "withdrawal_rate": plan.rate,
        "success_rate": float(starts["lasted"].mean()),
        "lowest_sustainable_rate": float(rates.min()),
        "worst_start": f"{rates.idxmin():%Y-%m-%d}",
        "p05_sustainable_rate": float(np.percentile(rates, 5)),
        "median_sustainable_rate": float(rates.median()),
        "highest_sustainable_rate": float(rates.max()),
        "shortest_lasted_years": float(starts["lasted_years"].min()),
        "median_final_real": float(starts["final_real"].median()),
    }
    return pd.Series(figures, dtype=object, name="summary")


def study_html(study: RetirementStudy, language: Language) -> str:
    """Return the summary and the table of shares as HTML."""
    simulated = f" · <b>{label('simulated', language)}</b>" if study.simulated else ""
    words = [
        (label(str(name), language), measure_text(str(name), value, language))
        for name, value in study.summary.items()
    ]
    rows = "".join(
        f"<tr><td style='text-align:left'>{escape(a)}</td><td>{escape(b)}</td></tr>"
        for a, b in words
    )
    head = "".join(
        f"<th>{label('years_long', language, years=y)}</th>" for y in study.table
    )
    body = "".join(
        f"<tr><td>{percent(float(rate))}</td>"
        + "".join(f"<td>{percent(float(share), 0)}</td>" for share in row)
        + "</tr>"
        for rate, row in zip(study.table.index, study.table.to_numpy(), strict=True)
    )
    notes = "".join(
        f"<div>⚠ {escape(f'{finding.message} {finding.fix}')}</div>"
        for finding in study.findings
    )
    name = escape(study.name or label("retirement", language))
    return (
        f"<div><div><b>{name}</b>{simulated}</div>"
        f"<table style='font-variant-numeric:tabular-nums'>{rows}</table>"
        f"<div>{label('share_of_starts_that_last', language)}</div>"
        f"<table style='font-variant-numeric:tabular-nums'><tr>"
        f"<th>{label('withdrawal_rate', language)}</th>{head}</tr>{body}</table>"
        f"<div>{label('windows_overlap', language)}</div>{notes}</div>"
    )
