"""The search that genetic and NSGA-II share: generations bred by Optuna's NSGA-II."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from foresto_lab.errors import SpaceError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.method import SearchTerms
from foresto_lab.optimize.methods.coding import StudyCoding
from foresto_lab.optimize.methods.generations import GenerationRecord
from foresto_lab.optimize.methods.quiet_study import quiet_study
from foresto_lab.optimize.methods.random import draw_distinct
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.types import BoolArray1D, Float64Array2D

if TYPE_CHECKING:
    import pandas as pd
    from optuna.trial import FrozenTrial

_NEARNESS = 20.0
"""Deb's index of how near children are to parents, and mutants to what they were."""


@dataclass(frozen=True, slots=True)
class Breeding:
    """How a population is bred.

    Parameters
    ----------
    population, generations : int
    elite : int
        How many parents compete with their children to be parents again.
    crossover, mutation : float
        How probably a child has two parents, and a parameter is moved.
    patience : int, optional
        Generations without a better one after which the search ends.
    """

    population: int
    generations: int
    elite: int
    crossover: float
    mutation: float | None
    patience: int | None

    def __post_init__(self) -> None:
        self._require("population", self.population, 2)
        self._require("generations", self.generations, 1)
        self._require("elite", self.elite, 0)
        if self.patience is not None:
            self._require("patience", self.patience, 1)
        for field in ("crossover", "mutation"):
            value = getattr(self, field)
            if value is not None and not 0 <= value <= 1:
                raise SpaceError(
                    message=f"{field} is {value!r}; it is a probability, 0 to 1."
                )

    def _require(self, field: str, value: int, least: int) -> None:
        if not isinstance(value, int) or value < least:
            raise SpaceError(
                message=f"{field} is {value!r}; it must be a whole number, {least} or "
                "more."
            )


class EvolutionSearch:
    """Generations of a population, each bred from the one before and its parents.

    Numbers are crossed by SBX and moved by polynomial mutation, as in Deb's NSGA-II;
    choices without order are taken from either parent, or drawn anew. Known landscapes
    are searched better so than with Optuna's defaults, which only swap and redraw.
    """

    def __init__(self, space: Space, terms: SearchTerms, breeding: Breeding) -> None:
        self._breeding = breeding
        self._coding = StudyCoding(space, terms.maximize)
        self._generator = np.random.default_rng(terms.seed)
        self._breeder = _breeder(breeding, self._coding, self._generator)
        self._record = GenerationRecord(space, terms.maximize)

    @property
    def total(self) -> int | None:
        """Combinations that will be asked at most."""
        return self._breeding.population * self._breeding.generations

    def ask(self) -> Combinations | None:
        """Return the next generation; None when the search is over."""
        if self._is_over():
            return None
        n = self._breeding.population
        if not len(self._record):
            return self._first_generation(n)
        return self._coding.ask(self._children, n, self._generator)

    def tell(
        self, combinations: Combinations, values: Float64Array2D, feasible: BoolArray1D
    ) -> None:
        """Take the values of the generation asked last."""
        born = len(self._record) * self._breeding.population
        self._record.add(combinations, values, feasible)
        children = self._coding.trials(combinations, values, feasible, first=born)
        self._breeder.grow(children)

    def generations(self) -> pd.DataFrame | None:
        """Return best, mean and diversity per generation."""
        return self._record.to_frame()

    def _children(self, n: int) -> Combinations:
        return self._coding.decode_rows([self._breeder.suggest() for _ in range(n)])

    def _is_over(self) -> bool:
        patience = self._breeding.patience
        return (
            len(self._record) >= self._breeding.generations
            or (patience is not None and self._record.stalled >= patience)
            or self._record.last_diversity == 0.0
        )

    def _first_generation(self, n: int) -> Combinations:
        space = self._coding.space
        first = draw_distinct(space, self._generator, n)
        missing = n - len(first)
        return first.then(space.sample(self._generator, missing)) if missing else first


class Breeder(Protocol):
    """A sampler of Optuna that is shown one generation after the other."""

    def grow(self, children: list[FrozenTrial]) -> None:
        """Let children and the elite of their parents compete to be parents."""
        ...

    def suggest(self) -> dict[str, Any]:
        """Return a child of the parents."""
        ...


def _breeder(
    breeding: Breeding, coding: StudyCoding, generator: np.random.Generator
) -> Breeder:
    from optuna.exceptions import ExperimentalWarning
    from optuna.samplers import NSGAIISampler
    from optuna.samplers.nsgaii import PolynomialMutation, SBXCrossover
    from optuna.trial import TrialState, create_trial

    varied = {n: d for n, d in coding.distributions.items() if not d.single()}
    study = quiet_study(coding.maximize, [])
    unborn = create_trial(state=TrialState.WAITING)

    class GenerationSampler(NSGAIISampler):
        """NSGA-II that holds its two last generations itself.

        What it takes to breed the next one does not grow with the history.
        """

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self._children: list[FrozenTrial] = []
            self._parents: list[FrozenTrial] = []
            self._elite: list[FrozenTrial] = []

        def grow(self, children: list[FrozenTrial]) -> None:
            self._children, self._elite = children, self._parents[: breeding.elite]
            self._parents = self.select_parent(study, 1)

        def suggest(self) -> dict[str, Any]:
            child = self.sample_relative(study, unborn, varied)
            for name, distribution in coding.distributions.items():
                if name not in child:
                    child[name] = self.sample_independent(
                        study, unborn, name, distribution
                    )
            return child

        def get_trial_generation(self, study: Any, trial: Any) -> int:
            return 1

        def get_population(self, study: Any, generation: int) -> list[FrozenTrial]:
            return self._children

        def get_parent_population(
            self, study: Any, generation: int
        ) -> list[FrozenTrial]:
            return self._parents if generation else self._elite

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        crossover = SBXCrossover(_NEARNESS)
        mutation = PolynomialMutation(_NEARNESS)
    return GenerationSampler(
        population_size=breeding.population,
        crossover=crossover,
        crossover_prob=breeding.crossover,
        mutation=mutation,
        mutation_prob=breeding.mutation,
        seed=int(generator.integers(2**31)),
    )
