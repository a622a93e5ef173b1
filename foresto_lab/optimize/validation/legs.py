"""Spans that are traded one after the other, and what it takes to trade them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.optimize.validation.bar_times import BarTimes
from foresto_lab.optimize.validation.window_end import Account


class Leg(NamedTuple):
    """A span and what it is traded with; without parameters the account holds cash."""

    number: int
    span: BarSpan
    parameters: Mapping[str, Any] | None


class Trader(Protocol):
    """An account that is traded leg by leg, and the figures of what it did."""

    times: BarTimes

    @property
    def initial_capital(self) -> float:
        """What the first leg begins with."""
        ...

    def trade(self, leg: Leg) -> Account:
        """Trade a leg with what the one before left."""
        ...

    def leg_figures(self, leg: Leg, account: Account, capital: float) -> dict[str, Any]:
        """Return the figures of a leg that began with a capital."""
        ...

    def figures(
        self, span: BarSpan, account: Account, capital: float
    ) -> dict[str, Any]:
        """Return the figures of an account on a span."""
        ...
