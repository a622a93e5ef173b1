"""The figures of a strategy on one symbol's candles, for many sets of parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.front import DEFAULT_CAPITAL
from foresto_lab.backtest.single import parse_capital
from foresto_lab.engine.backtest_figures import BACKTEST_FIGURES
from foresto_lab.engine.backtest_sweep import sweep_backtests
from foresto_lab.engine.sweep_terms import SweepAccounts
from foresto_lab.errors import CandleTableError, InputError
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations
from foresto_lab.optimize.evaluators.available_cores import available_cores
from foresto_lab.optimize.evaluators.backtest_subject import BacktestSubject
from foresto_lab.optimize.evaluators.bar_spans import block_edges, span_within
from foresto_lab.optimize.evaluators.execution_terms import (
    execution_with,
    is_of_execution,
    require_execution_parameter,
)
from foresto_lab.optimize.evaluators.strategy_family import parse_family
from foresto_lab.optimize.evaluators.sweep_plan import Planned, SweepPlanner
from foresto_lab.types import Float64Array2D, Float64Array3D, Int64Array1D

if TYPE_CHECKING:
    import pandas as pd

MOST_AT_ONCE: Final = 1 << 17
"""Combinations that are swept at once, lest their figures be kept twice."""


@dataclass(frozen=True, eq=False)
class BacktestEvaluator(BacktestSubject):
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
        fixed = {name: given.pop(name) for name in list(given) if is_of_execution(name)}
        for name in fixed:
            require_execution_parameter(name)
        terms = execution_with(_parse_execution(execution), fixed)
        family = parse_family(strategy, given)
        return cls(table, family, terms, parse_capital(initial_capital), threads)

    @property
    def names(self) -> tuple[str, ...]:
        """The figures that it gives: those of a backtest's metrics."""
        return BACKTEST_FIGURES

    def evaluate(
        self,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        """Return the figures of each combination; see ``Evaluator``."""
        span = span_within(span, self.n_bars)
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
        columns = self.exact_columns(combinations)
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
        market = self.market(planned.execution, span)
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

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross process borders without what was computed meanwhile."""
        given = (self.table, self.family, self.execution, self.initial_capital)
        return (type(self), (*given, self.threads))


def _parse_execution(given: Execution | None) -> Execution:
    if given is None:
        return Execution()
    if not isinstance(given, Execution):
        raise InputError(
            message=f"execution is {given!r:.80}; it must be an fl.Execution(...)."
        )
    return given
