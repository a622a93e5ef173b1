"""Laws that hold for every account of several symbols."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foresto_lab.backtest.many import backtest_many
from foresto_lab.backtest.result import BacktestResult
from foresto_lab.strategies.library.momentum_rotation import MomentumRotation
from tests.oracles.rotation_worlds import World, worlds

CLOSE = {"rel": 1e-9, "abs": 1e-7}
EITHER = st.booleans().flatmap(lambda by_rank: worlds(by_rank=by_rank))
EITHER_WITHOUT_GAPS = st.booleans().flatmap(
    lambda by_rank: worlds(by_rank=by_rank, gaps=False)
)


def _any_bar(world: World) -> bool:
    return any(candle for bars in world.prices.values() for candle in bars)


@given(EITHER)
@settings(max_examples=80, deadline=None)
def test_cash_and_positions_are_the_equity_and_trades_explain_it(world: World) -> None:
    assume(_any_bar(world))
    result = world.run()
    table = result.equity
    parts = table["cash"] + table["position_value"]
    assert parts.tolist() == pytest.approx(table["equity"].tolist(), **CLOSE)
    assert (table["cash"] >= -1e-9).all()
    assert (table["position"] <= world.terms.top).all()
    change = table["equity"].iloc[-1] - world.terms.capital
    assert result.trades["pnl"].sum() == pytest.approx(change, **CLOSE)


@given(EITHER_WITHOUT_GAPS, st.integers(1, 11))
@settings(max_examples=80, deadline=None)
def test_later_bars_never_change_earlier_trades(world: World, kept: int) -> None:
    assume(kept < world.n_bars)
    whole = world.run()
    part = _first(world, kept).run()
    assert part.equity["equity"].tolist() == whole.equity["equity"].tolist()[:kept]
    ended = whole.trades[whole.trades["exit_time"] < whole.equity.index[kept]]
    closed = part.trades[~part.trades["is_open"]]
    names = ["symbol", "entry_time", "exit_time", "quantity", "pnl", "exit_reason"]
    assert closed[names].to_dict("records") == ended[names].to_dict("records")


def _first(world: World, kept: int) -> World:
    terms = replace(world.terms, tax=world.terms.tax[:kept])
    return World(
        {symbol: bars[:kept] for symbol, bars in world.prices.items()},
        {bar: row for bar, row in world.scores.items() if bar < kept},
        frozenset((symbol, bar) for symbol, bar in world.leaves if bar < kept),
        terms,
    )


@given(worlds(by_rank=True), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_symbols_does_not_matter_without_ties(
    world: World, random: object
) -> None:
    assume(_any_bar(world))
    apart = {symbol: place for place, symbol in enumerate(world.prices)}
    scores = {
        bar: {symbol: value + 1e-3 * apart[symbol] for symbol, value in row.items()}
        for bar, row in world.scores.items()
    }
    world = replace(world, scores=scores)
    shuffled = list(world.prices)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = replace(world, prices={symbol: world.prices[symbol] for symbol in shuffled})
    one, two = world.run(), other.run()
    assert one.equity["equity"].tolist() == pytest.approx(
        two.equity["equity"].tolist(), **CLOSE
    )
    assert _sorted_pnl(one) == pytest.approx(_sorted_pnl(two), **CLOSE)


def _sorted_pnl(result: BacktestResult) -> list[float]:
    by = ["symbol", "entry_time", "exit_time", "quantity"]
    return result.trades.sort_values(by)["pnl"].tolist()


@given(worlds(by_rank=True, gaps=False))
@settings(max_examples=60, deadline=None)
def test_nothing_is_made_of_flat_prices_and_fees_only_cost(world: World) -> None:
    flat = {symbol: [(10.0,) * 4] * world.n_bars for symbol in world.prices}
    free = replace(world.terms, fee=0.0, maker_fee=0.0, slippage=0.0, tax=())
    capital = world.terms.capital
    kept = replace(world, prices=flat, terms=free).run()
    assert kept.equity["equity"].tolist() == pytest.approx(
        [capital] * world.n_bars, **CLOSE
    )
    paid = replace(world, prices=flat).run()
    assert (np.diff(paid.equity["equity"], prepend=capital) <= 1e-9).all()


def test_momentum_on_random_walks_looks_at_nothing_later() -> None:
    steps = np.random.default_rng(3).normal(0.0, 0.02, (120, 6)).cumsum(axis=0)
    closes = 100.0 * np.exp(steps)
    index = pd.date_range("2024-01-01", periods=120, freq="D", tz="UTC")
    frames = {
        f"s{place}": pd.DataFrame(
            {
                "open": closes[:, place],
                "high": closes[:, place] * 1.01,
                "low": closes[:, place] * 0.99,
                "close": closes[:, place],
                "volume": 1.0,
            },
            index=index,
        )
        for place in range(6)
    }
    candles = pd.concat(frames, axis=1)
    strategy = MomentumRotation(
        lookback_bars=20, skip_bars=3, top=2, keep_rank=3, rebalance="WEEKLY"
    )
    whole = backtest_many(candles, strategy).equity["equity"]
    for kept in (30, 64, 65, 66, 101):
        part = backtest_many(candles.iloc[:kept], strategy).equity["equity"]
        assert part.tolist() == whole.tolist()[:kept]
