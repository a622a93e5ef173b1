"""What the best of the past earns next: a walk-forward over the blocks of a search."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from foresto_lab.types import Float64Array1D, Float64Array3D

if TYPE_CHECKING:
    import pandas as pd

_FLAT: Final = 1e-13


@dataclass(frozen=True, eq=False)
class Degradation:
    """The trial that was best up to each block, and how it did on that block.

    Parameters
    ----------
    table : DataFrame
        A row for each block that was walked onto: ``block``, ``chosen`` (place of the
        trial among those given), ``in_sample`` (its annual Sharpe ratio on all blocks
        before) and ``out_of_sample`` (on the block).
    in_sample : float
        Mean of the annual Sharpe ratios that the choices were made by.
    out_of_sample : float
        Annual Sharpe ratio of the blocks walked onto, stitched together.
    """

    table: pd.DataFrame
    in_sample: float
    out_of_sample: float

    @property
    def ratio(self) -> float:
        """Share of the Sharpe ratio that is left; NaN where none was promised."""
        if not self.in_sample > 0.0:
            return math.nan
        return self.out_of_sample / self.in_sample

    def to_dict(self) -> dict[str, Any]:
        """Return the degradation as plain values."""
        numbers = {
            "in_sample": self.in_sample,
            "out_of_sample": self.out_of_sample,
            "ratio": self.ratio,
        }
        return {
            **{k: None if math.isnan(v) else v for k, v in numbers.items()},
            "blocks": self.table.to_dict("records"),
        }


def degradation_of(
    block_sums: Float64Array3D,
    block_lengths: Float64Array1D,
    *,
    periods_per_year: float = 1.0,
    first: int | None = None,
) -> Degradation:
    """Walk over the blocks; on each, hold the trial that was best on all before.

    Parameters
    ----------
    block_sums : (n_trials, n_blocks, 2)
        Sum of the bars' simple returns, and of their squares, in each block. A trial
        with a NaN is left out. Best is the highest Sharpe ratio.
    block_lengths : (n_blocks,)
        Bars in each block.
    periods_per_year : float
        Bars in a year.
    first : int, optional
        The first block that is walked onto; by default after a quarter of them.
    """
    import pandas as pd

    n_blocks = block_sums.shape[1]
    begin = max(1, n_blocks // 4) if first is None else first
    known = np.flatnonzero(np.isfinite(block_sums).all(axis=(1, 2)))
    year = math.sqrt(periods_per_year)
    rows, walked = [], np.zeros(3)
    for block in range(begin, n_blocks if len(known) else 0):
        before = block_sums[known, :block].sum(axis=1)
        ratios = _sharpes(before, float(block_lengths[:block].sum()))
        chosen = int(ratios.argmax())
        sums = block_sums[known[chosen], block]
        bars = float(block_lengths[block])
        walked += (sums[0], sums[1], bars)
        row = (block, int(known[chosen]), ratios[chosen], _sharpes(sums[None], bars)[0])
        rows.append((*row[:2], float(row[2]) * year, float(row[3]) * year))
    names = ["block", "chosen", "in_sample", "out_of_sample"]
    table = pd.DataFrame(rows, columns=names)
    if not rows:
        return Degradation(table, math.nan, math.nan)
    stitched = float(_sharpes(walked[None, :2], float(walked[2]))[0])
    return Degradation(table, float(table["in_sample"].mean()), stitched * year)


def _sharpes(sums: Any, bars: float) -> Float64Array1D:
    """Return the Sharpe ratio per bar of each row (sum, squares), 0 where flat."""
    totals, squares = sums[:, 0], sums[:, 1]
    spread = squares - totals * totals / bars
    moves = spread > _FLAT * squares
    ratios = np.zeros(len(sums))
    deviations = np.sqrt(spread[moves] / max(bars - 1.0, 1.0))
    ratios[moves] = totals[moves] / bars / deviations
    return ratios
