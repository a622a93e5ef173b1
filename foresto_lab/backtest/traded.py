"""What a backtest asks of a strategy; ready-made signals can stand for one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol

from foresto_lab.errors import InputError
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.signals import Signals

_NO_RISK = Risk()


class Traded(Protocol):
    """A strategy as a backtest sees it; every Strategy is one.

    ``signals`` returns one value for each bar and looks at no later bar.
    """

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def risk(self) -> Risk:
        """Its stops, size and leverage."""

    @property
    def checksum(self) -> str:
        """SHA-256 of what decides its signals."""

    def signals(self, table: CandleTable) -> Signals:
        """Return the signals at each bar's close."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""


@dataclass(frozen=True, slots=True, eq=False)
class GivenSignals:
    """Signals that were computed elsewhere, traded as if a strategy had given them."""

    given: Signals
    risk: Risk = _NO_RISK
    name: str = "signals"
    version: str = "1.0.0"
    source: str = "python"

    @property
    def checksum(self) -> str:
        """SHA-256 of the signals."""
        return hashlib.sha256(self.given.bits.tobytes()).hexdigest()

    def signals(self, table: CandleTable) -> Signals:
        """Return the signals, whatever the candles."""
        return self.given

    def to_dict(self) -> dict[str, Any]:
        """Return the name, the risk block and the checksum of the signals."""
        return {
            "name": self.name,
            "risk": self.risk.to_dict(),
            "checksum": self.checksum,
        }


def parse_traded(given: object) -> Traded:
    """Return what to trade: a strategy, its JSON or name, or ready-made signals.

    Raises
    ------
    StrategyError, UnknownNameError
        It names or describes no strategy.
    InputError
        It is nothing of the kind.
    """
    if isinstance(given, Signals):
        return GivenSignals(given)
    if callable(getattr(given, "signals", None)) and hasattr(given, "risk"):
        return given  # type: ignore[return-value]
    from foresto_lab import strategies

    parse = getattr(strategies, "parse_strategy", None)
    if parse is None:
        raise InputError(
            message=f"strategy is {given!r:.80}; give a strategy or Signals.of(...)."
        )
    parsed: Traded = parse(given)
    return parsed
