"""Scenario portfolios, and the instruments that stand for their asset classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final, Self

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import UnknownNameError
from foresto_lab.scenarios.weights import parse_weights


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named portfolio over asset classes.

    Parameters
    ----------
    name : str
        In capitals, unique: ``MIN_VOL``.
    name_ko, name_en : str
    weights : mapping of asset class to fraction of NAV
        Each 0 or more; together at most 1. What is missing to 1 stays uninvested.
    description_ko, description_en : str
    version : str
        SemVer of the definition.

    Raises
    ------
    WeightError
        The weights are no portfolio.
    """

    name: str
    name_ko: str
    name_en: str
    weights: Mapping[str, float]
    description_ko: str = ""
    description_en: str = ""
    version: str = "1.0.0"

    def __post_init__(self) -> None:
        weights = parse_weights(self.weights, where=f"weights of scenario {self.name}")
        plain = {str(asset_class): weight for asset_class, weight in weights.items()}
        object.__setattr__(self, "weights", MappingProxyType(plain))

    def __hash__(self) -> int:
        return hash((self.name, self.version, frozenset(self.weights.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self).from_dict, (self.to_dict(),))

    @property
    def checksum(self) -> str:
        """SHA-256 of the definition, whatever the order of its weights."""
        return sha256_of(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the scenario as plain JSON-ready values."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**values, "weights": dict(self.weights)}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the scenario that ``to_dict`` described.

        Raises
        ------
        UnknownNameError
            A field that no scenario has.
        """
        return cls(**_known_fields(cls, given))


UNCLASSIFIED: Final = "unclassified"
"""The asset class of an instrument that nobody has put into one yet."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """Something with daily prices that can stand for an asset class.

    Parameters
    ----------
    symbol : str
        As the exchange writes it, letters or digits: ``069500``.
    name_ko, name_en : str
    asset_class : str
    currency : str
        ISO 4217.
    calendar : str
        The exchange calendar it trades on.
    simulated : bool
        Whether its prices are made up; every chart and report then says so.
    market : str, optional
        The board it is listed on, in capitals: ``KOSPI``, ``KOSDAQ``, ``KRX_ETF``,
        ``NASDAQ``. Taxes on trades depend on it; None where nobody has said.
    """

    symbol: str
    name_ko: str
    name_en: str
    asset_class: str
    currency: str = "KRW"
    calendar: str = "XKRX"
    simulated: bool = False
    market: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the instrument as plain JSON-ready values."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**values, "asset_class": str(self.asset_class)}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the instrument that ``to_dict`` described.

        Raises
        ------
        UnknownNameError
            A field that no instrument has.
        """
        return cls(**_known_fields(cls, given))


def _known_fields(kind: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    known = tuple(item.name for item in fields(kind))
    for name in given:
        if name not in known:
            raise UnknownNameError(
                kind=f"field of {kind.__name__}", given=name, allowed=known
            )
    return dict(given)
