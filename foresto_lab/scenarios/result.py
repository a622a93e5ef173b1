"""What a simulation gives: path, events, summary, and where they are from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from html import escape
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from foresto_lab.findings import Finding
from foresto_lab.labels import Language, label, measure_text, money, rule_label
from foresto_lab.metrics.crises import crisis_windows
from foresto_lab.metrics.relative import RelativePerformance, relative_performance
from foresto_lab.metrics.rolling import RollingWindows, rolling_windows
from foresto_lab.metrics.start_dates import StartDates, start_date_sensitivity
from foresto_lab.rebalancing import RebalancingRule
from foresto_lab.types import Execution

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foresto_lab.rebalancing.cashflows import FlowPlan
    from foresto_lab.rebalancing.costs import CostModel
    from foresto_lab.scenarios.weights_schedule import WeightsSchedule


@dataclass(frozen=True, eq=False, kw_only=True)
class SimulationResult:
    """A simulated portfolio. It shows itself in a notebook.

    Parameters
    ----------
    path : DataFrame, index ``date``
        ``nav, daily_return, cumulative_return, drawdown`` and a ``weight_<asset>``
        each, at the end of the day, after any rebalancing. Day 0 returns 0.
    summary : Series
        The figures of the path by name; days are calendar days. ``recovery_days`` is
        None when the deepest drawdown has not recovered. A ratio without a divisor
        (a Sharpe ratio without variance, a Calmar ratio without drawdown), and what
        needs more returns than there are, is NaN.
    weights : mapping of asset to fraction of NAV
        The targets.
    rule : rule, optional
        None is buy and hold.
    initial_amount : base currency
    calendar : str
    execution : Execution
    findings : tuple of Finding
        What a reader of these numbers should know.
    simulated : bool
        Whether the prices were made up.
    currency : str
        ISO 4217: what amounts are in.
    name : str
        What it is called in headings.
    labels : mapping of asset to str
        What the assets are called; one without a label is called by its name.
    run_id : str, optional
        None outside a Lab.
    costs : CostModel, optional
        In place of the rule's own cost rate.
    cashflows : FlowPlan, optional
        With flows, returns, figures and drawdowns are time-weighted: what a fund's
        price would have done, whatever came in or went out.
    schedule : WeightsSchedule, optional
        Where the targets change; ``weights`` are its first row.
    whole_shares : bool
    """

    path: pd.DataFrame
    summary: pd.Series[Any]
    weights: Mapping[str, float]
    rule: RebalancingRule | None
    initial_amount: float
    calendar: str
    execution: Execution = Execution.CLOSE
    findings: tuple[Finding, ...] = ()
    simulated: bool = False
    currency: str = "KRW"
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    run_id: str | None = None
    costs: CostModel | None = None
    cashflows: FlowPlan | None = None
    schedule: WeightsSchedule | None = None
    whole_shares: bool = False
    make_events: Callable[[], pd.DataFrame] = field(repr=False)
    make_request_hash: Callable[[], str] = field(repr=False)
    make_ledger: Callable[[], pd.DataFrame] | None = field(default=None, repr=False)

    @classmethod
    def from_tables(
        cls,
        path: pd.DataFrame,
        events: pd.DataFrame,
        summary: Mapping[str, Any] | pd.Series[Any],
        *,
        request_hash: str,
        ledger: pd.DataFrame | None = None,
        **facts: Any,
    ) -> Self:
        """Return the result that stored tables describe; ``facts`` are its fields."""
        return cls(
            path=path,
            summary=pd.Series(dict(summary), dtype=object, name="summary"),
            make_events=partial(_identity, events),
            make_request_hash=partial(_identity, request_hash),
            make_ledger=None if ledger is None else partial(_identity, ledger),
            **facts,
        )

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row a rebalancing: date, trigger, weights, turnover, cost, NAV."""
        return self.make_events()

    @cached_property
    def ledger(self) -> pd.DataFrame | None:
        """What was paid on each session, by part: events, flows, fees and taxes.

        Index ``date``, of sessions on which anything was paid; ``cost_<part>``, and
        ``realized_gain`` where lots are kept. None of a plain simulation.
        """
        return None if self.make_ledger is None else self.make_ledger()

    @cached_property
    def request_hash(self) -> str:
        """SHA-256 that names the request: same hash, same numbers."""
        return self.make_request_hash()

    @property
    def title(self) -> str:
        """Name, rule and span in one line."""
        return self._title("en")

    def with_run(self, run_id: str | None, request_hash: str, **facts: Any) -> Self:
        """Return the result as a Lab's run, with other ``facts`` changed as well."""
        return replace(
            self,
            run_id=run_id,
            make_request_hash=partial(_identity, request_hash),
            **facts,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the path."""
        return self.path.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the daily path as plain values."""
        return {
            "run_id": self.run_id,
            "request_hash": self.request_hash,
            "name": self.name,
            "weights": dict(self.weights),
            "rule": None if self.rule is None else self.rule.to_dict(),
            "initial_amount": self.initial_amount,
            "calendar": self.calendar,
            "execution": str(self.execution),
            "start": f"{self.path.index[0]:%Y-%m-%d}",
            "end": f"{self.path.index[-1]:%Y-%m-%d}",
            "simulated": self.simulated,
            "currency": self.currency,
            "summary": dict(self.summary),
            **self._account_facts(),
            "events": [
                {**row, "event_date": f"{row['event_date']:%Y-%m-%d}"}
                for row in self.events.to_dict("records")
            ],
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def _account_facts(self) -> dict[str, Any]:
        """Return what an account has beyond a plain simulation, where it has it."""
        given = {
            "costs": self.costs,
            "cashflows": self.cashflows,
            "schedule": self.schedule,
        }
        facts: dict[str, Any] = {
            name: value.to_dict() for name, value in given.items() if value is not None
        }
        return facts | ({"whole_shares": True} if self.whole_shares else {})

    def plot(self, *, language: Language = "ko") -> go.Figure:
        """Return the growth of the portfolio as a Plotly figure."""
        from foresto_lab.figures import growth

        return growth(self, language=language)

    def relative_to(self, benchmark: Any, **options: Any) -> RelativePerformance:
        """Return the portfolio beside a benchmark: a Series of values, or a result.

        The options are those of :func:`foresto_lab.metrics.relative_performance`.
        """
        return relative_performance(self, benchmark, **options)

    def crises(self, benchmark: Any = None, **options: Any) -> pd.DataFrame:
        """Return what the portfolio did in the markets' worst times.

        See :func:`foresto_lab.metrics.crisis_windows`; ``own={"name": (start, end)}``
        adds windows of one's own.
        """
        return crisis_windows(self, benchmark, **options)

    def rolling(
        self, years: int | Iterable[int] = (1, 3, 5), **options: Any
    ) -> RollingWindows:
        """Return every window of these lengths: return, volatility, Sharpe ratio.

        See :func:`foresto_lab.metrics.rolling_windows`.
        """
        return rolling_windows(self, years, **options)

    def start_dates(
        self, horizons: int | Iterable[int] = (1, 3, 5, 10), **options: Any
    ) -> StartDates:
        """Return what joining on each possible day would have earned.

        See :func:`foresto_lab.metrics.start_date_sensitivity`.
        """
        return start_date_sensitivity(self, horizons, **options)

    def __repr__(self) -> str:
        total, sharpe = self.summary["total_return"], self.summary["sharpe_ratio"]
        return (
            f"<SimulationResult {self._title('en')}: "
            f"total return {measure_text('total_return', total, 'en')}, "
            f"Sharpe ratio {measure_text('sharpe_ratio', sharpe, 'en')}>"
        )

    def _repr_html_(self) -> str:
        return _to_html(self, "ko")

    def _title(self, language: Language) -> str:
        rule = rule_label(getattr(self.rule, "label", None), language)
        first, last = self.path.index[0], self.path.index[-1]
        parts = [self.name, rule, f"{first:%Y-%m-%d} ~ {last:%Y-%m-%d}"]
        return " · ".join(part for part in parts if part)


_CELL = "text-align:{side};padding:2px 12px;border:none;white-space:nowrap"


def _to_html(result: SimulationResult, language: Language) -> str:
    """Return the heading and the summary as a small table of two columns of figures."""
    heading = escape(result._title(language))
    simulated = f" · <b>{label('simulated', language)}</b>" if result.simulated else ""
    amount = money(result.initial_amount, language, result.currency)
    invested = f"{label('initial_amount', language)} {amount}"
    cells = [
        _figure_cells(name, value, language, result.currency)
        for name, value in result.summary.items()
    ]
    half = (len(cells) + 1) // 2
    right = cells[half:] + [""] * (2 * half - len(cells))
    rows = "".join(
        f"<tr style='background:none'>{a}{b}</tr>"
        for a, b in zip(cells[:half], right, strict=True)
    )
    notes = "".join(
        f"<div>⚠ {escape(f'{finding.message} {finding.fix}')}</div>"
        for finding in result.findings
    )
    return (
        f"<div><div><b>{heading}</b>{simulated}</div><div>{escape(invested)}</div>"
        f"<table style='border-collapse:collapse;font-variant-numeric:tabular-nums'>"
        f"{rows}</table>{notes}</div>"
    )


def _figure_cells(name: object, value: Any, language: Language, currency: str) -> str:
    left, right = _CELL.format(side="left"), _CELL.format(side="right")
    words = escape(label(str(name), language))
    figure = escape(measure_text(str(name), value, language, currency))
    return f"<td style='{left}'>{words}</td><td style='{right}'>{figure}</td>"


def _identity(value: Any) -> Any:
    return value
