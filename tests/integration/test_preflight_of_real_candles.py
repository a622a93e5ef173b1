"""On real candles: trades foretold as they are made, and nobody accused in vain."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.strategies import BUILT_IN_STRATEGIES


@pytest.fixture(scope="module")
def bitcoin(shared_data: Path) -> pd.DataFrame:
    """Return four years of daily BTCUSDT."""
    frame = pd.read_csv(shared_data / "crypto_binance_1h_4h_1d" / "BTCUSDT_1d.csv.gz")
    times = pd.DatetimeIndex(pd.to_datetime(frame.iloc[:, 0], utc=True))
    frame.columns = [name.lower() for name in frame.columns]
    frame.index = times.as_unit("us").rename("open_time")
    return frame[["open", "high", "low", "close", "volume"]].astype(float)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(BUILT_IN_STRATEGIES))
def test_a_built_in_strategy_is_foretold_and_not_accused(
    bitcoin: pd.DataFrame, name: str
) -> None:
    report = fl.preflight(name, bitcoin)
    assert report.passed, str(report)
    result = fl.backtest(bitcoin, BUILT_IN_STRATEGIES[name]())
    assert report.predicted_trades == len(result.trades) > 0


@pytest.mark.shared_data
def test_the_number_suggested_trades_as_often_as_it_says(bitcoin: pd.DataFrame) -> None:
    never = {
        "indicators": [{"name": "rsi"}],
        "buyConditions": [{"left": "rsi", "operator": "<", "right": 8}],
        "sellConditions": [{"left": "rsi", "operator": ">", "right": 60}],
    }
    told = fl.preflight(never, bitcoin).explanation
    assert told is not None
    (moved,) = told.moved
    never["buyConditions"][0]["right"] = moved.after  # type: ignore[index]
    assert fl.preflight(never, bitcoin).predicted_trades == moved.trades > 0
