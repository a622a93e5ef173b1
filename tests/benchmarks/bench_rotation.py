"""Ten years of 2,000 stocks, rotated every day, beside a plain loop of numpy."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pandas as pd

import foresto_lab as fl
from foresto_lab.market.candle_panel import CandlePanel, parse_candle_panel
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.strategies import Signals
from foresto_lab.strategies.library.momentum_rotation import MomentumRotation
from tests.benchmarks.harness import Measurement, Options, best_of, once, write

STOCKS, DAYS = 2_000, 2_500
TOP, LOOKBACK, SKIP = 20, 126, 21
FEE, TAX = 0.00015, 0.002
CAPITAL = 1e9
EXECUTION = fl.Execution(fee_rate=FEE, sell_tax_rate=TAX, lot_size=1.0)
DAILY = MomentumRotation(
    lookback_bars=LOOKBACK, skip_bars=SKIP, top=TOP, rebalance="DAILY"
)
BUFFERED = MomentumRotation(top=TOP, keep_rank=2 * TOP, restore_weights=False)


def stock_market() -> pd.DataFrame:
    """Return made-up daily candles; a fifth of the stocks is listed later on."""
    random = np.random.default_rng(20140102)
    shape = (DAYS, STOCKS)
    close = 10_000.0 * np.exp(random.normal(0.0, 0.02, shape).cumsum(axis=0))
    opening = close * np.exp(random.normal(0.0, 0.005, shape))
    high, low = np.maximum(opening, close) * 1.01, np.minimum(opening, close) * 0.99
    values = np.stack([opening, high, low, close, np.ones(shape)], axis=2)
    for stock in range(0, STOCKS, 5):
        values[: random.integers(1, DAYS // 2), stock] = np.nan
    names = [f"{stock:06d}" for stock in range(STOCKS)]
    return pd.DataFrame(
        values.reshape(DAYS, STOCKS * 5),
        pd.bdate_range("2014-01-02", periods=DAYS, tz="UTC").as_unit("us"),
        pd.MultiIndex.from_product([names, CANDLE_FIELDS]),
    )


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the measurements of backtests of many symbols."""
    candles = stock_market()
    panel = parse_candle_panel(candles)
    yield Measurement(
        "2,000 stocks: checking a frame of candles",
        best_of(lambda: parse_candle_panel(candles)),
    )
    yield Measurement(
        "2,000 stocks: momentum of every day", best_of(lambda: DAILY.ranking(panel))
    )
    peers = {}
    if options.peers:
        ours = _rotate(panel, DAILY).equity["equity"].iloc[-1]
        theirs = plain_loop(candles)
        if not math.isclose(ours, theirs, rel_tol=1e-9):
            raise AssertionError(f"the plain loop ends at {theirs}, ours at {ours}")
        peers["plain numpy loop"] = once(lambda: plain_loop(candles))
    yield Measurement(
        "2,000 stocks x 10 years, daily rotation, from the frame to the metrics",
        best_of(lambda: _rotate(candles, DAILY)),
        1.5,
        peers,
    )
    yield Measurement(
        "the same from checked candles", best_of(lambda: _rotate(panel, DAILY))
    )
    yield Measurement(
        "monthly with a hold buffer, from checked candles",
        best_of(lambda: _rotate(panel, BUFFERED)),
    )
    random = np.random.default_rng(7)
    signals = {
        symbol: Signals.of(
            long_entry=random.random(len(table)) < 0.01,
            long_exit=random.random(len(table)) < 0.03,
        )
        for symbol, table in panel.tables.items()
    }
    yield Measurement(
        "signals of 2,000 stocks, 20 positions, from checked candles",
        best_of(lambda: _trade(panel, signals)),
    )
    write(f"\npeak memory beside checked candles: {_peak(panel):.2f} of their size\n")


def _rotate(
    candles: pd.DataFrame | CandlePanel, strategy: MomentumRotation
) -> fl.BacktestResult:
    from foresto_lab.backtest.many import backtest_many

    return backtest_many(candles, strategy, EXECUTION, initial_capital=CAPITAL)


def _trade(panel: CandlePanel, signals: dict[str, Signals]) -> fl.BacktestResult:
    from foresto_lab.backtest.many import backtest_many

    return backtest_many(
        panel, signals, EXECUTION, initial_capital=CAPITAL, max_positions=TOP
    )


def _peak(panel: CandlePanel) -> float:
    tracemalloc.start()
    _rotate(panel, DAILY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / np.asarray(panel.values).nbytes


def plain_loop(candles: pd.DataFrame) -> float:
    """Return the last equity of the daily rotation, written as one would by hand."""
    swapped = candles.swaplevel(axis=1)
    opens, closes = swapped["open"].to_numpy(), swapped["close"].to_numpy()
    cash, held = CAPITAL, dict[int, int]()
    for day in range(LOOKBACK + 1, DAYS):
        decided, price = day - 1, opens[day]
        scores = closes[decided - SKIP] / closes[decided - LOOKBACK] - 1.0
        best = np.argsort(-scores, kind="stable")[:TOP].tolist()
        for stock in [stock for stock in held if stock not in best]:
            cash += held.pop(stock) * price[stock] * (1.0 - FEE - TAX)
        equity = cash + sum(shares * price[stock] for stock, shares in held.items())
        for stock in list(held):
            wanted = equity / TOP / (price[stock] * (1.0 + FEE))
            over = math.floor((held[stock] - wanted) * (1.0 + 1e-12))
            if 0 < over < held[stock]:
                held[stock] -= over
                cash += over * price[stock] * (1.0 - FEE - TAX)
        for stock in best:
            unit = price[stock] * (1.0 + FEE)
            wanted = min(equity / TOP / unit - held.get(stock, 0), cash / unit)
            shares = math.floor(wanted * (1.0 + 1e-12))
            if shares > 0:
                held[stock] = held.get(stock, 0) + shares
                cash -= shares * unit
    return cash + sum(shares * closes[-1, stock] for stock, shares in held.items())
