"""RSI reversal: in when the RSI leaves oversold, out when it leaves overbought."""

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


class RsiReversal(TwoSidedStrategy):
    """Long from where the RSI leaves oversold to where it leaves overbought again.

    Short, if allowed, from there back again.

    Parameters
    ----------
    rsi_period : int
        Bars of Wilder's RSI, 2 to 100.
    oversold, overbought : float
        0 to 50, and 50 to 100.
    allow_short, stop_loss_percent
        See ``SidesConfig``.
    """

    name: ClassVar[str] = "rsi_reversal"

    class Config(SidesConfig):
        """Parameters."""

        rsi_period: int = Field(14, ge=2, le=100)
        oversold: float = Field(30.0, ge=0, le=50)
        overbought: float = Field(70.0, ge=50, le=100)

    config: Config

    @property
    def indicators(self) -> tuple[IndicatorUse, ...]:
        """The RSI."""
        return (IndicatorUse("rsi", {"timeperiod": self.config.rsi_period}),)

    def long_rules(self, candles: Bars) -> EntryAndExit:
        """Return where to enter and to leave long."""
        up = crossover(candles["rsi"], self.config.oversold)
        return up, crossunder(candles["rsi"], self.config.overbought)

    def short_rules(self, candles: Bars) -> EntryAndExit:
        """Return the same with entry and exit exchanged."""
        up, down = self.long_rules(candles)
        return down, up

    def json_indicators(self) -> list[dict[str, Any]]:
        """Return the indicators in the JSON language."""
        return [indicator("rsi", {"timeperiod": self.config.rsi_period})]

    def json_rules(self) -> tuple[dict[str, Any], ...]:
        """Return the four rules in the JSON language."""
        up = condition("rsi", "crossover", self.config.oversold)
        down = condition("rsi", "crossunder", self.config.overbought)
        return up, down, down, up
