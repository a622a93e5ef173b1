"""Columns that conditions compare: of candles, of indicators, arithmetic of both.

A source may have open numbers in it; one without is the key of one column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from foresto_lab.optimize.combinations import ParameterColumn
from foresto_lab.optimize.evaluators.open_numbers import Number, Open
from foresto_lab.strategies.comparisons import Side, shifted
from foresto_lab.types import Float64Array1D

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog
    from foresto_lab.market.candle_table import CandleTable


@dataclass(frozen=True, slots=True)
class CandleSource:
    """A column of the candles."""

    name: str


@dataclass(frozen=True, slots=True)
class IndicatorSource:
    """An output of an indicator.

    ``params`` are its parameters by exact name: all of them once nothing is open.
    """

    name: str
    params: tuple[tuple[str, Any], ...]
    output: str


@dataclass(frozen=True, slots=True)
class ConstantSource:
    """The same number on every bar."""

    value: Number


@dataclass(frozen=True, slots=True)
class ShiftedSource:
    """A column's value some bars before."""

    source: Source
    shift: int


@dataclass(frozen=True, slots=True)
class ArithmeticSource:
    """Two columns, or a column and a number, joined by ``+``, ``-``, ``*`` or ``/``."""

    operator: str
    left: Source | float
    right: Source | float


Source: TypeAlias = (
    CandleSource | IndicatorSource | ConstantSource | ShiftedSource | ArithmeticSource
)

_ARITHMETIC: Final = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}


def parameters_of(source: Source | float) -> frozenset[str]:
    """Return the parameters that a column depends on."""
    return frozenset(number.parameter for number in _opens(source))


def _opens(source: Source | float) -> Iterator[Open]:
    if isinstance(source, IndicatorSource):
        yield from (value for _, value in source.params if isinstance(value, Open))
    elif isinstance(source, ConstantSource):
        if isinstance(source.value, Open):
            yield source.value
    elif isinstance(source, ShiftedSource):
        yield from _opens(source.source)
    elif isinstance(source, ArithmeticSource):
        yield from _opens(source.left)
        yield from _opens(source.right)


def resolved(
    source: Any,
    columns: Mapping[str, ParameterColumn],
    row: int,
    catalog: IndicatorCatalog,
) -> Any:
    """Return a source with the numbers that one combination puts into it."""
    if isinstance(source, IndicatorSource):
        given = {
            name: value.value(columns, row) if isinstance(value, Open) else value
            for name, value in source.params
        }
        params = catalog.get(source.name).parse_params(given)
        return IndicatorSource(source.name, tuple(params.items()), source.output)
    if isinstance(source, ConstantSource) and isinstance(source.value, Open):
        return ConstantSource(float(source.value.value(columns, row)))
    if isinstance(source, ShiftedSource):
        return ShiftedSource(
            resolved(source.source, columns, row, catalog), source.shift
        )
    if isinstance(source, ArithmeticSource):
        return ArithmeticSource(
            source.operator,
            resolved(source.left, columns, row, catalog),
            resolved(source.right, columns, row, catalog),
        )
    return source


def computed(source: Any, table: CandleTable, indicators: Any) -> Side:
    """Return a column without open numbers.

    Parameters
    ----------
    source : Source or float
    table : CandleTable
    indicators : callable
        Given a name and its parameters, the indicator's outputs by name.
    """
    if isinstance(source, CandleSource):
        return table.column(source.name)
    if isinstance(source, IndicatorSource):
        outputs: Mapping[str, Float64Array1D] = indicators(source.name, source.params)
        return outputs[source.output]
    if isinstance(source, ConstantSource):
        return np.full(len(table), source.value, dtype=np.float64)
    if isinstance(source, ShiftedSource):
        inner: Any = computed(source.source, table, indicators)
        return shifted(inner, source.shift)
    if isinstance(source, ArithmeticSource):
        return _joined(source, table, indicators)
    return float(source)


def _joined(source: ArithmeticSource, table: CandleTable, indicators: Any) -> Side:
    left = computed(source.left, table, indicators)
    right = computed(source.right, table, indicators)
    with np.errstate(all="ignore"):
        value: Any = _ARITHMETIC[source.operator](left, right)
    if source.operator == "/" and np.ndim(value):
        value[~np.isfinite(value)] = np.nan
    return value  # type: ignore[no-any-return]
