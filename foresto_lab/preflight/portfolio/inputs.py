"""What the portfolio checks look at, and the shape of a check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Protocol

from foresto_lab.types import Severity

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.findings import Finding
    from foresto_lab.rebalancing import RebalancingRule


@dataclass(frozen=True, slots=True)
class PortfolioInputs:
    """A planned simulation with the prices it would run on.

    ``prices`` has one column per label, cut to the span asked for; labels whose symbol
    has no rows at all in the store are missing from it, and only then does
    ``loaded_symbols`` list those the store has. ``missing_rates`` is the symbol of each
    foreign currency whose exchange rate has no rows.
    """

    subject: str
    weights: Mapping[str, float]
    symbols: Mapping[str, str]
    prices: pd.DataFrame
    loaded_symbols: tuple[str, ...]
    start: date | None
    end: date | None
    rule: RebalancingRule | None
    calendar: str
    simulated: bool
    missing_rates: Mapping[str, str] = field(default_factory=dict)

    @property
    def held(self) -> tuple[str, ...]:
        """The labels with a weight above zero."""
        return tuple(label for label, weight in self.weights.items() if weight > 0)

    @property
    def missing(self) -> tuple[str, ...]:
        """The held labels without any price in the store."""
        return tuple(label for label in self.held if label not in self.prices.columns)

    @property
    def complete_sessions(self) -> int:
        """How many sessions have a price for every held asset."""
        return int(self.prices[list(self.held)].notna().all(axis=1).sum())


class PortfolioCheck(Protocol):
    """One thing that could be wrong with a planned simulation."""

    code: ClassVar[str]
    severity: ClassVar[Severity]

    def check(self, inputs: PortfolioInputs) -> Iterator[Finding]:
        """Yield what is wrong; nothing when all is well."""
