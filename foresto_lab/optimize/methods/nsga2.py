"""NSGA-II: a front of combinations that no other beats in every objective."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from foresto_lab.optimize.method import SearchTerms
from foresto_lab.optimize.methods.evolution import Breeding, EvolutionSearch
from foresto_lab.optimize.spaces.space import Space


@dataclass(frozen=True, slots=True)
class Nsga2:
    """Generations that spread along the front of several objectives.

    Parents are those that fewest others beat in every objective, and among equals
    those with most room around them.

    Parameters
    ----------
    population : int
        Combinations of a generation: about as many as the front shall have.
    generations : int
        At most so many.
    crossover : float
        How probably a child has two parents and not one.
    mutation : float, optional
        How probably a parameter is moved; by default one in each child.
    patience : int, optional
        Ends the search when so many generations added nothing to the front.

    References
    ----------
    .. [1] Deb, Pratap, Agarwal and Meyarivan (2002), A fast and elitist multiobjective
       genetic algorithm: NSGA-II, doi:10.1109/4235.996017. As Optuna has it.
    """

    population: int = 50
    generations: int = 40
    crossover: float = 0.9
    mutation: float | None = None
    patience: int | None = None
    name: ClassVar[str] = "nsga2"

    def __post_init__(self) -> None:
        self._breeding()

    def _breeding(self) -> Breeding:
        return Breeding(**asdict(self), elite=self.population)

    def start(self, space: Space, terms: SearchTerms) -> EvolutionSearch:
        """Return a search of a space."""
        return EvolutionSearch(space, terms, self._breeding())

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {"name": self.name, **asdict(self)}
