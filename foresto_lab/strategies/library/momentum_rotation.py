"""Momentum rotation: hold the symbols that rose most, and change them now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import numpy as np
from pydantic import Field, model_validator

from foresto_lab.strategies.ranking import Ranking, Selection, decision_bars
from foresto_lab.strategies.signals import Signals
from foresto_lab.strategies.trading_strategy import StrategyConfig, TradingStrategy

if TYPE_CHECKING:
    from foresto_lab.market.candle_panel import CandlePanel

MOST_BARS: Final = 100_000


class MomentumRotation(TradingStrategy):
    """Hold the symbols that rose most over a window, in slots of the equity.

    The score at a decision's close is ``close[-skip] / close[-lookback] - 1``; a symbol
    listed since then has none. Decisions fall on the first bar of each period, so that
    none of them depends on a later bar.

    Parameters
    ----------
    lookback_bars : int
        Bars from a decision back to where the window begins, 2 to 100,000.
    skip_bars : int
        Bars from a decision back to where it ends: the last month, by default, is left
        out, as it tends to revert [1]_. Below ``lookback_bars``.
    top : int
        Positions at most.
    rebalance : "DAILY", "WEEKLY" or "MONTHLY"
    absolute_filter : bool
        Whether only symbols that rose at all are held; the rest stays in cash.
    keep_rank : int, optional
        The hold buffer: a position is sold when its rank is behind this one; ``top``
        by default.
    weighting : "equal" or "score"
    restore_weights : bool
        Whether each decision also brings positions that stay back to their slots.

    References
    ----------
    .. [1] Jegadeesh and Titman (1993), Returns to buying winners and selling losers,
       doi:10.1111/j.1540-6261.1993.tb04702.x. Departs from it in: one portfolio, long
       only, of the best few instead of overlapping ones of the best decile.
    """

    name: ClassVar[str] = "momentum_rotation"
    source: ClassVar[str] = "built_in"

    class Config(StrategyConfig):
        """Parameters."""

        lookback_bars: int = Field(126, ge=2, le=MOST_BARS)
        skip_bars: int = Field(21, ge=0)
        top: int = Field(20, ge=1)
        rebalance: Literal["DAILY", "WEEKLY", "MONTHLY"] = "MONTHLY"
        absolute_filter: bool = False
        keep_rank: int | None = None
        weighting: Literal["equal", "score"] = "equal"
        restore_weights: bool = True

        @model_validator(mode="after")
        def _numbers_fit(self) -> MomentumRotation.Config:
            if self.skip_bars >= self.lookback_bars:
                raise ValueError(
                    f"skip_bars is {self.skip_bars}, and must be below lookback_bars, "
                    f"{self.lookback_bars}"
                )
            if self.keep_rank is not None and self.keep_rank < self.top:
                raise ValueError(
                    f"keep_rank is {self.keep_rank}, and must be at least top, "
                    f"{self.top}"
                )
            return self

    config: Config

    @property
    def selection(self) -> Selection:
        """How the ranking becomes positions."""
        return Selection(
            top=self.config.top,
            keep_rank=self.config.keep_rank,
            weighting=self.config.weighting,
            rebalance=self.config.restore_weights,
        )

    @property
    def min_candles(self) -> int:
        """Bars needed before the first score: the window, and the decision's own."""
        return self.config.lookback_bars + 1

    def ranking(self, panel: CandlePanel) -> Ranking:
        """Return the momentum of every symbol at each decision's close."""
        from foresto_lab.engine.momentum import momentum_kernel

        bars = decision_bars(panel.open_times, self.config.rebalance)
        bars = bars[bars >= self.config.lookback_bars]
        scores = np.empty((len(bars), len(panel.rows)))
        momentum_kernel(
            panel.values,
            np.ascontiguousarray(panel.rows[:, 3]),
            bars,
            self.config.lookback_bars,
            self.config.skip_bars,
            scores,
        )
        if self.config.absolute_filter:
            scores[scores <= 0.0] = np.nan
        return Ranking(bars, scores)

    def signals(self, candles: Any) -> Signals:
        """Return a long entry where one symbol alone would be held, an exit elsewhere.

        The rotation itself needs many symbols: ``ranking``. On one symbol it is its
        own momentum: in while that is above 0.
        """
        closes = candles["close"]
        lookback, skip = self.config.lookback_bars, self.config.skip_bars
        rose = np.zeros(len(closes), dtype=np.bool_)
        if len(closes) > lookback:
            begun = closes[: len(closes) - lookback]
            rose[lookback:] = closes[lookback - skip : len(closes) - skip] > begun
        bars = decision_bars(candles.table.open_times, self.config.rebalance)
        decides = np.zeros(len(closes), dtype=np.bool_)
        decides[bars[bars >= lookback]] = True
        return Signals.of(long_entry=decides & rose, long_exit=decides & ~rose)
