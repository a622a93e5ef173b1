"""Every point of a space, in the order of their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from foresto_lab.errors import SpaceError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.method import SearchTerms
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.types import BoolArray1D, Float64Array2D

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_CHUNK = 4_096


@dataclass(frozen=True, slots=True)
class Grid:
    """All combinations that the constraints allow, a chunk at a time.

    Parameters
    ----------
    chunk : int, optional
        Points, before constraints, that are asked at once.
    """

    chunk: int | None = None
    name: ClassVar[str] = "grid"

    def __post_init__(self) -> None:
        if self.chunk is not None and self.chunk < 1:
            raise SpaceError(
                message=f"A grid was given chunk {self.chunk}; it must be 1 or more."
            )

    def start(self, space: Space, terms: SearchTerms) -> GridSearch:
        """Return a search of a space.

        Raises
        ------
        SpaceError
            A range is continuous, or there are too many points.
        """
        return GridSearch(space, self.chunk or DEFAULT_CHUNK)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {"name": self.name, "chunk": self.chunk}


class GridSearch:
    """A walk over the points of a grid; what it is told changes nothing."""

    def __init__(self, space: Space, chunk: int) -> None:
        self._space = space
        self._size = space.require_grid()
        self._chunk = chunk
        self._next = 0
        self._total = None if space.constraints else self._size

    @property
    def total(self) -> int | None:
        """Points that the constraints allow; counted only where that is quick."""
        if self._total is None and self._size <= _COUNTED:
            self._total = sum(
                len(self._space.grid(first, first + _COUNTING_CHUNK))
                for first in range(0, self._size, _COUNTING_CHUNK)
            )
        return self._total

    def ask(self) -> Combinations | None:
        """Return the next chunk; None after the last point."""
        while self._next < self._size:
            first = self._next
            self._next = min(first + self._chunk, self._size)
            points = self._space.grid(first, self._next)
            if len(points):
                return points
        return None

    def tell(
        self, combinations: Combinations, values: Float64Array2D, feasible: BoolArray1D
    ) -> None:
        """Take values and learn nothing from them."""

    def generations(self) -> pd.DataFrame | None:
        """Return None: a grid has no generations."""
        return None


_COUNTED = 4 * 10**6
_COUNTING_CHUNK = 2**16
