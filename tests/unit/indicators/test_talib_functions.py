"""TA-Lib's functions: its very values, its ranges, and NaN where it has none."""

from __future__ import annotations

import numpy as np
import pytest
import talib
from talib import abstract

from foresto_lab.errors import AmountError, UnknownNameError
from foresto_lab.indicators import IndicatorCatalog, compute_indicators
from foresto_lab.indicators.talib_functions import EXCLUDED, TalibIndicator
from foresto_lab.indicators.use import IndicatorUse
from foresto_lab.market.candle_table import CandleTable

FUNCTIONS = tuple(name for name in talib.get_functions() if name not in EXCLUDED)


def test_every_function_of_talib_is_there_or_excluded_with_a_reason(
    catalog: IndicatorCatalog,
) -> None:
    there = {i.function for i in catalog if isinstance(i, TalibIndicator)}
    assert there == set(talib.get_functions()) - set(EXCLUDED)
    assert len(talib.get_functions()) == 201
    assert set(EXCLUDED) <= set(talib.get_functions())
    assert all(reason for reason in EXCLUDED.values())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_values_are_those_of_talib(
    function: str, catalog: IndicatorCatalog, real_candles: CandleTable
) -> None:
    table = real_candles.first(3_000)
    columns = {
        name: table.column(name) for name in ("open", "high", "low", "close", "volume")
    }
    told = abstract.Function(function)(columns)
    expected = told if isinstance(told, list) else [told]
    indicator = catalog.get(function)
    values = indicator.compute(table)
    lookback = indicator.warm_up()
    assert tuple(values) == indicator.outputs
    for array, theirs in zip(values.values(), expected, strict=True):
        assert array.dtype == np.float64
        assert np.isnan(array[:lookback]).all()
        np.testing.assert_array_equal(array[lookback:], theirs[lookback:])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_ranges_are_those_that_talib_takes(
    function: str, catalog: IndicatorCatalog
) -> None:
    indicator = catalog.get(function)
    inputs = [np.linspace(1.0, 2.0, 12)] * len(indicator.inputs)

    def takes(name: str, value: float) -> bool:
        try:
            getattr(talib, function)(*inputs, **{name: value})
        except Exception:
            return False
        return True

    for parameter in indicator.parameters:
        if parameter.kind == "choice":
            continue
        step = 1 if parameter.kind == "int" else 0.005
        for bound, beyond in ((parameter.low, -step), (parameter.high, step)):
            kind = int if parameter.kind == "int" else float
            if bound is None:
                assert takes(parameter.name, beyond * 1e9)
                continue
            assert takes(parameter.name, kind(bound))
            assert not takes(parameter.name, kind(bound + beyond)), parameter


def test_a_candle_pattern_is_float64_and_nan_before_its_lookback(
    catalog: IndicatorCatalog, real_candles: CandleTable
) -> None:
    doji = catalog.get("cdldoji").compute(real_candles)["cdldoji"]
    assert np.isnan(doji[:10]).all()
    assert set(np.unique(doji[10:])) == {0.0, 100.0}


def test_columns_by_name_alias_and_numbers(
    catalog: IndicatorCatalog, walked_candles: CandleTable
) -> None:
    uses = [
        IndicatorUse("RSI"),
        IndicatorUse("sma", {"period": 20}),
        IndicatorUse("sma", {"timeperiod": 50}),
        IndicatorUse("macd", {}, "fast"),
        IndicatorUse("bbands"),
    ]
    columns = compute_indicators(walked_candles, uses, catalog)
    assert set(columns) == {
        *("rsi", "sma_20", "sma_50", "fast_macd", "fast_macdsignal", "fast_macdhist"),
        *("upperband", "middleband", "lowerband"),
    }
    np.testing.assert_array_equal(
        columns["sma_20"], talib.SMA(walked_candles.close, 20)
    )
    with pytest.raises(ValueError, match="several indicators"):
        columns["sma"]
    with pytest.raises(UnknownNameError, match="sma_20"):
        columns["sma_21"]


def test_the_same_indicator_twice_is_not_ambiguous_and_computed_once(
    catalog: IndicatorCatalog, walked_candles: CandleTable
) -> None:
    uses = [IndicatorUse("sma", {"period": 30}), IndicatorUse("sma")]
    columns = compute_indicators(walked_candles, uses, catalog)
    assert columns["sma"] is columns["sma_30"]


def test_the_series_it_reads_can_be_chosen(
    catalog: IndicatorCatalog, walked_candles: CandleTable
) -> None:
    table = walked_candles
    of_volume = catalog.get("sma").compute(table, {"period": 5, "source": "volume"})
    np.testing.assert_array_equal(of_volume["sma"], talib.SMA(table.volume, 5))
    of_mean = catalog.get("ema").compute(table, {"source": "HLC3"})
    typical = (table.high + table.low + table.close) / 3
    np.testing.assert_array_equal(of_mean["ema"], talib.EMA(typical, 30))


@pytest.mark.parametrize(
    ("params", "match"),
    [
        (
            {"timeperiod": 1},
            "timeperiod of rsi is 1, but must be a whole number from 2",
        ),
        ({"timeperiod": 10**30}, "to 100,000"),
        ({"timeperiod": 14.5}, "whole number"),
        ({"timeperiod": True}, "whole number"),
        ({"timeperiod": "14"}, "whole number"),
        ({"timeperiod": float("nan")}, "whole number"),
        ({"timeperiod": None}, "whole number"),
        ({"source": "closing"}, "one of close, open"),
    ],
)
def test_values_outside_their_range_are_refused(
    params: dict[str, object], match: str, catalog: IndicatorCatalog
) -> None:
    with pytest.raises(AmountError, match=match):
        catalog.get("rsi").warm_up(params)


def test_unknown_names_are_answered_with_the_near_ones(
    catalog: IndicatorCatalog,
) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean rsi"):
        catalog.get("rsii")
    with pytest.raises(UnknownNameError, match="timeperiod"):
        catalog.get("rsi").warm_up({"timeperod": 14})
    with pytest.raises(ValueError, match="given twice"):
        catalog.get("rsi").warm_up({"timeperiod": 14, "period": 14})
