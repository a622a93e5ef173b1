"""Bollinger breakout: in beyond the outer band, out back at the middle one."""

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


class BollingerBreakout(TwoSidedStrategy):
    """Long from a close that breaks the upper band to one that falls below the middle.

    Short, if allowed, mirrored: from below the lower band to above the middle.

    Parameters
    ----------
    period : int
        Bars of the mean and the standard deviation, 2 to 500.
    deviations : float
        Standard deviations from the middle to each band, 0.1 to 10.
    allow_short, stop_loss_percent
        See ``SidesConfig``.
    """

    name: ClassVar[str] = "bollinger_breakout"

    class Config(SidesConfig):
        """Parameters."""

        period: int = Field(20, ge=2, le=500)
        deviations: float = Field(2.0, ge=0.1, le=10)

    config: Config

    @property
    def _params(self) -> dict[str, float | str]:
        deviations = self.config.deviations
        return {
            "timeperiod": self.config.period,
            "nbdevup": deviations,
            "nbdevdn": deviations,
        }

    @property
    def indicators(self) -> tuple[IndicatorUse, ...]:
        """The bands."""
        return (IndicatorUse("bbands", self._params),)

    def long_rules(self, candles: Bars) -> EntryAndExit:
        """Return where to enter and to leave long."""
        close = candles["close"]
        beyond = crossover(close, candles["upperband"])
        return beyond, crossunder(close, candles["middleband"])

    def short_rules(self, candles: Bars) -> EntryAndExit:
        """Return where to enter and to leave short."""
        close = candles["close"]
        beyond = crossunder(close, candles["lowerband"])
        return beyond, crossover(close, candles["middleband"])

    def json_indicators(self) -> list[dict[str, Any]]:
        """Return the indicators in the JSON language."""
        return [indicator("bbands", self._params)]

    def json_rules(self) -> tuple[dict[str, Any], ...]:
        """Return the four rules in the JSON language."""
        return (
            condition("close", "crossover", "upperband"),
            condition("close", "crossunder", "middleband"),
            condition("close", "crossunder", "lowerband"),
            condition("close", "crossover", "middleband"),
        )
