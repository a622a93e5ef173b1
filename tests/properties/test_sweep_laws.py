"""Whatever the candles, signals and options, a sweep's figures are the backtest's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.backtest.walk import finer_candles, fundings, rules_of, sell_taxes
from foresto_lab.engine import sweep_terms
from foresto_lab.engine.backtest_figures import BACKTEST_FIGURES
from foresto_lab.engine.backtest_sweep import sweep_backtests
from foresto_lab.engine.sweep_terms import SweepAccounts, SweepMarket, SweepSignals
from foresto_lab.market.candle_table import parse_candles
from foresto_lab.metrics.bar_periods import bar_spacing
from foresto_lab.strategies.risk import Risk
from tests.oracles.backtest_cases import cases, execution_of, run_engine
from tests.oracles.backtest_reference import Settings

MICROSECONDS_PER_DAY = 86_400_000_000.0
EACH_BIT = np.array([1, 2, 4, 8], dtype=np.int32)


def signals_of(bits: np.ndarray, n: int) -> SweepSignals:
    """Return a leaf for each bit of signals that are given, the same n times."""
    leaves = np.zeros((4, sweep_terms.N_LEAF_FIELDS), dtype=np.int32)
    leaves[:, 0], leaves[:, 3], leaves[:, 5] = sweep_terms.GIVEN, -1, EACH_BIT
    places = np.arange(5, dtype=np.int32)
    return SweepSignals(
        leaves=leaves,
        constants=np.zeros(4),
        clause_starts=places,
        block_starts=places,
        leaf_of_slot=np.tile(places[:4], (n, 1)),
        given=bits.reshape(1, -1),
    )


def swept(
    frame: pd.DataFrame, bits: np.ndarray, options: Settings, finer: Any
) -> np.ndarray:
    """Return the figures of one combination."""
    table, execution = parse_candles(frame), execution_of(options, frame, finer)
    times, spacing = table.open_times, bar_spacing(table.open_times)
    periods = run_engine(frame, bits, options, finer).periods_per_year
    market = SweepMarket(
        (table.open, table.high, table.low, table.close),
        times,
        sell_taxes(execution, times),
        *fundings(execution, times),
        *finer_candles(execution, table),
        float(spacing),
        (float(times[-1] - times[0]) + spacing) / MICROSECONDS_PER_DAY / 365.25,
        periods,
    )
    risk = execution.risk_with(Risk())
    rules = np.array([rules_of(execution, risk, options.capital, periods)])
    accounts = SweepAccounts(rules, np.zeros(2, dtype=np.int32))
    found = sweep_backtests(market, signals_of(bits, 2), accounts, threads=2)
    np.testing.assert_array_equal(found.figures[0], found.figures[1])
    return found.figures[0]


def check(case: Any) -> None:
    frame, bits, options, finer = case
    expected = run_engine(frame, bits, options, finer).metrics
    figures = swept(frame, bits, options, finer)
    for name, figure in zip(BACKTEST_FIGURES, figures, strict=True):
        np.testing.assert_array_equal(figure, float(expected[name]), err_msg=name)


@settings(max_examples=80, deadline=None)
@given(cases(1, 700))
def test_figures_are_those_of_the_backtest(case: Any) -> None:
    check(case)


@settings(max_examples=40, deadline=None)
@given(cases(1, 60, finer=True))
def test_finer_candles_tell_both_the_same(case: Any) -> None:
    check(case)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 300))
def test_the_words_of_leaves_are_their_truth_bar_by_bar(seed: int, n: int) -> None:
    from foresto_lab.engine.backtest_sweep_signals import leaf_words_kernel, words_of
    from tests.oracles.sweep_reference import leaf_holds
    from tests.oracles.sweep_worlds import make_world

    market, signals, _, _ = make_world(seed, most_bars=n + 1)
    n_bars = len(market.open_times)
    words = np.empty((len(signals.leaves), words_of(n_bars)), dtype=np.uint64)
    leaf_words_kernel(
        signals.leaves,
        signals.constants,
        signals.columns,
        signals.given,
        signals.first,
        n_bars,
        words,
    )
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")[:, :n_bars]
    for leaf in range(len(signals.leaves)):
        truth = [
            leaf_holds(signals, leaf, signals.first + bar) for bar in range(n_bars)
        ]
        np.testing.assert_array_equal(bits[leaf].astype(bool), truth)
