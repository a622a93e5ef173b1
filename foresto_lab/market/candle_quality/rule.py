"""What a rule over candles is: which candles break it, and how to say so."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from foresto_lab.findings import Finding
from foresto_lab.market.candle_quality.rows import CandleRows, Places
from foresto_lab.types import Severity

SAMPLES = 5


class CandleRule(ABC):
    """One rule over the candles of a symbol: it finds them, and changes none.

    A subclass declares what it is, finds the places of the candles that break it, and
    states in ``message`` what was found with its bound. ``description`` says why it
    matters; ``fix`` what to do next.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]
    severity: ClassVar[Severity]
    fix: ClassVar[str] = ""
    shown: ClassVar[tuple[str, ...]] = ()
    """The values that samples show."""

    @abstractmethod
    def places(self, rows: CandleRows) -> Places:
        """Return the places of the candles that break the rule, ascending."""

    @abstractmethod
    def message(self, rows: CandleRows, places: Places, count: int) -> str:
        """Return what was found, in one sentence."""

    def amounts(self, rows: CandleRows, places: Places) -> Places | None:
        """Return what each place counts for; None where each counts for one."""
        return None

    def sample(self, rows: CandleRows, place: int) -> str:
        """Return one of the candles, ready to read."""
        values = " ".join(
            f"{name}={rows.values[name][place]:.10g}" for name in self.shown
        )
        return f"{rows.time(place)} {values}".strip()

    def details(self, rows: CandleRows, places: Places) -> Mapping[str, Any]:
        """Return the facts behind the message, by name."""
        return {}

    def check(self, rows: CandleRows) -> Finding | None:
        """Return what breaks the rule as one finding, None where nothing does."""
        places = self.places(rows)
        if not len(places):
            return None
        amounts = self.amounts(rows, places)
        count = len(places) if amounts is None else int(amounts.sum())
        return Finding(
            code=self.code,
            severity=self.severity,
            message=self.message(rows, places, count),
            where=f"{rows.symbol} {rows.timeframe}".strip(),
            fix=self.fix,
            count=count,
            samples=tuple(self.sample(rows, int(p)) for p in self.told(rows, places)),
            details={"first": rows.time(int(places[0])), **self.details(rows, places)},
        )

    def told(self, rows: CandleRows, places: Places) -> Places:
        """Return the places that samples are made of."""
        return places[:SAMPLES]
