"""A strategy that is traded on a part of its candles, knowing those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foresto_lab.backtest.traded import Traded
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.strategies.signals import Signals


@dataclass(frozen=True, eq=False)
class StrategyOnSpan:
    """A strategy that knows the bars before the span that it is traded on."""

    strategy: Traded
    table: CandleTable
    span: BarSpan

    def __getattr__(self, name: str) -> Any:
        return getattr(self.strategy, name)

    def signals(self, table: CandleTable) -> Signals:
        """Return the signals of the span, whatever the candles."""
        bars = slice(self.span.first, self.span.last)
        whole = self.strategy.signals(self.table)
        columns = {name: column[bars] for name, column in whole.columns.items()}
        return Signals(whole.bits[bars], columns)
