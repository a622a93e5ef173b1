"""The price that an indicator of one series is computed from."""

from __future__ import annotations

from typing import Final

from foresto_lab.indicators.indicator import CandleColumns
from foresto_lab.indicators.parameters import Parameter
from foresto_lab.types import Float64Array1D

PRICES: Final = ("close", "open", "high", "low", "volume", "hl2", "hlc3", "ohlc4")

SOURCE: Final = Parameter(
    name="source",
    kind="choice",
    default="close",
    aliases=("price", "input"),
    choices=PRICES,
)
"""Which column, or which mean of columns, an indicator of one series reads."""


def price(table: CandleColumns, name: str) -> Float64Array1D:
    """Return one column, or the mean of two to four: ``hl2``, ``hlc3``, ``ohlc4``."""
    if name == "hl2":
        return (table.column("high") + table.column("low")) / 2
    if name == "hlc3":
        return (table.column("high") + table.column("low") + table.column("close")) / 3
    if name == "ohlc4":
        total = table.column("open") + table.column("high")
        return (total + table.column("low") + table.column("close")) / 4
    return table.column(name)
