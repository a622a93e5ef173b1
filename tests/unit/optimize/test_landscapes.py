"""Searches that learn beat those that do not, where the best point is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wilcoxon

from foresto_lab.optimize.method import Method, SearchTerms
from foresto_lab.optimize.methods import Genetic, Nsga2, Random, Tpe
from foresto_lab.optimize.methods.generations import non_dominated
from foresto_lab.optimize.spaces.space import FloatRange, Space
from tests.unit.optimize.landscapes import (
    Landscape,
    asked_of,
    best_found,
    rastrigin,
    sphere,
    zdt1,
)

SEEDS = range(9)


@pytest.mark.parametrize(
    ("landscape", "step"),
    [(sphere, None), (rastrigin, 0.1)],
    ids=["continuous_sphere", "stepped_rastrigin"],
)
@pytest.mark.parametrize(
    ("method", "budget"),
    [(Genetic(20, 12, patience=None), 240), (Tpe(220), 220)],
    ids=["genetic", "tpe"],
)
def test_a_search_that_learns_beats_chance_at_equal_budget(
    method: Method, budget: int, landscape: Landscape, step: float | None
) -> None:
    space = Space({f"x{place}": FloatRange(-5, 5, step) for place in range(5)})
    gains = []
    for seed in SEEDS:
        terms = SearchTerms((False,), seed)
        learnt = best_found(method.start(space, terms), landscape, budget)
        drawn = best_found(Random(budget).start(space, terms), landscape, budget)
        gains.append(np.log(drawn + 0.01) - np.log(learnt + 0.01))
    assert np.median(gains) > 0
    assert wilcoxon(gains, alternative="greater").pvalue < 0.01


def test_nsga2_finds_the_known_front_and_spreads_along_it() -> None:
    """On ZDT1 the front is 1 - √x; a random draw of the budget stays far from it."""
    space = Space({f"x{place}": FloatRange(0, 1) for place in range(6)})
    both = (False, False)
    search, asked = asked_of(Nsga2(40, 40), space, zdt1, maximize=both)
    told = np.vstack([zdt1(generation) for generation in asked])
    found = -non_dominated(-np.unique(told, axis=0))
    distance = found[:, 1] - (1 - np.sqrt(found[:, 0]))
    drawn = zdt1(space.sample(np.random.default_rng(0), 1_600))
    assert np.median(distance) < 0.1
    assert np.median(drawn[:, 1] - (1 - np.sqrt(drawn[:, 0]))) > 2
    assert np.ptp(found[:, 0]) > 0.7
    record = search.generations()
    assert record is not None
    assert record["front"].iloc[-1] == len(found) > 20
