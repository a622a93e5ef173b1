"""SMA cross: in when the fast average rises above the slow one, out when below."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from foresto_lab.indicators import IndicatorUse
from foresto_lab.strategies.bars import Bars
from foresto_lab.strategies.comparisons import crossover, crossunder
from foresto_lab.strategies.library.built_in import condition, indicator
from foresto_lab.strategies.library.sides import (
    EntryAndExit,
    SidesConfig,
    TwoSidedStrategy,
)


class SmaCross(TwoSidedStrategy):
    """Long while the fast average is above the slow one, from the bar of the cross.

    Parameters
    ----------
    fast_period, slow_period : int
        Bars of the simple means, 2 to 500 and 3 to 1,000; fast below slow.
    allow_short, stop_loss_percent
        See ``SidesConfig``.
    """

    name: ClassVar[str] = "sma_cross"

    class Config(SidesConfig):
        """Parameters."""

        fast_period: int = Field(20, ge=2, le=500)
        slow_period: int = Field(60, ge=3, le=1_000)

    config: Config
    ordered: ClassVar[tuple[tuple[str, str], ...]] = (("fast_period", "slow_period"),)

    @property
    def indicators(self) -> tuple[IndicatorUse, ...]:
        """The two averages, called ``fast`` and ``slow``."""
        return (
            IndicatorUse("sma", {"timeperiod": self.config.fast_period}, "fast"),
            IndicatorUse("sma", {"timeperiod": self.config.slow_period}, "slow"),
        )

    def long_rules(self, candles: Bars) -> EntryAndExit:
        """Return where to enter and to leave long."""
        up = crossover(candles["fast"], candles["slow"])
        return up, crossunder(candles["fast"], candles["slow"])

    def short_rules(self, candles: Bars) -> EntryAndExit:
        """Return the same with entry and exit exchanged."""
        up, down = self.long_rules(candles)
        return down, up

    def json_indicators(self) -> list[dict[str, Any]]:
        """Return the indicators in the JSON language."""
        return [
            indicator("sma", {"timeperiod": self.config.fast_period}, "fast"),
            indicator("sma", {"timeperiod": self.config.slow_period}, "slow"),
        ]

    def json_rules(self) -> tuple[dict[str, Any], ...]:
        """Return the four rules in the JSON language."""
        up = condition("fast", "crossover", "slow")
        down = condition("fast", "crossunder", "slow")
        return up, down, down, up
