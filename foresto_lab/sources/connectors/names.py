"""The connectors by the names that users write."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.sources.connectors.protocol import CandleConnector, DailyConnector

_PACKAGE = "foresto_lab.sources.connectors"

DAILY_SOURCES: Mapping[str, str] = {
    "pykrx": f"{_PACKAGE}.pykrx_daily:PykrxConnector",
    "fdr": f"{_PACKAGE}.finance_data_reader:FinanceDataReaderConnector",
    "yfinance": f"{_PACKAGE}.yahoo:YahooConnector",
}
"""Source of daily prices to ``module:class``; another one adds a line here."""

CANDLE_SOURCES: Mapping[str, str] = {
    "ccxt": f"{_PACKAGE}.ccxt_candles:CcxtConnector",
}
"""Source of candles to ``module:class``; it takes an exchange: ``ccxt:binance``."""


def daily_connector(source: str) -> DailyConnector:
    """Return the connector of a source of daily prices; its library is not imported.

    Raises
    ------
    UnknownNameError
        There is no such source.
    InputError
        It is one of candles.
    """
    if source.partition(":")[0] in CANDLE_SOURCES:
        raise InputError(
            message=f"{source} gives candles, not daily prices. Update them with "
            "`foresto candles update` or lab.update_candles(...)."
        )
    connector: DailyConnector = _loaded(DAILY_SOURCES, source)()
    return connector


def candle_connector(
    source: str, credentials: Mapping[str, str] | None = None
) -> CandleConnector:
    """Return the connector of a source of candles, written ``ccxt:EXCHANGE``.

    Raises
    ------
    UnknownNameError
        There is no such source.
    InputError
        The exchange is not named, or the source is one of daily prices.
    """
    name, _, exchange = source.partition(":")
    if name in DAILY_SOURCES:
        raise InputError(
            message=f"{source} gives daily prices, not candles. Update them with "
            "`foresto data update` or lab.update_data(...)."
        )
    kind = _loaded(CANDLE_SOURCES, name)
    if not exchange:
        raise InputError(
            message=f"{name} speaks to many exchanges. Name one: {name}:binance, "
            f"{name}:upbit, {name}:bybit."
        )
    connector: CandleConnector = kind(exchange, credentials)
    return connector


def _loaded(sources: Mapping[str, str], name: str) -> Any:
    if name not in sources:
        raise UnknownNameError(kind="source", given=name, allowed=tuple(sources))
    module, _, kind = sources[name].partition(":")
    return getattr(importlib.import_module(module), kind)
