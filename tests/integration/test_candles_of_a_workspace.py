"""A workspace's candles are in its own folder, or in the team's database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from foresto_lab import Lab
from foresto_lab.errors import UnknownNameError
from tests.contracts.candle_store import THREE_SERIES, candle_table


def test_a_workspace_keeps_candles(open_test_lab: Callable[..., Lab]) -> None:
    first, again = open_test_lab(), open_test_lab()

    version = first.storage.candles.load_candles(candle_table(THREE_SERIES))

    assert first.storage.candles is first.storage.candles
    assert again.storage.candles.candle_version() == version.data_version
    pd.testing.assert_frame_equal(
        again.storage.candles.candles("BTCUSDT", "1h"),
        first.storage.candles.candles("BTCUSDT", "1h"),
    )
    assert again.storage.candles.candle_coverage()["row_count"].sum() == 5


def test_daily_prices_stand_for_candles_of_a_day(
    open_test_lab: Callable[..., Lab], tmp_path: Path
) -> None:
    lab = open_test_lab()
    file = tmp_path / "prices.csv"
    file.write_text(
        "date,symbol,open,high,low,close,adj_close,volume\n"
        "2024-01-02,005930,100,110,90,104,52,7\n"
        "2024-01-03,005930,,,,106,53,\n"
    )
    lab.load_prices(file)
    candles = lab.candles("005930", "1d")
    assert candles.to_numpy().tolist() == [[50, 55, 45, 52, 7], [53, 53, 53, 53, 0]]
    assert str(candles.index[0]) == "2024-01-02 00:00:00+00:00"
    assert len(lab.candles("005930", "1d", start="2024-01-03")) == 1
    with pytest.raises(UnknownNameError):
        lab.candles("005930", "1h")
    with pytest.raises(UnknownNameError):
        lab.candles("000660", "1d")
