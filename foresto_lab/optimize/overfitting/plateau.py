"""How the neighbours of the best combination do: on a plateau, or on a needle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.spaces.choices import Choice
from foresto_lab.optimize.spaces.domains import CONTINUOUS_LEVELS, Domain
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.types import Float64Array1D


@dataclass(frozen=True, eq=False)
class Plateau:
    """The combinations one step from the best, and what they are worth.

    Parameters
    ----------
    score : float
        Where the neighbours' median lies between the median of all trials, 0, and the
        best, 1; below 0 they are worse than a typical trial. NaN without neighbours.
    best : float
        The best trial's value.
    typical : float
        Median of all trials' values.
    neighbours : Combinations
        One step up or down in one parameter, as the constraints allow.
    values : (n_neighbours,)
        Their values; NaN where there is none, which counts as no better than typical.
    """

    score: float
    best: float
    typical: float
    neighbours: Combinations
    values: Float64Array1D

    def to_dict(self) -> dict[str, Any]:
        """Return the plateau as plain values."""
        numbers = {"score": self.score, "best": self.best, "typical": self.typical}
        return {
            **{k: None if math.isnan(v) else v for k, v in numbers.items()},
            "neighbours": len(self.neighbours),
        }


def neighbours_of(space: Space, best: Combinations) -> Combinations:
    """Return the combinations one step from a combination, in one parameter each.

    A step of a range is its own, of one without steps a 32nd of it; choices have steps
    only where they are rising numbers.
    """
    levels = space.levels_of(best)[0]
    rows = []
    for place, name in enumerate(space.names):
        count = _steps(space.parameters[name])
        for level in (levels[place] - 1, levels[place] + 1):
            if levels[place] >= 0 and 0 <= level < count:
                rows.append((name, int(level)))
    return _allowed(space, best, rows)


def _steps(domain: Domain) -> int:
    if isinstance(domain, Choice) and not domain.ordered:
        return 0
    return CONTINUOUS_LEVELS if domain.count is None else domain.count


def _allowed(
    space: Space, best: Combinations, steps: list[tuple[str, int]]
) -> Combinations:
    around = best.take(np.zeros(len(steps), dtype=np.int64))
    columns = {name: np.array(column) for name, column in around.columns.items()}
    for row, (name, level) in enumerate(steps):
        columns[name][row] = space.parameters[name].values(np.array([level]))[0]
    found = Combinations(columns)
    return found.take(space.allows(found)) if len(found) else found


def plateau_of(
    best: float,
    typical: float,
    neighbours: Combinations,
    values: Float64Array1D,
    *,
    maximize: bool = True,
) -> Plateau:
    """Return how the neighbours' values compare with the best and the typical trial."""
    sign = 1.0 if maximize else -1.0
    known = np.where(np.isnan(values), typical, values)
    height = sign * (best - typical)
    if not len(known) or math.isnan(height) or height <= 0.0:
        return Plateau(math.nan, best, typical, neighbours, values)
    score = sign * (float(np.median(known)) - typical) / height
    return Plateau(max(-1.0, min(1.0, score)), best, typical, neighbours, values)
