"""An indicator of the package's own, declared by its parameters and two formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from foresto_lab.indicators.indicator import CandleColumns, Indicator
from foresto_lab.indicators.parameters import Parameter
from foresto_lab.types import Float64Array1D

Params: TypeAlias = Mapping[str, Any]
Formula: TypeAlias = Callable[[CandleColumns, Params], Sequence[Float64Array1D]]
Bars: TypeAlias = Callable[[Params], int]

MAX_PERIOD = 100_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BuiltInIndicator(Indicator):
    """An indicator that TA-Lib lacks, or has with other outputs.

    Parameters
    ----------
    formula : callable
        Candles and exact parameters in, an array per output out; called only with
        more bars than the warm-up.
    front : callable
        The bars without a value at the front; the outputs are made NaN there.
    memory : callable, optional
        The bars beyond them until the start is forgotten.
    """

    formula: Formula
    front: Bars
    memory: Bars | None = None

    @property
    def source(self) -> str:
        """``built_in``."""
        return "built_in"

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross process borders by name; formulas alone would not."""
        return (_declared, (self.name,))

    def _warm_up(self, params: Params) -> int:
        return self.front(params)

    def _settling(self, params: Params) -> int:
        return self.front(params) + (self.memory(params) if self.memory else 0)

    def _values(
        self, table: CandleColumns, params: Params
    ) -> Mapping[str, Float64Array1D]:
        warm_up = self.front(params)
        if len(table) <= warm_up:
            return {name: np.full(len(table), np.nan) for name in self.outputs}
        arrays = self.formula(table, params)
        for array in arrays:
            array[:warm_up] = np.nan
        return dict(zip(self.outputs, arrays, strict=True))


def _declared(name: str) -> Indicator:
    """Return the indicator of this name in this process."""
    from foresto_lab.indicators.catalog import built_in_indicators

    return built_in_indicators().get(name)


def period(
    default: int, name: str = "timeperiod", low: int = 1, aliases: Sequence[str] = ()
) -> Parameter:
    """Return a parameter that counts bars."""
    known = ("period", "length", "window") if name == "timeperiod" else ()
    return Parameter(
        name=name,
        kind="int",
        default=default,
        low=low,
        high=MAX_PERIOD,
        aliases=(*known, *aliases),
    )


def number(
    name: str, default: float, low: float = 0.0, aliases: Sequence[str] = ()
) -> Parameter:
    """Return a parameter that is any number from ``low`` on."""
    return Parameter(
        name=name, kind="float", default=default, low=low, aliases=tuple(aliases)
    )


def before(params: Params) -> int:
    """Return the bars before a window of ``timeperiod`` bars is full."""
    return int(params["timeperiod"]) - 1


def changes(params: Params) -> int:
    """Return the bars before there are ``timeperiod`` changes."""
    return int(params["timeperiod"])


def shifted(values: Float64Array1D, bars: int) -> Float64Array1D:
    """Return what each bar knows of ``bars`` bars before; NaN at the front."""
    moved = np.full(len(values), np.nan)
    moved[bars:] = values[: len(values) - bars]
    return moved


def ratio(above: Float64Array1D, below: Float64Array1D) -> Float64Array1D:
    """Return a quotient, NaN where the divisor is 0."""
    result = np.full(len(above), np.nan)
    np.divide(above, below, out=result, where=below != 0)
    return result
