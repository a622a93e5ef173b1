"""An indicator as a strategy uses it, and the columns that this makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.indicators.indicator import CandleColumns, Indicator
from foresto_lab.types import Float64Array1D

if TYPE_CHECKING:
    from foresto_lab.indicators.catalog import IndicatorCatalog


@dataclass(frozen=True, slots=True)
class IndicatorUse:
    """An indicator by name, with the parameters that differ from its defaults.

    Parameters
    ----------
    name : str
    params : mapping of str to int, float or str
    alias : str, optional
        What its columns are called: ``"as"`` in the JSON language.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    alias: str | None = None

    def columns(self, catalog: IndicatorCatalog) -> tuple[str, ...]:
        """Return the names of the columns that it makes, one per output.

        A single output is called like the indicator, or by the alias; several by
        their own names, or the alias and their names: ``fast_macd``.
        """
        indicator = catalog.get(self.name)
        if len(indicator.outputs) == 1:
            return (self.alias or indicator.name,)
        if self.alias:
            return tuple(f"{self.alias}_{output}" for output in indicator.outputs)
        return indicator.outputs

    def numbered_name(self, indicator: Indicator) -> str | None:
        """Return the name with the numbers given, ``sma_20``, of one unnamed output."""
        if self.alias or len(indicator.outputs) != 1 or not self.params:
            return None
        exact = indicator.parse_params(self.params)
        given = {
            parameter.name
            for parameter in map(indicator.find_parameter, self.params)
            if parameter is not None
        }
        numbers = [_number_text(exact[name]) for name in exact if name in given]
        return "_".join([indicator.name, *numbers])

    def __hash__(self) -> int:
        """Hash by content; the mapping alone would not be hashable."""
        return hash((self.name, tuple(sorted(self.params.items())), self.alias))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it cross process borders; a mapping proxy alone would not."""
        return (type(self), (self.name, dict(self.params), self.alias))


class IndicatorColumns(Mapping[str, Float64Array1D]):
    """Computed columns by name; a name that several indicators give is refused.

    Raises
    ------
    UnknownNameError
        ``columns[name]`` is asked for a name that no indicator gives.
    InputError
        Several indicators give it, with different numbers.
    """

    def __init__(
        self,
        columns: Mapping[str, Float64Array1D],
        ambiguous: Mapping[str, Sequence[IndicatorUse]],
    ) -> None:
        self._columns = columns
        self._ambiguous = ambiguous

    def __getitem__(self, name: str) -> Float64Array1D:
        """Return a column."""
        if name in self._ambiguous:
            uses = " and ".join(str(dict(use.params)) for use in self._ambiguous[name])
            raise InputError(
                message=f"Column {name!r} is given by several indicators, with {uses}. "
                'Tell them apart by "as".'
            )
        if name not in self._columns:
            raise UnknownNameError(
                kind="column", given=name, allowed=tuple(self._columns)
            )
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        """Return the names that are not ambiguous."""
        return iter(self._columns)

    def __len__(self) -> int:
        """Return how many columns there are by an own name."""
        return len(self._columns)

    def __contains__(self, name: object) -> bool:
        """Return whether a column can be had by this name."""
        return name in self._columns


def compute_indicators(
    table: CandleColumns, uses: Sequence[IndicatorUse], catalog: IndicatorCatalog
) -> IndicatorColumns:
    """Return the columns of several indicators; one used twice is computed once.

    Parameters
    ----------
    table : CandleTable
    uses : sequence of IndicatorUse
    catalog : IndicatorCatalog

    Returns
    -------
    IndicatorColumns
        Arrays (n_bars,) of float64, NaN while warming up, by the names of
        ``IndicatorUse.columns``, and by name and numbers such as ``sma_20``.

    Raises
    ------
    UnknownNameError, AmountError, InputError
        An indicator or a parameter is unknown, or a value outside its range.
    """
    computed: dict[Any, Mapping[str, Float64Array1D]] = {}
    columns: dict[str, Float64Array1D] = {}
    givers: dict[str, list[IndicatorUse]] = {}
    for use in uses:
        indicator = catalog.get(use.name)
        params = indicator.parse_params(use.params)
        key = (indicator.name, *params.values())
        if key not in computed:
            computed[key] = indicator.compute(table, params)
        arrays = [computed[key][output] for output in indicator.outputs]
        names = list(zip(use.columns(catalog), arrays, strict=True))
        numbered = use.numbered_name(indicator)
        names += [(numbered, arrays[0])] if numbered else []
        for name, array in names:
            if columns.get(name) is not array:
                givers.setdefault(name, []).append(use)
            columns[name] = array
    ambiguous = {name: given for name, given in givers.items() if len(given) > 1}
    alone = {name: columns[name] for name in columns if name not in ambiguous}
    return IndicatorColumns(alone, ambiguous)


def _number_text(number: object) -> str:
    if isinstance(number, float) and number.is_integer():
        return str(int(number))
    return str(number)
