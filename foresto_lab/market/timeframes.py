"""Timeframes: how long a candle lasts, from a minute to a month."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from functools import cache, total_ordering

from foresto_lab.errors import UnknownNameError


@total_ordering
class Timeframe(Enum):
    """The length of a candle; shorter ones sort before longer ones.

    The value is how users and stores write it; ``1m`` is a minute and ``1M`` a month.
    """

    ONE_MINUTE = "1m"
    THREE_MINUTES = "3m"
    FIVE_MINUTES = "5m"
    FIFTEEN_MINUTES = "15m"
    THIRTY_MINUTES = "30m"
    ONE_HOUR = "1h"
    TWO_HOURS = "2h"
    FOUR_HOURS = "4h"
    SIX_HOURS = "6h"
    TWELVE_HOURS = "12h"
    ONE_DAY = "1d"
    THREE_DAYS = "3d"
    ONE_WEEK = "1w"
    ONE_MONTH = "1M"

    @classmethod
    def parse(cls, given: str | Timeframe) -> Timeframe:
        """Return the timeframe of a text such as ``15m``.

        Raises
        ------
        UnknownNameError
            There is no such timeframe.
        """
        try:
            return cls(given)
        except ValueError:
            raise UnknownNameError(
                kind="timeframe", given=given, allowed=tuple(map(str, cls))
            ) from None

    @property
    def length(self) -> timedelta | None:
        """How long a candle lasts; None for a month, whose length differs."""
        unit = _UNITS.get(self.value[-1])
        return unit and int(self.value[:-1]) * unit

    @property
    def pandas_rule(self) -> str:
        """The rule by which pandas resamples to candles named by their open.

        Weeks begin on Monday, months on their first day.
        """
        return _PANDAS_RULES.get(self) or self.value.replace("m", "min")

    def __str__(self) -> str:
        """Return the text that users write."""
        return self.value

    def __lt__(self, other: object) -> bool:
        """Return whether this timeframe is shorter than another."""
        if not isinstance(other, Timeframe):
            return NotImplemented
        return _PLACES[self] < _PLACES[other]


@cache
def timeframe_of_spacing(microseconds: int) -> Timeframe | None:
    """Return the timeframe whose candles open so far apart; None if there is none.

    Months are 28 to 31 days long.
    """
    spacing = timedelta(microseconds=microseconds)
    if timedelta(days=28) <= spacing <= timedelta(days=31):
        return Timeframe.ONE_MONTH
    known = (timeframe for timeframe in Timeframe if timeframe.length == spacing)
    return next(known, None)


_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PANDAS_RULES = {
    Timeframe.ONE_DAY: "1D",
    Timeframe.THREE_DAYS: "3D",
    Timeframe.ONE_WEEK: "W-MON",
    Timeframe.ONE_MONTH: "MS",
}
_PLACES = {timeframe: place for place, timeframe in enumerate(Timeframe)}
