"""A sweep is the single engine to the last bit, whatever the conditions and rules."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from foresto_lab.engine import backtest_sweep, sweep_terms
from foresto_lab.engine.backtest import Rules
from foresto_lab.engine.backtest_figures import BACKTEST_FIGURES
from foresto_lab.engine.backtest_sweep import sweep_backtests
from foresto_lab.engine.sweep_terms import SweepAccounts, SweepMarket, SweepSignals
from tests.oracles.sweep_reference import sweep_one_by_one
from tests.oracles.sweep_worlds import make_world

TRADES = BACKTEST_FIGURES.index("total_trades")
FINAL = BACKTEST_FIGURES.index("final_equity")
NOTHING, NOWHERE = np.zeros(0), np.zeros(0, dtype=np.int64)
PLAIN = Rules(1000.0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 365, 0, 0, 0, 0, 1, 0, 0, 0, 0)


@pytest.mark.parametrize("seed", range(80))
def test_every_figure_is_that_of_the_single_engine(seed: int) -> None:
    world = make_world(seed)
    figures, sums = sweep_one_by_one(*world)
    found = sweep_backtests(
        *world[:3], block_edges=world.block_edges, threads=1 + seed % 2
    )
    np.testing.assert_array_equal(found.figures, figures)
    np.testing.assert_allclose(found.block_sums, sums, rtol=1e-9, atol=1e-13)


def test_the_random_sweeps_trade_and_some_cannot_be_run() -> None:
    found = [sweep_backtests(*make_world(seed)[:3]).figures for seed in range(80)]
    trades = np.concatenate(found)[:, TRADES]
    assert np.nansum(trades) > 5_000
    assert np.isnan(trades).sum() >= 5


def market(close: list[float]) -> SweepMarket:
    """Return candles whose every price is the close."""
    prices = np.array(close)
    day = 86_400_000_000
    return SweepMarket(
        (prices, prices, prices, prices),
        np.arange(len(close)) * day,
        np.zeros(1),
        NOWHERE,
        NOTHING,
        (NOTHING, NOTHING, NOTHING),
        NOWHERE,
        float(day),
        1.0,
        365.0,
    )


def one_leaf(
    kind: int, column: list[float], constant: float, first: int = 0
) -> SweepSignals:
    """Return the signals that go long where one leaf holds and never leave."""
    return SweepSignals(
        leaves=np.array([[kind, 0, 0, -1, 0, 1]], dtype=np.int32),
        constants=np.array([constant]),
        clause_starts=np.array([0, 1], dtype=np.int32),
        block_starts=np.array([0, 1, 1, 1, 1], dtype=np.int32),
        leaf_of_slot=np.zeros((1, 1), dtype=np.int32),
        columns=np.array([column]),
        first=first,
    )


ACCOUNTS = SweepAccounts(np.array([PLAIN], dtype=float), np.zeros(1, dtype=np.int32))


def test_a_crossing_buys_at_the_next_open_and_is_marked_at_the_last_close() -> None:
    # 29 -> 31 crosses 30 on bar 1; bought at 20 on bar 2, worth 25 at last: + 25 %.
    column = [29.0, 31.0, 32.0, 28.0]
    signals = one_leaf(sweep_terms.CROSS_OVER, column, 30.0)
    found = sweep_backtests(
        market([10.0, 10.0, 20.0, 25.0]),
        signals,
        ACCOUNTS,
        block_edges=np.array([0, 2, 4]),
    )
    assert found.figures[0, FINAL] == 1250.0
    assert found.figures[0, TRADES] == 1
    np.testing.assert_allclose(
        found.block_sums[0], [[0.0, 0.0], [0.25, 0.0625]], rtol=1e-12
    )


def test_a_span_knows_the_bars_before_it_but_begins_without_a_position() -> None:
    # The crossing on the span's first bar looks at the bar before the span; the one
    # on bar 1 of the data is past.
    column = [29.0, 31.0, 29.0, 31.0, 32.0, 32.0]
    signals = one_leaf(sweep_terms.CROSS_OVER, column, 30.0, first=3)
    found = sweep_backtests(market([10.0, 20.0, 30.0]), signals, ACCOUNTS)
    assert found.figures[0, FINAL] == 1500.0
    early = one_leaf(sweep_terms.CROSS_OVER, column[2:], 30.0, first=0)
    found = sweep_backtests(market([10.0, 10.0, 20.0, 30.0]), early, ACCOUNTS)
    assert found.figures[0, FINAL] == 1500.0


def test_a_leaf_with_nan_never_holds() -> None:
    nan = float("nan")
    kinds = range(sweep_terms.ABOVE, sweep_terms.NOT_FALLING + 1)
    for kind in kinds:
        signals = one_leaf(kind, [nan, 31.0, nan, 29.0], nan)
        found = sweep_backtests(market([1.0, 1.0, 1.0, 1.0]), signals, ACCOUNTS)
        assert found.figures[0, TRADES] == 0, kind


def test_no_figure_depends_on_threads_shares_or_kept_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = make_world(5, most=400)
    base = sweep_backtests(*world[:3], block_edges=world.block_edges)
    monkeypatch.setattr(backtest_sweep, "MOST_WORDS", 64)
    for threads in (1, 3):
        found = sweep_backtests(
            *world[:3], block_edges=world.block_edges, threads=threads
        )
        np.testing.assert_array_equal(found.figures, base.figures)
        np.testing.assert_array_equal(found.block_sums, base.block_sums)


def test_a_combination_has_the_same_figures_alone_and_among_others() -> None:
    market_, signals, accounts, _ = make_world(11, most=40)
    together = sweep_backtests(market_, signals, accounts).figures
    for place in (0, len(together) // 2, len(together) - 1):
        alone = sweep_backtests(
            market_,
            signals._replace(leaf_of_slot=signals.leaf_of_slot[place : place + 1]),
            accounts._replace(rules_of=accounts.rules_of[place : place + 1]),
        )
        np.testing.assert_array_equal(alone.figures[0], together[place])


def test_blocks_may_be_empty_and_leave_bars_out() -> None:
    # The position bought at 20 on bar 2 gains 25 % on bar 3 and 20 % on bar 4.
    signals = one_leaf(sweep_terms.CROSS_OVER, [29.0, 31.0, 32.0, 32.0, 32.0], 30.0)
    candles = market([10.0, 10.0, 20.0, 25.0, 30.0])
    edges = np.array([0, 0, 3, 3, 4])
    sums = sweep_backtests(candles, signals, ACCOUNTS, block_edges=edges).block_sums[0]
    np.testing.assert_allclose(sums[:, 0], [0.0, 0.0, 0.0, 0.25], rtol=1e-12)
    edges = np.array([3, 5])
    sums = sweep_backtests(candles, signals, ACCOUNTS, block_edges=edges).block_sums[0]
    np.testing.assert_allclose(sums, [[0.45, 0.1025]], rtol=1e-12)


def test_a_fee_on_the_first_bar_is_in_the_first_block_that_has_it() -> None:
    # Filled at the first close: the fee of 10 % leaves 1000 / 1.1 at work there.
    rules = np.array([PLAIN._replace(fills_at_close=1.0, fee_rate=0.1)], dtype=float)
    signals = one_leaf(sweep_terms.ABOVE, [1.0] * 1_200, 0.0)
    found = sweep_backtests(
        market([10.0] * 1_200),
        signals,
        ACCOUNTS._replace(rules=rules),
        block_edges=np.array([0, 0, 700, 1_200]),
    )
    lost = 1 / 1.1 - 1.0
    expected = [[0.0, 0.0], [lost, lost**2], [0.0, 0.0]]
    np.testing.assert_allclose(found.block_sums[0], expected, rtol=1e-12, atol=1e-15)


def test_no_path_is_kept() -> None:
    n_bars, n = 50_000, 200
    rises = one_leaf(sweep_terms.CROSS_OVER, list(np.sin(np.arange(n_bars))), 0.0)
    many = rises._replace(leaf_of_slot=np.zeros((n, 1), dtype=np.int32))
    accounts = ACCOUNTS._replace(rules_of=np.zeros(n, dtype=np.int32))
    candles = market(list(100.0 + np.arange(n_bars) % 7))
    sweep_backtests(candles, many, accounts)
    tracemalloc.start()
    sweep_backtests(candles, many, accounts, threads=2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * n_bars  # less than one path, let alone two hundred
