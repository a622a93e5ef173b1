"""A workspace's candles are in its own folder, or in the team's database."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from foresto_lab import Lab
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
