"""A strategy on several symbols, each on its own account, as one figure of them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
import pandas as pd

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.front import DEFAULT_CAPITAL
from foresto_lab.errors import CandleTableError, UnknownNameError
from foresto_lab.market.candle_table import (
    CandleTable,
    parse_candle_tables,
    parse_candles,
)
from foresto_lab.metrics.bar_periods import bars_per_year
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations
from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator
from foresto_lab.optimize.evaluators.bar_spans import block_edges, span_within
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Float64Array3D,
    Int64Array1D,
)

if TYPE_CHECKING:
    from foresto_lab.backtest.result import BacktestResult

Aggregate: TypeAlias = Literal["mean", "median", "min"]

_AGGREGATES: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {"mean": np.nanmean, "median": np.nanmedian, "min": np.nanmin}
)
AGGREGATES: Final = tuple(_AGGREGATES)
_KEPT: Final = 2
"""Symbols up to which each keeps its indicators from one batch to the next."""


@dataclass(frozen=True, eq=False)
class SeveralEvaluator:
    """One strategy on several symbols, none of which knows of the others.

    Each symbol is traded on its own account, with the whole capital. A figure of all
    is the mean, the median or the least of those symbols that have it; a combination
    that cannot be run on one symbol has none. Bars and spans are those of all symbols
    together: every instant at which one of them has a bar. A symbol without a bar in
    a span is left out of it.

    Sums of blocks pool the bars of all symbols, as if they were one longer history
    read as often as there are symbols.

    Parameters
    ----------
    evaluators : mapping of symbol to BacktestEvaluator
        At least one; of the same strategy and execution.
    aggregate : "mean", "median" or "min"
    """

    evaluators: Mapping[str, BacktestEvaluator]
    aggregate: Aggregate = "mean"

    def __post_init__(self) -> None:
        if self.aggregate not in AGGREGATES:
            raise UnknownNameError(
                kind="aggregate", given=self.aggregate, allowed=AGGREGATES
            )
        if not self.evaluators:
            raise CandleTableError(
                message="There is no symbol to search on. Give candles of one at least."
            )

    @classmethod
    def of(
        cls,
        candles: pd.DataFrame | Mapping[str, pd.DataFrame | CandleTable],
        strategy: object,
        execution: Execution | None = None,
        *,
        initial_capital: float = DEFAULT_CAPITAL,
        parameters: Mapping[str, Any] | None = None,
        aggregate: Aggregate = "mean",
        threads: int | None = None,
    ) -> SeveralEvaluator:
        """Return the evaluator of candles with columns (symbol, field), or a mapping.

        Raises
        ------
        CandleTableError
            A symbol's candles cannot be computed on, or there is none.
        StrategyError, UnknownNameError, AmountError, InputError
            As for ``BacktestEvaluator.of``.
        """
        evaluators = {
            symbol: BacktestEvaluator.of(
                table,
                strategy,
                execution,
                initial_capital=initial_capital,
                parameters=parameters,
                threads=threads,
            )
            for symbol, table in _tables(candles).items()
        }
        return cls(evaluators, aggregate)

    @property
    def names(self) -> tuple[str, ...]:
        """The figures that it gives."""
        return self._one.names

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What may be searched."""
        return self._one.parameter_names

    @cached_property
    def open_times(self) -> Int64Array1D:
        """Every instant at which a symbol has a bar, microseconds since 1970 UTC."""
        given = [own.table.open_times for own in self.evaluators.values()]
        if all(np.array_equal(given[0], times) for times in given[1:]):
            return given[0]
        times: Int64Array1D = np.unique(np.concatenate(given))
        return times

    @property
    def n_bars(self) -> int:
        """Instants at which a symbol has a bar."""
        return len(self.open_times)

    @cached_property
    def periods_per_year(self) -> float:
        """Bars of all symbols together in a year."""
        return bars_per_year(self.open_times, self._one.spacing or None)

    @cached_property
    def warm_up(self) -> int:
        """Bars at the front on which no symbol can have a signal of the base."""
        return min(
            int(np.searchsorted(self.open_times, own.table.open_times[bar]))
            for own in self.evaluators.values()
            for bar in [min(own.warm_up, own.n_bars - 1)]
        )

    def describe(self) -> dict[str, Any]:
        """Return what is searched, JSON-ready; see ``Evaluator``."""
        of_each = [own.describe() for own in self.evaluators.values()]
        data = [one["data"] for one in of_each]
        return {
            **of_each[0],
            "aggregate": self.aggregate,
            "periods_per_year": self.periods_per_year,
            "data": {
                "symbols": list(self.evaluators),
                "timeframe": data[0]["timeframe"],
                "bars": self.n_bars,
                "first": min(one["first"] for one in data),
                "last": max(one["last"] for one in data),
                "version": [one["version"] for one in data],
            },
        }

    def evaluate(
        self,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        """Return the figures of each combination; see the class."""
        span = span_within(span, self.n_bars)
        edges = block_edges(len(span), blocks)
        each: list[tuple[Evaluations, Int64Array1D]] = []
        for own in self.evaluators.values():
            inner = self._span_of(own, span)
            if inner is None:
                continue
            places = self._places(own, span.first + edges) - inner.first
            each.append((own.evaluate_between(combinations, inner, places), places))
            if len(self.evaluators) > _KEPT:
                own.forget()
        figures = _together([one.figures for one, _ in each], self.aggregate)
        if not blocks:
            return Evaluations(self.names, figures)
        lengths = np.diff(edges).astype(np.float64)
        sums = _pooled(each, lengths)
        return Evaluations(self.names, figures, sums, lengths)

    def returns(
        self, combinations: Combinations, *, span: BarSpan | None = None
    ) -> Float64Array2D:
        """Return the mean of the symbols' returns on each bar that any of them has."""
        span = span_within(span, self.n_bars)
        total = np.zeros((len(combinations), len(span)))
        count = np.zeros(len(span))
        for own in self.evaluators.values():
            inner = self._span_of(own, span)
            if inner is None:
                continue
            times = own.table.open_times[inner.first : inner.last]
            bars = np.searchsorted(self.open_times, times) - span.first
            total[:, bars] += own.returns(combinations, span=inner)
            count[bars] += 1.0
        return total / np.maximum(count, 1.0)

    def market_returns(self, *, span: BarSpan | None = None) -> Float64Array1D:
        """Return the mean of what the symbols themselves earned on each bar."""
        span = span_within(span, self.n_bars)
        total, count = np.zeros(len(span)), np.zeros(len(span))
        for own in self.evaluators.values():
            inner = self._span_of(own, span)
            if inner is None:
                continue
            times = own.table.open_times[inner.first : inner.last]
            bars = np.searchsorted(self.open_times, times) - span.first
            total[bars] += own.market_returns(span=inner)
            count[bars] += 1.0
        return total / np.maximum(count, 1.0)

    def run(
        self, parameters: Mapping[str, Any], *, span: BarSpan | None = None
    ) -> dict[str, BacktestResult]:
        """Return each symbol's whole backtest of one combination."""
        chosen = span_within(span, self.n_bars)
        results = {}
        for symbol, own in self.evaluators.items():
            inner = self._span_of(own, chosen)
            if inner is not None:
                results[symbol] = own.run(parameters, span=None if not span else inner)
        return results

    def refusal(self, parameters: Mapping[str, Any]) -> str | None:
        """Return why a combination cannot be run, None if it can."""
        reasons = (own.refusal(parameters) for own in self.evaluators.values())
        return next((reason for reason in reasons if reason is not None), None)

    def exact_name(self, name: str) -> str:
        """Return a parameter's name as ``parameter_names`` has it."""
        return self._one.exact_name(name)

    @property
    def _one(self) -> BacktestEvaluator:
        return next(iter(self.evaluators.values()))

    def _places(self, own: BacktestEvaluator, bars: Int64Array1D) -> Int64Array1D:
        """Return a symbol's own bars at, or next after, bars of all symbols."""
        after = np.append(self.open_times, np.iinfo(np.int64).max)[bars]
        places: Int64Array1D = np.searchsorted(own.table.open_times, after)
        return places.astype(np.int64)

    def _span_of(self, own: BacktestEvaluator, span: BarSpan) -> BarSpan | None:
        first, last = self._places(own, np.array([span.first, span.last])).tolist()
        return BarSpan(first, last) if first < last else None


def _tables(candles: Any) -> dict[str, CandleTable]:
    if isinstance(candles, Mapping):
        return {
            str(symbol): parse_candles(given, symbol=str(symbol))
            for symbol, given in candles.items()
        }
    return parse_candle_tables(candles)


def _together(of_each: list[Float64Array2D], aggregate: str) -> Float64Array2D:
    """Return each figure of all symbols; NaN where a symbol cannot be run."""
    figures = np.stack(of_each)
    refused = np.isnan(figures).all(axis=2).any(axis=0)
    nowhere = np.isnan(figures).all(axis=0)
    filled = np.where(nowhere, 0.0, figures)
    joined: Float64Array2D = _AGGREGATES[aggregate](filled, axis=0)
    joined[nowhere] = np.nan
    joined[refused] = np.nan
    return joined


def _pooled(
    of_each: list[tuple[Evaluations, Int64Array1D]], lengths: Any
) -> Float64Array3D:
    """Return the sums of all symbols' bars, scaled to the bars of each block."""
    total: Any = sum(one.block_sums for one, _ in of_each)
    bars: Any = sum(np.diff(places) for _, places in of_each)
    pooled: Float64Array3D = total * (lengths / np.maximum(bars, 1))[:, None]
    return pooled
