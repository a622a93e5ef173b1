"""What a backtest gives: trades, equity, metrics, signals, and where they are from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from html import escape
from typing import TYPE_CHECKING, Any, Final, Self

import pandas as pd

from foresto_lab.backtest.execution import Execution
from foresto_lab.findings import Finding
from foresto_lab.labels import Language, label, measure_text, money

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foresto_lab.market.candle_table import CandleTable


@dataclass(frozen=True, eq=False, kw_only=True)
class BacktestResult:
    """A strategy that was traded. It shows itself in a notebook.

    Parameters
    ----------
    metrics : Series
        The figures by name; money in quote currency, durations in days, undefined
        figures NaN.
    strategy : Strategy
    execution : Execution
    initial_capital : money
    symbols : tuple of str
    timeframe : str, optional
        None where the spacing of the bars is no timeframe.
    periods_per_year : float
        Bars in a year, for volatility and the ratios made from it.
    findings : tuple of Finding
        What a reader of these numbers should know.
    candles : CandleTable or mapping of symbol to CandleTable, optional
        What was traded on; not stored with a run.
    engine : str
    run_id : str, optional
        None outside a Lab.
    """

    metrics: pd.Series[Any]
    strategy: Any
    execution: Execution
    initial_capital: float
    symbols: tuple[str, ...]
    timeframe: str | None
    periods_per_year: float
    findings: tuple[Finding, ...] = ()
    candles: CandleTable | Mapping[str, CandleTable] | None = None
    engine: str = "foresto"
    run_id: str | None = None
    make_trades: Callable[[], pd.DataFrame] = field(repr=False)
    make_equity: Callable[[], pd.DataFrame] = field(repr=False)
    make_signals: Callable[[], pd.DataFrame] = field(repr=False)
    make_request_hash: Callable[[], str] = field(repr=False)
    make_fills: Callable[[], pd.DataFrame] | None = field(default=None, repr=False)

    @classmethod
    def from_tables(
        cls,
        *,
        trades: pd.DataFrame,
        equity: pd.DataFrame,
        metrics: Mapping[str, Any] | pd.Series[Any],
        request_hash: str,
        signals: pd.DataFrame | None = None,
        **facts: Any,
    ) -> Self:
        """Return the result that stored tables describe; ``facts`` are its fields."""
        return cls(
            metrics=pd.Series(dict(metrics), dtype=object, name="metrics"),
            make_trades=partial(_identity, trades),
            make_equity=partial(_identity, equity),
            make_signals=partial(
                _identity,
                pd.DataFrame(index=equity.index) if signals is None else signals,
            ),
            make_request_hash=partial(_identity, request_hash),
            **facts,
        )

    @cached_property
    def trades(self) -> pd.DataFrame:
        """One row a trade; one still open is the last, marked at the last close."""
        return self.make_trades()

    @cached_property
    def equity(self) -> pd.DataFrame:
        """One row a bar: equity, cash, position value, drawdown, position."""
        return self.make_equity()

    @cached_property
    def signals(self) -> pd.DataFrame:
        """One row a bar: the four signals and what the conditions looked at."""
        return self.make_signals()

    @cached_property
    def fills(self) -> pd.DataFrame | None:
        """One row a fill: bar, quantity, price, costs; None for a stored run."""
        return None if self.make_fills is None else self.make_fills()

    @cached_property
    def request_hash(self) -> str:
        """SHA-256 that names the request: same hash, same numbers."""
        return self.make_request_hash()

    @property
    def title(self) -> str:
        """Strategy, symbols, timeframe and span in one line."""
        index = self._index()
        span = f"{index[0]:%Y-%m-%d} ~ {index[-1]:%Y-%m-%d}"
        name = str(getattr(self.strategy, "name", "") or "")
        parts = [name, _few(self.symbols), self.timeframe, span]
        return " · ".join(part for part in parts if part)

    def with_run(self, run_id: str | None, request_hash: str, **facts: Any) -> Self:
        """Return the result as a Lab's run, with other ``facts`` changed as well."""
        return replace(
            self,
            run_id=run_id,
            make_request_hash=partial(_identity, request_hash),
            **facts,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the equity table."""
        return self.equity.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the series bar by bar as plain values."""
        index = self._index()
        describe = getattr(self.strategy, "to_dict", None)
        return {
            "run_id": self.run_id,
            "request_hash": self.request_hash,
            "strategy": describe() if describe else None,
            "execution": self.execution.to_dict(),
            "initial_capital": self.initial_capital,
            "symbols": list(self.symbols),
            "timeframe": self.timeframe,
            "periods_per_year": self.periods_per_year,
            "engine": self.engine,
            "start": index[0].isoformat(),
            "end": index[-1].isoformat(),
            "metrics": dict(self.metrics),
            "trades": [_plain(row) for row in self.trades.to_dict("records")],
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def to_vectorbt(self) -> Any:
        """Return a vectorbt Portfolio of the same fills, for its plots and statistics.

        Raises
        ------
        InputError
            The candles are not at hand, or there are several symbols.
        """
        from foresto_lab.backtest.vectorbt_engine import portfolio_of

        return portfolio_of(self)

    def plot(self, *, language: Language = "ko") -> go.Figure:
        """Return equity and drawdown as a Plotly figure."""
        from foresto_lab.figures.backtest import overview

        return overview(self, language=language)

    def __repr__(self) -> str:
        total, sharpe = self.metrics["total_return"], self.metrics["sharpe"]
        return (
            f"<BacktestResult {self.title}: {self.metrics['total_trades']} trades, "
            f"total return {total:.2%}, Sharpe {sharpe:.2f}>"
        )

    def _repr_html_(self) -> str:
        return _to_html(self, "ko")

    def _index(self) -> pd.DatetimeIndex:
        table = self.candles
        if table is not None and not isinstance(table, Mapping):
            return table.index[[0, -1]]
        return pd.DatetimeIndex(self.equity.index)[[0, -1]]


_CELL = "text-align:{side};padding:2px 12px;border:none;white-space:nowrap"


def _to_html(result: BacktestResult, language: Language) -> str:
    """Return the heading and the metrics as a small table of two columns of figures."""
    capital = money(result.initial_capital, language)
    invested = f"{label('initial_capital', language)} {capital}"
    cells = [
        _figure_cells(str(name), value, language)
        for name, value in result.metrics.items()
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
        f"<div><div><b>{escape(result.title)}</b></div><div>{escape(invested)}</div>"
        f"<table style='border-collapse:collapse;font-variant-numeric:tabular-nums'>"
        f"{rows}</table>{notes}</div>"
    )


def _figure_cells(name: str, value: Any, language: Language) -> str:
    left, right = _CELL.format(side="left"), _CELL.format(side="right")
    words = escape(label(name, language))
    figure = escape(measure_text(name, value, language))
    return f"<td style='{left}'>{words}</td><td style='{right}'>{figure}</td>"


_SYMBOLS_NAMED: Final = 5


def _few(symbols: tuple[str, ...]) -> str:
    """Return the first symbols, and how many more there are."""
    named = ", ".join(symbol for symbol in symbols[:_SYMBOLS_NAMED] if symbol)
    more = len(symbols) - _SYMBOLS_NAMED
    return f"{named} +{more:,}" if more > 0 else named


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a trade as JSON-ready values: instants as ISO text, nothing as None."""
    return {str(name): _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return value


def _identity(value: Any) -> Any:
    return value
