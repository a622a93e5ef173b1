"""What every strategy is, however it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.signals import Signals

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorUse
    from foresto_lab.market.candle_table import CandleTable


@runtime_checkable
class Strategy(Protocol):
    """A rule that turns candles into signals.

    ``signals`` uses nothing after a bar for that bar's signal, changes nothing that
    it is given, and says the same for the same candles, in any process.
    """

    @property
    def name(self) -> str:
        """Name, unique together with the version."""
        ...

    @property
    def version(self) -> str:
        """Semantic version."""
        ...

    @property
    def source(self) -> str:
        """How it was written: ``json``, ``built_in`` or ``python``."""
        ...

    @property
    def risk(self) -> Risk:
        """Stops, size and leverage."""
        ...

    @property
    def indicators(self) -> tuple[IndicatorUse, ...]:
        """The indicators that it looks at."""
        ...

    @property
    def min_candles(self) -> int:
        """Bars needed before the first signal can be given."""
        ...

    @property
    def checksum(self) -> str:
        """SHA-256 of its canonical content."""
        ...

    def signals(self, table: CandleTable) -> Signals:
        """Return the signals known at each bar's close."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return what it is, as JSON-ready values."""
        ...
