"""The dry run: signals on the candles, and trades as the engine itself counts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from foresto_lab.errors import InputError
from foresto_lab.preflight.strategy.guarded import TIME_LIMIT_SECONDS, call_within

if TYPE_CHECKING:
    from foresto_lab.backtest.execution import Execution
    from foresto_lab.market.candle_table import CandleTable
    from foresto_lab.strategies.protocols import Strategy
    from foresto_lab.strategies.signals import Signals

_OWN_SOURCES: Final = frozenset({"json", "built_in"})
"""Strategies whose signals come from this package's code and come to an end."""


def _nothing(_: CandleTable) -> Signals:
    raise InputError(message="There is no strategy to compute.")


@dataclass(frozen=True, slots=True, eq=False)
class DryRun:
    """What the dry run gave; nothing where there was none.

    Parameters
    ----------
    signals : Signals, optional
    trades : int, optional
        Counted by the engine, the one that is open at the end among them.
    failure, refusal : BaseException, optional
        What the strategy's code raised, and what the engine raised.
    refused_orders : int
        Entry orders that were too small to be filled.
    compute : callable
        Computes the signals of another table in the same way.
    """

    signals: Signals | None = None
    trades: int | None = None
    failure: BaseException | None = None
    refusal: BaseException | None = None
    refused_orders: int = 0
    compute: Callable[[CandleTable], Signals] = field(default=_nothing)


def run_dry(
    strategy: Strategy, table: CandleTable, execution: Execution, capital: float
) -> DryRun:
    """Return signals and trades of a strategy; what goes wrong is in the answer."""
    compute = partial(compute_signals, strategy)
    try:
        signals = compute(table)
    except Exception as error:
        return DryRun(failure=error, compute=compute)
    try:
        trades, refused = count_trades(strategy, table, signals, execution, capital)
    except Exception as error:
        return DryRun(signals, refusal=error, compute=compute)
    return DryRun(signals, trades, refused_orders=refused, compute=compute)


def compute_signals(strategy: Strategy, table: CandleTable) -> Signals:
    """Return the signals of a strategy, one per bar, within the time limit.

    Raises
    ------
    TimeLimitPassed
        Code of a user took too long.
    InputError
        It gave something else than one signal per bar.
    Exception
        Whatever its code raises.
    """
    if _is_own(strategy):
        return strategy.signals(table)
    signals = call_within(TIME_LIMIT_SECONDS, lambda: strategy.signals(table))
    count = len(signals) if hasattr(signals, "bits") else None
    if count != len(table):
        raise InputError(
            message=f"signals(candles) gave {type(signals).__name__} of {count} values "
            f"for {len(table):,} candles; it must give Signals with one each."
        )
    return signals


def _is_own(strategy: Strategy) -> bool:
    """Return whether no code of a user runs in it, nor in its indicators."""
    module = type(strategy).__module__
    named = getattr(strategy, "source", "python") in _OWN_SOURCES
    return named and module.startswith("foresto_lab.strategies.")


def count_trades(
    strategy: Strategy,
    table: CandleTable,
    signals: Signals,
    execution: Execution,
    capital: float,
) -> tuple[int, int]:
    """Return the trades that the engine makes of the signals, and orders refused.

    Raises
    ------
    InputError
        The engine does not take strategy and execution together.
    """
    from foresto_lab.backtest.walk import walk
    from foresto_lab.metrics.bar_periods import bars_per_year

    done = walk(
        table,
        signals.bits,
        execution,
        execution.risk_with(strategy.risk),
        initial_capital=capital,
        periods_per_year=bars_per_year(table.open_times),
    )
    return len(done.trades), done.refused
