"""Many sets of parameters at once: a column for each parameter, a row for each set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from foresto_lab.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

ParameterColumn: TypeAlias = npt.NDArray[Any]
"""(n,): int64, float64 or bool; objects for choices of anything else."""


@dataclass(frozen=True, eq=False)
class Combinations:
    """Sets of parameters, the same names in each.

    Parameters
    ----------
    columns : mapping of parameter to (n,)
        All of one length. Names are fields of a strategy's ``Config``, or paths such as
        ``buyConditions[0].right`` into the JSON of one.
    """

    columns: Mapping[str, ParameterColumn]

    def __post_init__(self) -> None:
        lengths = {len(column) for column in self.columns.values()}
        if len(lengths) > 1:
            raise InputError(
                message=f"Combinations need columns of one length; they have "
                f"{sorted(lengths)}."
            )
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> Self:
        """Return the combinations that a list of mappings of equal keys describes."""
        names = tuple(rows[0]) if rows else ()
        return cls({name: column_of([row[name] for row in rows]) for name in names})

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(self.columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __repr__(self) -> str:
        return f"<{len(self):,} combinations of {', '.join(self.names) or 'nothing'}>"

    def row(self, place: int) -> dict[str, Any]:
        """Return one set of parameters as plain Python values."""
        return {name: _plain(column[place]) for name, column in self.columns.items()}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield each set of parameters as plain Python values."""
        for place in range(len(self)):
            yield self.row(place)

    def take(self, places: Any) -> Combinations:
        """Return the combinations at these places, a slice or an array of them."""
        return Combinations({name: col[places] for name, col in self.columns.items()})

    def then(self, others: Combinations) -> Combinations:
        """Return these and, after them, others of the same parameters."""
        return Combinations(
            {
                name: np.concatenate([column, others.columns[name]])
                for name, column in self.columns.items()
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each set of parameters."""
        import pandas as pd

        return pd.DataFrame(dict(self.columns))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let combinations cross process borders; a mapping proxy alone would not."""
        return (type(self), (dict(self.columns),))


def column_of(values: list[Any]) -> ParameterColumn:
    """Return values as a column: of one type where they are of one, else objects."""
    kinds = {type(_plain(value)) for value in values}
    if kinds == {bool}:
        return np.array(values, dtype=np.bool_)
    if kinds == {int}:
        return np.array(values, dtype=np.int64)
    if kinds == {float}:
        return np.array(values, dtype=np.float64)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
