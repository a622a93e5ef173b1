"""How a population gets on from one generation to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.spaces.choices import Choice
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.types import BoolArray1D, Float64Array1D, Float64Array2D

if TYPE_CHECKING:
    import pandas as pd

_UNIFORM_DEVIATION = 12**-0.5
"""Standard deviation of numbers drawn evenly from 0 to 1."""


class GenerationRecord:
    """Best, mean and diversity of each generation, and since when nothing got better.

    Parameters
    ----------
    space : Space
    maximize : tuple of bool
        For each objective whether more is better.
    """

    def __init__(self, space: Space, maximize: tuple[bool, ...]) -> None:
        self._space = space
        self._signs = np.where(maximize, 1.0, -1.0)
        self._rows: list[dict[str, Any]] = []
        self._front = np.empty((0, len(maximize)))
        self.stalled = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self, combinations: Combinations, values: Float64Array2D, feasible: BoolArray1D
    ) -> None:
        """Take a generation that was evaluated."""
        counted = feasible & ~np.isnan(values).any(axis=1)
        scores = values[counted] * self._signs
        self._advance(scores)
        row = {
            "generation": len(self._rows),
            "feasible": int(counted.sum()),
            "diversity": diversity(self._space, combinations),
        }
        for place, suffix in enumerate(self._suffixes()):
            row[f"best{suffix}"] = self._of(scores[:, place], place, np.max)
            row[f"mean{suffix}"] = self._of(scores[:, place], place, np.mean)
            row[f"best_so_far{suffix}"] = self._of(self._front[:, place], place, np.max)
        if len(self._signs) > 1:
            row["front"] = len(self._front)
        self._rows.append(row)

    @property
    def last_diversity(self) -> float:
        """Diversity of the last generation."""
        return float(self._rows[-1]["diversity"]) if self._rows else 1.0

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each generation.

        ``best`` and ``mean`` are over the combinations that keep every constraint, NaN
        if none does; with several objectives they are numbered from 1 (``best_1``),
        and ``front`` counts the combinations that no other beats in all.
        """
        import pandas as pd

        return pd.DataFrame(self._rows)

    def _suffixes(self) -> tuple[str, ...]:
        n = len(self._signs)
        return ("",) if n == 1 else tuple(f"_{place + 1}" for place in range(n))

    def _of(self, scores: Float64Array1D, place: int, measure: Any) -> float:
        return float(measure(scores) * self._signs[place]) if len(scores) else np.nan

    def _advance(self, scores: Float64Array2D) -> None:
        """Count the generations since one was found that nothing before matches."""
        front = non_dominated(np.unique(np.vstack([self._front, scores]), axis=0))
        has_changed = front.shape != self._front.shape or bool(
            (front != self._front).any()
        )
        self.stalled = 0 if has_changed else self.stalled + 1
        self._front = front


def non_dominated(scores: Float64Array2D) -> Float64Array2D:
    """Return the rows that no other is at least as good as in all, and better in one.

    Parameters
    ----------
    scores : (n, n_objectives)
        More is better. Rows are distinct.
    """
    if scores.shape[1] == 1:
        return scores[scores[:, 0] == scores[:, 0].max()] if len(scores) else scores
    at_least = np.asarray((scores[:, None, :] >= scores[None, :, :]).all(axis=2))
    np.fill_diagonal(at_least, False)
    kept: Float64Array2D = scores[~at_least.any(axis=0)]
    return kept


def diversity(space: Space, combinations: Combinations) -> float:
    """Return how different combinations are: 0 all the same, 1 as if drawn evenly.

    The mean over parameters of the standard deviation over that of an even draw; for
    choices without order, of the share of pairs that differ over that of an even draw.
    """
    spreads = [
        _choice_spread(domain, combinations.columns[name])
        if isinstance(domain, Choice) and not domain.ordered
        else _number_spread(domain.positions(combinations.columns[name]))
        for name, domain in space.parameters.items()
        if domain.count != 1
    ]
    return float(np.mean(spreads)) if spreads else 0.0


def _number_spread(positions: Float64Array1D) -> float:
    return min(float(np.std(positions)) / _UNIFORM_DEVIATION, 1.0)


def _choice_spread(domain: Choice, column: Any) -> float:
    shares = np.bincount(domain.levels(column), minlength=domain.count) / len(column)
    return min(float(1 - (shares**2).sum()) / (1 - 1 / domain.count), 1.0)
