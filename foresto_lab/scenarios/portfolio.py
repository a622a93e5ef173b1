"""Custom portfolios: any instruments by asset class, their weights said or computed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import InputError, UnknownNameError, WeightError
from foresto_lab.market.calendars import DEFAULT_CALENDAR, TradingCalendar
from foresto_lab.scenarios.sleeve import Sleeve, parse_sleeves, shown_class
from foresto_lab.scenarios.weighting import Weighting, parse_weighting
from foresto_lab.scenarios.weights import SUM_TOLERANCE, parse_weights
from foresto_lab.scenarios.weights_schedule import WeightsSchedule

if TYPE_CHECKING:
    import pandas as pd

CONTENT_FIELDS: Final = ("sleeves", "weighting", "uninvested", "description")
FIELDS: Final = ("name", "version", *CONTENT_FIELDS)


@dataclass(frozen=True, eq=False)
class Portfolio:
    """What is held, by asset class, and by what weights.

    Three ways to say the weights: each sleeve has one, and each instrument one within
    its sleeve (the product is its fraction of NAV); a sleeve has a weight, and a
    weighting computes those within it; or a weighting computes all of them at once, and
    sleeves have no weights of their own.

    Parameters
    ----------
    name : str
        Compared without case; unique together with the version.
    sleeves : mapping of asset class to Sleeve, or to its ``to_dict``
        ``{"equity": {"weight": 0.6, "instruments": {"069500": 0.5, "SPY": 0.5}}, …}``.
        Asset classes are those of ``AssetClass``.
    weighting : Weighting, optional
        Computes every weight; sleeves then only group the instruments.
    uninvested : fraction of NAV
        Held as cash that earns nothing. Sleeves and it sum to 1.
    version : str
        Semantic version.
    description : str

    Raises
    ------
    WeightError
        Weights do not add up, or are missing where they are needed.
    UnknownNameError
        There is no such asset class, weighting or field.

    Examples
    --------
    >>> fl.Portfolio(
    ...     "Core",
    ...     {
    ...         "equity": {"weight": 0.6, "instruments": {"069500": 0.5, "SPY": 0.5}},
    ...         "bond": {"weight": 0.4, "instruments": {"152380": 1.0}},
    ...     },
    ... ).weights
    {'069500': 0.3, 'SPY': 0.3, '152380': 0.4}
    """

    name: str
    sleeves: Mapping[str, Sleeve]
    weighting: Weighting | None = None
    uninvested: float = 0.0
    version: str = "1.0.0"
    description: str = ""
    _symbols: tuple[str, ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        _set = object.__setattr__
        sleeves = parse_sleeves(self.sleeves, self.name)
        _set(self, "sleeves", MappingProxyType(sleeves))
        if self.weighting is not None:
            _set(self, "weighting", parse_weighting(self.weighting))
        for text in ("name", "version", "description"):
            if not isinstance(getattr(self, text), str):
                raise InputError(
                    message=f"The {text} of a portfolio is {getattr(self, text)!r}; it "
                    "must be a text."
                )
        _set(self, "uninvested", self._parse_uninvested(self.uninvested))
        _set(self, "_symbols", self._once())
        self._require_sums()

    def __repr__(self) -> str:
        how = self.weighting.describe() if self.weighting else ""
        how = how or (
            "computed within sleeves" if self.is_computed else "fixed weights"
        )
        count = len(self.symbols)
        return f"Portfolio({self.name!r} {self.version}, {count} instruments, {how})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Portfolio) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.name, self.version, self.checksum))

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self).from_dict, (self.to_dict(),))

    # --- what it holds ----------------------------------------------------------------

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every instrument, sleeve by sleeve."""
        return self._symbols

    @property
    def is_computed(self) -> bool:
        """Whether any weight is computed from prices."""
        return self.weighting is not None or any(
            sleeve.weighting is not None for sleeve in self.sleeves.values()
        )

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """The fraction of NAV of each instrument; what is missing to 1 is cash.

        Raises
        ------
        InputError
            Weights are computed: they depend on prices, see ``schedule``.
        """
        if self.is_computed:
            raise InputError(
                message=f"The weights of {self.name} are computed from prices. Ask for "
                "portfolio.schedule(prices, calendar), or give the portfolio itself to "
                "simulate."
            )
        return MappingProxyType(
            {
                symbol: float(sleeve.weight or 0.0) * weight
                for sleeve in self.sleeves.values()
                for symbol, weight in sleeve.weights.items()
            }
        )

    @property
    def nominal_weights(self) -> Mapping[str, float]:
        """The fixed weights; where they are computed, the same part for each.

        An instrument of a computed sleeve has the same part of it as the others; where
        all weights are computed, each instrument has the same part of what is invested.
        """
        if not self.is_computed:
            return self.weights
        equal = (1.0 - self.uninvested) / len(self.symbols)
        nominal = {}
        for sleeve in self.sleeves.values():
            for symbol in sleeve.symbols:
                inner = (
                    1.0 / len(sleeve.symbols)
                    if sleeve.weighting is not None
                    else sleeve.weights[symbol]
                )
                whole = self.weighting is not None or sleeve.weight is None
                nominal[symbol] = equal if whole else float(sleeve.weight or 0) * inner
        return MappingProxyType(nominal)

    @property
    def lookback(self) -> int:
        """How many sessions of history the first weights need; 0 for fixed ones."""
        weightings = [self.weighting, *(s.weighting for s in self.sleeves.values())]
        return max(int(getattr(each, "lookback", 0)) for each in weightings)

    @property
    def asset_classes(self) -> Mapping[str, str]:
        """The asset class of each instrument."""
        return MappingProxyType(
            {
                symbol: asset_class
                for asset_class, sleeve in self.sleeves.items()
                for symbol in sleeve.symbols
            }
        )

    def schedule(
        self,
        prices: pd.DataFrame,
        calendar: TradingCalendar | str = DEFAULT_CALENDAR,
    ) -> WeightsSchedule:
        """Return the weights of every instrument over time, on given prices.

        Fixed weights are one row, of the first session with every price. Weights within
        sleeves are decided sleeve by sleeve: a row for every session on which one of
        them decides, from the first on which all have decided.

        Raises
        ------
        InputError
            A symbol has no prices, or a weighting cannot be computed on them.
        """
        if self.weighting is not None:
            invested = 1.0 - self.uninvested
            whole = self.weighting.schedule(prices, calendar, assets=self.symbols)
            return WeightsSchedule(whole.dates, whole.assets, whole.weights * invested)
        parts = [sleeve.schedule(prices, calendar) for sleeve in self.sleeves.values()]
        return _joined(parts, [float(s.weight or 0.0) for s in self.sleeves.values()])

    # --- as a document ----------------------------------------------------------------

    @property
    def content(self) -> dict[str, Any]:
        """What the portfolio says, without its name and version."""
        return {
            "sleeves": {name: item.to_dict() for name, item in self.sleeves.items()},
            "weighting": None if self.weighting is None else self.weighting.to_dict(),
            "uninvested": self.uninvested,
            "description": self.description,
        }

    @property
    def checksum(self) -> str:
        """SHA-256 of the content, as the registry has it; names do not count."""
        return sha256_of(
            {
                "kind": "portfolio",
                "source": "json",
                "content": self.content,
                "code": None,
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the portfolio as plain JSON-ready values."""
        return {"name": self.name, "version": self.version, **self.content}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the portfolio that ``to_dict`` described.

        Raises
        ------
        UnknownNameError
            A field that no portfolio has.
        InputError
            A field is missing, or its value cannot be.
        """
        if not isinstance(given, Mapping):
            raise InputError(
                message="A portfolio is described by a mapping of "
                f"{', '.join(FIELDS)}; given {type(given).__name__}."
            )
        for name in given:
            if name not in FIELDS:
                raise UnknownNameError(
                    kind="field of a portfolio", given=name, allowed=FIELDS
                )
        for name in ("name", "sleeves"):
            if name not in given:
                raise InputError(
                    message=f"The portfolio has no {name!r}; it needs a name and "
                    "sleeves."
                )
        return cls(**given)

    # --- checks -----------------------------------------------------------------------

    def _parse_uninvested(self, given: Any) -> float:
        parsed = parse_weights({"uninvested": given}, where=f"{self.name}")
        return parsed["uninvested"]

    def _once(self) -> tuple[str, ...]:
        """Return all symbols, of which none may be twice there, whatever its case."""
        seen: dict[str, str] = {}
        symbols = []
        for asset_class, sleeve in self.sleeves.items():
            for symbol in sleeve.symbols:
                before = seen.setdefault(symbol.casefold(), asset_class)
                if before != asset_class:
                    raise WeightError(
                        message=f"{symbol} is in two sleeves of {self.name}, {before} "
                        f"and {asset_class}. Hold it in one, with both weights "
                        "together.",
                        asset=symbol,
                    )
                symbols.append(symbol)
        return tuple(symbols)

    def _require_sums(self) -> None:
        given = {name: item.weight for name, item in self.sleeves.items()}
        if self.weighting is not None:
            for name, sleeve in self.sleeves.items():
                if sleeve.weight is not None or sleeve.says_weights:
                    raise WeightError(
                        message=f"{self.name} computes every weight "
                        f"({self.weighting.describe()}), but {shown_class(name)} has "
                        "weights of its own. Leave those out, or leave the weighting "
                        "of the portfolio out."
                    )
            return
        for name, sleeve in self.sleeves.items():
            sleeve.require_weights(name)
        weights = {name: float(weight or 0.0) for name, weight in given.items()}
        total = math.fsum([*weights.values(), self.uninvested])
        if abs(total - 1.0) > SUM_TOLERANCE:
            shown = " + ".join(f"{name} {weight:g}" for name, weight in weights.items())
            raise WeightError(
                message=f"The sleeves of {self.name} do not add up: {shown} + "
                f"uninvested {self.uninvested:g} = {total:.10g}, not 1. Change a "
                "sleeve's weight, or say what stays uninvested.",
                total=total,
            )


def _joined(
    parts: Sequence[WeightsSchedule], sleeve_weights: Sequence[float]
) -> WeightsSchedule:
    """Return schedules of sleeves as one, each times its sleeve's weight."""
    first = max(part.dates[0] for part in parts)
    dates = np.unique(np.concatenate([part.dates for part in parts]))
    dates = dates[dates >= first]

    def columns() -> Iterator[np.ndarray[Any, np.dtype[np.float64]]]:
        for part, weight in zip(parts, sleeve_weights, strict=True):
            in_force = np.searchsorted(part.dates, dates, side="right") - 1
            yield part.weights[in_force] * weight

    assets = tuple(asset for part in parts for asset in part.assets)
    return WeightsSchedule(dates, assets, np.hstack(list(columns())))
