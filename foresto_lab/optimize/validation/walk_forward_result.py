"""What a walk-forward gives: its windows, and the account that went through them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

import pandas as pd

from foresto_lab.canonical import sha256_of
from foresto_lab.findings import Finding
from foresto_lab.labels import percent, ratio
from foresto_lab.optimize.result_values import (
    json_ready,
    plain_value,
    title_of,
    values_of,
)
from foresto_lab.optimize.validation.out_of_sample import out_of_sample_statistics
from foresto_lab.optimize.validation.windows import WalkForwardPlan
from foresto_lab.types import Float64Array1D

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foresto_lab.labels import Language

TABLES: Final = ("windows", "train_metrics", "test_metrics", "equity", "trades")
"""The tables of a walk-forward, as a store keeps them."""


@dataclass(frozen=True, eq=False, kw_only=True)
class WalkForwardResult:
    """Parameters chosen on the past, again and again, and traded on what came next.

    Parameters
    ----------
    windows : DataFrame
        By the window's number from 1: first and last open time of its train and test
        span (``train_start``, ``train_end``, ``test_start``, ``test_end``), the bars
        of both, ``status`` (``traded``, or ``cash`` where no parameters could be
        chosen), combinations ``evaluated``, the objective on both spans
        (``train_objective``, ``test_objective``), ``degradation`` (how much worse the
        objective was out of sample; below 0 where it was better), ``efficiency``
        (growth a bar out of sample over that in sample, where growth is the logarithm
        of 1 + total return; NaN unless the latter is above 0), ``start_equity``,
        ``end_equity``, and whether a position was ``closed`` at its end.
    chosen : tuple of mapping or None
        The parameters of each window; None where it held cash.
    train_metrics, test_metrics : DataFrame
        By the window's number, the figures of the chosen parameters on both spans; on
        the train span they are those of the search, on the test span those of the
        account as it went on.
    equity : DataFrame
        Out of sample, by open time: equity, cash, position value, drawdown, position,
        window (0 between test spans).
    trades : DataFrame
        As a backtest has them, with their window.
    metrics : Series
        The figures of that account, by the code that a backtest's are from.
    stability : DataFrame
        By parameter: ``distinct`` values, the share of windows that kept the value of
        the one before (``unchanged``), the mean step from one to the next as a share
        of the space (``mean_step``), and ``minimum``, ``median``, ``maximum`` of
        numbers.
    efficiency : float
        Walk-forward efficiency (Pardo 2008): growth a bar of ``equity`` over the mean
        growth a bar of the chosen parameters on their train spans; NaN unless that is
        above 0.
    request : mapping
        What was asked, JSON-ready: ``subject``, ``space``, ``method``,
        ``objectives``, ``constraints``, ``seed``, ``patience``, ``windows``.
    initial_capital : money
    periods_per_year : float
    sharpes : (n_trials,)
        Annual Sharpe ratio of every combination on every train span, for the trial
        ledger, also of a span whose search was stopped; not stored with a run.
    status : str
        ``complete``, or what stopped it; then of the windows until there.
    elapsed : seconds
    findings : tuple of Finding
    run_id : str, optional
        None outside a Lab.
    """

    windows: pd.DataFrame
    chosen: tuple[Mapping[str, Any] | None, ...]
    train_metrics: pd.DataFrame
    test_metrics: pd.DataFrame
    equity: pd.DataFrame
    trades: pd.DataFrame
    metrics: pd.Series[Any]
    stability: pd.DataFrame
    efficiency: float
    request: Mapping[str, Any]
    initial_capital: float
    periods_per_year: float
    sharpes: Float64Array1D | None = None
    status: str = "complete"
    elapsed: float = 0.0
    findings: tuple[Finding, ...] = ()
    run_id: str | None = None
    given_hash: str | None = None

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """The parameters of each window, None where it held cash."""
        names = list(self.stability.index)
        rows = [{**dict.fromkeys(names), **(row or {})} for row in self.chosen]
        return pd.DataFrame(rows, index=self.windows.index, columns=names)

    @cached_property
    def statistics(self) -> pd.Series[Any]:
        """How sure the figures are; see ``out_of_sample_statistics``."""
        return out_of_sample_statistics(
            self.equity["equity"],
            self.initial_capital,
            self.windows,
            self.periods_per_year,
        )

    @property
    def plan(self) -> WalkForwardPlan:
        """How the windows were cut."""
        return WalkForwardPlan(**self.request["windows"])

    @property
    def objective(self) -> str:
        """What the parameters were chosen by; the first of several."""
        return str(self.request["objectives"][0]["name"])

    @property
    def evaluated(self) -> int:
        """Combinations evaluated, over all windows."""
        return int(self.windows["evaluated"].sum())

    @cached_property
    def request_hash(self) -> str:
        """SHA-256 that names the request: same hash, same numbers."""
        if self.given_hash is not None:
            return self.given_hash
        return sha256_of(self.request)

    @property
    def title(self) -> str:
        """Strategy, symbols, timeframe and out-of-sample span in one line."""
        return title_of(self.request, self.equity.index)

    def with_run(self, run_id: str | None, request_hash: str, **facts: Any) -> Self:
        """Return the result as a Lab's run, with other ``facts`` changed as well."""
        return replace(self, run_id=run_id, given_hash=request_hash, **facts)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the windows, with the parameters of each."""
        return self.windows.join(self.parameters)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the series bar by bar and the trades, JSON-ready."""
        return {
            "run_id": self.run_id,
            "request_hash": self.request_hash,
            "status": self.status,
            "elapsed": self.elapsed,
            "request": json_ready(self.request),
            "initial_capital": self.initial_capital,
            "periods_per_year": self.periods_per_year,
            "efficiency": plain_value(self.efficiency),
            "metrics": values_of(self.metrics),
            "statistics": values_of(self.statistics),
            "windows": [
                {"window": number, **values_of(row), "parameters": chosen}
                for (number, row), chosen in zip(
                    self.windows.iterrows(), self.chosen, strict=True
                )
            ],
            "stability": {
                str(name): values_of(row) for name, row in self.stability.iterrows()
            },
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def to_tables(self) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        """Return tables of plain columns, and the facts beside them, JSON-ready."""
        tables = {name: getattr(self, name) for name in TABLES}
        parameters = [None if row is None else json.dumps(row) for row in self.chosen]
        tables["windows"] = self.windows.assign(
            parameters=pd.Series(parameters, index=self.windows.index, dtype=object)
        )
        tables["trades"] = _with_text(self.trades)
        facts = self.to_dict()
        del facts["windows"]
        return tables, facts

    @classmethod
    def from_tables(
        cls, tables: Mapping[str, pd.DataFrame], facts: Mapping[str, Any]
    ) -> Self:
        """Return the result that ``to_tables`` described."""
        read = dict(tables)
        parameters = read["windows"]["parameters"].tolist()
        read["windows"] = read["windows"].drop(columns="parameters")
        read["trades"] = _with_mappings(read["trades"])
        kept = {name: facts[name] for name in facts if name in _FACTS}
        framed: dict[str, Any] = {name: read[name] for name in TABLES}
        return cls(
            chosen=tuple(
                json.loads(text) if isinstance(text, str) else None
                for text in parameters
            ),
            metrics=_series(facts["metrics"]),
            stability=_stability(facts["stability"]),
            efficiency=_number(facts["efficiency"]),
            findings=tuple(map(Finding.from_dict, facts["findings"])),
            given_hash=facts["request_hash"],
            **framed,
            **kept,
        )

    def plot(self, *, language: Language = "ko") -> go.Figure:
        """Return the out-of-sample equity and the windows as a Plotly figure."""
        from foresto_lab.figures.walk_forward import plot_walk_forward

        return plot_walk_forward(self, language=language)

    def __repr__(self) -> str:
        sharpe = self.metrics.get("sharpe", self.metrics.get("sharpe_ratio"))
        return (
            f"<WalkForwardResult {self.title}: {len(self.windows)} windows, "
            f"total return {percent(self.metrics.get('total_return'))}, "
            f"Sharpe {ratio(sharpe)}, efficiency {percent(self.efficiency, 0)}>"
        )

    def _repr_html_(self) -> str:
        from foresto_lab.optimize.validation.validation_words import walk_forward_html

        return walk_forward_html(self, "ko")


_FACTS: Final = frozenset(
    {"request", "initial_capital", "periods_per_year", "status", "elapsed", "run_id"}
) & {item.name for item in fields(WalkForwardResult)}


def _with_text(trades: pd.DataFrame) -> pd.DataFrame:
    """Return trades whose entry conditions are JSON text."""
    conditions = [json.dumps(json_ready(row)) for row in trades["entry_conditions"]]
    return trades.assign(
        entry_conditions=pd.Series(conditions, index=trades.index, dtype=object)
    )


def _with_mappings(trades: pd.DataFrame) -> pd.DataFrame:
    conditions = [json.loads(text) for text in trades["entry_conditions"]]
    return trades.assign(
        entry_conditions=pd.Series(conditions, index=trades.index, dtype=object)
    )


def _series(values: Mapping[str, Any]) -> pd.Series[Any]:
    read = {name: _number(value) for name, value in values.items()}
    return pd.Series(read, dtype=object, name="metrics")


def _stability(rows: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    read = [
        {name: _number(value) for name, value in row.items()} for row in rows.values()
    ]
    return pd.DataFrame(read, index=pd.Index(list(rows), name="parameter"))


def _number(value: Any) -> Any:
    return float("nan") if value is None else value
