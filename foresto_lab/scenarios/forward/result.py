"""What a forward simulation gives: a fan of futures, and the chances within it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from foresto_lab.canonical import sha256_of
from foresto_lab.findings import Finding
from foresto_lab.labels import Language, label, measure_text, money, percent, rule_label
from foresto_lab.rebalancing import RebalancingRule
from foresto_lab.rebalancing.cashflows import FlowPlan
from foresto_lab.scenarios.forward.future_sessions import MONTHS
from foresto_lab.scenarios.forward.methods import Bootstrap, Method

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foresto_lab.types import Float64Array2D


@dataclass(frozen=True, eq=False, kw_only=True)
class ForwardResult:
    """Many made-up futures of a portfolio. It shows itself in a notebook.

    Amounts are in base currency; with an ``inflation``, in today's money, as are the
    chances of a loss and of the goal.

    Parameters
    ----------
    fan : DataFrame, index ``month`` (0 is the start)
        Percentiles ``p05`` ... ``p95`` and ``mean`` of the value at each month's end;
        ``probability_of_loss`` (time-weighted growth below 1),
        ``probability_of_ruin`` (nothing left by then) and, with a goal,
        ``probability_of_goal`` (value at that month's end at the goal or above).
    outcomes : DataFrame, index ``path``
        ``final, cagr, max_drawdown, ruin_month`` (-1: never), ``total_turnover,
        total_cost, rebalancing_count`` of each path.
    sample : DataFrame, index ``month``
        The first paths whole, a column each.
    summary : Series
        The main figures by name.
    request : mapping
        Everything that was asked, as plain values.
    history_start, history_end : str
        First and last day whose prices the futures come from.
    n_returns : int
        Daily returns of history.
    block_length : float
        Mean length of a block in days; NaN for a parametric method.
    simulated : bool
        Whether history itself was made up.
    currency : str
        The base currency, ISO 4217.
    cashflows : FlowPlan, optional
    growth : (n_months + 1, n_paths), optional
        Time-weighted growth of 1 on every path, nominal: what ``retirement_outlook``
        reads. None where the result was read from a store.
    """

    fan: pd.DataFrame
    outcomes: pd.DataFrame
    sample: pd.DataFrame
    summary: pd.Series[Any]
    request: Mapping[str, Any]
    weights: Mapping[str, float]
    rule: RebalancingRule | None
    method: Method
    initial_amount: float
    goal: float | None
    inflation: float
    seed: int
    history_start: str
    history_end: str
    n_returns: int
    block_length: float
    data_version: str
    findings: tuple[Finding, ...] = ()
    simulated: bool = False
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    currency: str = "KRW"
    cashflows: FlowPlan | None = None
    run_id: str | None = None
    known_hash: str | None = None
    growth: Float64Array2D | None = field(default=None, repr=False)

    @property
    def n_paths(self) -> int:
        """How many futures there are."""
        return len(self.outcomes)

    @property
    def years(self) -> float:
        """How far they go."""
        return (len(self.fan) - 1) / MONTHS

    @property
    def final(self) -> pd.Series[float]:
        """The value that each path ends with."""
        return self.outcomes["final"]

    @property
    def drawdowns(self) -> pd.Series[float]:
        """The deepest drawdown of each path, 0 or below."""
        return self.outcomes["max_drawdown"]

    @cached_property
    def by_year(self) -> pd.DataFrame:
        """The rows of the fan at the end of each year, index ``year``."""
        table = self.fan.iloc[MONTHS::MONTHS].copy()
        table.index = pd.RangeIndex(1, len(table) + 1, name="year")
        return table

    @cached_property
    def request_hash(self) -> str:
        """SHA-256 that names the request: same hash, same numbers."""
        if self.known_hash is not None:
            return self.known_hash
        from foresto_lab._version import __version__

        return sha256_of(
            {
                "kind": "forward",
                "request": dict(self.request),
                "engine_version": __version__,
                "data_version": self.data_version,
            }
        )

    @property
    def title(self) -> str:
        """Name, rule and horizon in one line."""
        return self.heading("en")

    def heading(self, language: Language) -> str:
        """Return name, rule and horizon in one line, in a language."""
        rule = rule_label(getattr(self.rule, "label", None), language)
        horizon = label(
            "forward_horizon", language, years=f"{self.years:g}", paths=self.n_paths
        )
        return " · ".join(part for part in (self.name, rule, horizon) if part)

    def source_line(self, language: Language) -> str:
        """Return where the futures come from in one line, in a language."""
        facts = {"start": self.history_start, "end": self.history_end}
        if isinstance(self.method, Bootstrap):
            days = f"{self.block_length:.1f}"
            return label("forward_from_blocks", language, days=days, **facts)
        freedom = self.method.degrees_of_freedom
        law = label("normal_returns", language)
        if freedom is not None:
            law = label("student_t_returns", language, freedom=f"{freedom:g}")
        return label("forward_from_law", language, law=law, **facts)

    def with_run(self, run_id: str | None, request_hash: str, **facts: Any) -> Self:
        """Return the result as a Lab's run, with other ``facts`` changed as well."""
        return replace(self, run_id=run_id, known_hash=request_hash, **facts)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the fan."""
        return self.fan.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the single paths as plain values."""
        return {
            "run_id": self.run_id,
            "request_hash": self.request_hash,
            "name": self.name,
            "request": dict(self.request),
            "history_start": self.history_start,
            "history_end": self.history_end,
            "n_returns": self.n_returns,
            "block_length": None
            if self.block_length != self.block_length
            else self.block_length,
            "simulated": self.simulated,
            "summary": dict(self.summary),
            "by_year": {
                year: {str(name): float(value) for name, value in row.items()}
                for year, row in enumerate(self.by_year.to_dict("records"), 1)
            },
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def plot(self, *, language: Language = "ko") -> go.Figure:
        """Return the fan of futures as a Plotly figure."""
        from foresto_lab.figures import forward_fan

        return forward_fan(self, language=language)

    def __repr__(self) -> str:
        figures = self.summary
        return (
            f"<ForwardResult {self.title}: median "
            f"{money(figures['final_p50'], 'en', self.currency)}, "
            f"5-95 % {money(figures['final_p05'], 'en', self.currency)} to "
            f"{money(figures['final_p95'], 'en', self.currency)}, chance of loss "
            f"{percent(figures['probability_of_loss'], 1)}>"
        )

    def _repr_html_(self) -> str:
        return to_html(self, "ko")


_CELL = "text-align:{side};padding:2px 12px;border:none;white-space:nowrap"


def to_html(result: ForwardResult, language: Language) -> str:
    """Return heading, summary and findings as a small table."""
    left, right = _CELL.format(side="left"), _CELL.format(side="right")
    simulated = f" · <b>{label('simulated', language)}</b>" if result.simulated else ""
    shown = {name: value for name, value in result.summary.items() if value is not None}
    rows = "".join(
        f"<tr style='background:none'><td style='{left}'>"
        f"{escape(label(str(name), language))}</td><td style='{right}'>"
        f"{escape(measure_text(str(name), value, language, result.currency))}</td></tr>"
        for name, value in shown.items()
    )
    notes = "".join(
        f"<div>⚠ {escape(f'{finding.message} {finding.fix}')}</div>"
        for finding in result.findings
    )
    amount = money(result.initial_amount, language, result.currency)
    invested = f"{label('initial_amount', language)} {amount}"
    real = f" · {label('todays_money', language)}" if result.inflation else ""
    return (
        f"<div><div><b>{escape(result.heading(language))}</b>{simulated}</div>"
        f"<div>{escape(invested + real)}</div>"
        "<table style='border-collapse:collapse;font-variant-numeric:tabular-nums'>"
        f"{rows}</table>{notes}</div>"
    )
