"""A strategy on one symbol's candles with its parameters open: one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.front import DEFAULT_CAPITAL
from foresto_lab.backtest.single import backtest_one
from foresto_lab.backtest.traded import Traded
from foresto_lab.backtest.walk import finer_candles, fundings, sell_taxes, walk
from foresto_lab.canonical import sha256_of
from foresto_lab.engine.sweep_terms import SweepMarket
from foresto_lab.errors import InputError, StrategyError, UnknownNameError
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.metrics.bar_periods import (
    MICROSECONDS_PER_DAY,
    bar_spacing,
    bars_per_year,
)
from foresto_lab.metrics.periods import DAYS_PER_YEAR
from foresto_lab.optimize.combinations import Combinations, ParameterColumn
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.optimize.evaluators.available_cores import available_cores
from foresto_lab.optimize.evaluators.bar_spans import span_within
from foresto_lab.optimize.evaluators.execution_terms import (
    EXECUTION_PARAMETERS,
    execution_with,
    is_of_execution,
    require_execution_parameter,
)
from foresto_lab.optimize.evaluators.strategy_family import StrategyFamily
from foresto_lab.optimize.evaluators.strategy_on_span import StrategyOnSpan
from foresto_lab.strategies.risk import Risk
from foresto_lab.types import Float64Array1D, Float64Array2D, UInt8Array1D

if TYPE_CHECKING:
    from foresto_lab.backtest.result import BacktestResult
    from foresto_lab.backtest.walk import Walk

_NO_PARAMETERS: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, eq=False)
class BacktestSubject:
    """What is searched: a strategy on candles, its parameters left open.

    Parameters
    ----------
    table : CandleTable
        At least one bar.
    family : StrategyFamily
    execution : Execution
    initial_capital : money
    threads : int, optional
        By default as many as the process may use cores.
    """

    table: CandleTable
    family: StrategyFamily
    execution: Execution
    initial_capital: float = DEFAULT_CAPITAL
    threads: int | None = None

    @property
    def n_bars(self) -> int:
        """Bars of the candles."""
        return len(self.table)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What may be searched."""
        return (*self.family.parameters, *EXECUTION_PARAMETERS)

    @property
    def base(self) -> Traded:
        """The strategy with nothing searched."""
        return self.family.strategy(_NO_PARAMETERS)

    @cached_property
    def periods_per_year(self) -> float:
        """Bars in a year, of the whole table whatever the span."""
        return bars_per_year(self.table.open_times, spacing_of(self.table))

    @cached_property
    def spacing(self) -> int:
        """Microseconds that a bar lasts."""
        given = spacing_of(self.table)
        return bar_spacing(self.table.open_times[:20_000]) if given is None else given

    @cached_property
    def warm_up(self) -> int:
        """Bars at the front on which the base strategy can have no signal."""
        return max(0, int(getattr(self.base, "min_candles", 1)) - 1)

    def describe(self) -> dict[str, Any]:
        """Return what is searched, JSON-ready; see ``Evaluator``."""
        table = self.table
        frame = None if table.timeframe is None else str(table.timeframe)
        return {
            "kind": "backtest",
            "family": self.family.identity,
            "strategy": self.base.to_dict(),
            "execution": self.execution.to_dict(),
            "initial_capital": self.initial_capital,
            "periods_per_year": self.periods_per_year,
            "data": {
                "symbols": [table.symbol],
                "timeframe": frame,
                "bars": len(table),
                "first": table.time(0),
                "last": table.time(len(table) - 1),
                "version": self.data_version,
            },
        }

    @cached_property
    def data_version(self) -> str:
        """SHA-256 of the candles."""
        from foresto_lab.backtest.single import _data_version

        return sha256_of({"candles": _data_version(self.table)})

    def market(self, execution: Execution, span: BarSpan) -> SweepMarket:
        """Return the bars of a span as a sweep takes them."""
        table = self.table.slice(span.first, span.last)
        times = table.open_times
        finer, finer_starts = finer_candles(execution, table)
        lasted = float(times[-1] - times[0]) + self.spacing
        return SweepMarket(
            (table.open, table.high, table.low, table.close),
            times,
            sell_taxes(execution, times),
            *fundings(execution, times),
            finer,
            finer_starts,
            float(self.spacing),
            lasted / MICROSECONDS_PER_DAY / DAYS_PER_YEAR,
            self.periods_per_year,
        )

    def exact_columns(self, combinations: Combinations) -> dict[str, ParameterColumn]:
        """Return the columns by exact names; each parameter may be there once."""
        columns = {}
        for name, column in combinations.columns.items():
            exact = self.exact_name(name)
            if exact in columns:
                raise InputError(message=f"{name} is a parameter twice. Keep one.")
            columns[exact] = column
        return columns

    def returns(
        self, combinations: Combinations, *, span: BarSpan | None = None
    ) -> Float64Array2D:
        """Return the simple return of each bar, the first from the capital.

        NaN where a combination cannot be run.
        """
        span = span_within(span, self.n_bars)
        self.require_names(combinations)
        returns = np.full((len(combinations), len(span)), np.nan)

        def compute(place: int) -> None:
            walked = self._walked(combinations.row(place), span)
            if walked is not None:
                returns[place] = returns_of(walked)

        self._in_threads(compute, len(combinations))
        return returns

    def run(
        self, parameters: Mapping[str, Any], *, span: BarSpan | None = None
    ) -> BacktestResult:
        """Return the whole backtest of one combination.

        Raises
        ------
        InputError
            The combination cannot be run; it says why.
        """
        chosen = span_within(span, self.n_bars)
        strategy, execution = self.parts(parameters)
        traded = (
            strategy if span is None else StrategyOnSpan(strategy, self.table, chosen)
        )
        result = backtest_one(
            self.table.slice(chosen.first, chosen.last),
            traded,
            execution,
            initial_capital=self.initial_capital,
            periods_per_year=self.periods_per_year,
        )
        return result if span is None else replace(result, strategy=strategy)

    def market_returns(self, *, span: BarSpan | None = None) -> Float64Array1D:
        """Return what each bar of the symbol itself earned, close to close.

        The first bar of the span counts from its open.
        """
        chosen = span_within(span, self.n_bars)
        close = self.table.close[chosen.first : chosen.last]
        before = np.concatenate((self.table.open[chosen.first, None], close[:-1]))
        returns: Float64Array1D = close / before - 1.0
        return returns

    def refusal(self, parameters: Mapping[str, Any]) -> str | None:
        """Return why a combination cannot be run, None if it can."""
        try:
            strategy, execution = self.parts(parameters)
            execution.risk_with(strategy.risk)
            strategy.signals(self.table)
        except InputError as error:
            return str(error)
        return None

    def parts(self, parameters: Mapping[str, Any]) -> tuple[Traded, Execution]:
        """Return the strategy and the execution of one combination.

        Raises
        ------
        UnknownNameError, InputError
            There is no such parameter, or they cannot be made of these.
        """
        exact = {self.exact_name(name): value for name, value in parameters.items()}
        own = {
            name: value for name, value in exact.items() if not is_of_execution(name)
        }
        terms = {name: value for name, value in exact.items() if is_of_execution(name)}
        return self.family.strategy(own), execution_with(self.execution, terms)

    def exact_name(self, name: str) -> str:
        """Return a parameter's name as ``parameter_names`` has it.

        Raises
        ------
        UnknownNameError
            There is no such parameter.
        """
        if is_of_execution(name):
            require_execution_parameter(name)
            return name
        try:
            return self.family.exact_name(name)
        except UnknownNameError as error:
            raise UnknownNameError(
                kind=error.facts["kind"], given=name, allowed=self.parameter_names
            ) from None

    def require_names(self, combinations: Combinations) -> None:
        """Raise UnknownNameError unless every parameter is one of the strategy's."""
        for name in combinations.names:
            self.exact_name(name)

    def _walked(self, row: Mapping[str, Any], span: BarSpan) -> Walk | None:
        """Return the walk of one combination, None if it cannot be run."""
        try:
            strategy, execution = self.parts(row)
            risk = execution.risk_with(strategy.risk)
        except InputError:
            return None
        bits = self._bits(strategy)
        if bits is None:
            return None
        return self._walk(bits, execution, risk, span)

    def _bits(self, strategy: Traded) -> UInt8Array1D | None:
        try:
            return strategy.signals(self.table).bits
        except StrategyError:
            raise
        except InputError:  # an indicator refuses what only it knows to be wrong
            return None

    def _walk(
        self, bits: UInt8Array1D, execution: Execution, risk: Risk, span: BarSpan
    ) -> Walk:
        return walk(
            self.table.slice(span.first, span.last),
            bits[span.first : span.last],
            execution,
            risk,
            initial_capital=self.initial_capital,
            periods_per_year=self.periods_per_year,
        )

    def _in_threads(self, compute: Any, n: int) -> None:
        if n == 1:
            compute(0)
            return
        with ThreadPoolExecutor(self.threads or available_cores()) as pool:
            list(pool.map(compute, range(n)))


def spacing_of(table: CandleTable) -> int | None:
    """Return how many microseconds a bar lasts, None where no timeframe says."""
    length = None if table.timeframe is None else table.timeframe.length
    return None if length is None else round(length.total_seconds() * 1e6)


def returns_of(walked: Walk) -> Float64Array1D:
    """Return the simple returns from close to close; 0 once everything is lost."""
    before = np.concatenate(([walked.initial_capital], walked.equity[:-1]))
    returns: Float64Array1D = np.zeros(len(before))
    np.divide(walked.equity, before, out=returns, where=before > 0.0)
    return np.where(before > 0.0, returns - 1.0, 0.0)
