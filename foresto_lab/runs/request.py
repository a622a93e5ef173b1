"""What a run was asked to do, in a normal form that can be hashed and run again.

The same request in the same versions on the same data has the same hash, whoever asks
and however the arguments were written: names are resolved before, dates are ISO
strings, amounts are floats. The order of the assets is kept (a rerun needs it for the
same bits) but does not enter the hash, as it is no part of what was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.types import Execution, RunKind

if TYPE_CHECKING:
    from foresto_lab.scenarios.portfolio import Portfolio

DEFAULT_PRICE_FIELD = "adj_close"
_LATER_FIELDS = frozenset(
    {
        *("whole_shares", "base_currency", "currencies"),
        *("exchange_rates", "hedged", "markets", "portfolio"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRequest:
    """Everything that decides the numbers of a simulation, but for data and versions.

    Parameters
    ----------
    weights : mapping of label to fraction of NAV
        The target weights; the label names the asset's column in the result.
    instruments : mapping of label to symbol
        Whose prices each label has.
    start, end : date, optional
        First and last session asked for; None is as far as the data goes.
    initial_amount : base currency
    rebalancing : mapping, optional
        The rule as its ``to_dict`` gives it; None is buy and hold.
    calendar : str
        The exchange calendar that periodic rules follow.
    execution : Execution
        Whether a rule's trade happens at the close it was decided on, or the next.
    price_field : str
        The column of daily prices that returns are made from.
    scenario : str, optional
        The scenario's name; None for weights of the caller's own.
    portfolio : mapping, optional
        A custom portfolio as its ``to_dict`` gives it. Where it computes its weights,
        ``weights`` only says what is held: each instrument the same part of its sleeve.
    costs, cashflows : mapping, optional
        A cost model and a plan of flows as their ``to_dict`` gives them.
    whole_shares : bool
        Whether only whole shares are held.
    base_currency : str, optional
        ISO 4217, what is counted in; None where every instrument is in one currency
        and it is counted in that.
    currencies : mapping of label to ISO 4217
        Of the labels in another currency than the base.
    exchange_rates : mapping of currency to symbol
        The stored daily series: base currency for one unit.
    hedged : tuple of label
        Whose currency is hedged.
    markets : mapping of label to market
        For the taxes of a market; only where costs are given.
    """

    weights: Mapping[str, float]
    instruments: Mapping[str, str]
    start: date | None = None
    end: date | None = None
    initial_amount: float = 1_000_000.0
    rebalancing: Mapping[str, Any] | None = None
    calendar: str = "XKRX"
    execution: Execution = Execution.CLOSE
    price_field: str = DEFAULT_PRICE_FIELD
    scenario: str | None = None
    costs: Mapping[str, Any] | None = field(default=None)
    cashflows: Mapping[str, Any] | None = field(default=None)
    whole_shares: bool = False
    base_currency: str | None = None
    currencies: Mapping[str, str] = field(default_factory=dict)
    exchange_rates: Mapping[str, str] = field(default_factory=dict)
    hedged: tuple[str, ...] = ()
    markets: Mapping[str, str] = field(default_factory=dict)
    portfolio: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        weights = {str(name): float(weight) for name, weight in self.weights.items()}
        instruments = {str(name): str(s) for name, s in self.instruments.items()}
        object.__setattr__(self, "weights", MappingProxyType(weights))
        object.__setattr__(self, "instruments", MappingProxyType(instruments))
        object.__setattr__(self, "initial_amount", float(self.initial_amount))
        object.__setattr__(self, "execution", Execution(self.execution))
        object.__setattr__(self, "hedged", tuple(sorted(self.hedged)))
        for name in ("currencies", "exchange_rates", "markets"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def name(self) -> str:
        """The scenario's or the portfolio's name; empty for weights alone."""
        named = None if self.portfolio is None else str(self.portfolio["name"])
        return self.scenario or named or ""

    @property
    def targets(self) -> Mapping[str, float] | Portfolio:
        """What to simulate: the weights, or the portfolio that computes them."""
        if self.portfolio is None:
            return self.weights
        from foresto_lab.scenarios.portfolio import Portfolio

        portfolio = Portfolio.from_dict(self.portfolio)
        return portfolio if portfolio.is_computed else self.weights

    @property
    def start_of_history(self) -> date | None:
        """The date from which prices are needed for computed weights at the start."""
        if self.start is None or isinstance(self.targets, Mapping):
            return self.start
        sessions = self.targets.lookback + 1
        return self.start - timedelta(days=14 + (sessions * 365) // 240)

    @property
    def fixed_weights(self) -> Mapping[str, float]:
        """The weights, where they are fixed.

        Raises
        ------
        InputError
            They are computed from prices.
        """
        if isinstance(self.targets, Mapping):
            return self.targets
        raise InputError(
            message=f"The weights of {self.name} are computed from prices, and this "
            "asks for fixed ones. Give weights by symbol, or simulate it."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain JSON-ready values, dates as ISO strings.

        What came to requests later is left out where it was not asked for: a plain
        simulation is the same request, and has the same hash, as it always was.
        """
        values = {item.name: _plain(getattr(self, item.name)) for item in fields(self)}
        return {
            name: value
            for name, value in values.items()
            if value or name not in _LATER_FIELDS
        }

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
        values = dict(given)
        for name in ("start", "end"):
            if isinstance(values.get(name), str):
                values[name] = date.fromisoformat(values[name])
        return cls(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, Execution):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def request_hash(
    kind: RunKind,
    request: SimulationRequest | Mapping[str, Any],
    *,
    engine_version: str,
    versions: Mapping[str, str],
    data_version: str,
) -> str:
    """Return the SHA-256 that names a request, as 64 hexadecimal digits.

    Parameters
    ----------
    kind : RunKind
        What is computed.
    request : SimulationRequest or mapping
        The normalised request.
    engine_version : str
        The package's version: another engine may give other numbers.
    versions : mapping of name to version
        The definitions used (scenario, strategy, indicators), version or checksum.
    data_version : str
        The state of the price store that the run reads.
    """
    asked = request.to_dict() if isinstance(request, SimulationRequest) else request
    return sha256_of(
        {
            "kind": str(kind),
            "request": dict(asked),
            "engine_version": engine_version,
            "versions": dict(versions),
            "data_version": data_version,
        }
    )
