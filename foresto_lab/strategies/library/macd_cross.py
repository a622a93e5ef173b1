"""MACD cross: in when the MACD rises above its signal line, out when it falls below."""

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


class MacdCross(TwoSidedStrategy):
    """Long while the MACD is above its signal line, from the bar that it crosses on.

    Parameters
    ----------
    fast_period, slow_period, signal_period : int
        Bars of the three EMAs: 2 to 200, 3 to 400, 1 to 200; fast below slow.
    allow_short, stop_loss_percent
        See ``SidesConfig``.
    """

    name: ClassVar[str] = "macd_cross"

    class Config(SidesConfig):
        """Parameters."""

        fast_period: int = Field(12, ge=2, le=200)
        slow_period: int = Field(26, ge=3, le=400)
        signal_period: int = Field(9, ge=1, le=200)

    config: Config
    ordered: ClassVar[tuple[tuple[str, str], ...]] = (("fast_period", "slow_period"),)

    @property
    def _periods(self) -> dict[str, float | str]:
        return {
            "fastperiod": self.config.fast_period,
            "slowperiod": self.config.slow_period,
            "signalperiod": self.config.signal_period,
        }

    @property
    def indicators(self) -> tuple[IndicatorUse, ...]:
        """The MACD."""
        return (IndicatorUse("macd", self._periods),)

    def long_rules(self, candles: Bars) -> EntryAndExit:
        """Return where to enter and to leave long."""
        up = crossover(candles["macd"], candles["macdsignal"])
        return up, crossunder(candles["macd"], candles["macdsignal"])

    def short_rules(self, candles: Bars) -> EntryAndExit:
        """Return the same with entry and exit exchanged."""
        up, down = self.long_rules(candles)
        return down, up

    def json_indicators(self) -> list[dict[str, Any]]:
        """Return the indicators in the JSON language."""
        return [indicator("macd", self._periods)]

    def json_rules(self) -> tuple[dict[str, Any], ...]:
        """Return the four rules in the JSON language."""
        up = condition("macd", "crossover", "macdsignal")
        down = condition("macd", "crossunder", "macdsignal")
        return up, down, down, up
