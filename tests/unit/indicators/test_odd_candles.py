"""Prices that stand still, bars without volume, holes: what comes out is stated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foresto_lab.indicators import IndicatorCatalog
from foresto_lab.market.candle_table import CandleTable
from tests.unit.indicators.conftest import constant_candles, random_candles

STILL = {
    "rsi": 0.0,
    "cmo": 0.0,
    "adx": 0.0,
    "cci": 0.0,
    "willr": 0.0,
    "mfi": 0.0,
    "atr": 0.0,
    "roc": 0.0,
    "sma": 50.0,
    "ema": 50.0,
    "volatility": 0.0,
    "bandwidth": 0.0,
    "disparity": 100.0,
    "drawdown": 0.0,
}
UNDEFINED = ("rsi_sma", "zscore", "percent_b", "choppiness")
WITHOUT_VOLUME = ("vwap", "vwap_rolling", "volume_ratio")


@pytest.mark.parametrize("name", STILL)
def test_of_prices_that_stand_still_talib_says_0_where_nothing_is_defined(
    name: str, catalog: IndicatorCatalog
) -> None:
    indicator = catalog.get(name)
    values = indicator.compute(constant_candles(400))[name]
    assert (values[indicator.warm_up() :] == STILL[name]).all()


@pytest.mark.parametrize("name", UNDEFINED)
def test_of_prices_that_stand_still_our_own_are_nan_where_undefined(
    name: str, catalog: IndicatorCatalog
) -> None:
    assert np.isnan(catalog.get(name).compute(constant_candles(300))[name]).all()


@pytest.mark.parametrize("name", UNDEFINED)
def test_prices_that_come_to_rest_are_told_from_rounding(
    name: str, catalog: IndicatorCatalog
) -> None:
    """After a walk of large prices a sum that slides would leave a rest of noise."""
    walk = random_candles(500, seed=11)
    series = np.concatenate([walk.close * 1e6 / 3, np.full(100, 1e8 / 3)])
    table = CandleTable(
        np.arange(600) * 60_000_000, series, series, series, series, np.ones(600)
    )
    values = catalog.get(name).compute(table)[name]
    assert np.isnan(values[560:]).all()
    assert np.isfinite(values[50:490]).all()


@pytest.mark.parametrize("name", WITHOUT_VOLUME)
def test_without_volume_means_by_volume_are_nan(
    name: str, catalog: IndicatorCatalog
) -> None:
    table = random_candles(300, seed=2)
    volume = np.where(np.arange(300) < 200, 1.1, 0.0)
    values = catalog.get(name).compute(replace(table, volume=volume))[name]
    assert np.isfinite(values[20:150]).all()
    if name == "vwap":
        assert np.isnan(values[216:]).all()
    else:
        assert np.isnan(values[219:]).all()


def test_leading_nan_moves_talibs_values_and_a_hole_stays(
    catalog: IndicatorCatalog,
) -> None:
    """Candles of a table have no NaN; a column made of other columns may."""
    table = random_candles(200, seed=4)
    late = table.close.copy()
    late[:50] = np.nan
    values = catalog.get("sma").compute(replace(table, close=late), {"period": 10})
    assert np.isnan(values["sma"][:59]).all()
    later = table.slice(50, 200)
    expected = catalog.get("sma").compute(later, {"period": 10})["sma"]
    np.testing.assert_allclose(values["sma"][59:], expected[9:], rtol=1e-12)
    hole = table.close.copy()
    hole[100] = np.nan
    for name in ("sma", "ema", "rsi"):
        broken = catalog.get(name).compute(replace(table, close=hole))[name]
        assert not np.nan_to_num(broken[100:]).any(), "RSI says 0, the others NaN"
    for name in ("rsi_sma", "zscore"):
        mended = catalog.get(name).compute(replace(table, close=hole))[name]
        assert np.isfinite(mended[130:]).all()


def test_a_column_of_nan_gives_nan(catalog: IndicatorCatalog) -> None:
    table = random_candles(300, seed=5)
    nothing = np.full(300, np.nan)
    for indicator in catalog:
        if indicator.inputs != ("close",) or indicator.source == "python":
            continue
        values = indicator.compute(replace(table, close=nothing))
        for array in values.values():
            assert len(array) == 300
            assert not array[np.isfinite(array)].any()
