"""From candles, signals and an execution to the kernel's arrays, and one walk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from foresto_lab.backtest.execution import ON_OPPOSITE, Execution
from foresto_lab.engine.backtest import (
    BARS_HELD,
    BY_AMOUNT,
    BY_EQUITY,
    BY_RISK,
    BY_VOLATILITY,
    LONG_ENTRY,
    N_ACCOUNT,
    N_FILL_FIELDS,
    N_FILLS,
    N_REFUSED,
    N_TRADE_FIELDS,
    N_TRADES,
    SHORT_ENTRY,
    Rules,
    backtest_kernel,
)
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.sizing import (
    FixedAmount,
    FixedRisk,
    FractionOfEquity,
    Sizing,
    VolatilityTarget,
)
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Int64Array1D,
    UInt8Array1D,
)

BASIS_POINT: Final = 1e-4
_NOTHING: Final = np.zeros(0)
_NOWHERE: Final = np.zeros(0, dtype=np.int64)
_ENTRIES: Final = LONG_ENTRY | SHORT_ENTRY


@dataclass(frozen=True, eq=False)
class Walk:
    """What one walk of the kernel left behind.

    Parameters
    ----------
    equity : (n_bars,)
        Cash and position value at each close.
    trades : (n_trades, N_TRADE_FIELDS)
    fills : (n_fills, N_FILL_FIELDS)
    bars_held : int
        Bars at whose close a position was open.
    refused : int
        Entry orders that were too small to be filled.
    initial_capital : money
    """

    equity: Float64Array1D
    trades: Float64Array2D
    fills: Float64Array2D
    bars_held: int
    refused: int
    initial_capital: float

    @cached_property
    def cash(self) -> Float64Array1D:
        """Cash at each close: what is not in the position."""
        return self._at_each_close(4, self.initial_capital)

    @cached_property
    def position(self) -> Float64Array1D:
        """Signed quantity at each close."""
        return self._at_each_close(5, 0.0)

    def _at_each_close(self, field: int, before: float) -> Float64Array1D:
        """Return what the last fill of each bar, or of one before, left."""
        bars = self.fills[:, 0].astype(np.int64)
        lengths = np.diff(bars, prepend=0, append=len(self.equity))
        values = np.concatenate(([before], self.fills[:, field]))
        return np.repeat(values, lengths)


def walk(
    table: CandleTable,
    bits: UInt8Array1D,
    execution: Execution,
    risk: Risk,
    *,
    initial_capital: float,
    periods_per_year: float,
) -> Walk:
    """Walk one account through a table of candles.

    Parameters
    ----------
    table : CandleTable
        At least one bar.
    bits : (n_bars,)
        ``SignalBits`` at each close.
    execution : Execution
    risk : Risk
        As ``execution.risk_with`` joined it.
    initial_capital : money
        Positive.
    periods_per_year : float
        Bars in a year; only a volatility target looks at it.
    """
    n_bars = len(table)
    n_entries = int(np.count_nonzero(bits & np.uint8(_ENTRIES)))
    account = np.zeros(N_ACCOUNT)
    equity = np.empty(n_bars)
    trades = np.empty((n_entries + 1, N_TRADE_FIELDS))
    fills = np.empty((2 * n_entries + 1, N_FILL_FIELDS))
    finer, finer_starts = finer_candles(execution, table)
    backtest_kernel(
        (table.open, table.high, table.low, table.close),
        bits,
        rules_of(execution, risk, initial_capital, periods_per_year),
        sell_taxes(execution, table.open_times),
        *fundings(execution, table.open_times),
        finer,
        finer_starts,
        account,
        equity,
        trades,
        fills,
    )
    return Walk(
        equity=equity,
        trades=trades[: int(account[N_TRADES])],
        fills=fills[: int(account[N_FILLS])],
        bars_held=int(account[BARS_HELD]),
        refused=int(account[N_REFUSED]),
        initial_capital=float(initial_capital),
    )


def rules_of(
    execution: Execution, risk: Risk, initial_capital: float, periods_per_year: float
) -> Rules:
    """Return the numbers that the kernel follows."""
    sizing, size, lookback = _size(risk.sizing)
    maker = execution.maker_fee_rate
    numbers = Rules(
        initial_capital=initial_capital,
        fills_at_close=execution.fill == "close",
        fee_rate=execution.fee_rate,
        maker_fee_rate=execution.fee_rate if maker is None else maker,
        slippage=execution.slippage_bps * BASIS_POINT,
        leverage=risk.leverage or 1.0,
        maintenance=execution.maintenance_margin_rate,
        sizing=sizing,
        size=size,
        lookback=lookback,
        periods_per_year=periods_per_year,
        lot_size=execution.lot_size,
        minimum_order=execution.minimum_order,
        on_opposite=ON_OPPOSITE.index(execution.on_opposite),
        allow_short=execution.allow_short,
        max_entries=execution.max_entries,
        stop_loss=risk.stop_loss or 0.0,
        take_profit=risk.take_profit or 0.0,
        trailing_stop=risk.trailing_stop or 0.0,
        time_stop=risk.time_stop or 0,
    )
    return Rules(*map(float, numbers))


def _size(sizing: Sizing | None) -> tuple[int, float, int]:
    """Return how the kernel finds a size, its number, and over how many bars."""
    match sizing:
        case FractionOfEquity(fraction):
            return BY_EQUITY, fraction, 0
        case FixedAmount(amount):
            return BY_AMOUNT, amount, 0
        case FixedRisk(fraction):
            return BY_RISK, fraction, 0
        case VolatilityTarget(annual, lookback):
            return BY_VOLATILITY, annual, lookback
        case _:
            return BY_EQUITY, 1.0, 0


def sell_taxes(execution: Execution, open_times: Int64Array1D) -> Float64Array1D:
    """Return the one rate of all bars, or the rate of each; 0 before the first day."""
    given = execution.sell_tax_rate
    if isinstance(given, float | int):
        return np.array([float(given)])
    begins = np.array(list(given), dtype="datetime64[us]").astype(np.int64)
    places = np.searchsorted(begins, open_times, side="right")
    rates: Float64Array1D = np.array([0.0, *given.values()])[places]
    return rates


def fundings(
    execution: Execution, open_times: Int64Array1D
) -> tuple[Int64Array1D, Float64Array1D]:
    """Return the bars that pay funding, and the sum of the rates due at their opens."""
    funding = execution.funding
    if funding is None or not len(funding):
        return _NOWHERE, _NOTHING
    instants = pd.DatetimeIndex(funding.index).as_unit("us").asi8
    bars = np.searchsorted(open_times, instants, side="left")
    inside = (bars > 0) & (bars < len(open_times))
    paying, places = np.unique(bars[inside], return_inverse=True)
    rates = np.bincount(
        places, funding.to_numpy(dtype=float)[inside], minlength=len(paying)
    )
    return paying.astype(np.int64), rates.astype(np.float64)


def finer_candles(
    execution: Execution, table: CandleTable
) -> tuple[tuple[Float64Array1D, Float64Array1D, Float64Array1D], Int64Array1D]:
    """Return the finer candles, and where those of each bar begin and end."""
    if execution.finer is None:
        return (_NOTHING, _NOTHING, _NOTHING), _NOWHERE
    finer = parse_candles(execution.finer)
    edges = np.append(table.open_times, np.iinfo(np.int64).max)
    starts = np.searchsorted(finer.open_times, edges).astype(np.int64)
    return (finer.open, finer.high, finer.low), starts
