"""Connectors: providers of prices that are asked over the network, one file each.

``update_daily_prices`` and ``update_candles`` ask one for many symbols, from the last
stored row on, and store what is new. A connector's library is an optional extra.
"""

from foresto_lab.sources.connectors.candle_update import update_candles
from foresto_lab.sources.connectors.daily_update import update_daily_prices
from foresto_lab.sources.connectors.names import (
    CANDLE_SOURCES,
    DAILY_SOURCES,
    candle_connector,
    daily_connector,
)
from foresto_lab.sources.connectors.patience import Patience
from foresto_lab.sources.connectors.protocol import (
    CandleAnswer,
    CandleConnector,
    DailyAnswer,
    DailyConnector,
    ProviderFacts,
)
from foresto_lab.sources.connectors.report import (
    SymbolUpdate,
    UpdateReport,
    UpdateStatus,
)

__all__ = [
    "CANDLE_SOURCES",
    "DAILY_SOURCES",
    "CandleAnswer",
    "CandleConnector",
    "DailyAnswer",
    "DailyConnector",
    "Patience",
    "ProviderFacts",
    "SymbolUpdate",
    "UpdateReport",
    "UpdateStatus",
    "candle_connector",
    "daily_connector",
    "update_candles",
    "update_daily_prices",
]
