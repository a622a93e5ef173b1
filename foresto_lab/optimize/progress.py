"""How far a search is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

SearchStatus: TypeAlias = Literal["complete", "cancelled", "time limit", "early stop"]
"""Why a search ended."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is, told after each batch of trials.

    Parameters
    ----------
    done : int
        Combinations asked so far, those answered from memory among them.
    total : int, optional
        Combinations at most; None where that is not known.
    best : float
        The first objective's best value among trials that keep every constraint; NaN
        before there is one.
    elapsed, remaining : seconds
        ``remaining`` is None where nothing can be said.
    status : str
        ``running``, or why the search ended.
    """

    done: int
    total: int | None
    best: float
    elapsed: float
    remaining: float | None
    status: Literal["running"] | SearchStatus = "running"

    @property
    def fraction(self) -> float | None:
        """Done of total, 0 to 1; None where the total is not known."""
        return self.done / self.total if self.total else None


Observer: TypeAlias = Callable[[Progress], None]
"""Told how far a search is. What it raises ends the search."""
