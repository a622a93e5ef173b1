"""The backtest of many symbols that share one cash account."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from foresto_lab._version import __version__
from foresto_lab.backtest.choices import Choices, choose
from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.many_tables import (
    account_table,
    rotation_notes,
    rotation_table,
    signal_table,
)
from foresto_lab.backtest.result import BacktestResult
from foresto_lab.backtest.rotation_walk import require_cash_account, walk_rotation
from foresto_lab.backtest.single import parse_capital
from foresto_lab.canonical import sha256_of
from foresto_lab.engine.backtest import N_TRADE_FIELDS
from foresto_lab.errors import CandleTableError, InputError
from foresto_lab.market.candle_panel import CandlePanel, parse_candle_panel
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.metrics.bar_periods import bar_spacing, bars_per_year
from foresto_lab.metrics.trades import backtest_figures
from foresto_lab.types import RunKind


def backtest_many(
    candles: pd.DataFrame | Mapping[str, pd.DataFrame | CandleTable] | CandlePanel,
    strategy: object,
    execution: Execution | None = None,
    *,
    initial_capital: float = 10_000_000.0,
    max_positions: int | None = None,
    rank_by: str | None = None,
) -> BacktestResult:
    """Backtest a strategy on many symbols that share one cash account.

    Positions are long and paid in full. What a bar's close decides is traded at the
    next open (or that close): first everything that is to be sold, then, the best
    first, whatever fits: a symbol that does not trade at that bar, or of which the cash
    left does not buy a lot, is passed over for the next one. Within a bar the order is
    that of one symbol: open, stop, target, trailing stop, close.

    A symbol has no bar before it is listed, while it is suspended, and after it is
    delisted: it is not traded then. An order to sell waits for its next bar; until then
    it is marked at its last close. One that never has a bar again is sold at its last
    close, for the reason ``delisted``: this is the one thing that is known beforehand.

    Parameters
    ----------
    candles : DataFrame with columns (symbol, field), or mapping of symbol to candles
        NaN in all fields where a symbol has no bar.
    strategy : RankingStrategy, Strategy, mapping of symbol to Signals, ...
        One that ranks, such as ``MomentumRotation()`` or ``GivenRanking(...)``; or what
        ``backtest`` takes, asked for each symbol on its own.
    execution : Execution, optional
        Without leverage, funding, finer candles and several entries.
    initial_capital : money
    max_positions : int, optional
        For signals: positions at most, 10 by default, each of an equal slot of the
        equity unless a sizing says otherwise.
    rank_by : str, optional
        For signals: the column (of the candles, or an indicator of the strategy) by
        which entries of one bar are ranked, the highest first; ``"-rsi"`` is the lowest
        first. By default the order of the columns.

    Returns
    -------
    BacktestResult
        In ``equity``, ``position`` is the number of positions. ``trades`` has one row a
        sale: what a rebalancing trims is a trade of its own.

    Raises
    ------
    CandleTableError
        The candles cannot be computed on, or there is none.
    InputError
        The execution or the strategy asks for what a shared cash account has not.

    Examples
    --------
    >>> rotation = MomentumRotation(top=20, keep_rank=30)  # doctest: +SKIP
    >>> fl.backtest_many(candles, rotation, fl.Execution(lot_size=1))  # doctest: +SKIP
    """
    execution = Execution() if execution is None else execution
    if not isinstance(execution, Execution):
        raise InputError(
            message=f"execution is {execution!r:.80}; it must be an fl.Execution(...)."
        )
    capital = parse_capital(initial_capital)
    panel = candles if isinstance(candles, CandlePanel) else parse_candle_panel(candles)
    if len(panel) == 0:
        raise CandleTableError(
            message="There is no candle to backtest on. Load some for these symbols, "
            "or widen the span."
        )
    choices = choose(
        panel, strategy, execution, max_positions=max_positions, rank_by=rank_by
    )
    risk = execution.risk_with(choices.strategy.risk)
    require_cash_account(execution, risk)
    walked = walk_rotation(
        panel, choices.decisions, execution, risk, initial_capital=capital
    )
    spacing = _spacing(panel)
    periods = bars_per_year(panel.open_times, spacing)
    figures = backtest_figures(
        walked.equity,
        np.ascontiguousarray(walked.trades[:, :N_TRADE_FIELDS]),
        panel.open_times,
        initial_capital=capital,
        bars_held=walked.bars_held,
        periods_per_year=periods,
        spacing=spacing,
    )
    return BacktestResult(
        metrics=pd.Series(figures, dtype=object, name="metrics"),
        strategy=choices.strategy,
        execution=execution,
        initial_capital=capital,
        symbols=panel.symbols,
        timeframe=_timeframe(panel),
        periods_per_year=periods,
        findings=rotation_notes(panel, choices, execution, walked),
        candles=panel.tables,
        make_trades=partial(rotation_table, panel, choices, walked),
        make_equity=partial(account_table, panel.index, walked, capital),
        make_signals=partial(signal_table, panel, choices),
        make_request_hash=partial(
            _request_hash, panel, choices, execution, capital, rank_by
        ),
    )


def _longest(panel: CandlePanel) -> CandleTable:
    return max(panel.tables.values(), key=len)


def _timeframe(panel: CandlePanel) -> str | None:
    timeframe = _longest(panel).timeframe
    return None if timeframe is None else str(timeframe)


def _spacing(panel: CandlePanel) -> int:
    """Return the microseconds that a bar lasts."""
    timeframe = _longest(panel).timeframe
    length = None if timeframe is None else timeframe.length
    if length is None:
        return bar_spacing(panel.open_times[:20_000])
    return round(length.total_seconds() * 1e6)


def _request_hash(
    panel: CandlePanel,
    choices: Choices,
    execution: Execution,
    capital: float,
    rank_by: str | None,
) -> str:
    """Return the SHA-256 of the request and of the candles it was computed from."""
    selection = choices.decisions.selection
    signals = hashlib.sha256()
    for own in choices.signals.values():
        signals.update(own.bits.tobytes())
    return sha256_of(
        {
            "kind": RunKind.BACKTEST,
            "request": {
                "strategy": choices.strategy.checksum,
                "signals": signals.hexdigest() if choices.signals else None,
                "execution": execution.to_dict(),
                "initial_capital": capital,
                "symbols": list(panel.symbols),
                "timeframe": _timeframe(panel),
                "max_positions": selection.top,
                "rank_by": rank_by,
            },
            "engine_version": __version__,
            "data_version": _data_version(panel),
        }
    )


def _data_version(panel: CandlePanel) -> str:
    digest = hashlib.sha256()
    for symbol, table in panel.tables.items():
        digest.update(symbol.encode())
        digest.update(table.open_times.astype("<i8").tobytes())
        for name in ("open", "high", "low", "close", "volume"):
            digest.update(table.column(name).astype("<f8").tobytes())
    return digest.hexdigest()
