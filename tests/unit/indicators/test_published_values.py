"""Numbers printed in books, and worked by hand from them."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np

from foresto_lab.indicators import IndicatorCatalog
from foresto_lab.market.candle_table import CandleTable

WILDER_CLOSES = """
    54.80 56.80 57.85 59.85 60.57 61.10 62.17 60.60 62.35 62.15 62.35 61.45 62.80
    61.37 62.50 62.57 60.80 59.37 60.35 62.35 62.17 62.55 64.55 64.37 65.30 64.42
    62.90 61.60 62.05 60.05 59.70 60.90 60.25 58.27 58.70 57.72 58.10 58.20
"""
WILDER_RSI = """
    74.36 74.55 65.75 59.68 61.98 66.44 65.75 67.00 71.43 70.50 72.14 67.95 60.78
    55.56 56.71 49.49 48.19 52.38 50.00 43.50 45.36 42.53 44.13 44.75
"""
"""J. Welles Wilder, New Concepts in Technical Trading Systems (1978), section VI, daily
worksheet of the Relative Strength Index. He rounded each mean to two places on the way,
so his numbers differ from exact ones by up to half a point."""


def wilder_candles() -> CandleTable:
    close = np.array([float(price) for price in WILDER_CLOSES.split()])
    times = np.arange(len(close)) * 86_400_000_000
    return CandleTable(times, close, close, close, close, np.ones(len(close)))


def test_rsi_is_the_one_of_wilders_worksheet(catalog: IndicatorCatalog) -> None:
    values = catalog.get("rsi").compute(wilder_candles(), {"period": 14})["rsi"]
    printed = [float(number) for number in WILDER_RSI.split()]
    assert np.isnan(values[:14]).all()
    np.testing.assert_allclose(values[14:], printed, rtol=0, atol=0.53)


def test_rsi_is_wilders_formula_without_his_rounding(catalog: IndicatorCatalog) -> None:
    """The first by hand: gains of 11.80 and losses of 4.10 in fourteen changes."""
    closes = [Fraction(price) for price in WILDER_CLOSES.split()]
    moves = [now - before for before, now in pairwise(closes)]
    up = sum(max(move, Fraction(0)) for move in moves[:14]) / Fraction(14)
    down = sum(max(-move, Fraction(0)) for move in moves[:14]) / Fraction(14)
    assert (up * 14, down * 14) == (Fraction("11.80"), Fraction("4.10"))
    expected = [100 * up / (up + down)]
    for move in moves[14:]:
        up = (up * 13 + max(move, Fraction(0))) / 14
        down = (down * 13 + max(-move, Fraction(0))) / 14
        expected.append(100 * up / (up + down))
    values = catalog.get("rsi").compute(wilder_candles())["rsi"][14:]
    np.testing.assert_allclose(values, [float(x) for x in expected], rtol=1e-12)


def test_cutlers_rsi_begins_as_wilders_and_parts_from_it(
    catalog: IndicatorCatalog,
) -> None:
    """Over the next window, changes 2 to 15: gains of 9.87 and losses of 4.10."""
    values = catalog.get("rsi_sma").compute(wilder_candles())["rsi_sma"]
    np.testing.assert_allclose(values[14], 100 * 11.80 / 15.90, rtol=1e-12)
    np.testing.assert_allclose(values[15], 100 * 9.87 / 13.97, rtol=1e-12)


def test_the_ema_starts_with_the_simple_mean(catalog: IndicatorCatalog) -> None:
    """Of 1, 2, 3, 4, 5 over three bars: 2, then half of each step: 3, 4."""
    close = np.arange(1.0, 6.0)
    table = CandleTable(np.arange(5), close, close, close, close, close)
    values = catalog.get("ema").compute(table, {"timeperiod": 3})["ema"]
    np.testing.assert_array_equal(values, [np.nan, np.nan, 2, 3, 4])
