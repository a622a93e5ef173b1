"""Points drawn at random, each at most once where they can be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from foresto_lab.errors import SpaceError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.method import SearchTerms
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.types import BoolArray1D, Float64Array2D

if TYPE_CHECKING:
    import pandas as pd

_LISTED = 10**6
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Random:
    """Combinations drawn at random; none comes twice.

    Parameters
    ----------
    trials : int
        How many. A grid that has fewer is gone through whole.
    chunk : int
        How many are asked at once.
    """

    trials: int = 1_000
    chunk: int = 4_096
    name: ClassVar[str] = "random"

    def __post_init__(self) -> None:
        for field, value in (("trials", self.trials), ("chunk", self.chunk)):
            if value < 1:
                raise SpaceError(
                    message=f"Random search was given {field} {value}; it must be 1 "
                    "or more."
                )

    def start(self, space: Space, terms: SearchTerms) -> RandomSearch:
        """Return a search of a space."""
        drawn = draw_distinct(space, np.random.default_rng(terms.seed), self.trials)
        return RandomSearch(drawn, self.chunk)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {"name": self.name, "trials": self.trials, "chunk": self.chunk}


class RandomSearch:
    """A walk over points drawn before; what it is told changes nothing."""

    def __init__(self, drawn: Combinations, chunk: int) -> None:
        self._drawn = drawn
        self._chunk = chunk
        self._next = 0

    @property
    def total(self) -> int | None:
        """Points drawn."""
        return len(self._drawn)

    def ask(self) -> Combinations | None:
        """Return the next chunk; None after the last point."""
        if self._next >= len(self._drawn):
            return None
        first, self._next = self._next, self._next + self._chunk
        return self._drawn.take(slice(first, self._next))

    def tell(
        self, combinations: Combinations, values: Float64Array2D, feasible: BoolArray1D
    ) -> None:
        """Take values and learn nothing from them."""

    def generations(self) -> pd.DataFrame | None:
        """Return None: there are no generations."""
        return None


def draw_distinct(space: Space, generator: np.random.Generator, n: int) -> Combinations:
    """Return up to ``n`` allowed points, none of a grid twice.

    Fewer come back where the space has fewer.
    """
    size = space.size
    if size is not None and size <= _LISTED:
        allowed = space.grid(0, size)
        return allowed.take(generator.permutation(len(allowed))[:n])
    found = space.sample(generator, n)
    if size is None:
        return found
    for _ in range(_ROUNDS):
        found = _distinct(space, found)
        if len(found) >= n:
            break
        found = found.then(space.sample(generator, 2 * (n - len(found)) + 16))
    return _distinct(space, found).take(slice(n))


def _distinct(space: Space, combinations: Combinations) -> Combinations:
    levels = np.ascontiguousarray(space.levels_of(combinations))
    rows = levels.view(np.dtype((np.void, levels.dtype.itemsize * levels.shape[1])))
    _, first = np.unique(rows.ravel(), return_index=True)
    return combinations.take(np.sort(first))
