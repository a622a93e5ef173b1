"""A genetic algorithm for one objective."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from foresto_lab.errors import SpaceError
from foresto_lab.optimize.method import SearchTerms
from foresto_lab.optimize.methods.evolution import Breeding, EvolutionSearch
from foresto_lab.optimize.spaces.space import Space


@dataclass(frozen=True, slots=True)
class Genetic:
    """Generations of combinations, the better ones parents of the next.

    Of two drawn at random the better one is a parent; a child lies between its two
    parents or little beyond; now and then a parameter is moved. What breaks a
    constraint on metrics is no parent while enough others are there.

    Parameters
    ----------
    population : int
        Combinations of a generation.
    generations : int
        At most so many.
    elite : int, optional
        How many of the parents compete with the children to be parents again; by
        default all, so that the best is never lost. 0 forgets them.
    crossover : float
        How probably a child has two parents and not one.
    mutation : float, optional
        How probably a parameter is moved; by default one in each child.
    patience : int, optional
        Ends the search when so many generations found nothing better. It also ends
        when all of a generation are the same.
    """

    population: int = 50
    generations: int = 40
    elite: int | None = None
    crossover: float = 0.9
    mutation: float | None = None
    patience: int | None = 10
    name: ClassVar[str] = "genetic"

    def __post_init__(self) -> None:
        self._breeding()

    def _breeding(self) -> Breeding:
        elite = self.population if self.elite is None else self.elite
        return Breeding(**(asdict(self) | {"elite": elite}))

    def start(self, space: Space, terms: SearchTerms) -> EvolutionSearch:
        """Return a search of a space.

        Raises
        ------
        SpaceError
            There are several objectives.
        """
        if len(terms.maximize) > 1:
            raise SpaceError(
                message=f"The genetic search was given {len(terms.maximize)} "
                "objectives and knows one; take method='nsga2'."
            )
        return EvolutionSearch(space, terms, self._breeding())

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {"name": self.name, **asdict(self)}
