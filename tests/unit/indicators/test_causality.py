"""What looks ahead is found, what does not is not; how long a start matters."""

from __future__ import annotations

import math

import pytest

from foresto_lab.indicators import (
    IndicatorCatalog,
    PythonIndicator,
    looks_ahead,
    measure_warm_up,
)
from foresto_lab.indicators.python.worker import Worker
from foresto_lab.market.candle_table import CandleTable

AHEAD = {
    "next": "candles['close'].shift(-1)",
    "centred": "candles['close'].rolling(5, center=True).mean()",
    "normalised": "candles['close'] / candles['close'].mean()",
    "filled": "candles['close'].where(candles.index.hour == 0).bfill()",
    "last": "candles['close'] * 0 + candles['close'].iloc[-1]",
    "reversed": "candles['close'][::-1].cummax()[::-1]",
}
HONEST = {
    "before": "candles['close'].shift(1)",
    "trailing": "candles['close'].rolling(5).mean()",
    "expanding": "candles['close'].expanding().mean()",
    "ewm": "candles['close'].ewm(span=10, adjust=False).mean()",
}


def python(expression: str, worker: Worker) -> PythonIndicator:
    code = f"def compute(candles):\n    return {expression}\n"
    return PythonIndicator.from_code(code, name="own", worker=worker)


@pytest.mark.parametrize("name", AHEAD)
def test_code_that_looks_ahead_is_found(
    name: str, walked_candles: CandleTable, worker: Worker
) -> None:
    found = looks_ahead(python(AHEAD[name], worker), walked_candles.first(500))
    assert found is not None
    assert found.bar < found.known
    assert str(found).endswith("it looks ahead.")


@pytest.mark.parametrize("name", HONEST)
def test_code_that_does_not_is_not(
    name: str, walked_candles: CandleTable, worker: Worker
) -> None:
    assert looks_ahead(python(HONEST[name], worker), walked_candles.first(500)) is None


def test_the_measured_memory_of_an_exponential_mean(
    walked_candles: CandleTable, worker: Worker
) -> None:
    measured = measure_warm_up(python(HONEST["ewm"], worker), walked_candles)
    weight = 2 / 11
    assert measured.leading_nan == 0
    assert measured.has_settled
    assert measured.settling < math.log(1e-7) / math.log(1 - weight)
    assert measured.settling > math.log(1e-3) / math.log(1 - weight)
    assert measured.first_move["own"] > 0


def test_a_window_is_forgotten_at_once_and_a_total_never(
    catalog: IndicatorCatalog, walked_candles: CandleTable
) -> None:
    mean = measure_warm_up(catalog.get("sma"), walked_candles, {"period": 20})
    assert (mean.leading_nan, mean.settling) == (19, 19)
    total = measure_warm_up(catalog.get("obv"), walked_candles)
    assert not total.has_settled


def test_a_few_candles_say_nothing_and_raise_nothing(
    catalog: IndicatorCatalog, walked_candles: CandleTable
) -> None:
    for n_bars in (0, 1, 2, 10):
        assert looks_ahead(catalog.get("rsi"), walked_candles.first(n_bars)) is None
        measure_warm_up(catalog.get("rsi"), walked_candles.first(n_bars))
