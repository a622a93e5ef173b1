"""What the best of the past earns next: a walk-forward over the blocks of a search."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Float64Array3D,
    Int64Array1D,
)

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
    walked : (n_stretches,)
        Sum of the simple returns of each stretch walked onto, of the trial chosen for
        it; empty where stretches were not given.
    hindsight : (n_stretches,)
        The same of the one trial that is best on all blocks, chosen knowing them.
    """

    table: pd.DataFrame
    in_sample: float
    out_of_sample: float
    walked: Float64Array1D = field(default_factory=lambda: np.empty(0))
    hindsight: Float64Array1D = field(default_factory=lambda: np.empty(0))

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
            "walked": self.walked.tolist(),
            "hindsight": self.hindsight.tolist(),
        }


def degradation_of(
    block_sums: Float64Array3D,
    block_lengths: Float64Array1D,
    *,
    periods_per_year: float = 1.0,
    first: int | None = None,
    stretches: Float64Array2D | None = None,
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
    stretches : (n_stretches, n_trials), optional
        Sums of returns of equal parts of the blocks, in the order of time.
    """
    import pandas as pd

    n_blocks = block_sums.shape[1]
    begin = max(1, n_blocks // 4) if first is None else first
    known = np.flatnonzero(np.isfinite(block_sums).all(axis=(1, 2)))
    year = math.sqrt(periods_per_year)
    rows, total = [], np.zeros(3)
    for block in range(begin, n_blocks if len(known) else 0):
        before = block_sums[known, :block].sum(axis=1)
        ratios = _sharpes(before, float(block_lengths[:block].sum()))
        chosen = int(ratios.argmax())
        sums = block_sums[known[chosen], block]
        bars = float(block_lengths[block])
        total += (sums[0], sums[1], bars)
        row = (block, int(known[chosen]), ratios[chosen], _sharpes(sums[None], bars)[0])
        rows.append((*row[:2], float(row[2]) * year, float(row[3]) * year))
    names = ["block", "chosen", "in_sample", "out_of_sample"]
    table = pd.DataFrame(rows, columns=names)
    if not rows:
        return Degradation(table, math.nan, math.nan)
    stitched = float(_sharpes(total[None, :2], float(total[2]))[0])
    walked, hindsight = _stitched(stretches, block_sums, block_lengths, table, known)
    return Degradation(
        table, float(table["in_sample"].mean()), stitched * year, walked, hindsight
    )


def _stitched(
    stretches: Float64Array2D | None,
    block_sums: Float64Array3D,
    block_lengths: Float64Array1D,
    table: pd.DataFrame,
    known: Int64Array1D,
) -> tuple[Float64Array1D, Float64Array1D]:
    """Return the stretches of the trials walked with, and of the best of them all."""
    if stretches is None:
        return np.empty(0), np.empty(0)
    by_block = stretches.reshape(block_sums.shape[1], -1, stretches.shape[1])
    blocks, chosen = table["block"].to_numpy(), table["chosen"].to_numpy()
    whole = _sharpes(block_sums[known].sum(axis=1), float(block_lengths.sum()))
    best = known[int(whole.argmax())]
    return by_block[blocks, :, chosen].ravel(), by_block[blocks, :, best].ravel()


def _sharpes(sums: Any, bars: float) -> Float64Array1D:
    """Return the Sharpe ratio per bar of each row (sum, squares), 0 where flat."""
    totals, squares = sums[:, 0], sums[:, 1]
    spread = squares - totals * totals / bars
    moves = spread > _FLAT * squares
    ratios = np.zeros(len(sums))
    deviations = np.sqrt(spread[moves] / max(bars - 1.0, 1.0))
    ratios[moves] = totals[moves] / bars / deviations
    return ratios
