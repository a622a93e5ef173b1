"""The backtest of one symbol: parse, take the signals, walk, label what came out."""

from __future__ import annotations

import hashlib
import math
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import pandas as pd

from foresto_lab._version import __version__
from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.notes import note_findings
from foresto_lab.backtest.result import BacktestResult
from foresto_lab.backtest.tables import equity_table, fill_table, trade_table
from foresto_lab.backtest.walk import Walk, walk
from foresto_lab.canonical import sha256_of
from foresto_lab.errors import (
    AmountError,
    CandleTableError,
    InputError,
    UnknownNameError,
)
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.metrics.bar_periods import bars_per_year
from foresto_lab.metrics.trades import backtest_figures
from foresto_lab.strategies.signals import Signals
from foresto_lab.types import RunKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from foresto_lab.backtest.traded import Traded

    Walker: TypeAlias = Callable[..., Walk]

Engine: TypeAlias = Literal["foresto", "vectorbt"]
ENGINES: Final[tuple[Engine, ...]] = ("foresto", "vectorbt")


def backtest_one(
    table: CandleTable,
    strategy: Traded,
    execution: Execution,
    *,
    initial_capital: float,
    engine: Engine = "foresto",
    periods_per_year: float | None = None,
) -> BacktestResult:
    """Backtest a strategy on the candles of one symbol.

    Bars in a year are counted from the candles unless they are given, as for a part of
    a longer history.

    Raises
    ------
    CandleTableError
        There is no candle.
    AmountError
        The capital, or what strategy and execution set together, is out of range.
    InputError
        The strategy gave signals of another length than the candles.
    """
    risk = execution.risk_with(strategy.risk)
    capital = parse_capital(initial_capital)
    if len(table) == 0:
        raise CandleTableError(
            message="There is no candle to backtest on. Load some for this symbol, or "
            "widen the span."
        )
    signals = strategy.signals(table)
    require_length(signals, table)
    length = None if table.timeframe is None else table.timeframe.length
    spacing = None if length is None else round(length.total_seconds() * 1e6)
    periods = periods_per_year or bars_per_year(table.open_times, spacing)
    walked = _walker(engine)(
        table,
        signals.bits,
        execution,
        risk,
        initial_capital=capital,
        periods_per_year=periods,
    )
    figures = backtest_figures(
        walked.equity,
        walked.trades,
        table.open_times,
        initial_capital=capital,
        bars_held=walked.bars_held,
        periods_per_year=periods,
        spacing=spacing,
    )
    return BacktestResult(
        metrics=pd.Series(figures, dtype=object, name="metrics"),
        strategy=strategy,
        execution=execution,
        initial_capital=capital,
        symbols=(table.symbol,),
        timeframe=None if table.timeframe is None else str(table.timeframe),
        periods_per_year=periods,
        findings=note_findings(table, signals, execution, risk, walked),
        candles=table,
        engine=engine,
        make_trades=partial(trade_table, table, walked.trades, signals.columns),
        make_equity=partial(_equity, table, walked),
        make_signals=partial(_signals, table, signals),
        make_fills=partial(_fills, table, walked),
        make_request_hash=partial(
            request_hash_of, table, strategy, execution, capital, engine
        ),
    )


def parse_engine(given: object) -> Engine:
    """Return the engine, or raise UnknownNameError when there is no such one."""
    if given not in ENGINES:
        raise UnknownNameError(kind="engine", given=given, allowed=ENGINES)
    return given


def _walker(engine: Engine) -> Walker:
    if engine == "foresto":
        return walk
    from foresto_lab.backtest.vectorbt_engine import walk_with_vectorbt

    return walk_with_vectorbt


def parse_capital(given: object) -> float:
    """Return the initial capital, or raise AmountError unless it is above 0."""
    if isinstance(given, Real) and not isinstance(given, bool):
        capital = float(given)
        if math.isfinite(capital) and capital > 0.0:
            return capital
    raise AmountError(
        parameter="initial_capital", given=given, allowed="a finite amount above 0"
    )


def require_length(signals: Signals, table: CandleTable) -> None:
    """Raise InputError unless there is one signal for each bar."""
    if not isinstance(signals, Signals):
        raise InputError(
            message=f"The strategy gave {type(signals).__name__} for signals. It must "
            "give Signals, as Signals.of(long_entry=..., ...) makes."
        )
    if len(signals) != len(table):
        raise InputError(
            message=f"The strategy gave {len(signals)} signals for {len(table)} "
            "candles. It must give one for each bar, in their order."
        )


def request_hash_of(
    table: CandleTable,
    strategy: Traded,
    execution: Execution,
    capital: float,
    engine: Engine = "foresto",
) -> str:
    """Return the SHA-256 of the request and of the candles it was computed from."""
    asked: dict[str, Any] = execution.to_dict()
    if execution.finer is not None:
        hashed = pd.util.hash_pandas_object(execution.finer).to_numpy()
        asked["finer"] = hashlib.sha256(hashed.tobytes()).hexdigest()
    return sha256_of(
        {
            "kind": RunKind.BACKTEST,
            "request": {
                "strategy": strategy.checksum,
                "execution": asked,
                "initial_capital": capital,
                "symbol": table.symbol,
                "timeframe": None if table.timeframe is None else str(table.timeframe),
            },
            "engine": engine,
            "engine_version": __version__,
            "data_version": _data_version(table),
        }
    )


def _data_version(table: CandleTable) -> str:
    digest = hashlib.sha256(table.open_times.astype("<i8").tobytes())
    for name in ("open", "high", "low", "close", "volume"):
        digest.update(table.column(name).astype("<f8").tobytes())
    return digest.hexdigest()


def _equity(table: CandleTable, walked: Walk) -> pd.DataFrame:
    return equity_table(table.index, walked)


def _fills(table: CandleTable, walked: Walk) -> pd.DataFrame:
    return fill_table(table.index, walked)


def _signals(table: CandleTable, signals: Signals) -> pd.DataFrame:
    return signals.to_frame(table.index)
