"""The front door: one call from candles and a strategy to a result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.result import BacktestResult
from foresto_lab.backtest.single import Engine, backtest_one, parse_engine
from foresto_lab.backtest.traded import parse_traded
from foresto_lab.errors import InputError
from foresto_lab.market.candle_table import CandleTable, parse_candles

DEFAULT_CAPITAL: Final = 10_000_000.0


def backtest(
    candles: pd.DataFrame | CandleTable | Mapping[str, pd.DataFrame | CandleTable],
    strategy: object,
    execution: Execution | None = None,
    *,
    initial_capital: float = DEFAULT_CAPITAL,
    symbol: str = "",
    engine: Engine = "foresto",
    max_positions: int | None = None,
    rank_by: str | None = None,
) -> BacktestResult:
    """Backtest a strategy on candles.

    A signal is known at its bar's close and fills at the next bar's open. Within a bar
    the order is: open, then liquidation, stop, target and trailing stop (the
    pessimistic one), then the signals at the close.

    Parameters
    ----------
    candles : DataFrame or CandleTable
        ``open, high, low, close, volume`` by UTC open time, ascending and unique.
        Columns (symbol, field), or a mapping of symbol to candles, are several symbols
        that share one cash account: see ``backtest_many``.
    strategy : Strategy, mapping, str or Signals
        A strategy, its JSON, the name of a built-in one, or ready-made signals.
    execution : Execution, optional
        Fills, costs, sizes and limits.
    initial_capital : money
    symbol : str
        What the candles are of, for the tables.
    engine : "foresto" or "vectorbt"
        What walks the account. vectorbt refuses what it cannot express.
    max_positions, rank_by
        For signals on several symbols: positions at most, and the column that ranks
        entries of one bar.

    Returns
    -------
    BacktestResult

    Raises
    ------
    CandleTableError
        The candles cannot be computed on, or there is none.
    StrategyError
        The strategy cannot be run as it is.
    AmountError
        A number is outside its range.

    Examples
    --------
    >>> fl.backtest(candles, "hyperrsi", fl.Execution(fee_rate=0))  # doctest: +SKIP
    """
    if execution is None:
        execution = Execution()
    if not isinstance(execution, Execution):
        raise InputError(
            message=f"execution is {execution!r:.80}; it must be an fl.Execution(...)."
        )
    if _holds_several(candles):
        return _backtest_several(
            candles,
            strategy,
            execution,
            engine,
            initial_capital=initial_capital,
            max_positions=max_positions,
            rank_by=rank_by,
        )
    if max_positions is not None or rank_by is not None:
        raise InputError(
            message="max_positions and rank_by are for several symbols, whose candles "
            "have columns (symbol, field). Leave them out for one."
        )
    traded = parse_traded(strategy)
    table = parse_candles(candles, symbol=symbol)  # type: ignore[arg-type]
    return backtest_one(
        table,
        traded,
        execution,
        initial_capital=initial_capital,
        engine=parse_engine(engine),
    )


def _holds_several(candles: object) -> bool:
    """Return whether candles are of several symbols."""
    if isinstance(candles, Mapping):
        return True
    return isinstance(candles, pd.DataFrame) and candles.columns.nlevels == 2


def _backtest_several(
    candles: Any,
    strategy: object,
    execution: Execution,
    engine: Engine,
    **options: Any,
) -> BacktestResult:
    from foresto_lab.backtest.many import backtest_many

    if parse_engine(engine) != "foresto":
        raise InputError(
            message="Several symbols are walked by engine='foresto' alone. Leave "
            "engine out."
        )
    return backtest_many(candles, strategy, execution, **options)
