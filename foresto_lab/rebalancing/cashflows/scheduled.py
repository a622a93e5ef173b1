"""Contributions and withdrawals on one session of every period."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, fields
from enum import StrEnum
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from foresto_lab.errors import AmountError, CashFlowError, UnknownNameError
from foresto_lab.market.calendars import DateLike, TradingCalendar, parse_session
from foresto_lab.rebalancing.cashflows.account_flows import Invest
from foresto_lab.rebalancing.cashflows.growth import (
    ConsumerPrices,
    Growth,
    growth_factors,
    parse_growth,
)
from foresto_lab.types import BaseDay, Float64Array1D, Frequency, SessionArray

if TYPE_CHECKING:
    from foresto_lab.rebalancing.cashflows.plan import CashFlow, FlowPlan

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class ScheduledFlow:
    """What contributions and withdrawals share; use ``Contribution``, ``Withdrawal``.

    Parameters
    ----------
    amount : float, optional
        Of each flow, in base currency, 0 or more; the class says whether it comes in or
        goes out. Either this or ``nav_rate``.
    frequency : {"WEEKLY", "MONTHLY", "QUARTERLY", "SEMIANNUAL", "ANNUAL"}
    base_day : {"FIRST_TRADING_DAY", "LAST_TRADING_DAY"}
        Of the exchange's calendar, as of ``Periodic``.
    growth : float or ConsumerPrices
        A rate a year, compounded over whole calendar months, or a series of consumer
        prices that the amount keeps step with. Not with ``nav_rate``.
    start, end : date, optional
        Flows due between them, both included.
    invest : {"target", "toward"}
        See ``AccountFlows``.
    nav_rate : float, optional
        Of each flow, a fraction of the NAV before it; 0 or more and below 1.
    money_of : date, optional
        The date whose money the amount is in; left out, that of the first flow, which
        is then exactly the amount.

    Raises
    ------
    AmountError
        An amount or rate is outside its range.
    CashFlowError
        Both or neither of ``amount`` and ``nav_rate``; growth of a ``nav_rate``; start
        after end.
    UnknownNameError
        The frequency, the base day or ``invest`` is none of these.
    """

    amount: float | None
    frequency: Frequency
    base_day: BaseDay
    growth: Growth
    start: dt.date | None
    end: dt.date | None
    invest: Invest
    nav_rate: float | None
    money_of: dt.date | None

    type: ClassVar[str] = ""
    sign: ClassVar[float] = 0.0

    def __init__(
        self,
        amount: float | None = None,
        frequency: Frequency | str = Frequency.MONTHLY,
        base_day: BaseDay | str = BaseDay.FIRST_TRADING_DAY,
        *,
        growth: Growth | Any = 0.0,
        start: DateLike | None = None,
        end: DateLike | None = None,
        invest: Invest | str = Invest.TARGET,
        nav_rate: float | None = None,
        money_of: DateLike | None = None,
    ) -> None:
        values = {
            "amount": None if amount is None else parse_flow_amount(amount),
            "frequency": _parse_choice(Frequency, frequency, "frequency"),
            "base_day": _parse_choice(BaseDay, base_day, "base day"),
            "growth": parse_growth(growth),
            "start": _parse_date(start, "start"),
            "end": _parse_date(end, "end"),
            "invest": parse_invest(invest),
            "nav_rate": None if nav_rate is None else _parse_nav_rate(nav_rate),
            "money_of": _parse_date(money_of, "money_of"),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._require_consistency()

    def _require_consistency(self) -> None:
        kind = type(self).__name__
        if (self.amount is None) == (self.nav_rate is None):
            raise CashFlowError(
                message=f"A {kind} has either an amount or a nav_rate: "
                f"{kind}(500_000) or {kind}(nav_rate=0.04)."
            )
        grows = isinstance(self.growth, ConsumerPrices) or self.growth != 0.0
        if self.nav_rate is not None and (grows or self.money_of is not None):
            raise CashFlowError(
                message=f"A {kind} by nav_rate follows the NAV; it has no growth and "
                "no money_of. Leave them out, or give an amount."
            )
        if self.start is not None and self.end is not None and self.start > self.end:
            raise CashFlowError(
                message=f"The {kind} starts on {self.start}, after its end on "
                f"{self.end}. Swap them, or correct one."
            )

    @property
    def label(self) -> str:
        """The flow in one line: ``-40000/ANNUAL growth 2.5%``."""
        from foresto_lab.rebalancing.cashflows.text import scheduled_text

        return scheduled_text(self)

    def due_dates(
        self, sessions: SessionArray, calendar: TradingCalendar
    ) -> SessionArray:
        """Return the calendar's dates on which the flow comes due, day 0 excluded."""
        dates = calendar.period_sessions(
            self.frequency, self.base_day, sessions[0], sessions[-1]
        )
        wanted = dates > sessions[0]
        if self.start is not None:
            wanted &= dates >= np.datetime64(self.start)
        if self.end is not None:
            wanted &= dates <= np.datetime64(self.end)
        due: SessionArray = dates[wanted]
        return due

    def amounts_on(self, dates: SessionArray) -> Float64Array1D:
        """Return the signed amounts of flows due on these dates.

        Raises
        ------
        CashFlowError
            An amount grows beyond what a number can hold, or consumer prices do not
            reach a date.
        """
        if self.amount is None or len(dates) == 0:
            return np.zeros(len(dates))
        base = dates[0] if self.money_of is None else np.datetime64(self.money_of)
        with np.errstate(over="ignore", invalid="ignore"):
            factors = growth_factors(self.growth, dates, base)
            amounts: Float64Array1D = self.sign * self.amount * factors
        if not np.isfinite(amounts).all():
            raise CashFlowError(
                message=f"{self.label} grows beyond every number by {dates[-1]}. "
                "Choose a smaller growth, or an end."
            )
        return amounts

    def to_dict(self) -> dict[str, Any]:
        """Return the flow as plain JSON-ready values."""
        plain: dict[str, Any] = {"type": self.type}
        for item in fields(self):
            plain[item.name] = _to_plain(getattr(self, item.name))
        return plain

    def __add__(self, other: CashFlow | FlowPlan) -> FlowPlan:
        """Return the plan of this flow and others."""
        from foresto_lab.rebalancing.cashflows.plan import compose

        return compose(self, other)

    def __repr__(self) -> str:
        given = [] if self.amount is None else [f"{self.amount:.15g}"]
        if self.nav_rate is not None:
            given.append(f"nav_rate={self.nav_rate!r}")
        given.append(f"frequency={str(self.frequency)!r}")
        for item in fields(self)[2:]:
            value = getattr(self, item.name)
            if item.name == "nav_rate" or value in _DEFAULTS:
                continue
            shown = value if isinstance(value, ConsumerPrices) else _to_plain(value)
            given.append(f"{item.name}={shown!r}")
        return f"{type(self).__name__}({', '.join(given)})"


class Contribution(ScheduledFlow):
    """Money paid in on one session of every period.

    The parameters are those of ``ScheduledFlow``: ``Contribution(500_000, "MONTHLY")``,
    ``Contribution(500_000, growth=0.03, invest="toward")``.
    """

    __slots__ = ()
    type: ClassVar[str] = "CONTRIBUTION"
    sign: ClassVar[float] = 1.0


class Withdrawal(ScheduledFlow):
    """Money drawn on one session of every period; the amount is given as 0 or more.

    The parameters are those of ``ScheduledFlow``: ``Withdrawal(40_000, "ANNUAL",
    growth=0.025)``, ``Withdrawal(nav_rate=0.04, frequency="ANNUAL")``. One that needs
    more than is there takes what is there: the account is ruined, which is a state.
    """

    __slots__ = ()
    type: ClassVar[str] = "WITHDRAWAL"
    sign: ClassVar[float] = -1.0


_DEFAULTS: tuple[object, ...] = (
    None,
    0.0,
    BaseDay.FIRST_TRADING_DAY,
    Invest.TARGET,
)


def parse_flow_amount(given: object) -> float:
    """Return the amount of a flow as a float.

    Raises
    ------
    AmountError
        It is no number, not finite, or negative.
    """
    if isinstance(given, Real) and not isinstance(given, bool):
        amount = float(given)
        if math.isfinite(amount) and amount >= 0.0:
            return amount + 0.0
    raise AmountError(
        parameter="amount",
        given=given,
        allowed="a finite amount of 0 or more; a Contribution pays it in, a Withdrawal "
        "takes it out",
    )


def parse_invest(given: object) -> Invest:
    """Return where the money of a flow goes.

    Raises
    ------
    UnknownNameError
        It is none of those there are.
    """
    return _parse_choice(Invest, given, "way to invest a flow")


def _parse_nav_rate(given: object) -> float:
    if isinstance(given, Real) and not isinstance(given, bool):
        rate = float(given)
        if math.isfinite(rate) and 0.0 <= rate < 1.0:
            return rate + 0.0
    raise AmountError(
        parameter="nav_rate",
        given=given,
        allowed="a fraction of NAV a flow, 0 or more and below 1 (0.04 is 4 %)",
    )


def _parse_choice(choices: type[_Choice], given: object, kind: str) -> _Choice:
    names = {str(choice).casefold(): choice for choice in choices}
    choice = names.get(str(given).casefold())
    if choice is None:
        raise UnknownNameError(kind=kind, given=given, allowed=tuple(map(str, choices)))
    return choice


def _parse_date(given: DateLike | None, parameter: str) -> dt.date | None:
    if given is None:
        return None
    return dt.date.fromisoformat(str(parse_session(given, parameter)))


def _to_plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return value.to_dict() if isinstance(value, ConsumerPrices) else value
