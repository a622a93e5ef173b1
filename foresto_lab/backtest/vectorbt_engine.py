"""The second engine: vectorbt walks what it can express, and shows any backtest.

It makes one order a row and looks at a position's stops before the row's order. So
that orders fill at the open, and the entry bar is watched, each bar is given to it as
two rows: its open, then the whole bar. ``docs/backtest.md`` lists what still differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.walk import BASIS_POINT, Walk
from foresto_lab.engine.backtest import (
    EXIT_REASONS,
    N_FILL_FIELDS,
    N_TRADE_FIELDS,
)
from foresto_lab.errors import InputError
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.signals import Signals
from foresto_lab.strategies.sizing import AllIn, FixedAmount
from foresto_lab.types import BoolArray1D, Float64Array1D, Int64Array1D, UInt8Array1D

if TYPE_CHECKING:
    from foresto_lab.backtest.result import BacktestResult

OPPOSITE_ENTRY: Final = {"reverse": "reverse", "close": "close", "ignore": "ignore"}
AT_LEVEL: Final = 1e-9
"""Relative distance within which a fill is at its level."""


def portfolio_of(result: BacktestResult) -> Any:
    """Return a vectorbt Portfolio that holds the fills of a backtest.

    Its value is the backtest's equity at every bar, up to funding, which vectorbt does
    not know. Sell tax and liquidation fees are among its fees.

    Raises
    ------
    InputError
        The candles or the fills are not at hand: a stored run has none.
    """
    import vectorbt
    from vectorbt.portfolio.enums import order_dt

    fills = result.fills
    table = result.candles
    if fills is None or not isinstance(table, CandleTable):
        raise InputError(
            message="A vectorbt portfolio needs the candles and fills of one symbol, "
            "and this result has none (a stored run keeps neither). Run the backtest "
            "again: fl.backtest(candles, strategy, execution).to_vectorbt()."
        )
    records = np.zeros(len(fills), dtype=order_dt)
    records["id"] = np.arange(len(fills))
    records["idx"] = fills["bar"]
    records["size"] = fills["quantity"].abs()
    records["price"] = fills["price"]
    records["fees"] = fills["costs"]
    records["side"] = fills["quantity"] < 0
    frame = table.to_frame()
    length = None if table.timeframe is None else table.timeframe.length
    wrapper = vectorbt.ArrayWrapper.from_obj(frame["close"], freq=length)
    return vectorbt.Portfolio(
        wrapper,
        frame["close"],
        records,
        np.zeros(0, dtype=vectorbt.portfolio.enums.log_dt),
        np.array([result.initial_capital]),
        cash_sharing=False,
    )


def require_expressible(execution: Execution, risk: Risk) -> None:
    """Raise InputError naming each option that vectorbt has no word for."""
    found = list(_inexpressible(execution, risk))
    if found:
        raise InputError(
            message=f"vectorbt cannot express {'; '.join(found)}. Leave that out, or "
            'use engine="foresto", which knows it.'
        )


def _inexpressible(execution: Execution, risk: Risk) -> Iterator[str]:
    if (risk.leverage or 1.0) != 1.0:
        yield f"leverage {risk.leverage:g} (it has no margin and no liquidation)"
    if execution.funding is not None:
        yield "funding"
    if execution.sell_tax_rate != 0.0:
        yield "sell_tax_rate"
    if execution.max_entries > 1:
        yield "max_entries above 1"
    if execution.minimum_order:
        yield "minimum_order"
    if execution.finer is not None:
        yield "finer candles"
    if risk.time_stop is not None:
        yield "time_stop"
    if risk.stop_loss is not None and risk.trailing_stop is not None:
        yield "stop_loss together with trailing_stop"
    maker = execution.maker_fee_rate
    if risk.take_profit is not None:
        if execution.slippage_bps:
            yield "take_profit without the slippage of other fills"
        if maker is not None and maker != execution.fee_rate:
            yield "maker_fee_rate"
    if not isinstance(risk.sizing, AllIn | FixedAmount):
        yield f"sizing {getattr(risk.sizing, 'type', risk.sizing)}"


def walk_with_vectorbt(
    table: CandleTable,
    bits: UInt8Array1D,
    execution: Execution,
    risk: Risk,
    *,
    initial_capital: float,
    periods_per_year: float,
) -> Walk:
    """Walk one account as ``walk`` does, with vectorbt's from_signals.

    Raises
    ------
    InputError
        The execution has options that vectorbt cannot express.
    """
    require_expressible(execution, risk)
    rows = _rows(table, bits, execution)
    slippage = execution.slippage_bps * BASIS_POINT
    portfolio = _portfolio(rows, execution, risk, slippage, initial_capital)
    orders = portfolio.orders.records_arr
    book = _Book(table, rows, execution, risk, initial_capital)
    for order in orders[np.argsort(orders["id"], kind="stable")]:
        book.take(order)
    return book.close()


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows given to vectorbt: one a bar, or two."""

    per_bar: int
    open: Float64Array1D
    high: Float64Array1D
    low: Float64Array1D
    close: Float64Array1D
    price: Float64Array1D
    enter_long: BoolArray1D
    leave_long: BoolArray1D
    enter_short: BoolArray1D
    leave_short: BoolArray1D


def _rows(table: CandleTable, bits: UInt8Array1D, execution: Execution) -> _Rows:
    signals = _signals_to_obey(bits, execution)
    candle = (table.open, table.high, table.low, table.close)
    if execution.fill == "close":
        return _Rows(1, *candle, table.close, *signals)
    n_bars = len(table)
    doubled = []
    for column in candle:
        row = np.empty(2 * n_bars)
        row[0::2], row[1::2] = table.open, column
        doubled.append(row)
    shifted = []
    for signal in signals:
        later = np.zeros(2 * n_bars, dtype=bool)
        later[2::2] = signal[:-1]
        shifted.append(later)
    opens, highs, lows, closes = doubled
    return _Rows(2, opens, highs, lows, closes, opens, *shifted)


def _signals_to_obey(bits: UInt8Array1D, execution: Execution) -> list[BoolArray1D]:
    """Return entries and exits, long then short, without those that contradict."""
    given = Signals(bits)
    both = given.long_entry & given.short_entry
    enter_long = given.long_entry & ~both & ~given.long_exit
    enter_short = given.short_entry & ~both & ~given.short_exit
    leave_long = given.long_exit
    if not execution.allow_short:
        if execution.on_opposite != "ignore":
            leave_long = leave_long | enter_short
        enter_short = np.zeros_like(enter_short)
    return [enter_long, leave_long, enter_short, given.short_exit]


def _portfolio(
    rows: _Rows,
    execution: Execution,
    risk: Risk,
    slippage: float,
    initial_capital: float,
) -> Any:
    import pandas as pd
    import vectorbt

    size: Any = np.inf
    if isinstance(risk.sizing, FixedAmount):
        side = np.where(rows.enter_short, -1.0, 1.0)
        size = pd.Series(risk.sizing.amount / (rows.price * (1.0 + side * slippage)))
    trails = risk.trailing_stop is not None
    stop = risk.trailing_stop if trails else risk.stop_loss
    series = {
        "open": rows.open,
        "high": rows.high,
        "low": rows.low,
        "price": rows.price,
        "entries": rows.enter_long,
        "exits": rows.leave_long,
        "short_entries": rows.enter_short,
        "short_exits": rows.leave_short,
    }
    return vectorbt.Portfolio.from_signals(
        pd.Series(rows.close),
        **{name: pd.Series(values) for name, values in series.items()},
        size=size,
        fees=execution.fee_rate,
        slippage=slippage,
        size_granularity=execution.lot_size or np.nan,
        lock_cash=True,
        accumulate=False,
        upon_long_conflict="exit",
        upon_short_conflict="exit",
        upon_dir_conflict="ignore",
        upon_opposite_entry=OPPOSITE_ENTRY[execution.on_opposite],
        sl_stop=np.nan if stop is None else stop,
        sl_trail=trails,
        tp_stop=np.nan if risk.take_profit is None else risk.take_profit,
        stop_entry_price="fillprice",
        stop_exit_price="stopmarket",
        init_cash=initial_capital,
        freq="1min",
    )


class _Book:
    """Keeps what vectorbt's orders come to, as the records of a walk."""

    def __init__(
        self,
        table: CandleTable,
        rows: _Rows,
        execution: Execution,
        risk: Risk,
        initial_capital: float,
    ) -> None:
        self.table, self.rows = table, rows
        self.execution, self.risk = execution, risk
        self.initial_capital = initial_capital
        self.cash = initial_capital
        self.trades: list[list[float]] = []
        self.fills: list[list[float]] = []
        self.side = 0.0
        self.quantity = self.price = self.fees = 0.0
        self.entry_row = 0

    def take(self, order: Any) -> None:
        """Enter an order: what it closes, then what it opens."""
        row, size, price = (
            int(order["idx"]),
            float(order["size"]),
            float(order["price"]),
        )
        direction = -1.0 if order["side"] == 1 else 1.0
        fee = float(order["fees"]) / size
        if self.side == -direction:
            left = size - self.quantity
            closed = self.quantity
            reverses = left > AT_LEVEL * size
            self._leave(row, price, fee * closed, reverses)
            size = left if reverses else 0.0
        if size > 0.0:
            self._enter(row, direction, size, price, fee * size)

    def close(self) -> Walk:
        """Return the walk, with a position left open marked at the last close."""
        last = len(self.table) - 1
        if self.side:
            self._record(last, float(self.table.close[last]), 0, whole=True)
        fills = np.array(self.fills).reshape(-1, N_FILL_FIELDS)
        equity, bars_held = _marked(self.table, fills, self.initial_capital)
        return Walk(
            equity=equity,
            trades=np.array(self.trades).reshape(-1, N_TRADE_FIELDS),
            fills=fills,
            bars_held=bars_held,
            refused=0,
            initial_capital=self.initial_capital,
        )

    def _enter(
        self, row: int, side: float, size: float, price: float, fee: float
    ) -> None:
        self.side, self.quantity, self.price, self.fees = side, size, price, fee
        self.entry_row = row
        self.cash -= size * price + fee
        self._fill(row, side * size, price, fee)

    def _leave(self, row: int, price: float, fee: float, reverses: bool) -> None:
        side, size, entry = self.side, self.quantity, self.price
        self.fees += fee
        self.cash += size * (entry + side * (price - entry)) - fee
        reason = self._reason(row, price, reverses)
        self._record(row // self.rows.per_bar, price, reason, whole=False)
        self.side = self.quantity = 0.0
        self._fill(row, -side * size, price, fee)

    def _fill(self, row: int, quantity: float, price: float, costs: float) -> None:
        bar = float(row // self.rows.per_bar)
        held = self.side * self.quantity
        self.fills.append([bar, quantity, price, costs, self.cash, held])

    def _reason(self, row: int, price: float, reverses: bool) -> int:
        """Return why a position was left: by a level's price, else by a signal."""
        slipped = price / (1.0 - self.side * self.execution.slippage_bps * BASIS_POINT)
        name = "reverse" if reverses else "signal"
        rows = self.rows
        obeyed = (
            rows.leave_long[row] or rows.enter_short[row]
            if self.side > 0
            else rows.leave_short[row] or rows.enter_long[row]
        )
        at_row_price = abs(slipped / rows.price[row] - 1.0) <= AT_LEVEL
        if not (obeyed and at_row_price):
            gained = self.side * (slipped - self.price)
            target = self.risk.take_profit
            if target is not None and gained >= self.price * target * (1 - AT_LEVEL):
                name = "take_profit"
            elif self.risk.trailing_stop is not None:
                name = "trailing_stop"
            else:
                name = "stop_loss"
        return EXIT_REASONS.index(name)

    def _record(self, bar: int, price: float, reason: int, *, whole: bool) -> None:
        side, entry, size = self.side, self.price, self.quantity
        entry_bar = self.entry_row // self.rows.per_bar
        worst, best = self._extremes(entry_bar, bar, price, whole)
        gain = side * size * (price - entry)
        self.trades.append(
            [
                side,
                size,
                entry_bar - (self.rows.per_bar - 1),
                entry_bar,
                entry,
                bar,
                price,
                reason,
                gain - self.fees,
                self.fees,
                0.0,
                0.0,
                min(side * (worst / entry - 1.0), 0.0),
                max(side * (best / entry - 1.0), 0.0),
                1.0,
            ]
        )

    def _extremes(
        self, entry_bar: int, bar: int, price: float, whole: bool
    ) -> tuple[float, float]:
        """Return the worst and best price seen: of bars held whole, and at the exit."""
        first = entry_bar + (self.rows.per_bar == 1)
        last = bar + 1 if whole else bar
        high = float(self.table.high[first:last].max(initial=max(self.price, price)))
        low = float(self.table.low[first:last].min(initial=min(self.price, price)))
        return (low, high) if self.side > 0 else (high, low)


def _marked(
    table: CandleTable, fills: Any, initial_capital: float
) -> tuple[Float64Array1D, int]:
    """Return the equity at each close, and at how many a position was open."""
    bars: Int64Array1D = fills[:, 0].astype(np.int64)
    lengths = np.diff(bars, prepend=0, append=len(table))
    held = np.repeat(np.concatenate(([0.0], fills[:, 5])), lengths)
    flows = np.cumsum(-fills[:, 1] * fills[:, 2] - fills[:, 3])
    money = np.repeat(np.concatenate(([0.0], flows)), lengths)
    equity: Float64Array1D = initial_capital + money + held * table.close
    return equity, int(np.count_nonzero(held))
