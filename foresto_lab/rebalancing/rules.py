"""Rebalancing rules: what is traded is always the way back to the targets.

A rule is a frozen value. ``schedule`` turns it into what the engine walks by; adding a
rule means a class like these and its line in ``RULES``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeAlias, TypeVar

import numpy as np

from foresto_lab.errors import AmountError, RuleError, UnknownNameError
from foresto_lab.market.calendars import TradingCalendar
from foresto_lab.rebalancing.costs import DEFAULT_COST_RATE, parse_cost_rate
from foresto_lab.rebalancing.schedule import Decision, Schedule, due_sessions
from foresto_lab.types import BaseDay, Frequency, HybridMode, SessionArray, TriggerType

_Choice = TypeVar("_Choice", bound=StrEnum)


class TradeTo(StrEnum):
    """How far a drift's trade goes."""

    TARGET = "target"
    BAND_EDGE = "band_edge"


@dataclass(frozen=True, slots=True, init=False)
class Periodic:
    """Rebalance to the targets on one session of every period.

    Parameters
    ----------
    frequency : {"WEEKLY", "MONTHLY", "QUARTERLY", "SEMIANNUAL", "ANNUAL"}
        Quarters begin in January, April, July and October; weeks on Monday.
    base_day : {"FIRST_TRADING_DAY", "LAST_TRADING_DAY"}
        Of the exchange's calendar, never of the rows that happen to be there.
    offset : int
        Sessions into the period from its base day: after the first trading day, or
        before the last. A shorter period has it at its other end.
    cost_rate : float
        Fraction of the traded value.

    Raises
    ------
    UnknownNameError
        The frequency or the base day is none of these.
    AmountError
        The cost rate is negative, or 1 or more; the offset is no whole number from 0.
    """

    frequency: Frequency
    base_day: BaseDay
    offset: int
    cost_rate: float

    type: ClassVar[TriggerType] = TriggerType.PERIODIC

    def __init__(
        self,
        frequency: Frequency | str,
        base_day: BaseDay | str = BaseDay.FIRST_TRADING_DAY,
        *,
        offset: int = 0,
        cost_rate: float = DEFAULT_COST_RATE,
    ) -> None:
        _set(self, "frequency", _parse_choice(Frequency, frequency, "frequency"))
        _set(self, "base_day", _parse_choice(BaseDay, base_day, "base day"))
        _set(self, "offset", _parse_offset(offset))
        _set(self, "cost_rate", parse_cost_rate(cost_rate))

    @property
    def label(self) -> str:
        """The rule in one line: ``MONTHLY/FIRST_TRADING_DAY``, or ``...+5``."""
        sign = "+" if self.base_day is BaseDay.FIRST_TRADING_DAY else "-"
        moved = f"{sign}{self.offset}" if self.offset else ""
        return f"{self.frequency}/{self.base_day}{moved}"

    def schedule(self, sessions: SessionArray, calendar: TradingCalendar) -> Schedule:
        """Return the rule on these sessions, as the engine takes it."""
        due = due_sessions(
            sessions, calendar, self.frequency, self.base_day, offset=self.offset
        )
        return Schedule(due, Decision.ON_DATE)

    def trigger_detail(self, *, on_date: bool, on_drift: bool) -> str:
        """Return what set off a trade."""
        del on_date, on_drift  # only one thing can
        return str(self.frequency)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as plain JSON-ready values."""
        return _to_dict(self)


@dataclass(frozen=True, slots=True, init=False)
class Drift:
    """Rebalance when a weight has left its target by the threshold or more.

    Parameters
    ----------
    threshold : float
        Above 0 and below 1: 0.05 is five points of NAV, or, ``relative``, five percent
        of each target. A tie counts.
    relative : bool
        Measure each drift against its own target; targets of 0 are left out.
    to : {"target", "band_edge"}
        Trade back to the targets, or only as far as the nearest weights in the band.
    cost_rate : float
        Fraction of the traded value.

    Raises
    ------
    AmountError
        The threshold or the cost rate is outside its range.
    UnknownNameError
        ``to`` is none of these.
    """

    threshold: float
    relative: bool
    to: TradeTo
    cost_rate: float

    type: ClassVar[TriggerType] = TriggerType.DRIFT

    def __init__(
        self,
        threshold: float = 0.05,
        *,
        relative: bool = False,
        to: TradeTo | str = TradeTo.TARGET,
        cost_rate: float = DEFAULT_COST_RATE,
    ) -> None:
        _set(self, "threshold", _parse_threshold(threshold))
        _set(self, "relative", bool(relative))
        _set(self, "to", _parse_choice(TradeTo, to, "goal of a drift's trade"))
        _set(self, "cost_rate", parse_cost_rate(cost_rate))

    @property
    def label(self) -> str:
        """The rule in one line: ``DRIFT>=5.00%``."""
        edge = ", to band edge" if self.to is TradeTo.BAND_EDGE else ""
        return self._condition + edge

    @property
    def _condition(self) -> str:
        of_target = " of target" if self.relative else ""
        return f"DRIFT>={_percent(self.threshold)}{of_target}"

    def schedule(self, sessions: SessionArray, calendar: TradingCalendar) -> Schedule:
        """Return the rule on these sessions, as the engine takes it."""
        return Schedule(
            np.zeros(len(sessions), dtype=np.bool_),
            Decision.ON_DRIFT,
            threshold=self.threshold,
            relative=self.relative,
            to_band_edge=self.to is TradeTo.BAND_EDGE,
        )

    def trigger_detail(self, *, on_date: bool, on_drift: bool) -> str:
        """Return what set off a trade."""
        del on_date, on_drift  # only one thing can
        return self._condition

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as plain JSON-ready values."""
        return _to_dict(self)


@dataclass(frozen=True, slots=True, init=False)
class Hybrid:
    """Rebalance on a periodic date, a drift, or both together.

    Parameters
    ----------
    periodic : Periodic
    drift : Drift
    mode : {"ALL", "ANY"}
        ALL: on a periodic date if the drift is reached then. ANY: on either; a periodic
        date always trades to the targets, whatever the drift's ``to``.
    cost_rate : float, optional
        Left out, the rate that both parts agree on.

    Raises
    ------
    RuleError
        The parts are not a Periodic and a Drift, or their cost rates differ.
    UnknownNameError
        The mode is none of these.
    """

    periodic: Periodic
    drift: Drift
    mode: HybridMode
    cost_rate: float

    type: ClassVar[TriggerType] = TriggerType.HYBRID

    def __init__(
        self,
        periodic: Periodic,
        drift: Drift,
        mode: HybridMode | str = HybridMode.ALL,
        *,
        cost_rate: float | None = None,
    ) -> None:
        if not isinstance(periodic, Periodic) or not isinstance(drift, Drift):
            raise RuleError(
                message="A hybrid rule joins a Periodic and a Drift, in this order; "
                f"given {periodic!r} and {drift!r}."
            )
        rate = _common_rate(periodic, drift) if cost_rate is None else cost_rate
        _set(self, "periodic", periodic)
        _set(self, "drift", drift)
        _set(self, "mode", _parse_choice(HybridMode, mode, "hybrid mode"))
        _set(self, "cost_rate", parse_cost_rate(rate))

    @property
    def label(self) -> str:
        """The rule in one line: ``MONTHLY/FIRST_TRADING_DAY & DRIFT>=5.00%``."""
        joint = "&" if self.mode is HybridMode.ALL else "|"
        return f"{self.periodic.label} {joint} {self.drift.label}"

    def schedule(self, sessions: SessionArray, calendar: TradingCalendar) -> Schedule:
        """Return the rule on these sessions, as the engine takes it."""
        drift = self.drift.schedule(sessions, calendar)
        every = self.mode is HybridMode.ALL
        return Schedule(
            self.periodic.schedule(sessions, calendar).due,
            Decision.ON_BOTH if every else Decision.ON_EITHER,
            threshold=drift.threshold,
            relative=drift.relative,
            to_band_edge=drift.to_band_edge,
        )

    def trigger_detail(self, *, on_date: bool, on_drift: bool) -> str:
        """Return what set off a trade: one of the parts, or both."""
        fired = []
        if on_date:
            fired.append(self.periodic.trigger_detail(on_date=True, on_drift=False))
        if on_drift:
            fired.append(self.drift.trigger_detail(on_date=False, on_drift=True))
        return " & ".join(fired)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as plain JSON-ready values."""
        return _to_dict(self)


RebalancingRule: TypeAlias = Periodic | Drift | Hybrid

RULES: Final[Mapping[str, type[Periodic] | type[Drift] | type[Hybrid]]] = (
    MappingProxyType({str(kind.type): kind for kind in (Periodic, Drift, Hybrid)})
)
"""The rules by the ``type`` that their mappings carry."""


def parse_rule(given: Mapping[str, Any]) -> RebalancingRule:
    """Return the rule that ``to_dict`` described.

    Raises
    ------
    UnknownNameError
        The type, or a field, is none that rules have.
    RuleError
        The mapping has no type, or lacks a field.
    """
    if not isinstance(given, Mapping) or "type" not in given:
        raise RuleError(
            message=f"A rule is a mapping with a type, one of {', '.join(RULES)}; "
            f"given {given!r}."
        )
    kind = _parse_name(str(given["type"]).upper(), tuple(RULES), "rule type")
    rule = RULES[kind]
    known = tuple(item.name for item in fields(rule))
    values = {
        _parse_name(name, known, f"field of a {kind} rule"): value
        for name, value in given.items()
        if name != "type"
    }
    for part in ("periodic", "drift"):
        if part in values:
            values[part] = parse_rule(values[part])
    try:
        return rule(**values)
    except TypeError as error:
        raise RuleError(
            message=f"{dict(given)!r} is not a whole {kind} rule: {error}."
        ) from None


def _parse_name(given: str, allowed: tuple[str, ...], kind: str) -> str:
    if given in allowed:
        return given
    raise UnknownNameError(kind=kind, given=given, allowed=allowed)


def _parse_choice(choices: type[_Choice], given: object, kind: str) -> _Choice:
    names = {str(choice).casefold(): choice for choice in choices}
    choice = names.get(str(given).casefold())
    if choice is None:
        raise UnknownNameError(kind=kind, given=given, allowed=tuple(map(str, choices)))
    return choice


def _parse_threshold(given: object) -> float:
    if isinstance(given, Real) and not isinstance(given, bool):
        threshold = float(given)
        if math.isfinite(threshold) and 0.0 < threshold < 1.0:
            return threshold
    raise AmountError(
        parameter="threshold",
        given=given,
        allowed="above 0 and below 1 (0.05 is five points of NAV)",
    )


def _parse_offset(given: object) -> int:
    if isinstance(given, Integral) and not isinstance(given, bool) and int(given) >= 0:
        return int(given)
    raise AmountError(
        parameter="offset", given=given, allowed="a whole number of sessions, 0 or more"
    )


def _percent(fraction: float) -> str:
    """Return a fraction as percent, with two decimals or as many as it needs."""
    two = f"{fraction:.2%}"
    exact = math.isclose(float(two[:-1]) / 100, fraction, rel_tol=1e-9)
    return two if exact else f"{100 * fraction:.10g}%"


def _common_rate(periodic: Periodic, drift: Drift) -> float:
    if periodic.cost_rate == drift.cost_rate:
        return periodic.cost_rate
    raise RuleError(
        message=f"The periodic rule costs {periodic.cost_rate} and the drift rule "
        f"{drift.cost_rate}. Say what a trade of the hybrid costs with cost_rate=..."
    )


def _to_dict(rule: Periodic | Drift | Hybrid) -> dict[str, Any]:
    values: dict[str, Any] = {"type": str(rule.type)}
    for item in fields(rule):
        value = getattr(rule, item.name)
        if isinstance(value, StrEnum):
            value = str(value)
        values[item.name] = value.to_dict() if hasattr(value, "to_dict") else value
    if not values.get("offset"):
        values.pop(
            "offset", None
        )  # what is stored of a rule without one stays as it was
    return values


def _set(rule: object, name: str, value: object) -> None:
    """Set a field of a frozen rule while it is being made."""
    object.__setattr__(rule, name, value)
