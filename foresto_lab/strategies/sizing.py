"""How large a position is: five rules, each a frozen value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeAlias

from foresto_lab.errors import AmountError, InputError, UnknownNameError

_LARGEST: Final = 1e300


def require_number(
    name: str,
    given: object,
    low: float,
    high: float = math.inf,
    *,
    low_included: bool = False,
    high_included: bool = True,
) -> None:
    """Raise an AmountError unless a number lies in its range; booleans are none."""
    is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if is_number and abs(given) < _LARGEST:  # type: ignore[arg-type]
        above = given >= low if low_included else given > low  # type: ignore[operator]
        below = given <= high if high_included else given < high  # type: ignore[operator]
        if above and below:
            return
    raise AmountError(
        parameter=name,
        given=given,
        allowed=_range(low, high, low_included, high_included),
    )


def _range(low: float, high: float, low_included: bool, high_included: bool) -> str:
    lower = f"{'at least' if low_included else 'above'} {low:g}"
    if math.isinf(high):
        return f"a number {lower}"
    return f"a number {lower} and {'at most' if high_included else 'below'} {high:g}"


@dataclass(frozen=True, slots=True)
class AllIn:
    """Put the whole equity, times the leverage, into each position."""

    type: ClassVar[str] = "all_in"


@dataclass(frozen=True, slots=True)
class FractionOfEquity:
    """Put a fraction of the equity, above 0 and at most 1, times the leverage, in."""

    fraction: float
    type: ClassVar[str] = "fraction_of_equity"

    def __post_init__(self) -> None:
        require_number("fraction", self.fraction, 0, 1)


@dataclass(frozen=True, slots=True)
class FixedAmount:
    """Put the same amount of money, times the leverage, into each position."""

    amount: float
    type: ClassVar[str] = "fixed_amount"

    def __post_init__(self) -> None:
        require_number("amount", self.amount, 0)


@dataclass(frozen=True, slots=True)
class FixedRisk:
    """Lose this fraction of the equity, above 0 and at most 1, when the stop is hit.

    The strategy or the execution must have a stop loss.
    """

    fraction: float
    type: ClassVar[str] = "fixed_risk"

    def __post_init__(self) -> None:
        require_number("fraction", self.fraction, 0, 1)


@dataclass(frozen=True, slots=True)
class VolatilityTarget:
    """Hold what would have had this annual volatility over the last bars.

    Parameters
    ----------
    annual : float
        The volatility aimed at, a fraction per year.
    lookback : int
        Bars of close-to-close returns that measure it, at least 2.
    """

    annual: float
    lookback: int = 20
    type: ClassVar[str] = "volatility_target"

    def __post_init__(self) -> None:
        require_number("annual", self.annual, 0)
        require_number("lookback", self.lookback, 2, 1e6, low_included=True)
        if not isinstance(self.lookback, int):
            raise AmountError(
                parameter="lookback", given=self.lookback, allowed="a whole number"
            )


Sizing: TypeAlias = (
    AllIn | FractionOfEquity | FixedAmount | FixedRisk | VolatilityTarget
)

SIZINGS: Final[Mapping[str, type[Sizing]]] = MappingProxyType(
    {
        kind.type: kind
        for kind in (AllIn, FractionOfEquity, FixedAmount, FixedRisk, VolatilityTarget)
    }
)
"""The rules by the name that ``{"type": ...}`` gives them."""


def sizing_to_dict(sizing: Sizing) -> dict[str, Any]:
    """Return a sizing as JSON-ready values: its type and its numbers."""
    return {"type": sizing.type, **asdict(sizing)}


def parse_sizing(given: Sizing | str | Mapping[str, Any]) -> Sizing:
    """Return the sizing that a value, its name or its JSON describes.

    Raises
    ------
    UnknownNameError
        No rule has this name, or no number of the rule.
    AmountError
        A number is outside its range.
    InputError
        It is neither a text nor a mapping with a ``type``, or a number is missing.
    """
    if isinstance(given, tuple(SIZINGS.values())):
        return given  # type: ignore[return-value]
    named: Any = {"type": given} if isinstance(given, str) else given
    if not isinstance(named, Mapping) or not isinstance(named.get("type"), str):
        raise InputError(
            message=f"A sizing came as {given!r:.80}; it is a name or a mapping with "
            f'one, such as {{"type": "fraction_of_equity", "fraction": 0.5}}. Names: '
            f"{', '.join(SIZINGS)}."
        )
    kind = SIZINGS.get(named["type"])
    if kind is None:
        raise UnknownNameError(
            kind="sizing", given=named["type"], allowed=tuple(SIZINGS)
        )
    numbers = {name: value for name, value in named.items() if name != "type"}
    known = tuple(field.name for field in fields(kind))
    for name in numbers:
        if name not in known:
            raise UnknownNameError(
                kind=f"number of sizing {kind.type}", given=name, allowed=known
            )
    if known and known[0] not in numbers:
        raise InputError(message=f"Sizing {kind.type} needs a number {known[0]!r}.")
    return kind(**numbers)
