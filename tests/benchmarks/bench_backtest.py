"""HYPERRSI on a million one-minute candles, beside vectorbt and backtesting.py."""

from __future__ import annotations

import contextlib
import io
import tracemalloc
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import foresto_lab as fl
from foresto_lab.backtest.walk import walk
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.metrics.trades import backtest_figures
from foresto_lab.strategies import Risk, Signals
from foresto_lab.strategies.library.hyperrsi import HyperRsi
from tests.benchmarks.harness import Measurement, Options, best_of, once, write

BARS = 1_000_000
LEVERAGED = fl.Execution(leverage=3.0, stop_loss=0.02)
PLAIN = fl.Execution(stop_loss=0.02, fill="close")
CAPITAL = 10_000_000.0


def minute_table() -> CandleTable:
    """Return made-up one-minute candles of a market that never closes."""
    random = np.random.default_rng(20240101)
    close = 100.0 * np.exp(random.normal(0.0, 1e-3, BARS).cumsum())
    opening = np.concatenate(([100.0], close[:-1]))
    spread = 1.0 + np.abs(random.normal(0.0, 3e-4, (2, BARS)))
    index = pd.date_range("2023-01-01", periods=BARS, freq="1min", tz="UTC")
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


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the measurements of single-symbol backtests."""
    table = minute_table()
    hyperrsi = HyperRsi()
    signals = hyperrsi.signals(table)
    yield Measurement("HYPERRSI's signals", best_of(lambda: hyperrsi.signals(table)))
    risk = LEVERAGED.risk_with(Risk())

    def walked() -> Any:
        return walk(
            table,
            signals.bits,
            LEVERAGED,
            risk,
            initial_capital=CAPITAL,
            periods_per_year=525_600.0,
        )

    done = walked()
    yield Measurement("engine alone: trades and equity", best_of(walked))
    yield Measurement(
        "figures alone",
        best_of(
            lambda: backtest_figures(
                done.equity,
                done.trades,
                table.open_times,
                initial_capital=CAPITAL,
                bars_held=done.bars_held,
                periods_per_year=525_600.0,
            )
        ),
    )
    yield Measurement(
        "engine and figures, signals given",
        best_of(lambda: fl.backtest(table, signals, LEVERAGED)),
        8e-3,
    )
    trades = len(fl.backtest(table, hyperrsi, LEVERAGED).trades)
    yield Measurement(
        f"HYPERRSI, 1M candles, 3x, stop: all, {trades:,} trades",
        best_of(lambda: fl.backtest(table, hyperrsi, LEVERAGED)),
        22e-3,
    )
    peers = Peers(table, signals).seconds() if options.peers else {}
    yield Measurement(
        "the same signals without leverage, as the peers know them",
        best_of(lambda: fl.backtest(table, signals, PLAIN)),
        None,
        peers,
    )
    _say_memory(table, hyperrsi)


def _say_memory(table: CandleTable, strategy: Any) -> None:
    candles = 6 * 8 * len(table)
    tracemalloc.start()
    fl.backtest(table, strategy, LEVERAGED)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    write(
        f"\npeak memory beyond the candles: {peak / 1e6:.0f} MB = "
        f"{peak / candles:.2f}x their {candles / 1e6:.0f} MB (bound 3x)\n"
    )


class Peers:
    """The other engines on the same signals, without leverage, filled at the close."""

    def __init__(self, table: CandleTable, signals: Signals) -> None:
        self.table, self.signals = table, signals

    def seconds(self) -> dict[str, float]:
        taken = {}
        for engine in ("rust", "numba"):
            taken[f"vectorbt ({engine})"] = best_of(
                lambda engine=engine: self.vectorbt(engine), least=2
            )
        taken["backtesting.py"] = once(self.backtesting)
        return taken

    def vectorbt(self, engine: str) -> float:
        """Return its total return: orders, value and one figure, as we give more."""
        import vectorbt

        table = self.table
        portfolio = vectorbt.Portfolio.from_signals(
            table.close,
            entries=self.signals.long_entry,
            short_entries=self.signals.short_entry,
            open=table.open,
            high=table.high,
            low=table.low,
            sl_stop=0.02,
            fees=0.0004,
            upon_opposite_entry="reverse",
            stop_entry_price="fillprice",
            stop_exit_price="stopmarket",
            init_cash=CAPITAL,
            freq="1min",
            engine=engine,
        )
        trades = len(portfolio.trades.records_arr)
        returns = portfolio.returns()
        figures = returns.mean() / returns.std() + portfolio.value().iloc[-1]
        return float(figures) + trades

    def backtesting(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from backtesting import Backtest, Strategy
        bits = self.signals.bits

        class Obey(Strategy):  # type: ignore[misc]
            def init(self) -> None:
                pass

            def next(self) -> None:
                bit = bits[len(self.data) - 1]
                if bit == 0:
                    return
                price = self.data.Close[-1]
                if bit & 1 and not self.position.is_long:
                    self.position.close()
                    self.buy(sl=price * 0.98)
                elif bit & 4 and not self.position.is_short:
                    self.position.close()
                    self.sell(sl=price * 1.02)

        frame = self.table.to_frame().rename(columns=str.capitalize)
        test = Backtest(
            frame.tz_localize(None),
            Obey,
            cash=CAPITAL,
            commission=0.0004,
            trade_on_close=True,
            exclusive_orders=False,
        )
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            return test.run()
