"""What becomes of a position at the end of a window: it is sold at the last close.

The next window has parameters of its own, so nothing is handed over. The exit is paid
for as any other: slippage, fee and sell tax. An order that would fill at the next open
is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from foresto_lab.backtest.walk import BASIS_POINT, sell_taxes
from foresto_lab.types import Float64Array1D

if TYPE_CHECKING:
    from foresto_lab.backtest.execution import Execution
    from foresto_lab.backtest.result import BacktestResult
    from foresto_lab.market.candle_table import CandleTable

WINDOW_END: Final = "window_end"
"""The exit reason of a trade that was closed because its window ended."""


@dataclass(frozen=True, eq=False)
class Account:
    """An account bar by bar, and its trades.

    Parameters
    ----------
    equity, cash, position : (n_bars,)
        At each close; the position is a signed quantity.
    trades : DataFrame, optional
        As a backtest has them; None where nothing was traded.
    closed : bool
        Whether a position had to be closed at the end.
    """

    equity: Float64Array1D
    cash: Float64Array1D
    position: Float64Array1D
    trades: pd.DataFrame | None = None
    closed: bool = False


def idle_account(n_bars: int, capital: float) -> Account:
    """Return an account that holds cash."""
    cash = np.full(n_bars, capital)
    return Account(cash, cash, np.zeros(n_bars))


def account_closed_at_end(result: BacktestResult) -> Account:
    """Return the account of a backtest, its position closed at the last close."""
    equity, cash, position = (
        result.equity[name].to_numpy(dtype=np.float64, copy=True)
        for name in ("equity", "cash", "position")
    )
    account = Account(equity, cash, position, result.trades)
    return account if account.position[-1] == 0.0 else _closed(account, result)


def _closed(account: Account, result: BacktestResult) -> Account:
    table: CandleTable = result.candles  # type: ignore[assignment]
    trades = result.trades.copy()
    trade = trades.iloc[-1].to_dict()
    exit_ = _exit(
        result.execution,
        side=1.0 if account.position[-1] > 0.0 else -1.0,
        quantity=abs(float(account.position[-1])),
        close=float(table.close[-1]),
        worth=float(account.equity[-1] - account.cash[-1]),
        tax_rate=float(sell_taxes(result.execution, table.open_times[-1:])[-1]),
    )
    for name, value in _ended(trade, exit_, table.index[-1]).items():
        trades.loc[trades.index[-1], name] = value
    account.cash[-1] += exit_.proceeds
    account.equity[-1] = account.cash[-1]
    account.position[-1] = 0.0
    return replace(account, trades=trades, closed=True)


@dataclass(frozen=True, slots=True)
class _Exit:
    price: float
    proceeds: float
    fee: float
    tax: float


def _exit(
    execution: Execution,
    *,
    side: float,
    quantity: float,
    close: float,
    worth: float,
    tax_rate: float,
) -> _Exit:
    """Return an exit at a close, as the engine fills one; it never costs the cash.

    ``worth`` is the position's margin and its gain at the close.
    """
    price = close * (1.0 - side * execution.slippage_bps * BASIS_POINT)
    value = worth + side * quantity * (price - close)
    if value < 0.0:
        price -= side * value / quantity
        value = 0.0
    fee = min(execution.fee_rate * quantity * price, value)
    tax = min(tax_rate * quantity * price, value - fee) if side > 0.0 else 0.0
    return _Exit(price, value - fee - tax, fee, tax)


def _ended(trade: dict[Any, Any], exit_: _Exit, moment: pd.Timestamp) -> dict[str, Any]:
    """Return what an exit changes of a trade that was open."""
    side = 1.0 if trade["side"] == "LONG" else -1.0
    moved = side * (exit_.price / trade["entry_price"] - 1.0)
    fees, tax = trade["fees"] + exit_.fee, trade["tax"] + exit_.tax
    gain = side * trade["quantity"] * (exit_.price - trade["entry_price"])
    pnl = gain - fees - tax - trade["funding"]
    return {
        "exit_time": moment,
        "exit_price": exit_.price,
        "exit_reason": WINDOW_END,
        "pnl": pnl,
        "return_rate": pnl / (trade["quantity"] * trade["entry_price"]),
        "fees": fees,
        "tax": tax,
        "max_adverse_excursion": min(trade["max_adverse_excursion"], moved),
        "max_favorable_excursion": max(trade["max_favorable_excursion"], moved),
        "is_open": False,
    }
