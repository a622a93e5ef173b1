"""The proof that a strategy says the same bar by bar and all at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from foresto_lab.errors import StrategyError
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.strategies.finding_list import FindingList
from foresto_lab.strategies.signals import SignalBits
from foresto_lab.strategies.trading_strategy import TradingStrategy

if TYPE_CHECKING:
    import pandas as pd


def require_agreement(
    strategy: TradingStrategy,
    candles: pd.DataFrame | CandleTable,
    *,
    bars: Iterable[int] | None = None,
) -> None:
    """Raise unless ``analyze`` and ``signals`` say the same on every bar.

    ``analyze`` gets nothing after its bar, so that this also proves that ``signals``
    does not look ahead. The time taken grows with the square of the number of bars:
    a few hundred after the warm-up will do.

    Parameters
    ----------
    strategy : TradingStrategy
    candles : DataFrame or CandleTable
    bars : iterable of int, optional
        The bars to compare; all by default.

    Raises
    ------
    StrategyError
        They differ; the finding names the bars.
    """
    table = parse_candles(candles)
    expected = strategy.signals(table).bits
    differing = [
        bar
        for bar in (range(len(table)) if bars is None else bars)
        if int(strategy.analyze(table.first(bar + 1))) != int(expected[bar])
    ]
    if not differing:
        return
    first = differing[0]
    findings = FindingList()
    findings.error(
        "ANALYZE_DISAGREES",
        f"bar {first} ({table.time(first)})",
        f"analyze says {SignalBits(int(strategy.analyze(table.first(first + 1))))!r}, "
        f"signals {SignalBits(int(expected[first]))!r}; they differ on "
        f"{len(differing):,} bars.",
        "Let both use closed bars only, and the same comparisons.",
    )
    raise StrategyError(strategy=strategy.name, findings=findings.all)
