"""Frames of a backtest: trades and equity, made when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from foresto_lab.backtest.walk import Walk
from foresto_lab.engine.backtest import EXIT_REASONS, FILL_FIELDS, TRADE_FIELDS
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.types import Float64Array1D, Float64Array2D

TRADE_COLUMNS: Final = (
    "symbol",
    "side",
    "quantity",
    "entry_time",
    "entry_price",
    "entry_reason",
    "exit_time",
    "exit_price",
    "exit_reason",
    "pnl",
    "return_rate",
    "fees",
    "tax",
    "funding",
    "max_adverse_excursion",
    "max_favorable_excursion",
    "bars_held",
    "entry_conditions",
    "is_open",
    "signal_time",
    "entries",
)
"""The columns of a table of trades, in order."""
TEXT_COLUMNS: Final = ("symbol", "side", "entry_reason", "exit_reason")
EQUITY_COLUMNS: Final = ("equity", "cash", "position_value", "drawdown", "position")
ENTRY_REASON: Final = "signal"


def trade_table(
    table: CandleTable,
    trades: Float64Array2D,
    columns: Mapping[str, Float64Array1D],
) -> pd.DataFrame:
    """Return one row a trade, in the order of their ends.

    Parameters
    ----------
    table : CandleTable
    trades : (n_trades, N_TRADE_FIELDS)
    columns : mapping of name to (n_bars,)
        What the conditions looked at; their values at the signal bar become
        ``entry_conditions``.
    """
    field = {name: trades[:, place] for place, name in enumerate(TRADE_FIELDS)}
    bars = {
        name: field[f"{name}_bar"].astype(np.int64)
        for name in ("signal", "entry", "exit")
    }
    reasons = field["exit_reason"].astype(np.int64)
    is_open = reasons == 0
    index = table.index
    exit_times = pd.Series(index[bars["exit"]])
    values = {
        "symbol": table.symbol,
        "side": np.where(field["side"] > 0, "LONG", "SHORT"),
        "quantity": field["quantity"],
        "entry_time": index[bars["entry"]],
        "entry_price": field["entry_price"],
        "entry_reason": ENTRY_REASON,
        "exit_time": exit_times.mask(is_open),
        "exit_price": np.where(is_open, np.nan, field["exit_price"]),
        "exit_reason": np.array(EXIT_REASONS, dtype=object)[reasons],
        "pnl": field["pnl"],
        "return_rate": field["pnl"] / (field["quantity"] * field["entry_price"]),
        "fees": field["fees"],
        "tax": field["tax"],
        "funding": field["funding"],
        "max_adverse_excursion": field["max_adverse_excursion"],
        "max_favorable_excursion": field["max_favorable_excursion"],
        "bars_held": bars["exit"] - bars["entry"],
        "entry_conditions": _values_at(columns, bars["signal"]),
        "is_open": is_open,
        "signal_time": index[bars["signal"]],
        "entries": field["entries"].astype(np.int64),
    }
    frame = pd.DataFrame(values, columns=list(TRADE_COLUMNS), index=range(len(trades)))
    return frame.astype(dict.fromkeys(TEXT_COLUMNS, "str"))


def _values_at(
    columns: Mapping[str, Float64Array1D], bars: np.ndarray[Any, Any]
) -> pd.Series[Any]:
    """Return a dict of the columns' values for each bar."""
    picked = {name: column[bars].tolist() for name, column in columns.items()}
    rows = [
        dict(zip(picked, values, strict=True))
        for values in zip(*picked.values(), strict=True)
    ]
    return pd.Series(rows or [{} for _ in bars], dtype=object)


def equity_table(index: pd.DatetimeIndex, walk: Walk) -> pd.DataFrame:
    """Return one row a bar, marked at its close.

    ``position_value`` is the margin of the position with its gain so far; with ``cash``
    it adds up to ``equity``. ``drawdown`` counts the initial capital as a peak.
    """
    equity = walk.equity
    columns = np.empty((len(EQUITY_COLUMNS), len(equity)))  # the frame's own, uncopied
    columns[0], columns[1], columns[4] = equity, walk.cash, walk.position
    np.subtract(equity, columns[1], out=columns[2])
    peaks = np.maximum.accumulate(equity, out=columns[3])
    np.maximum(peaks, walk.initial_capital, out=peaks)
    np.subtract(np.divide(equity, peaks, out=columns[3]), 1.0, out=columns[3])
    return pd.DataFrame(
        columns.T, index=index, columns=list(EQUITY_COLUMNS), copy=False
    )


def fill_table(index: pd.DatetimeIndex, walk: Walk) -> pd.DataFrame:
    """Return one row a fill, by the open time of its bar, in order.

    ``quantity`` is negative for a sale; ``costs`` are its fee and tax; ``cash`` and
    ``position`` are what it left.
    """
    values = dict(zip(FILL_FIELDS, walk.fills.T, strict=True))
    bars = values.pop("bar").astype(np.int64)
    return pd.DataFrame({"bar": bars, **values}, index=index[bars])
