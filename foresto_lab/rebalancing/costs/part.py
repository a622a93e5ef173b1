"""What every part of a cost is: a frozen value that fills in its share of arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from foresto_lab.errors import CostError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.rebalancing.costs.account_costs import GainsMethod
from foresto_lab.rebalancing.costs.span_facts import SpanFacts
from foresto_lab.types import BoolArray1D

if TYPE_CHECKING:
    from foresto_lab.rebalancing.costs.model import CostModel

Names = Sequence[str] | None


@dataclass(frozen=True, kw_only=True, repr=False)
class CostPart(ABC):
    """One cost among others.

    ``a + b`` is a CostModel of both. ``to_dict`` and ``parse_costs`` are each other's
    inverse.
    """

    kind: ClassVar[str]

    def __repr__(self) -> str:
        """Return the call that makes the part, without what was left out."""
        values = ((item.name, getattr(self, item.name)) for item in fields(self))
        given = [f"{name}={value!r}" for name, value in values if value is not None]
        return f"{type(self).__name__}({', '.join(given)})"

    def __add__(self, other: object) -> CostModel:
        """Return both parts as one model."""
        from foresto_lab.rebalancing.costs.model import CostModel, parse_costs

        return CostModel((self, *parse_costs(other).parts))

    def __radd__(self, other: object) -> CostModel:
        """Return what stands before it, such as a rate, and the part."""
        from foresto_lab.rebalancing.costs.model import CostModel, parse_costs

        return CostModel((*parse_costs(other).parts, self))

    @abstractmethod
    def fill(self, draft: AccountDraft) -> None:
        """Add this part to the arrays of one simulation."""

    def to_dict(self) -> dict[str, Any]:
        """Return the part as plain JSON-ready values."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        plain = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }
        return {"type": self.kind, **plain}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> CostPart:
        """Return the part that ``to_dict`` described."""
        known = tuple(item.name for item in fields(cls))
        for name in given:
            if name not in known:
                raise UnknownNameError(
                    kind=f"field of {cls.__name__}", given=name, allowed=known
                )
        try:
            return cls(**given)
        except TypeError:  # a field without a default was left out
            raise CostError(
                message=f"{cls.kind} is given {dict(given)!r}, which lacks a field "
                f"it needs. Its fields are {', '.join(known)}."
            ) from None


@dataclass(frozen=True, kw_only=True, repr=False)
class SelectivePart(CostPart):
    """A part of some assets only: those named, or those of the markets named."""

    assets: Names = None
    markets: Names = None

    def __post_init__(self) -> None:
        for name in ("assets", "markets"):
            object.__setattr__(self, name, _parse_names(getattr(self, name), name))

    def selection(self, facts: SpanFacts) -> BoolArray1D:
        """Return which of the held assets the part is of.

        An asset that is named but not held is passed over: one model serves many
        portfolios.
        """
        chosen = np.ones(len(facts.assets), dtype=np.bool_)
        for names, held in (
            (self.assets, facts.assets),
            (self.markets, facts.markets),
        ):
            if names is not None:
                chosen &= np.array([name in names for name in held], dtype=np.bool_)
        return chosen


def _parse_names(given: object, parameter: str) -> tuple[str, ...] | None:
    if given is None:
        return None
    if isinstance(given, str):
        return (given,)
    if isinstance(given, Sequence) and all(isinstance(name, str) for name in given):
        return tuple(given)
    raise CostError(
        message=f"{parameter} is {given!r}; it must be a list of names, or None for "
        "every one."
    )


@dataclass(eq=False)
class AccountDraft:
    """The arrays of one simulation's costs while the parts fill them in."""

    facts: SpanFacts
    values: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    has_minimum: BoolArray1D = field(init=False)
    has_commission: BoolArray1D = field(init=False)

    def __post_init__(self) -> None:
        n_assets, n_sessions = len(self.facts.assets), len(self.facts.sessions)
        for name in (
            "commission_rate",
            "commission_minimum",
            "spread_rate",
            "conversion_rate",
            "impact_coefficient",
            "distribution_tax",
            "gains_tax",
        ):
            self.values[name] = np.zeros(n_assets)
        self.values |= {
            "proportional_rate": 0.0,
            "impact_scale": np.zeros((n_assets, 0)),
            "transaction_tax": np.zeros((n_assets, 1)),
            "transaction_tax_period": np.zeros(n_sessions, dtype=np.int64),
            "distribution_yield": self.facts.distribution_yield,
            "gains_allowance": 0.0,
            "gains_method": GainsMethod.NONE,
            "gains_at_year_end": False,
            "year_ends": period_closes(self.facts, "Y"),
            "fee_rate": np.zeros(n_sessions),
        }
        self.has_minimum = np.zeros(n_assets, dtype=np.bool_)
        self.has_commission = np.zeros(n_assets, dtype=np.bool_)
        self.findings.extend(self.facts.findings)


def period_closes(facts: SpanFacts, unit: str) -> BoolArray1D:
    """Return which sessions are the last of their month ("M") or year ("Y").

    The last session of all is one too: what is owed by then is settled there. Day 0
    never is.
    """
    closes = np.zeros(len(facts.sessions), dtype=np.bool_)
    if len(closes) > 1:
        periods = facts.sessions.astype(f"datetime64[{unit}]")
        closes[:-1] = periods[1:] != periods[:-1]
        closes[-1] = True
        closes[0] = False
    return closes
