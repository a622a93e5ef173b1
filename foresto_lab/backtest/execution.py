"""How a backtest trades: when orders fill, what they cost, how large they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias

import pandas as pd

from foresto_lab.errors import AmountError, InputError, UnknownNameError
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.sizing import (
    AllIn,
    FixedRisk,
    Sizing,
    parse_sizing,
    require_number,
    sizing_to_dict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Fill: TypeAlias = Literal["next_open", "close"]
OnOpposite: TypeAlias = Literal["reverse", "close", "ignore"]
FILLS: Final[tuple[Fill, ...]] = ("next_open", "close")
ON_OPPOSITE: Final[tuple[OnOpposite, ...]] = ("ignore", "close", "reverse")
RISK_FIELDS: Final = ("stop_loss", "take_profit", "trailing_stop", "time_stop")
MOST_BASIS_POINTS: Final = 5_000.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Execution:
    """How orders are filled and what they cost.

    A signal is known at its bar's close. Rates are fractions of the traded value. What
    is None is left to the strategy.

    Parameters
    ----------
    fill : "next_open" or "close"
        Where a signal's order fills: at the next bar's open, or at the very close that
        gave the signal, which assumes that one can still trade at it.
    fee_rate : float
        Of every fill, except those that ``maker_fee_rate`` is for.
    maker_fee_rate : float, optional
        Of take-profit fills, which are limit orders; None is ``fee_rate``.
    slippage_bps : float
        By how much every fill is worse than its price, in basis points; not taken from
        take-profit fills and liquidations.
    sell_tax_rate : float or mapping of date to float
        Of every sale, short sales too; a mapping gives the day each rate begins (UTC).
    funding : Series, index UTC instants, optional
        Rate that longs pay to shorts at each instant (the reverse when negative), on
        the position's value at the open of the bar that begins then or next.
    leverage : float, optional
        Position value per margin, 1 to 20; None is the strategy's, else 1.
    maintenance_margin_rate : float
        Share of its value below which a position's margin is liquidated.
    sizing : Sizing, optional
        How large a position is; None is the strategy's, else ``AllIn()``.
    lot_size : float
        The unit that quantities are whole multiples of; 0 is any quantity, 1 whole
        shares.
    minimum_order : float
        Smallest value of an order, in money.
    on_opposite : "reverse", "close" or "ignore"
        What an entry signal does to a position of the other side.
    allow_short : bool
        Whether shorts are opened; if not, a short signal closes a long at most.
    max_entries : int
        How often a position may be entered; above 1 a signal of its side adds to it.
    stop_loss, take_profit, trailing_stop : float, optional
        Fractions of the entry price, in place of the strategy's.
    time_stop : int, optional
        Bars after which a position is closed, in place of the strategy's.
    finer : DataFrame, optional
        Candles of a shorter timeframe: which level a bar reached first is read there.

    Raises
    ------
    AmountError
        A number is outside its range.
    UnknownNameError
        ``fill`` or ``on_opposite`` is none of those allowed.
    """

    fill: Fill = "next_open"
    fee_rate: float = 0.0004
    maker_fee_rate: float | None = None
    slippage_bps: float = 0.0
    sell_tax_rate: float | Mapping[str, float] = 0.0
    funding: pd.Series[float] | None = None
    leverage: float | None = None
    maintenance_margin_rate: float = 0.005
    sizing: Sizing | None = None
    lot_size: float = 0.0
    minimum_order: float = 0.0
    on_opposite: OnOpposite = "reverse"
    allow_short: bool = True
    max_entries: int = 1
    stop_loss: float | None = None
    take_profit: float | None = None
    trailing_stop: float | None = None
    time_stop: int | None = None
    finer: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        _require_choice("fill", self.fill, FILLS)
        _require_choice("on_opposite", self.on_opposite, ON_OPPOSITE)
        _require_rate("fee_rate", self.fee_rate)
        if self.maker_fee_rate is not None:
            _require_rate("maker_fee_rate", self.maker_fee_rate)
        require_number(
            "slippage_bps", self.slippage_bps, 0, MOST_BASIS_POINTS, low_included=True
        )
        _require_rate("maintenance_margin_rate", self.maintenance_margin_rate)
        require_number("lot_size", self.lot_size, 0, low_included=True)
        require_number("minimum_order", self.minimum_order, 0, low_included=True)
        _require_entries(self.max_entries)
        if not isinstance(self.allow_short, bool):
            raise AmountError(
                parameter="allow_short", given=self.allow_short, allowed="True or False"
            )
        if isinstance(self.sell_tax_rate, Mapping):
            rates = MappingProxyType(dict(_parse_dated_rates(self.sell_tax_rate)))
            object.__setattr__(self, "sell_tax_rate", rates)
        else:
            _require_rate("sell_tax_rate", self.sell_tax_rate)
        if self.sizing is not None:
            object.__setattr__(self, "sizing", parse_sizing(self.sizing))
        if self.funding is not None:
            object.__setattr__(self, "funding", _parse_funding(self.funding))
        self._own_risk()

    def _own_risk(self) -> Risk:
        return Risk(
            **{name: getattr(self, name) for name in RISK_FIELDS},
            sizing=self.sizing,
            leverage=self.leverage,
        )

    def risk_with(self, risk: Risk) -> Risk:
        """Return a strategy's risk block with what this execution sets instead.

        Raises
        ------
        AmountError
            The maintenance margin is not below the margin that the leverage leaves.
        InputError
            A fixed risk is asked for without a stop loss.
        """
        own = self._own_risk()
        given = {
            item.name: getattr(own, item.name)
            for item in fields(Risk)
            if getattr(own, item.name) is not None
        }
        joined = replace(risk, **given)
        leverage = joined.leverage or 1.0
        joined = replace(joined, leverage=leverage, sizing=joined.sizing or AllIn())
        if self.maintenance_margin_rate >= 1.0 / leverage:
            raise AmountError(
                parameter="maintenance_margin_rate",
                given=self.maintenance_margin_rate,
                allowed=f"below 1 / leverage = {1.0 / leverage:g}, or a position is "
                "liquidated the moment it is opened",
            )
        if isinstance(joined.sizing, FixedRisk) and joined.stop_loss is None:
            raise InputError(
                message="Sizing fixed_risk measures a position by its stop loss, but "
                "neither the strategy nor the execution has one. Set stop_loss, such "
                "as 0.02, or choose another sizing."
            )
        return joined

    def to_dict(self) -> dict[str, Any]:
        """Return the execution as JSON-ready values; finer candles as their count."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        if isinstance(self.sell_tax_rate, Mapping):
            plain["sell_tax_rate"] = dict(self.sell_tax_rate)
        if self.sizing is not None:
            plain["sizing"] = sizing_to_dict(self.sizing)
        if self.funding is not None:
            times = pd.DatetimeIndex(self.funding.index)
            plain["funding"] = {
                instant.isoformat(): float(rate)
                for instant, rate in zip(times, self.funding, strict=True)
            }
        if self.finer is not None:
            plain["finer"] = len(self.finer)
        return plain

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the execution that ``to_dict`` described, or a part of it.

        Raises
        ------
        UnknownNameError
            A name that no execution has.
        InputError
            It had finer candles, which a description does not hold.
        """
        known = tuple(item.name for item in fields(cls))
        for name in given:
            if name not in known:
                raise UnknownNameError(
                    kind="execution option", given=name, allowed=known
                )
        values = dict(given)
        if values.get("finer") is not None:
            raise InputError(
                message="This execution used finer candles, which its description "
                "does not hold. Pass them again: Execution(..., finer=candles)."
            )
        if isinstance(values.get("funding"), Mapping):
            rates = values["funding"]
            index = pd.DatetimeIndex(pd.to_datetime(list(rates), utc=True))
            values["funding"] = pd.Series(list(rates.values()), index, dtype=float)
        return cls(**values)

    def __eq__(self, other: object) -> bool:
        """Return whether another execution trades the same."""
        if not isinstance(other, Execution):
            return NotImplemented
        same_finer = self.finer is other.finer or (
            self.finer is not None
            and other.finer is not None
            and self.finer.equals(other.finer)
        )
        return same_finer and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        """Let executions cross process borders; a mapping proxy alone would not."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        if isinstance(self.sell_tax_rate, Mapping):
            values["sell_tax_rate"] = dict(self.sell_tax_rate)
        return (_execution, (values,))


def _execution(values: dict[str, Any]) -> Execution:
    return Execution(**values)


def _require_rate(name: str, given: object) -> None:
    require_number(name, given, 0, 1, low_included=True, high_included=False)


def _require_choice(name: str, given: object, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise UnknownNameError(kind=name, given=given, allowed=allowed)


def _require_entries(given: object) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise AmountError(
            parameter="max_entries", given=given, allowed="a whole number, at least 1"
        )


def _parse_dated_rates(given: Mapping[Any, Any]) -> Iterator[tuple[str, float]]:
    """Yield the day that each rate begins, as ISO text, and the rate, in order."""
    if not given:
        raise InputError(
            message="sell_tax_rate is an empty mapping. Give 0.0 for none."
        )
    for day in sorted(given, key=str):
        try:
            begins = date.fromisoformat(str(day)[:10])
        except ValueError:
            raise InputError(
                message=f"sell_tax_rate has {day!r}, which is no date such as "
                "2023-01-01, the day from which a rate holds."
            ) from None
        _require_rate(f"sell_tax_rate[{begins}]", given[day])
        yield begins.isoformat(), float(given[day])


def _parse_funding(given: object) -> pd.Series[float]:
    """Return funding rates by UTC instant, ascending."""
    if (
        not isinstance(given, pd.Series)
        or not isinstance(given.index, pd.DatetimeIndex)
        or given.index.tz is None
    ):
        raise InputError(
            message="funding must be a Series of rates whose index are UTC instants; "
            f"it came as {type(given).__name__}. Give it a DatetimeIndex with "
            "tz='UTC'."
        )
    rates = given.astype("float64")
    rates.index = given.index.tz_convert("UTC")
    if not rates.index.is_monotonic_increasing or not rates.index.is_unique:
        raise InputError(
            message="The instants of funding are not ascending or not unique. Sort "
            "them: funding.sort_index()."
        )
    wrong = ~(rates.abs() < 1.0)
    if wrong.any():
        place = rates.index[wrong][0]
        raise AmountError(
            parameter=f"funding at {place}",
            given=float(rates[wrong].iloc[0]),
            allowed="a fraction between -1 and 1",
        )
    return rates
