"""Donchian turtle: in beyond the long channel, out beyond the short one."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from foresto_lab.indicators import IndicatorUse
from foresto_lab.strategies.bars import Bars
from foresto_lab.strategies.comparisons import shifted
from foresto_lab.strategies.library.built_in import condition, indicator
from foresto_lab.strategies.library.sides import (
    EntryAndExit,
    SidesConfig,
    TwoSidedStrategy,
)


class DonchianTurtle(TwoSidedStrategy):
    """Long from a close above the highest high of the bars before it.

    It ends with a close below the lowest low of the fewer bars of the exit channel.
    Short, if allowed, mirrored. Both channels end on the bar before: a close cannot
    break a channel that holds its own high.

    Parameters
    ----------
    entry_period, exit_period : int
        Bars of the two channels, 2 to 500.
    allow_short, stop_loss_percent
        See ``SidesConfig``.
    """

    name: ClassVar[str] = "donchian_turtle"

    class Config(SidesConfig):
        """Parameters."""

        entry_period: int = Field(20, ge=2, le=500)
        exit_period: int = Field(10, ge=2, le=500)

    config: Config

    @property
    def indicators(self) -> tuple[IndicatorUse, ...]:
        """The ends of the channels that are looked at, by names of their own."""
        return tuple(
            IndicatorUse(given["name"], given["params"], given["as"])
            for given in self.json_indicators()
        )

    def long_rules(self, candles: Bars) -> EntryAndExit:
        """Return where to enter and to leave long."""
        close = candles["close"]
        above = close > shifted(candles["entry_high"], 1)
        return above, close < shifted(candles["exit_low"], 1)

    def short_rules(self, candles: Bars) -> EntryAndExit:
        """Return where to enter and to leave short."""
        close = candles["close"]
        below = close < shifted(candles["entry_low"], 1)
        return below, close > shifted(candles["exit_high"], 1)

    def json_indicators(self) -> list[dict[str, Any]]:
        """Return the indicators in the JSON language."""
        config = self.config
        entry, leave = config.entry_period, config.exit_period
        long = [_end("max", entry, "entry_high"), _end("min", leave, "exit_low")]
        short = [_end("min", entry, "entry_low"), _end("max", leave, "exit_high")]
        return [*long, *short] if config.allow_short else long

    def json_rules(self) -> tuple[dict[str, Any], ...]:
        """Return the four rules in the JSON language."""
        return (
            condition("close", ">", "entry_high[-1]"),
            condition("close", "<", "exit_low[-1]"),
            condition("close", "<", "entry_low[-1]"),
            condition("close", ">", "exit_high[-1]"),
        )


def _end(name: str, period: int, alias: str) -> dict[str, Any]:
    source = "high" if name == "max" else "low"
    return indicator(name, {"timeperiod": period, "source": source}, alias)
