"""Whether a store has the data that a run was computed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foresto_lab.errors import UnknownNameError
from foresto_lab.runs.backtest_candles import SEPARATOR
from foresto_lab.runs.backtest_request import CANDLES
from foresto_lab.storage.copying.prices import has_state

if TYPE_CHECKING:
    from foresto_lab.market.protocols import CandleStore
    from foresto_lab.storage.workspace import Storage


def has_data(storage: Storage, data_version: str) -> bool:
    """Return whether a store can read every table that a data version names."""
    return all(
        _has_candles(storage.candles, version)
        if version.startswith(f"{CANDLES}@")
        else has_state(storage.series, version)
        for version in data_version.split(SEPARATOR)
    )


def _has_candles(store: CandleStore, data_version: str) -> bool:
    if store.candle_version() == data_version:
        return True
    covered = store.candle_coverage()
    if covered.empty:
        return False
    first = covered.iloc[0]
    try:
        store.candles(
            first["symbol"],
            first["timeframe"],
            start=first["first_open"],
            end=first["first_open"],
            data_version=data_version,
        )
    except UnknownNameError as error:
        return error.kind != "data version"
    return True
