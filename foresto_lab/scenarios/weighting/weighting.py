"""What every way of computing weights is: a value that makes a weights schedule."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import UnknownNameError
from foresto_lab.market.calendars import (
    DEFAULT_CALENDAR,
    TradingCalendar,
    get_calendar,
)
from foresto_lab.scenarios.weights_schedule import WeightsSchedule

if TYPE_CHECKING:
    import pandas as pd

TYPE_FIELD = "type"


@dataclass(frozen=True, slots=True)
class Weighting(ABC):
    """A way to weight assets, to be had wherever weights are asked for.

    Subclasses are frozen values; ``type`` is what ``to_dict`` calls them.
    """

    type: ClassVar[str]

    @abstractmethod
    def schedule(
        self,
        prices: pd.DataFrame,
        calendar: TradingCalendar | str = DEFAULT_CALENDAR,
        *,
        assets: Sequence[Hashable] | None = None,
    ) -> WeightsSchedule:
        """Return the weights that are decided on given prices.

        A row is decided at its date's close from rows up to that close and no later
        one, and is traded to at that same close.

        Parameters
        ----------
        prices : DataFrame (n_sessions, n_assets)
            As for ``simulate``: adjusted closes above 0; NaN only until every asset
            has a price. Not changed.
        calendar : TradingCalendar or str
            The exchange whose sessions decide the dates.
        assets : sequence of column labels, optional
            The columns to weight; all of them if left out.

        Raises
        ------
        InputError
            The prices cannot be used, or have no weights of this kind; the sentence
            says which asset, and when.
        """

    @abstractmethod
    def describe(self) -> str:
        """Return what it does in a few words, in English."""

    def to_dict(self) -> dict[str, Any]:
        """Return the weighting as plain JSON-ready values."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {TYPE_FIELD: self.type, **values}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the weighting that ``to_dict`` described.

        Raises
        ------
        UnknownNameError
            A field that this weighting does not have.
        """
        known = tuple(item.name for item in fields(cls))
        values = {name: value for name, value in given.items() if name != TYPE_FIELD}
        for name in values:
            if name not in known:
                raise UnknownNameError(
                    kind=f"field of {cls.__name__}", given=name, allowed=known
                )
        return cls(**values)

    @property
    def checksum(self) -> str:
        """SHA-256 of the weighting."""
        return sha256_of(self.to_dict())


def named_calendar(given: TradingCalendar | str) -> TradingCalendar:
    """Return the calendar that is given, or that of the name."""
    return get_calendar(given) if isinstance(given, str) else given
