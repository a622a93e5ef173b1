"""A strategy with its parameters left open, and the one that each set of them makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from foresto_lab.backtest.traded import Traded, parse_traded
from foresto_lab.canonical import sha256_of
from foresto_lab.errors import InputError
from foresto_lab.optimize.evaluators.json_family import JsonFamily
from foresto_lab.optimize.evaluators.known_names import known_name
from foresto_lab.strategies.json_strategy import JsonStrategy
from foresto_lab.strategies.strategy_code import code_of
from foresto_lab.strategies.trading_strategy import TradingStrategy

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog

Parameters: TypeAlias = Mapping[str, Any]


class StrategyFamily(Protocol):
    """One strategy for each set of parameters."""

    @property
    def identity(self) -> str:
        """What it is called, whatever its parameters; it changes with its rules."""
        ...

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names that a set of parameters may have."""
        ...

    def exact_name(self, name: str) -> str:
        """Return the name as ``parameters`` has it; UnknownNameError if it has not."""
        ...

    def strategy(self, parameters: Parameters) -> Traded:
        """Return the strategy; what is not among the parameters is as in the base.

        Raises
        ------
        InputError
            It cannot be made of these.
        """
        ...


@dataclass(frozen=True)
class PythonFamily:
    """The strategies of one class.

    Parameters
    ----------
    kind : type of TradingStrategy
    base : mapping
        The values of every field of its ``Config``.
    catalog : IndicatorCatalog, optional
        Where it has other indicators than the built-in ones.
    """

    kind: type[TradingStrategy]
    base: Mapping[str, Any]
    catalog: IndicatorCatalog | None = None

    @property
    def identity(self) -> str:
        """Its name, and for a user's class the checksum of its code."""
        name = self.kind.name.lower()
        if self.kind.source == "built_in":
            return name
        return f"{name}:{sha256_of(code_of(self.kind, TradingStrategy))[:16]}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The fields of its ``Config``."""
        return tuple(self.kind.Config.model_fields)

    def exact_name(self, name: str) -> str:
        """Return the name of a field."""
        return known_name(name, self.parameters, f"parameter of {self.kind.name}")

    def strategy(self, parameters: Parameters) -> TradingStrategy:
        """Return the strategy with these parameters."""
        made = self.kind(**{**self.base, **parameters})
        return made if self.catalog is None else made.using(self.catalog)


@dataclass(frozen=True)
class FixedFamily:
    """A strategy without parameters, such as ready-made signals."""

    traded: Traded

    @property
    def identity(self) -> str:
        """Its name and checksum."""
        return f"{self.traded.name.lower()}:{self.traded.checksum[:16]}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """None."""
        return ()

    def exact_name(self, name: str) -> str:
        """Raise UnknownNameError: it has no parameters."""
        return known_name(name, (), f"parameter of {self.traded.name}")

    def strategy(self, parameters: Parameters) -> Traded:
        """Return the strategy."""
        return self.traded


def parse_family(
    strategy: object, parameters: Parameters | None = None
) -> StrategyFamily:
    """Return the family of a strategy.

    Parameters
    ----------
    strategy : Strategy, type of one, mapping, str, Path or Signals
        As ``fl.backtest`` takes it.
    parameters : mapping, optional
        Values of its parameters in the base; the others stay as they are.

    Raises
    ------
    StrategyError, UnknownNameError
        It is no strategy, or has no such parameter.
    """
    if isinstance(strategy, type) and issubclass(strategy, TradingStrategy):
        kind, given = strategy, dict(parameters or {})
        return _python_family(kind(**given))
    family = _family_of(parse_traded(strategy))
    if not parameters:
        return family
    named = {family.exact_name(name): value for name, value in parameters.items()}
    return _family_of(family.strategy(named))


def _family_of(traded: Traded) -> StrategyFamily:
    if isinstance(traded, TradingStrategy):
        return _python_family(traded)
    if isinstance(traded, JsonStrategy):
        return JsonFamily(traded.to_dict(), _own_catalog(traded))
    if callable(getattr(traded, "signals", None)):
        return FixedFamily(traded)
    raise InputError(
        message=f"{getattr(traded, 'name', traded)!r:.80} gives no signals for one "
        "symbol, so its parameters cannot be searched."
    )


def _python_family(strategy: TradingStrategy) -> PythonFamily:
    return PythonFamily(type(strategy), strategy.config.model_dump(), strategy._catalog)


def _own_catalog(strategy: JsonStrategy) -> IndicatorCatalog | None:
    """Return the catalog of a strategy, None for the one that everybody has."""
    from foresto_lab.indicators import built_in_indicators

    catalog = strategy.definition.columns.catalog
    return None if catalog is built_in_indicators() else catalog
