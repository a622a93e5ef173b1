"""The package's own indicators against slow, separately written ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from foresto_lab.indicators import IndicatorCatalog
from foresto_lab.indicators.built_in import BUILT_IN
from foresto_lab.market.candle_table import CandleTable
from tests.oracles import indicators as oracle

CHOSEN: dict[str, dict[str, Any]] = {
    "rsi_sma": {"timeperiod": 5},
    "zscore": {"timeperiod": 7},
    "rolling_return": {"timeperiod": 3},
    "momentum": {"timeperiod": 30, "skip": 0},
    "disparity": {"timeperiod": 60},
    "psychological": {"timeperiod": 10},
    "drawdown": {"timeperiod": 40},
    "volatility": {"timeperiod": 30, "periods_per_year": 8_760},
    "donchian": {"timeperiod": 1},
    "ichimoku": {"tenkan": 5, "kijun": 60, "senkou": 20, "displacement": 3},
    "keltner": {"timeperiod": 10, "atrperiod": 30, "multiplier": 1.5},
    "chandelier": {"timeperiod": 10, "multiplier": 2},
    "pivot": {"timeperiod": 24},
    "highest": {"timeperiod": 1},
    "lowest": {"timeperiod": 50},
    "percent_b": {"timeperiod": 10, "deviations": 1.5},
    "bandwidth": {"timeperiod": 10, "deviations": 1},
    "atr_percent": {"timeperiod": 7},
    "choppiness": {"timeperiod": 20},
    "heikin_ashi": {},
    "vwap": {"anchor": "week"},
    "vwap_rolling": {"timeperiod": 7},
    "volume_sma": {"timeperiod": 7},
    "volume_ratio": {"timeperiod": 7},
    "hma": {"timeperiod": 16},
    "supertrend": {"timeperiod": 7, "multiplier": 2},
}


def require_equal(
    name: str, params: dict[str, Any], table: CandleTable, catalog: IndicatorCatalog
) -> None:
    indicator = catalog.get(name)
    expected = getattr(oracle, name)(table.to_frame(), **params)
    values = indicator.compute(table, params)
    warm_up = indicator.warm_up(params)
    assert set(values) == set(expected)
    for output, array in values.items():
        assert np.isnan(array[:warm_up]).all()
        np.testing.assert_allclose(
            array[warm_up:],
            np.array(expected[output])[warm_up:],
            rtol=1e-9,
            atol=1e-9,
            err_msg=output,
        )
    leads = [np.isnan(np.array(column)).argmin() for column in expected.values()]
    assert max(leads) == warm_up


def test_every_own_indicator_has_a_slow_twin() -> None:
    assert {indicator.name for indicator in BUILT_IN} <= set(CHOSEN)


@pytest.mark.parametrize("name", CHOSEN)
def test_values_are_those_of_the_slow_twin(
    name: str, catalog: IndicatorCatalog, real_candles: CandleTable
) -> None:
    table = real_candles.first(1_500)
    require_equal(name, {}, table, catalog)
    require_equal(name, CHOSEN[name], table, catalog)


@pytest.mark.parametrize("anchor", ["day", "month", "year"])
def test_vwap_starts_anew_with_each_span_of_its_anchor(
    anchor: str, catalog: IndicatorCatalog, real_candles: CandleTable
) -> None:
    table = real_candles.slice(8_000, 9_500)
    require_equal("vwap", {"anchor": anchor}, table, catalog)
