"""What every indicator is, wherever its numbers come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from foresto_lab.canonical import sha256_of
from foresto_lab.indicators.parameters import (
    Parameter,
    ParameterValue,
    find_parameter,
    parse_params,
)
from foresto_lab.types import Float64Array1D, Int64Array1D


class CandleColumns(Protocol):
    """What an indicator reads of candles: their columns, as a CandleTable has them."""

    @property
    def open_times(self) -> Int64Array1D:
        """Microseconds since 1970 UTC at which the bars open."""
        ...

    def __len__(self) -> int:
        """Return the number of bars."""
        ...

    def column(self, name: str) -> Float64Array1D:
        """Return one of ``open, high, low, close, volume``."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Indicator(ABC):
    """A rule that turns candles into columns of numbers.

    The value at a bar uses that bar and those before it, never a later one; it is NaN
    on the first ``warm_up`` bars. Candles are not changed, and equal candles give equal
    numbers in any process.

    Parameters
    ----------
    name : str
        Lower case, unique in a catalog.
    version : str
        Semantic version.
    summary : str
        What it is, in one sentence.
    parameters : tuple of Parameter
    inputs : tuple of str
        The columns of the candles that it reads by default.
    outputs : tuple of str
        What its columns are called.
    group : str
        What kind of indicator it is, as TA-Lib groups them.
    forgets_start : bool
        False for running totals (OBV, AD) and bar numbers (MAXINDEX): their level
        depends on the first candle for ever, only their changes mean something.
    """

    name: str
    version: str = "1.0.0"
    summary: str = ""
    parameters: tuple[Parameter, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    group: str = ""
    forgets_start: bool = True

    @property
    @abstractmethod
    def source(self) -> str:
        """Where it comes from: ``talib``, ``built_in`` or ``python``."""

    @property
    def checksum(self) -> str:
        """SHA-256 of what defines it."""
        return sha256_of(self._content())

    def parse_params(
        self, given: Mapping[str, Any] | None = None
    ) -> dict[str, ParameterValue]:
        """Return every parameter by its exact name, defaults for those not given.

        Raises
        ------
        UnknownNameError, AmountError, InputError
            A name is unknown, a value outside its range, or given twice.
        """
        return parse_params(self.parameters, given or {}, self.name)

    def find_parameter(self, name: object) -> Parameter | None:
        """Return the parameter of a name or alias."""
        return find_parameter(self.parameters, name)

    def warm_up(self, params: Mapping[str, Any] | None = None) -> int:
        """Return how many bars at the front have no value, whatever the candles."""
        return self._warm_up(self.parse_params(params))

    def settling(self, params: Mapping[str, Any] | None = None) -> int:
        """Return how many bars it takes until the start is forgotten.

        From then on, longer history changes a value by less than a millionth of it
        (for oscillators: of their range). At least ``warm_up``. Means of a fixed
        window forget at once; the EMA family and Wilder's means never quite do.
        """
        exact = self.parse_params(params)
        return max(self._settling(exact), self._warm_up(exact))

    def compute(
        self, table: CandleColumns, params: Mapping[str, Any] | None = None
    ) -> dict[str, Float64Array1D]:
        """Return the outputs by name, (n_bars,) of float64, NaN while warming up.

        Shorter candles than the warm-up, also none, give NaN throughout.

        Raises
        ------
        UnknownNameError, AmountError, InputError
            The parameters are not ones that it takes.
        """
        return dict(self._values(table, self.parse_params(params)))

    def to_dict(self) -> dict[str, Any]:
        """Return what it is, as JSON-ready values."""
        return {
            "name": self.name,
            "version": self.version,
            "source": self.source,
            "group": self.group,
            "summary": self.summary,
            "parameters": [parameter.to_dict() for parameter in self.parameters],
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
            "warm_up": self.warm_up(),
            "settling": self.settling(),
            "forgets_start": self.forgets_start,
            "checksum": self.checksum,
        }

    def __repr__(self) -> str:
        """Return the name with its parameters, and where it comes from."""
        params = ", ".join(f"{p.name}={p.default!r}" for p in self.parameters)
        return f"<Indicator {self.name}({params}) from {self.source}>"

    def _content(self) -> Mapping[str, Any]:
        return {
            "source": self.source,
            "name": self.name,
            "version": self.version,
            "parameters": [parameter.to_dict() for parameter in self.parameters],
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
        }

    @abstractmethod
    def _warm_up(self, params: Mapping[str, Any]) -> int: ...

    def _settling(self, params: Mapping[str, Any]) -> int:
        return self._warm_up(params)

    @abstractmethod
    def _values(
        self, table: CandleColumns, params: Mapping[str, Any]
    ) -> Mapping[str, Float64Array1D]: ...


def named(
    outputs: Sequence[str], arrays: Sequence[Float64Array1D]
) -> dict[str, Float64Array1D]:
    """Return arrays by the names of their outputs."""
    return dict(zip(outputs, arrays, strict=True))
