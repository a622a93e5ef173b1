"""Made-up worlds of several symbols: prices, gaps in them, decisions, terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from foresto_lab.backtest import Execution
from foresto_lab.backtest.choices import GivenRanking
from foresto_lab.backtest.many import backtest_many
from foresto_lab.backtest.result import BacktestResult
from foresto_lab.strategies.ranking import Ranking, Selection
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.signals import Signals
from tests.oracles.rotation_candles import several
from tests.oracles.rotation_reference import Account, Candle, Terms

Prices = dict[str, list[Candle | None]]


@dataclass(frozen=True)
class World:
    """Prices by symbol, scores by bar and symbol, exits, and the account's terms."""

    prices: Prices
    scores: dict[int, dict[str, float]]
    leaves: frozenset[tuple[str, int]]
    terms: Terms

    @property
    def n_bars(self) -> int:
        return len(next(iter(self.prices.values())))

    def reference(self) -> Account:
        """Return what the slow account comes to."""
        return Account(self.prices, self.scores, set(self.leaves), self.terms).run()

    def candles(self) -> pd.DataFrame:
        return several(self.prices)

    def execution(self) -> Execution:
        terms = self.terms
        days = pd.date_range("2024-01-01", periods=self.n_bars, freq="D")
        rates = dict(zip(days.strftime("%Y-%m-%d"), terms.tax, strict=False))
        return Execution(
            fill="close" if terms.at_close else "next_open",
            fee_rate=terms.fee,
            maker_fee_rate=terms.maker_fee,
            slippage_bps=terms.slippage * 1e4,
            sell_tax_rate=rates or 0.0,
            lot_size=terms.lot,
            minimum_order=terms.minimum,
            stop_loss=terms.stop,
            take_profit=terms.target,
            trailing_stop=terms.trail,
            time_stop=terms.time,
        )

    def run(self) -> BacktestResult:
        """Return what the engine comes to."""
        capital = self.terms.capital
        if self.terms.by_rank:
            return backtest_many(
                self.candles(),
                self.ranking(),
                self.execution(),
                initial_capital=capital,
            )
        return backtest_many(
            self.candles(),
            {symbol: self.signals(symbol) for symbol in self.prices},
            self.execution(),
            initial_capital=capital,
            max_positions=self.terms.top,
        )

    def ranking(self) -> GivenRanking:
        rows = [[row[symbol] for symbol in self.prices] for row in self.scores.values()]
        scores = np.array(rows).reshape(len(self.scores), len(self.prices))
        terms = self.terms
        return GivenRanking(
            Ranking(np.array(list(self.scores), dtype=np.int64), scores),
            Selection(
                top=terms.top,
                keep_rank=terms.keep_rank,
                rebalance=terms.rebalance,
                weighting="score" if terms.by_score else "equal",
            ),
            Risk(),
        )

    def signals(self, symbol: str) -> Signals:
        """Return the signals of a symbol at its own bars; scores are all alike."""
        own = [b for b, candle in enumerate(self.prices[symbol]) if candle is not None]
        wanted = [not np.isnan(self.scores.get(b, {}).get(symbol, np.nan)) for b in own]
        leaves = [(symbol, b) in self.leaves for b in own]
        return Signals.of(
            long_entry=np.array(wanted, dtype=bool),
            long_exit=np.array(leaves, dtype=bool),
        )


@st.composite
def worlds(draw: st.DrawFn, *, by_rank: bool, gaps: bool = True) -> World:
    """Draw a world of one to four symbols and up to a dozen bars."""
    symbols = "ABCD"[: draw(st.integers(1, 4))]
    n_bars = draw(st.integers(2, 12))
    prices = {symbol: draw(bars_of(n_bars, gaps=gaps)) for symbol in symbols}
    score = st.sampled_from([float("nan"), -1.0, 0.5, 1.0, 2.0, 3.0])
    decided = draw(st.sets(st.integers(0, n_bars - 1)))
    scores = {
        bar: {symbol: draw(score) for symbol in symbols} for bar in sorted(decided)
    }
    top = draw(st.integers(1, 3))
    leaves: frozenset[tuple[str, int]] = frozenset()
    if not by_rank:
        one = st.tuples(st.sampled_from(symbols), st.integers(0, n_bars - 1))
        leaves = frozenset(draw(st.sets(one, max_size=6)))
    terms = Terms(
        capital=draw(st.sampled_from([100.0, 1000.0, 12345.0])),
        top=top,
        at_close=draw(st.booleans()),
        fee=draw(st.sampled_from([0.0, 0.0015, 0.01])),
        maker_fee=draw(st.sampled_from([0.0, 0.002])),
        slippage=draw(st.sampled_from([0.0, 0.003])),
        lot=draw(st.sampled_from([0.0, 1.0, 0.5])),
        minimum=draw(st.sampled_from([0.0, 17.31])),
        tax=draw(st.sampled_from([(), tuple(0.001 * (b % 3) for b in range(n_bars))])),
        by_rank=by_rank,
        keep_rank=top + draw(st.integers(0, 2)) if by_rank else 0,
        rebalance=by_rank and draw(st.booleans()),
        by_score=by_rank and draw(st.booleans()),
        stop=draw(st.sampled_from([None, 0.0713])),
        target=draw(st.sampled_from([None, 0.1517])),
        trail=draw(st.sampled_from([None, 0.0931])),
        time=draw(st.sampled_from([None, 1, 3])),
    )
    if terms.by_score:
        scores = {
            bar: {s: v if v > 0 else float("nan") for s, v in row.items()}
            for bar, row in scores.items()
        }
    return World(prices, scores, leaves, terms)


@st.composite
def bars_of(draw: st.DrawFn, n_bars: int, *, gaps: bool) -> list[Candle | None]:
    """Draw candles at whole prices; without some at the front, the end and between."""
    bars: list[Candle | None] = []
    price = draw(st.integers(5, 60))
    for _ in range(n_bars):
        opening = max(2, price + draw(st.integers(-4, 4)))
        price = max(2, opening + draw(st.integers(-6, 6)))
        high = max(opening, price) + draw(st.integers(0, 3))
        low = max(1, min(opening, price) - draw(st.integers(0, 3)))
        bars.append((float(opening), float(high), float(low), float(price)))
    if gaps:
        listed = draw(st.sampled_from([0, 0, 1, 3]))
        ended = draw(st.sampled_from([0, 0, 1, 4]))
        missing = draw(st.sets(st.integers(0, n_bars - 1), max_size=3))
        absent = {*range(listed), *range(n_bars - ended, n_bars), *missing}
        bars = [None if bar in absent else candle for bar, candle in enumerate(bars)]
    return bars
