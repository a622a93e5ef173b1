"""The front door: one call from candles and a strategy to a result."""

from __future__ import annotations

from typing import Final

import pandas as pd

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.result import BacktestResult
from foresto_lab.backtest.single import Engine, backtest_one, parse_engine
from foresto_lab.backtest.traded import parse_traded
from foresto_lab.errors import InputError
from foresto_lab.market.candle_table import CandleTable, parse_candles

DEFAULT_CAPITAL: Final = 10_000_000.0


def backtest(
    candles: pd.DataFrame | CandleTable,
    strategy: object,
    execution: Execution | None = None,
    *,
    initial_capital: float = DEFAULT_CAPITAL,
    symbol: str = "",
    engine: Engine = "foresto",
) -> BacktestResult:
    """Backtest a strategy on candles.

    A signal is known at its bar's close and fills at the next bar's open. Within a bar
    the order is: open, then liquidation, stop, target and trailing stop (the
    pessimistic one), then the signals at the close.

    Parameters
    ----------
    candles : DataFrame or CandleTable
        ``open, high, low, close, volume`` by UTC open time, ascending and unique.
    strategy : Strategy, mapping, str or Signals
        A strategy, its JSON, the name of a built-in one, or ready-made signals.
    execution : Execution, optional
        Fills, costs, sizes and limits.
    initial_capital : money
    symbol : str
        What the candles are of, for the tables.
    engine : "foresto" or "vectorbt"
        What walks the account. vectorbt refuses what it cannot express.

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
    traded = parse_traded(strategy)
    table = parse_candles(candles, symbol=symbol)
    return backtest_one(
        table,
        traded,
        execution,
        initial_capital=initial_capital,
        engine=parse_engine(engine),
    )
