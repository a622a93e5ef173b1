"""Functions whose best point is known, to search in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.method import Method, Search, SearchTerms
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.types import BoolArray1D, Float64Array1D, Float64Array2D

SHIFT = np.array([1.3, -2.1, 0.7, 3.3, -0.4, 2.2])
"""Where the best point of a landscape lies; its value there is 0."""

Landscape = Callable[[Combinations], Float64Array1D]


def _from_best(combinations: Combinations) -> Float64Array2D:
    places = np.stack(list(combinations.columns.values()), axis=1)
    from_best: Float64Array2D = places - SHIFT[: places.shape[1]]
    return from_best


def sphere(combinations: Combinations) -> Float64Array1D:
    """One valley: the squared distance to the best point."""
    distance: Float64Array1D = (_from_best(combinations) ** 2).sum(axis=1)
    return distance


def rastrigin(combinations: Combinations) -> Float64Array1D:
    """A valley with a hole at every whole step from its best point."""
    from_best = _from_best(combinations)
    depth = from_best**2 - 10 * np.cos(2 * np.pi * from_best) + 10
    value: Float64Array1D = depth.sum(axis=1)
    return value


def zdt1(combinations: Combinations) -> Float64Array2D:
    """Two objectives to minimise; on the front the second is 1 - √first.

    Zitzler, Deb and Thiele (2000), doi:10.1162/106365600568202, their first function.
    """
    x = np.stack(list(combinations.columns.values()), axis=1)
    first = x[:, 0]
    g = 1 + 9 * x[:, 1:].mean(axis=1)
    both: Float64Array2D = np.stack([first, g * (1 - np.sqrt(first / g))], axis=1)
    return both


def best_found(search: Search, landscape: Landscape, budget: int) -> float:
    """Return the lowest value that a search finds in a number of evaluations."""
    found: list[float] = []
    while len(found) < budget and (asked := search.ask()) is not None:
        values = landscape(asked)
        found.extend(values.tolist())
        search.tell(asked, values[:, None], np.ones(len(asked), dtype=np.bool_))
    return min(found[:budget])


def asked_of(
    method: Method,
    space: Space,
    values_of: Callable[[Combinations], Float64Array2D],
    *,
    seed: int = 0,
    maximize: tuple[bool, ...] = (False,),
    feasible_of: Callable[[Combinations], BoolArray1D] | None = None,
) -> tuple[Search, list[Combinations]]:
    """Return a search that was led to its end, and what it asked."""
    search = method.start(space, SearchTerms(maximize, seed))
    asked: list[Combinations] = []
    while (combinations := search.ask()) is not None:
        asked.append(combinations)
        feasible = (
            np.ones(len(combinations), dtype=np.bool_)
            if feasible_of is None
            else feasible_of(combinations)
        )
        search.tell(combinations, values_of(combinations), feasible)
    return search, asked
