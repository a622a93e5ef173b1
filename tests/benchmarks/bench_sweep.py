"""Sweeps of an RSI strategy with stops, every figure of each, beside two peers.

Ours is all of it: indicators, conditions, walks, figures. The peers are given their
signals ready-made and asked for a few figures.
"""

from __future__ import annotations

import importlib.util
import os
import tracemalloc
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import talib

import foresto_lab as fl
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator
from foresto_lab.strategies.comparisons import crossover, crossunder
from tests.benchmarks.harness import Measurement, Options, best_of, once, write

BARS = 100_000
PERIOD = "indicators[0].params.timeperiod"
LOW, HIGH = "buyConditions[0].right", "sellConditions[0].right"
PERIODS, LOWS, HIGHS = range(8, 28, 2), range(20, 40, 2), range(60, 80, 2)
STRATEGY = {
    "indicators": [{"name": "rsi", "params": {"timeperiod": 14}, "as": "rsi"}],
    "buyConditions": [{"left": "rsi", "operator": "crossover", "right": 30}],
    "sellConditions": [{"left": "rsi", "operator": "crossunder", "right": 70}],
}
EXECUTION = fl.Execution(stop_loss=0.02, fill="close", allow_short=False)
CHUNKS = (10, 25, 50, 100)


def candles(bars: int, roughness: float, spacing: str) -> CandleTable:
    """Return made-up candles of a market that never closes."""
    random = np.random.default_rng(20240101)
    close = 100.0 * np.exp(random.normal(0.0, roughness, bars).cumsum())
    opening = np.concatenate(([100.0], close[:-1]))
    spread = 1.0 + np.abs(random.normal(0.0, roughness / 3, (2, bars)))
    index = pd.date_range("2005-01-01", periods=bars, freq=spacing, tz="UTC")
    frame = pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close) * spread[0],
            "low": np.minimum(opening, close) / spread[1],
            "close": close,
            "volume": 1.0,
        },
        index.as_unit("us"),
    )
    return parse_candles(frame, symbol="BTCUSDT")


def grid(periods: Any, lows: Any, highs: Any, stops: Any = (0.02,)) -> Combinations:
    """Return every combination of these."""
    names = (PERIOD, LOW, HIGH, "execution.stop_loss")
    places = np.meshgrid(periods, lows, highs, stops, indexing="ij")
    return Combinations(
        {name: np.ravel(place) for name, place in zip(names, places, strict=True)}
    )


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the measurements of sweeps."""
    write(f"load: {', '.join(f'{load:.1f}' for load in os.getloadavg())}\n")
    table = candles(BARS, 1e-3, "1min")
    thousand = grid(PERIODS, LOWS, HIGHS)

    def sweep(threads: int | None = None) -> Any:
        evaluator = BacktestEvaluator.of(table, STRATEGY, EXECUTION, threads=threads)
        return evaluator.evaluate(thousand)

    trades = np.nanmean(sweep().column("total_trades"))
    yield Measurement(
        f"1,000 combinations x 100,000 bars, {trades:,.0f} trades each: one thread",
        best_of(lambda: sweep(1)),
    )
    peers = Peers(table).seconds() if options.peers else {}
    yield Measurement(
        "the same, every core",
        best_of(sweep),
        0.4,
        peers,
    )
    _say_memory(sweep, table)
    generations = [_individuals(seed) for seed in range(100)]
    evaluator = BacktestEvaluator.of(table, STRATEGY, EXECUTION)
    yield Measurement(
        "100 generations x 100 individuals x 100,000 bars",
        once(lambda: [evaluator.evaluate(drawn) for drawn in generations]),
        8.0,
    )
    daily = candles(5_000, 0.02, "1D")
    many = grid(range(5, 45), range(10, 50), range(50, 75), np.linspace(0.01, 0.1, 25))
    evaluator = BacktestEvaluator.of(daily, STRATEGY, EXECUTION)
    yield Measurement(
        f"{len(many):,} combinations x 5,000 bars",
        once(lambda: [evaluator.evaluate(part) for part in _parts(many, 50_000)]),
        30.0,
    )


def _individuals(seed: int) -> Combinations:
    random = np.random.default_rng(seed)
    return Combinations(
        {
            PERIOD: random.integers(5, 50, 100),
            LOW: random.uniform(15, 45, 100),
            HIGH: random.uniform(55, 85, 100),
            "execution.stop_loss": random.uniform(0.005, 0.1, 100),
        }
    )


def _parts(combinations: Combinations, size: int) -> Iterator[Combinations]:
    for first in range(0, len(combinations), size):
        yield combinations.take(slice(first, first + size))


def _say_memory(sweep: Any, table: CandleTable) -> None:
    tracemalloc.start()
    sweep()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    write(f"\npeak memory beyond the candles: {peak / 1e6:.0f} MB (bound 100 MB)\n")


class Peers:
    """The same grid by others, who are given the signals, a chunk at a time."""

    def __init__(self, table: CandleTable) -> None:
        self.table = table
        self.columns = {period: talib.RSI(table.close, period) for period in PERIODS}

    def seconds(self) -> dict[str, float]:
        """Return what they take; a part of the grid tells vectorbt's best chunk."""
        sampled = {
            size: once(lambda size=size: self.vectorbt(size, 100)) for size in CHUNKS
        }
        best = min(sampled, key=lambda size: sampled[size])
        taken = {f"vectorbt, {best} at once": once(lambda: self.vectorbt(best, 1_000))}
        if importlib.util.find_spec("raptorbt"):
            taken["raptorbt"] = self.raptorbt()
        return taken

    def signals(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """Return entries and exits of a part of the grid, (n_bars, n)."""
        points = [(p, low, high) for p in PERIODS for low in LOWS for high in HIGHS]
        chosen = points[first:last]
        entries = [crossover(self.columns[p], float(low)) for p, low, _ in chosen]
        exits = [crossunder(self.columns[p], float(high)) for p, _, high in chosen]
        return np.array(entries).T, np.array(exits).T

    def vectorbt(self, size: int, n: int) -> None:
        """Walk n combinations, so many at once, and take seven figures."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import vectorbt

            for first in range(0, n, size):
                entries, exits = self.signals(first, first + size)
                portfolio = vectorbt.Portfolio.from_signals(
                    self.table.close[:, None],
                    entries=entries,
                    exits=exits,
                    open=self.table.open[:, None],
                    high=self.table.high[:, None],
                    low=self.table.low[:, None],
                    sl_stop=0.02,
                    fees=0.0004,
                    stop_entry_price="fillprice",
                    stop_exit_price="stopmarket",
                    init_cash=1e7,
                    freq="1min",
                )
                portfolio.total_return()
                portfolio.sharpe_ratio()
                portfolio.sortino_ratio()
                portfolio.max_drawdown()
                portfolio.trades.win_rate()
                portfolio.trades.profit_factor()
                portfolio.trades.expectancy()

    def raptorbt(self) -> float:
        """Walk the grid; its figures are in its results."""
        import raptorbt

        table = self.table
        config = raptorbt.BacktestConfig(
            initial_capital=1e7, fees=0.0004, upon_bar_close=True
        )
        config.set_fixed_stop(0.02)
        seconds = 0.0
        for first in range(0, 1_000, 100):
            entries, exits = self.signals(first, first + 100)
            items = [
                raptorbt.BatchSingleItem(
                    str(place),
                    np.ascontiguousarray(entries[:, place]),
                    np.ascontiguousarray(exits[:, place]),
                )
                for place in range(entries.shape[1])
            ]
            seconds += once(
                lambda items=items: raptorbt.batch_single_backtest(
                    table.open_times * 1_000,
                    table.open,
                    table.high,
                    table.low,
                    table.close,
                    table.volume,
                    items,
                    config,
                )
            )
        return seconds
