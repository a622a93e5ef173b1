"""The figures of a strategy on one symbol's candles, for many sets of parameters."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.front import DEFAULT_CAPITAL
from foresto_lab.backtest.single import backtest_one, parse_capital
from foresto_lab.backtest.traded import Traded
from foresto_lab.backtest.walk import finer_candles, fundings, sell_taxes, walk
from foresto_lab.canonical import sha256_of
from foresto_lab.engine.backtest_figures import BACKTEST_FIGURES
from foresto_lab.engine.backtest_sweep import sweep_backtests
from foresto_lab.engine.sweep_terms import SweepAccounts, SweepMarket
from foresto_lab.errors import (
    CandleTableError,
    InputError,
    StrategyError,
    UnknownNameError,
)
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.metrics.bar_periods import (
    MICROSECONDS_PER_DAY,
    bar_spacing,
    bars_per_year,
)
from foresto_lab.metrics.periods import DAYS_PER_YEAR
from foresto_lab.optimize.combinations import Combinations, ParameterColumn
from foresto_lab.optimize.evaluation import BarSpan, Evaluations
from foresto_lab.optimize.execution_terms import (
    EXECUTION_PARAMETERS,
    PREFIX,
    execution_with,
    require_execution_parameter,
)
from foresto_lab.optimize.strategy_family import StrategyFamily, parse_family
from foresto_lab.optimize.sweep_plan import Planned, SweepPlanner
from foresto_lab.strategies.risk import Risk
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Float64Array3D,
    Int64Array1D,
    UInt8Array1D,
)

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.backtest.result import BacktestResult
    from foresto_lab.backtest.walk import Walk
    from foresto_lab.strategies.signals import Signals

MOST_AT_ONCE: Final = 1 << 17
"""Combinations that are swept at once, lest their figures be kept twice."""
_NO_PARAMETERS: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, eq=False)
class BacktestEvaluator:
    """A strategy on the candles of one symbol, its parameters left open.

    The figures are those of ``fl.backtest``, bit for bit. On a span the account begins
    with its capital at the first bar, while the indicators know the bars before.

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
    _lock: Any = field(default_factory=Lock, init=False, repr=False)

    @classmethod
    def of(
        cls,
        candles: pd.DataFrame | CandleTable,
        strategy: object,
        execution: Execution | None = None,
        *,
        initial_capital: float = DEFAULT_CAPITAL,
        symbol: str = "",
        parameters: Mapping[str, Any] | None = None,
        threads: int | None = None,
    ) -> BacktestEvaluator:
        """Return the evaluator of what ``fl.backtest`` would be given.

        Parameters
        ----------
        candles, strategy, execution, initial_capital, symbol
            As ``fl.backtest`` takes them; a class of strategies as well.
        parameters : mapping, optional
            Values that are not searched, in place of the strategy's own; names as in
            ``parameter_names``.

        Raises
        ------
        CandleTableError
            The candles cannot be computed on, or there is none.
        StrategyError, UnknownNameError, AmountError, InputError
            The strategy, a parameter, the execution or the capital is not usable.
        """
        table = parse_candles(candles, symbol=symbol)
        if len(table) == 0:
            raise CandleTableError(
                message="There is no candle to search on. Load some for this symbol, "
                "or widen the span."
            )
        given = dict(parameters or {})
        fixed = {name: given.pop(name) for name in list(given) if _of_execution(name)}
        for name in fixed:
            require_execution_parameter(name)
        terms = execution_with(_parse_execution(execution), fixed)
        family = parse_family(strategy, given)
        return cls(table, family, terms, parse_capital(initial_capital), threads)

    @property
    def names(self) -> tuple[str, ...]:
        """The figures that it gives: those of a backtest's metrics."""
        return BACKTEST_FIGURES

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
        return bars_per_year(self.table.open_times, _spacing(self.table))

    @cached_property
    def spacing(self) -> int:
        """Microseconds that a bar lasts."""
        given = _spacing(self.table)
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

    def evaluate(
        self,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        """Return the figures of each combination; see ``Evaluator``."""
        span = self._span(span)
        return self.evaluate_between(combinations, span, block_edges(len(span), blocks))

    def evaluate_between(
        self, combinations: Combinations, span: BarSpan, edges: Int64Array1D
    ) -> Evaluations:
        """Return the same with blocks of one's own.

        Parameters
        ----------
        edges : (n_blocks + 1,)
            Bars of the span at which the blocks begin, and the end of the last; a
            block may be empty.
        """
        columns = self._exact_columns(combinations)
        n, blocks = len(combinations), len(edges) - 1
        figures = np.full((n, len(BACKTEST_FIGURES)), np.nan)
        sums = np.full((n, blocks, 2), np.nan)
        with self._planner() as planner:
            for planned in planner.batches(columns, n, span.first):
                self._sweep(planned, span, edges, figures, sums)
        if not blocks:
            return Evaluations(BACKTEST_FIGURES, figures)
        lengths = np.diff(edges).astype(np.float64)
        return Evaluations(BACKTEST_FIGURES, figures, sums, lengths)

    def _sweep(
        self,
        planned: Planned,
        span: BarSpan,
        edges: Int64Array1D,
        figures: Float64Array2D,
        sums: Float64Array3D,
    ) -> None:
        """Write the figures of one batch, so many combinations at a time."""
        market = self._market(planned.execution, span)
        signals, accounts = planned.batch.signals, planned.accounts
        for begin in range(0, len(planned.batch.places), MOST_AT_ONCE):
            rows = slice(begin, begin + MOST_AT_ONCE)
            places = planned.batch.places[rows]
            found = sweep_backtests(
                market,
                signals._replace(leaf_of_slot=signals.leaf_of_slot[rows]),
                SweepAccounts(accounts.rules, accounts.rules_of[rows]),
                block_edges=edges,
                threads=self.threads or available_cores(),
            )
            figures[places] = found.figures
            sums[places] = found.block_sums

    def _market(self, execution: Execution, span: BarSpan) -> SweepMarket:
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

    @contextmanager
    def _planner(self) -> Iterator[SweepPlanner]:
        """Yield a planner that nobody else uses; the first is kept with its columns."""
        if self._lock.acquire(blocking=False):
            try:
                yield self._kept_planner
            finally:
                self._lock.release()
        else:
            yield self._new_planner()

    @cached_property
    def _kept_planner(self) -> SweepPlanner:
        return self._new_planner()

    def forget(self) -> None:
        """Let go of the columns that are kept for the next combinations."""
        with self._lock:
            self.__dict__.pop("_kept_planner", None)

    def _new_planner(self) -> SweepPlanner:
        return SweepPlanner(
            self.table,
            self.family,
            self.execution,
            self.initial_capital,
            self.periods_per_year,
            self.threads or available_cores(),
        )

    def _exact_columns(self, combinations: Combinations) -> dict[str, ParameterColumn]:
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
        span = self._span(span)
        self.require_names(combinations)
        returns = np.full((len(combinations), len(span)), np.nan)

        def compute(place: int) -> None:
            walked = self._walked(combinations.row(place), span)
            if walked is not None:
                returns[place] = _returns_of(walked)

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
        chosen = self._span(span)
        strategy, execution = self.parts(parameters)
        traded = strategy if span is None else _OnSpan(strategy, self.table, chosen)
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
        chosen = self._span(span)
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
        own = {name: value for name, value in exact.items() if not _of_execution(name)}
        terms = {name: value for name, value in exact.items() if _of_execution(name)}
        return self.family.strategy(own), execution_with(self.execution, terms)

    def exact_name(self, name: str) -> str:
        """Return a parameter's name as ``parameter_names`` has it.

        Raises
        ------
        UnknownNameError
            There is no such parameter.
        """
        if _of_execution(name):
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

    def _span(self, span: BarSpan | None) -> BarSpan:
        if span is None:
            return BarSpan(0, self.n_bars)
        if not 0 <= span.first < span.last <= self.n_bars:
            raise InputError(
                message=f"Bars {span.first} to {span.last} are asked for; the candles "
                f"have bars 0 to {self.n_bars}, and a span has one at least."
            )
        return span

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

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross process borders without what was computed meanwhile."""
        given = (self.table, self.family, self.execution, self.initial_capital)
        return (type(self), (*given, self.threads))


@dataclass(frozen=True, eq=False)
class _OnSpan:
    """A strategy that knows the bars before the span that it is traded on."""

    strategy: Traded
    table: CandleTable
    span: BarSpan

    def __getattr__(self, name: str) -> Any:
        return getattr(self.strategy, name)

    def signals(self, table: CandleTable) -> Signals:
        """Return the signals of the span, whatever the candles."""
        from foresto_lab.strategies.signals import Signals

        bars = slice(self.span.first, self.span.last)
        whole = self.strategy.signals(self.table)
        columns = {name: column[bars] for name, column in whole.columns.items()}
        return Signals(whole.bits[bars], columns)


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def block_edges(n_bars: int, blocks: int) -> Int64Array1D:
    """Return where each of the blocks begins and the last ends, as equal as can be.

    Raises
    ------
    InputError
        There are more blocks than bars.
    """
    if not 0 <= blocks <= n_bars:
        raise InputError(
            message=f"{n_bars:,} bars cannot be cut into {blocks:,} blocks. Ask for "
            "fewer blocks, or a longer span."
        )
    edges: Int64Array1D = np.arange(blocks + 1, dtype=np.int64) * n_bars
    return edges // max(blocks, 1)


def _of_execution(name: str) -> bool:
    return name.startswith(PREFIX)


def _parse_execution(given: Execution | None) -> Execution:
    if given is None:
        return Execution()
    if not isinstance(given, Execution):
        raise InputError(
            message=f"execution is {given!r:.80}; it must be an fl.Execution(...)."
        )
    return given


def _spacing(table: CandleTable) -> int | None:
    length = None if table.timeframe is None else table.timeframe.length
    return None if length is None else round(length.total_seconds() * 1e6)


def _returns_of(walked: Walk) -> Float64Array1D:
    """Return the simple returns from close to close; 0 once everything is lost."""
    before = np.concatenate(([walked.initial_capital], walked.equity[:-1]))
    returns: Float64Array1D = np.zeros(len(before))
    np.divide(walked.equity, before, out=returns, where=before > 0.0)
    return np.where(before > 0.0, returns - 1.0, 0.0)
