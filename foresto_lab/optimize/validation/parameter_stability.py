"""How much the parameters change from window to window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from foresto_lab.optimize.combinations import column_of

if TYPE_CHECKING:
    from foresto_lab.optimize.spaces.space import Space

COLUMNS: Final = (
    "distinct",
    "unchanged",
    "mean_step",
    "minimum",
    "median",
    "maximum",
)


def parameter_stability(
    space: Space, chosen: Sequence[Mapping[str, Any] | None]
) -> pd.DataFrame:
    """Return, for each parameter, how it moved from window to window.

    Windows that held cash are passed over.

    Parameters
    ----------
    space : Space
    chosen : sequence of mapping or None
        The parameters of each window, in the order of time.

    Returns
    -------
    DataFrame
        By parameter: ``distinct`` values; ``unchanged``, the share of windows that
        kept the value of the one before; ``mean_step``, the mean distance from one to
        the next as a share of the space, 0 to 1, from rank to rank where the values
        are no numbers; ``minimum``, ``median`` and ``maximum`` of numbers. NaN where
        it takes two windows and there is one.
    """
    kept = [row for row in chosen if row is not None]
    rows = [
        _stability(space, name, [row[name] for row in kept]) for name in space.names
    ]
    index = pd.Index(space.names, name="parameter")
    return pd.DataFrame(rows, index=index, columns=list(COLUMNS), dtype=np.float64)


def _stability(space: Space, name: str, values: list[Any]) -> dict[str, float]:
    if not values:
        return {"distinct": 0}
    positions = space.parameters[name].positions(column_of(values))
    steps = np.abs(np.diff(positions))
    row: dict[str, float] = {"distinct": len(set(values))}
    if len(steps):
        row |= {
            "unchanged": float(np.mean(steps == 0.0)),
            "mean_step": float(np.mean(steps)),
        }
    if all(_is_number(value) for value in values):
        row |= {
            "minimum": float(min(values)),
            "median": float(np.median(values)),
            "maximum": float(max(values)),
        }
    return row


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
