"""What every way to search a space is: it is asked for combinations and told values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.types import BoolArray1D, Float64Array2D

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.optimize.spaces.space import Space


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """What a search is started with.

    Parameters
    ----------
    maximize : tuple of bool
        For each objective whether more is better.
    seed : int
        The same seed gives the same combinations, given the same values.
    """

    maximize: tuple[bool, ...]
    seed: int = 0


class Search(Protocol):
    """A search under way.

    ``ask`` and ``tell`` alternate. A search that is told the same values asks the same
    combinations, so that one which was cut short is resumed by telling it again what
    was evaluated.
    """

    @property
    def total(self) -> int | None:
        """Combinations that will be asked at most; None if that is not known."""
        ...

    def ask(self) -> Combinations | None:
        """Return the combinations to evaluate next; None when the search is over."""
        ...

    def tell(
        self, combinations: Combinations, values: Float64Array2D, feasible: BoolArray1D
    ) -> None:
        """Take the values of what was asked last.

        Parameters
        ----------
        values : (n, n_objectives)
            NaN where there is none.
        feasible : (n,)
            Whether every constraint holds.
        """
        ...

    def generations(self) -> pd.DataFrame | None:
        """Return best, mean and diversity per generation, where there are any."""
        ...


class Method(Protocol):
    """A way to search: ``Grid()``, ``Random(1_000)``, ``Genetic(population=100)``..."""

    @property
    def name(self) -> str:
        """``grid``, ``random``, ``genetic``, ``nsga2`` or ``tpe``."""
        ...

    def start(self, space: Space, terms: SearchTerms) -> Search:
        """Return a search of a space.

        Raises
        ------
        SpaceError
            The space cannot be searched this way: too many combinations, say.
        """
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        ...
