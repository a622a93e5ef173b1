"""What becomes of a position at the end of a window: it is sold at the last close.

The next window has parameters of its own, so nothing is handed over. The exit is paid
for as any other: slippage, fee and sell tax. An order that would fill at the next open
is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from foresto_lab.backtest.walk import BASIS_POINT, sell_taxes
from foresto_lab.engine.backtest import N_TRADE_FIELDS, SIGNAL, TRADE_FIELDS
from foresto_lab.types import Float64Array1D, Float64Array2D

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.backtest.execution import Execution
    from foresto_lab.backtest.walk import Walk
    from foresto_lab.market.candle_table import CandleTable

WINDOW_END: Final = "window_end"
"""The exit reason of a trade that was closed because its window ended."""
FIELD: Final = {name: place for place, name in enumerate(TRADE_FIELDS)}
"""Where a field stands in the record of a trade."""


@dataclass(frozen=True, eq=False)
class Account:
    """An account bar by bar, and its trades.

    Parameters
    ----------
    equity, cash, position : (n_bars,)
        At each close; the position is a signed quantity.
    records : (n_trades, N_TRADE_FIELDS)
        As the engine has them; bars count from the account's first.
    closed : bool
        Whether a position had to be closed at the end; its record is the last.
    make_trades : callable, optional
        Returns the table of the trades.
    """

    equity: Float64Array1D
    cash: Float64Array1D
    position: Float64Array1D
    records: Float64Array2D
    closed: bool = False
    make_trades: Callable[[], pd.DataFrame] | None = None


def idle_account(n_bars: int, capital: float) -> Account:
    """Return an account that holds cash."""
    cash = np.full(n_bars, capital)
    return Account(cash, cash, np.zeros(n_bars), np.empty((0, N_TRADE_FIELDS)))


def account_closed_at_end(
    walked: Walk, table: CandleTable, execution: Execution
) -> Account:
    """Return the account of a walk, its position closed at the last close."""
    equity, cash, position = walked.equity, walked.cash, walked.position
    if position[-1] == 0.0:
        return Account(equity, cash, position, walked.trades)
    records = walked.trades.copy()
    exit_ = _exit(
        execution,
        side=float(records[-1, FIELD["side"]]),
        quantity=float(records[-1, FIELD["quantity"]]),
        close=float(table.close[-1]),
        worth=float(equity[-1] - cash[-1]),
        tax_rate=float(sell_taxes(execution, table.open_times[-1:])[-1]),
    )
    _end(records[-1], exit_)
    left = cash[-1] + exit_.proceeds
    return Account(
        equity=np.append(equity[:-1], left),
        cash=np.append(cash[:-1], left),
        position=np.append(position[:-1], 0.0),
        records=records,
        closed=True,
    )


class _Exit(NamedTuple):
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


def _end(record: Float64Array1D, exit_: _Exit) -> None:
    """Write an exit into the record of a trade that was open."""
    side, entry = record[FIELD["side"]], record[FIELD["entry_price"]]
    moved = side * (exit_.price / entry - 1.0)
    gain = side * record[FIELD["quantity"]] * (exit_.price - entry)
    record[FIELD["fees"]] += exit_.fee
    record[FIELD["tax"]] += exit_.tax
    costs = sum(record[FIELD[name]] for name in ("fees", "tax", "funding"))
    record[FIELD["pnl"]] = gain - costs
    record[FIELD["exit_price"]] = exit_.price
    record[FIELD["exit_reason"]] = SIGNAL
    worst, best = FIELD["max_adverse_excursion"], FIELD["max_favorable_excursion"]
    record[worst] = min(record[worst], moved)
    record[best] = max(record[best], moved)
