"""What limits a position: stops, time, size and leverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from foresto_lab.errors import AmountError
from foresto_lab.strategies.sizing import (
    Sizing,
    parse_sizing,
    require_number,
    sizing_to_dict,
)

MAX_LEVERAGE: Final = 20.0


@dataclass(frozen=True, slots=True)
class Risk:
    """The risk block of a strategy; what is None is not limited by the strategy.

    Levels are measured from the price that the entry was filled at.

    Parameters
    ----------
    stop_loss, trailing_stop : float, optional
        Fractions of the price, above 0 and below 1; 0.02 is 2 %. The trailing stop
        follows the best price since the entry.
    take_profit : float, optional
        Fraction of the price, above 0.
    time_stop : int, optional
        Bars after which a position is closed, at least 1.
    sizing : Sizing, optional
        How large a position is.
    leverage : float, optional
        Position value per margin, 1 to 20.

    Raises
    ------
    AmountError
        A value is outside its range.
    """

    stop_loss: float | None = None
    take_profit: float | None = None
    trailing_stop: float | None = None
    time_stop: int | None = None
    sizing: Sizing | None = None
    leverage: float | None = None

    def __post_init__(self) -> None:
        if self.stop_loss is not None:
            require_number("stop_loss", self.stop_loss, 0, 1, high_included=False)
        if self.trailing_stop is not None:
            require_number(
                "trailing_stop", self.trailing_stop, 0, 1, high_included=False
            )
        if self.take_profit is not None:
            require_number("take_profit", self.take_profit, 0)
        if self.leverage is not None:
            require_number(
                "leverage", self.leverage, 1, MAX_LEVERAGE, low_included=True
            )
        if self.time_stop is not None:
            _require_bars(self.time_stop)

    @property
    def can_close(self) -> bool:
        """Whether a position ends by this block alone, without any exit signal."""
        levels = (self.stop_loss, self.take_profit, self.trailing_stop, self.time_stop)
        return any(level is not None for level in levels)

    def to_dict(self) -> dict[str, Any]:
        """Return what is limited, as JSON-ready values."""
        names = (
            "stop_loss",
            "take_profit",
            "trailing_stop",
            "time_stop",
            "leverage",
        )
        given = {name: getattr(self, name) for name in names}
        limits = {name: value for name, value in given.items() if value is not None}
        if self.sizing is not None:
            limits["sizing"] = sizing_to_dict(self.sizing)
        return limits

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Risk:
        """Return the block that ``to_dict`` described."""
        sizing = given.get("sizing")
        return cls(
            **{
                **given,
                "sizing": None if sizing is None else parse_sizing(sizing),
            }
        )


def _require_bars(given: object) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise AmountError(
            parameter="time_stop",
            given=given,
            allowed="a whole number of bars, at least 1",
        )
