"""Flows of given dates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from foresto_lab.errors import AmountError, CashFlowError
from foresto_lab.market.calendars import parse_session
from foresto_lab.rebalancing.cashflows.account_flows import Invest
from foresto_lab.rebalancing.cashflows.scheduled import parse_invest
from foresto_lab.types import Float64Array1D, SessionArray

if TYPE_CHECKING:
    from foresto_lab.rebalancing.cashflows.plan import CashFlow, FlowPlan


@dataclass(frozen=True, slots=True, init=False, repr=False)
class ListedFlows:
    """Flows by their dates: above 0 comes in, below 0 goes out.

    A date without a row falls on the next row, with a finding; one on day 0, before it
    or after the last row is not applied, with a finding.

    Parameters
    ----------
    flows : mapping or Series of date to amount
        In any order; each date once. Base currency.
    invest : {"target", "toward"}
        See ``AccountFlows``.

    Raises
    ------
    CashFlowError
        There is none, or a date comes twice.
    AmountError
        An amount is no finite number.
    InputError
        A date is no date.
    """

    dates: tuple[str, ...]
    amounts: tuple[float, ...]
    invest: Invest

    type: ClassVar[str] = "LISTED"

    def __init__(
        self, flows: Mapping[Any, float] | Any, *, invest: Invest | str = Invest.TARGET
    ) -> None:
        if not hasattr(flows, "items"):
            raise CashFlowError(
                message="Listed flows are a mapping of date to amount, such as "
                f"{{'2020-03-02': 1_000_000}}; given {type(flows).__name__}."
            )
        pairs = sorted(
            (str(parse_session(date, "date of a flow")), _parse_signed(amount, date))
            for date, amount in flows.items()
        )
        dates = tuple(date for date, _ in pairs)
        if not pairs:
            raise CashFlowError(
                message="The list of flows is empty. Give at least one date and "
                "amount, or leave cashflows out."
            )
        if len(set(dates)) < len(dates):
            twice = next(a for a, b in pairwise(dates) if a == b)
            raise CashFlowError(
                message=f"The list of flows has {twice} twice. Add the two up."
            )
        object.__setattr__(self, "dates", dates)
        object.__setattr__(self, "amounts", tuple(amount for _, amount in pairs))
        object.__setattr__(self, "invest", parse_invest(invest))

    @property
    def label(self) -> str:
        """The flows in one line: ``+1000000@2020-03-02``, or how many there are."""
        from foresto_lab.rebalancing.cashflows.text import listed_text

        return listed_text(self)

    @property
    def due(self) -> SessionArray:
        """The dates, ascending."""
        return np.array(self.dates, dtype="datetime64[D]")

    @property
    def signed(self) -> Float64Array1D:
        """The amounts of the dates."""
        return np.array(self.amounts, dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return the flows as plain JSON-ready values."""
        return {
            "type": self.type,
            "flows": dict(zip(self.dates, self.amounts, strict=True)),
            "invest": str(self.invest),
        }

    def __add__(self, other: CashFlow | FlowPlan) -> FlowPlan:
        """Return the plan of this flow and others."""
        from foresto_lab.rebalancing.cashflows.plan import compose

        return compose(self, other)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{date!r}: {amount:.15g}"
            for date, amount in zip(self.dates[:3], self.amounts[:3], strict=True)
        )
        more = ", ..." if len(self.dates) > 3 else ""
        invest = (
            "" if self.invest is Invest.TARGET else f", invest={str(self.invest)!r}"
        )
        return f"ListedFlows({{{shown}{more}}}{invest})"


def _parse_signed(given: object, date: object) -> float:
    if isinstance(given, Real) and not isinstance(given, bool):
        amount = float(given)
        if math.isfinite(amount):
            return amount + 0.0
    raise AmountError(
        parameter=f"the flow of {date}",
        given=given,
        allowed="a finite amount: above 0 is paid in, below 0 is taken out",
    )
