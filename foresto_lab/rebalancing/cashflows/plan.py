"""Flows composed, and put on the sessions of a simulation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from foresto_lab.errors import CashFlowError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.market.calendars import TradingCalendar
from foresto_lab.rebalancing.cashflows.account_flows import AccountFlows, Invest
from foresto_lab.rebalancing.cashflows.listed import ListedFlows
from foresto_lab.rebalancing.cashflows.scheduled import (
    Contribution,
    ScheduledFlow,
    Withdrawal,
)
from foresto_lab.rebalancing.cashflows.text import parse_flow_text
from foresto_lab.types import BaseDay, Float64Array1D, SessionArray, Severity

CashFlow: TypeAlias = Contribution | Withdrawal | ListedFlows

_KINDS: Final[Mapping[str, type[Contribution] | type[Withdrawal]]] = {
    kind.type: kind for kind in (Contribution, Withdrawal)
}
_SCHEDULED_FIELDS: Final = (
    "amount",
    "frequency",
    "base_day",
    "growth",
    "start",
    "end",
    "invest",
    "nav_rate",
    "money_of",
)
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "PLAN": ("flows",),
    ListedFlows.type: ("flows", "invest"),
}
_SHOWN: Final = 5
_BEYOND: Final = np.timedelta64(400, "D")
"""Longer than any period."""


@dataclass(frozen=True, slots=True, repr=False)
class FlowPlan:
    """Cash flows that act together; flows of one session are netted.

    Parameters
    ----------
    flows : tuple of Contribution, Withdrawal, ListedFlows
        At least one.
    """

    flows: tuple[CashFlow, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "flows", _parts(self.flows))
        if not self.flows:
            raise CashFlowError(
                message="The list of cash flows is empty. Give at least one, or leave "
                "cashflows out."
            )

    @property
    def label(self) -> str:
        """The flows in one line, joined by semicolons."""
        return "; ".join(flow.label for flow in self.flows)

    def on(
        self, sessions: SessionArray, calendar: TradingCalendar | None
    ) -> AccountFlows:
        """Return the flows on these sessions, day 0 first.

        Parameters
        ----------
        sessions : (n_sessions,) datetime64[D]
            The rows there are. A flow due on a day without one falls on the next row.
        calendar : TradingCalendar, optional
            Whose first and last trading days count. None takes the rows themselves for
            the calendar: for monthly or annual rows, and for years that no calendar
            knows.

        Raises
        ------
        CalendarRangeError
            The sessions lie outside the years that the calendar knows.
        CashFlowError
            The consumer prices do not reach a flow.
        """
        builder = _Builder(sessions, calendar)
        for flow in self.flows:
            builder.add(flow)
        return builder.flows()

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain JSON-ready values."""
        return {"type": "PLAN", "flows": [flow.to_dict() for flow in self.flows]}

    def __add__(self, other: CashFlow | FlowPlan) -> FlowPlan:
        return compose(self, other)

    def __iter__(self) -> Iterator[CashFlow]:
        return iter(self.flows)

    def __len__(self) -> int:
        return len(self.flows)

    def __repr__(self) -> str:
        return f"FlowPlan({self.flows!r})"


def parse_cashflows(given: object) -> FlowPlan | None:
    """Return flows as a plan, or None for none.

    Parameters
    ----------
    given : flow, text, mapping, FlowPlan, or a sequence of these
        A text is as ``FLOW_GRAMMAR`` describes, a mapping as ``to_dict`` returns.

    Raises
    ------
    CashFlowError
        It is no flow, or the list is empty.
    UnknownNameError
        A name in a text or a mapping is none of those there are.
    AmountError
        An amount or rate is outside its range.
    """
    return None if given is None else FlowPlan(_parts(given))


def compose(*parts: object) -> FlowPlan:
    """Return one plan of all that is given."""
    return FlowPlan(_parts(parts))


def calendar_of_rows(sessions: SessionArray, base_day: BaseDay) -> TradingCalendar:
    """Return a calendar whose sessions are the rows themselves.

    The first row of a period is known when it comes; the last, when another follows.
    """
    days = sessions.astype("datetime64[D]")
    beyond = (
        _BEYOND if base_day is BaseDay.FIRST_TRADING_DAY else np.timedelta64(0, "D")
    )
    first = dt.date.fromisoformat(str(days[0] - _BEYOND))
    last = dt.date.fromisoformat(str(days[-1] + beyond))
    return TradingCalendar("rows", first, last, days)


class _Builder:
    """Collects the flows of a plan on sessions."""

    def __init__(
        self, sessions: SessionArray, calendar: TradingCalendar | None
    ) -> None:
        self.sessions = sessions
        self.calendar = calendar
        n_sessions = len(sessions)
        self.amounts = np.zeros(n_sessions)
        self.nav_rates = np.zeros(n_sessions)
        self.ways = {way: np.zeros(n_sessions, dtype=np.bool_) for way in Invest}
        self.findings: list[Finding] = []

    def add(self, flow: CashFlow) -> None:
        if isinstance(flow, ListedFlows):
            dates, amounts = self._inside(flow)
            self._tell_moved(flow, dates)
            self._book(flow, dates, amounts, self.amounts)
        elif flow.nav_rate is None:
            dates = self._due(flow)
            self._book(flow, dates, flow.amounts_on(dates), self.amounts)
        else:
            dates = self._due(flow)
            rates = np.full(len(dates), flow.sign * flow.nav_rate)
            self._book(flow, dates, rates, self.nav_rates)

    def flows(self) -> AccountFlows:
        mixed = self.ways[Invest.TARGET] & self.ways[Invest.TOWARD]
        if mixed.any():
            self.findings.append(_mixed_finding(self.sessions[mixed]))
        toward = self.ways[Invest.TOWARD] & ~mixed
        return AccountFlows(self.amounts, self.nav_rates, toward, tuple(self.findings))

    def _book(
        self,
        flow: CashFlow,
        dates: SessionArray,
        values: Float64Array1D,
        onto: Float64Array1D,
    ) -> None:
        rows = np.searchsorted(self.sessions, dates)
        np.add.at(onto, rows, values)
        self.ways[flow.invest][rows[values != 0.0]] = True

    def _due(self, flow: ScheduledFlow) -> SessionArray:
        calendar = self.calendar or calendar_of_rows(self.sessions, flow.base_day)
        dates = flow.due_dates(self.sessions, calendar)
        if len(dates) == 0:
            self.findings.append(
                Finding(
                    code="FLOW_NEVER_DUE",
                    severity=Severity.WARNING,
                    where=flow.label,
                    message=f"{flow.label} never comes due between {self.sessions[0]} "
                    f"and {self.sessions[-1]}; day 0 has no flow.",
                    fix="Choose another frequency, start or end, or a longer span.",
                )
            )
        return dates

    def _inside(self, flow: ListedFlows) -> tuple[SessionArray, Float64Array1D]:
        dates, amounts = flow.due, flow.signed
        outside = (dates <= self.sessions[0]) | (dates > self.sessions[-1])
        if outside.any():
            shown = _shown(dates[outside])
            self.findings.append(
                Finding(
                    code="FLOW_OUTSIDE",
                    severity=Severity.WARNING,
                    where="cashflows",
                    message=f"{int(outside.sum())} listed flows are not between the "
                    f"day after {self.sessions[0]} and {self.sessions[-1]} ({shown}); "
                    "they are left out.",
                    fix="What is there on day 0 belongs into initial_amount; otherwise "
                    "correct the dates.",
                    count=int(outside.sum()),
                    samples=tuple(map(str, dates[outside][:_SHOWN])),
                )
            )
        return dates[~outside], amounts[~outside]

    def _tell_moved(self, flow: ListedFlows, dates: SessionArray) -> None:
        rows = np.searchsorted(self.sessions, dates)
        moved = self.sessions[rows] != dates
        if moved.any():
            pairs = [
                f"{date} to {row}"
                for date, row in zip(
                    dates[moved], self.sessions[rows[moved]], strict=True
                )
            ]
            self.findings.append(
                Finding(
                    code="FLOW_MOVED",
                    severity=Severity.INFO,
                    where="cashflows",
                    message=f"{len(pairs)} listed flows are on days without a row and "
                    f"moved to the next ({', '.join(pairs[:_SHOWN])}"
                    f"{', …' if len(pairs) > _SHOWN else ''}).",
                    fix="List them on sessions to say which day you mean.",
                    count=len(pairs),
                    samples=tuple(pairs[:_SHOWN]),
                )
            )


def _mixed_finding(sessions: SessionArray) -> Finding:
    return Finding(
        code="FLOW_INVEST_MIXED",
        severity=Severity.WARNING,
        where="cashflows",
        message=f"{len(sessions)} sessions have flows at target and toward target "
        f"together ({_shown(sessions)}); they are netted and invested at target.",
        fix="Give flows of the same days the same invest.",
        count=len(sessions),
        samples=tuple(map(str, sessions[:_SHOWN])),
    )


def _shown(dates: SessionArray) -> str:
    more = ", …" if len(dates) > _SHOWN else ""
    return ", ".join(map(str, dates[:_SHOWN])) + more


def _parts(given: object) -> tuple[CashFlow, ...]:
    """Return the flows that something stands for."""
    if isinstance(given, FlowPlan):
        return given.flows
    if isinstance(given, Contribution | Withdrawal | ListedFlows):
        return (given,)
    if isinstance(given, str):
        return parse_flow_text(given)
    if isinstance(given, Mapping):
        return _parse_mapping(given)
    if isinstance(given, Sequence):
        return tuple(flow for part in given for flow in _parts(part))
    raise CashFlowError(
        message=f"cashflows is {given!r}; it must be a flow such as "
        "fl.Contribution(500_000), a text such as '+500000/MONTHLY', a sequence of "
        "these, or None."
    )


def _parse_mapping(given: Mapping[str, Any]) -> tuple[CashFlow, ...]:
    if "type" not in given:
        raise CashFlowError(
            message=f"{dict(given)!r} has no type of cash flow. Write dates and "
            "amounts as fl.ListedFlows({'2020-03-02': 1_000_000})."
        )
    allowed = (*_KINDS, ListedFlows.type, "PLAN")
    kind = str(given["type"]).upper()
    if kind not in allowed:
        raise UnknownNameError(
            kind="type of a cash flow", given=given["type"], allowed=allowed
        )
    names = _FIELDS.get(kind, _SCHEDULED_FIELDS)
    values = {name: value for name, value in given.items() if name != "type"}
    for name in values:
        if name not in names:
            raise UnknownNameError(
                kind=f"field of a {kind} flow", given=name, allowed=names
            )
    if kind in _KINDS:
        return (_KINDS[kind](**values),)
    if "flows" not in values:
        raise CashFlowError(message=f"{dict(given)!r} lacks its flows.")
    if kind == "PLAN":
        return _parts(values["flows"])
    return (ListedFlows(**values),)
