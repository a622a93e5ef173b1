"""A backtest as it is asked for: normalised, JSON-ready, and named by its hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final, Self

from foresto_lab._version import __version__
from foresto_lab.errors import UnknownNameError
from foresto_lab.runs.request import request_hash
from foresto_lab.types import RunKind

CANDLES: Final = "candles_history"
DAILY_PRICES: Final = "daily_price"


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRequest:
    """What is traded on what, and how.

    Parameters
    ----------
    strategy : mapping
        The strategy as its ``to_dict`` gives it, and its ``source``.
    strategy_name, strategy_version : str
        As it was asked for: a stored strategy's own.
    strategy_checksum : str
        Of the strategy's content.
    indicators : mapping of name to checksum
        Those that the strategy uses.
    symbols : tuple of str
    timeframe : str
    start, end : str, optional
        First and last instant asked for, ISO in UTC; None is as far as the candles go.
    initial_capital : money
    execution : mapping
        The execution as its ``to_dict`` gives it, without finer candles.
    finer : str, optional
        Timeframe of the finer candles.
    candles_from : mapping of symbol to table
        ``candles_history``, or ``daily_price`` where daily prices stand for candles.
    """

    strategy: Mapping[str, Any]
    strategy_name: str
    strategy_version: str
    strategy_checksum: str
    indicators: Mapping[str, str]
    symbols: tuple[str, ...]
    timeframe: str
    start: str | None
    end: str | None
    initial_capital: float
    execution: Mapping[str, Any]
    finer: str | None
    candles_from: Mapping[str, str]

    def __post_init__(self) -> None:
        for name in ("strategy", "indicators", "execution", "candles_from"):
            frozen = MappingProxyType(dict(getattr(self, name)))
            object.__setattr__(self, name, frozen)
        object.__setattr__(self, "symbols", tuple(self.symbols))
        object.__setattr__(self, "initial_capital", float(self.initial_capital))

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain JSON-ready values."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        for name, value in plain.items():
            if isinstance(value, Mapping):
                plain[name] = dict(value)
        return {**plain, "symbols": list(self.symbols)}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the request that ``to_dict`` described.

        Raises
        ------
        UnknownNameError
            A field that no request has: it was written by a newer version.
        """
        known = tuple(item.name for item in fields(cls))
        for name in given:
            if name not in known:
                raise UnknownNameError(kind="request field", given=name, allowed=known)
        return cls(**given)

    def hash_on(self, data_version: str) -> str:
        """Return the SHA-256 that names the request on a state of the data."""
        versions = {
            f"strategy {self.strategy_name} {self.strategy_version}": (
                self.strategy_checksum
            ),
            **{f"indicator {name}": sum_ for name, sum_ in self.indicators.items()},
        }
        return request_hash(
            RunKind.BACKTEST,
            self.to_dict(),
            engine_version=__version__,
            versions=versions,
            data_version=data_version,
        )
