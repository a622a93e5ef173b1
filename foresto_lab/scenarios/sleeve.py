"""One sleeve of a custom portfolio: the instruments of an asset class."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from foresto_lab.errors import UnknownNameError, WeightError
from foresto_lab.market.calendars import TradingCalendar
from foresto_lab.market.price_table import parse_price_table
from foresto_lab.scenarios.weighting import Weighting, parse_weighting
from foresto_lab.scenarios.weights import SUM_TOLERANCE, parse_weights
from foresto_lab.scenarios.weights_schedule import WeightsSchedule
from foresto_lab.types import AssetClass

if TYPE_CHECKING:
    import pandas as pd

SLEEVE_FIELDS: Final = ("weight", "instruments", "weighting")


@dataclass(frozen=True, slots=True, eq=False)
class Sleeve:
    """The instruments of one asset class, and their weights within it.

    Parameters
    ----------
    instruments : mapping of symbol to weight, or sequence of symbols
        Weights are fractions of the sleeve and sum to 1. Symbols alone where weights
        are computed, or where there is one.
    weight : fraction of NAV, optional
        None where the portfolio computes every weight.
    weighting : Weighting, optional
        Computes the weights within the sleeve.

    Raises
    ------
    WeightError
        There is no instrument, one is twice there, or weights do not sum to 1.
    """

    instruments: Mapping[str, float] | Sequence[str]
    weight: float | None = None
    weighting: Weighting | None = None

    def __post_init__(self) -> None:
        _set = object.__setattr__
        given: Any = self.instruments
        if isinstance(given, Mapping):
            given = {str(symbol): weight for symbol, weight in given.items()}
            _set(self, "instruments", MappingProxyType(given))
        elif isinstance(given, str) or not isinstance(given, Sequence):
            raise WeightError(
                message="The instruments of a sleeve are a mapping of symbol to weight "
                f"or a list of symbols; given {given!r}."
            )
        else:
            _set(self, "instruments", tuple(str(symbol) for symbol in given))
        if self.weighting is not None:
            _set(self, "weighting", parse_weighting(self.weighting))

    @property
    def symbols(self) -> tuple[str, ...]:
        """The instruments, in their order."""
        return tuple(self.instruments)

    @property
    def says_weights(self) -> bool:
        """Whether the sleeve says the weights within it, or how they are computed."""
        return isinstance(self.instruments, Mapping) or self.weighting is not None

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each instrument within the sleeve, where they are fixed."""
        if isinstance(self.instruments, Mapping):
            return self.instruments
        return MappingProxyType(dict.fromkeys(self.instruments, 1.0))

    def schedule(
        self, prices: pd.DataFrame, calendar: TradingCalendar | str
    ) -> WeightsSchedule:
        """Return the weights within the sleeve over time."""
        if self.weighting is not None:
            return self.weighting.schedule(prices, calendar, assets=self.symbols)
        table = parse_price_table(prices, self.symbols)
        first = table.first_complete_row
        row = np.array([list(self.weights.values())])
        return WeightsSchedule(table.sessions[first : first + 1], table.assets, row)

    def to_dict(self) -> dict[str, Any]:
        """Return the sleeve as plain JSON-ready values."""
        given = self.instruments
        said = dict(given) if isinstance(given, Mapping) else list(given)
        return {
            "weight": self.weight,
            "instruments": said,
            "weighting": None if self.weighting is None else self.weighting.to_dict(),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the sleeve that ``to_dict`` described.

        Raises
        ------
        UnknownNameError
            A field that no sleeve has.
        """
        for name in given:
            if name not in SLEEVE_FIELDS:
                raise UnknownNameError(
                    kind="field of a sleeve", given=name, allowed=SLEEVE_FIELDS
                )
        return cls(**{"instruments": (), **given})

    def require_weights(self, asset_class: str) -> None:
        """Raise unless the sleeve has a weight, and a way to weight what is in it."""
        where = shown_class(asset_class)
        if self.weight is None:
            raise WeightError(
                message=f"{where} has no weight. Say its fraction of NAV, such as "
                "0.25, or give the portfolio a weighting that computes all of them."
            )
        if self.weighting is not None and isinstance(self.instruments, Mapping):
            raise WeightError(
                message=f"{where} has both weights and a weighting that computes them. "
                "Give its symbols as a list, or leave the weighting out."
            )
        if self.weighting is None and not isinstance(self.instruments, Mapping):
            if len(self.instruments) == 1:
                return
            raise WeightError(
                message=f"{where} lists {len(self.instruments)} instruments without "
                "weights. Give a weight to each, or a weighting that computes them."
            )

    def checked(self, asset_class: str) -> Self:
        """Return the sleeve with every number checked; errors name the asset class."""
        where = shown_class(asset_class)
        if not self.symbols:
            raise WeightError(
                message=f"{where} has no instrument. Name at least one, or leave the "
                "sleeve out and say what stays uninvested."
            )
        _require_symbols(self.symbols, where)
        weight = self.weight
        if weight is not None:
            weight = parse_weights({"weight": weight}, where=where)["weight"]
        instruments: Any = self.instruments
        if isinstance(instruments, Mapping):
            instruments = parse_weights(instruments, where=where)
            total = math.fsum(instruments.values())
            if abs(total - 1.0) > SUM_TOLERANCE:
                raise WeightError(
                    message=f"The weights within {where} sum to {total:.10g}; they are "
                    "fractions of the sleeve and sum to 1. Scale them.",
                    total=total,
                )
        return type(self)(instruments, weight, self.weighting)


def parse_sleeves(given: Any, portfolio: str) -> dict[str, Sleeve]:
    """Return sleeves by their asset class, in the order of ``AssetClass``.

    Raises
    ------
    UnknownNameError
        There is no such asset class.
    WeightError
        There is no sleeve, or one cannot be.
    """
    if not isinstance(given, Mapping) or not given:
        raise WeightError(
            message=f"{portfolio} needs sleeves: a mapping of asset class to what is "
            'held, such as {"equity": {"weight": 1.0, "instruments": {"SPY": 1.0}}}.'
        )
    classes = tuple(str(name) for name in AssetClass)
    found: dict[str, Sleeve] = {}
    for name, sleeve in given.items():
        asset_class = str(name).strip().casefold()
        if asset_class not in classes:
            raise UnknownNameError(kind="asset class", given=str(name), allowed=classes)
        if asset_class in found:
            raise WeightError(
                message=f"{portfolio} has two sleeves of {asset_class}. Make them one."
            )
        if isinstance(sleeve, Mapping):
            sleeve = Sleeve.from_dict(sleeve)
        if not isinstance(sleeve, Sleeve):
            raise WeightError(
                message=f"{shown_class(asset_class)} is {type(sleeve).__name__}; it "
                'must be a mapping such as {"weight": 0.4, "instruments": {"SPY": 1}}.'
            )
        found[asset_class] = sleeve.checked(asset_class)
    return {name: found[name] for name in classes if name in found}


def shown_class(asset_class: str) -> str:
    """Return what errors call a sleeve."""
    return f"sleeve {asset_class}"


def _require_symbols(symbols: Sequence[str], where: str) -> None:
    seen: set[str] = set()
    for symbol in symbols:
        if not symbol.strip() or len(symbol) > 64:
            raise WeightError(
                message=f"{where} holds {symbol[:80]!r}, which is no symbol: it has 1 "
                "to 64 characters."
            )
        if symbol.casefold() in seen:
            raise WeightError(
                message=f"{symbol} is twice in {where}. Keep it once, with both "
                "weights together.",
                asset=symbol,
            )
        seen.add(symbol.casefold())
