"""What holds for every indicator of the catalogue."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.indicators import IndicatorCatalog, IndicatorUse, built_in_indicators
from foresto_lab.market.candle_table import CandleTable
from tests.unit.indicators.conftest import constant_candles, random_candles

NAMES = built_in_indicators().names()
OUT_OF_DOMAIN = {"acos", "asin"}
"""Defined from -1 to 1 only: prices have no arc cosine."""
LARGE = {"exp", "cosh", "sinh"}


@pytest.mark.parametrize("name", NAMES)
def test_the_warm_up_is_the_exact_count_of_leading_nan(
    name: str, catalog: IndicatorCatalog, real_candles: CandleTable
) -> None:
    table = real_candles.slice(2_000, 4_000)
    indicator = catalog.get(name)
    for array in indicator.compute(table).values():
        assert array.shape == (len(table),)
        assert array.dtype == np.float64
        if name not in OUT_OF_DOMAIN:
            assert int(np.isnan(array).argmin()) == indicator.warm_up()
            assert np.isfinite(array[indicator.warm_up() :]).all() or name in LARGE


@pytest.mark.parametrize("name", NAMES)
def test_longer_periods_warm_up_as_declared(
    name: str, catalog: IndicatorCatalog, real_candles: CandleTable
) -> None:
    table, indicator = real_candles.slice(2_000, 4_000), catalog.get(name)
    params = {
        parameter.name: int(parameter.default) + 3
        for parameter in indicator.parameters
        if parameter.kind == "int" and not parameter.name.endswith("matype")
    }
    for array in indicator.compute(table, params).values():
        if name not in OUT_OF_DOMAIN:
            assert int(np.isnan(array).argmin()) == indicator.warm_up(params)


@pytest.mark.parametrize("name", NAMES)
def test_short_candles_give_nan_and_none_give_none(
    name: str, catalog: IndicatorCatalog, walked_candles: CandleTable
) -> None:
    indicator = catalog.get(name)
    for n_bars in {0, 1, indicator.warm_up()}:
        for array in indicator.compute(walked_candles.first(n_bars)).values():
            assert array.shape == (n_bars,)
            assert np.isnan(array[: indicator.warm_up()]).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_huge_period_is_refused_and_one_beyond_the_data_gives_nan(
    name: str, catalog: IndicatorCatalog, walked_candles: CandleTable
) -> None:
    indicator = catalog.get(name)
    for parameter in indicator.parameters:
        if parameter.kind != "int" or parameter.name.endswith("matype"):
            continue
        with pytest.raises(ValueError, match="100,000"):
            indicator.compute(walked_candles, {parameter.name: 10**9})
        values = indicator.compute(walked_candles, {parameter.name: 100_000})
        assert all(len(array) == len(walked_candles) for array in values.values())
        if indicator.warm_up({parameter.name: 100_000}) >= len(walked_candles):
            assert all(np.isnan(array).all() for array in values.values())


@pytest.mark.parametrize("name", NAMES)
def test_constant_prices_without_volume_raise_nothing(
    name: str, catalog: IndicatorCatalog
) -> None:
    values = catalog.get(name).compute(constant_candles(300))
    assert all(array.shape == (300,) for array in values.values())


@pytest.mark.parametrize("name", NAMES)
def test_candles_are_not_changed(name: str, catalog: IndicatorCatalog) -> None:
    table, same = random_candles(400, seed=3), random_candles(400, seed=3)
    values = catalog.get(name).compute(table)
    for column in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(table.column(column), same.column(column))
        for array in values.values():
            assert not np.shares_memory(array, table.column(column))


def test_indicators_and_their_uses_cross_process_borders(
    catalog: IndicatorCatalog,
) -> None:
    for indicator in catalog:
        assert pickle.loads(pickle.dumps(indicator)).checksum == indicator.checksum
    use = IndicatorUse("sma", {"period": 20}, "slow")
    assert pickle.loads(pickle.dumps(use)) == use
    assert pickle.loads(pickle.dumps(IndicatorUse("rsi"))) == IndicatorUse("rsi")
    assert hash(use) == hash(IndicatorUse("sma", {"period": 20}, "slow"))


@given(name=st.sampled_from(NAMES), seed=st.integers(0, 10**6), cut=st.integers(0, 600))
@settings(deadline=None, max_examples=300)
def test_future_bars_never_change_past_values(name: str, seed: int, cut: int) -> None:
    indicator = built_in_indicators().get(name)
    table = random_candles(600, seed)
    whole, part = indicator.compute(table), indicator.compute(table.first(cut))
    for output, array in part.items():
        np.testing.assert_array_equal(array, whole[output][:cut], err_msg=output)


@pytest.mark.parametrize("name", NAMES)
def test_future_bars_never_change_past_values_on_real_candles(
    name: str, catalog: IndicatorCatalog, real_candles: CandleTable
) -> None:
    indicator, table = catalog.get(name), real_candles.slice(10_000, 12_000)
    whole = indicator.compute(table)
    for cut in (1, 37, 500, 1_000, 1_501, 1_999):
        for output, array in indicator.compute(table.first(cut)).items():
            np.testing.assert_array_equal(array, whole[output][:cut])


@pytest.mark.parametrize("name", NAMES)
def test_after_settling_longer_history_changes_nothing(
    name: str, catalog: IndicatorCatalog, real_candles: CandleTable
) -> None:
    indicator = catalog.get(name)
    if not indicator.forgets_start or name in LARGE:
        return
    settling = indicator.settling()
    start, length = 6_000, settling + 1_000
    longer = indicator.compute(real_candles.slice(0, start + length))
    shorter = indicator.compute(real_candles.slice(start, start + length))
    for output, array in shorter.items():
        settled, whole = array[settling:], longer[output][start + settling :]
        scale = np.nanmax(np.abs(whole)) if np.isfinite(whole).any() else 1.0
        np.testing.assert_allclose(settled, whole, rtol=0, atol=1e-6 * (scale or 1.0))
