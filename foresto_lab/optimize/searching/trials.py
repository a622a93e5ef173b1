"""The trials of a search: every combination and value, the figures of the best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import Evaluations
from foresto_lab.optimize.searching.joined import joined_evaluations
from foresto_lab.optimize.searching.preference import best_first
from foresto_lab.types import (
    BoolArray1D,
    Float64Array1D,
    Float64Array2D,
    Float64Array3D,
    Int64Array1D,
)

KEEP: Final = 100_000
"""Of more than twice as many trials, how many keep all figures: the best."""
BLOCK_TRIALS: Final = 8_192
"""Of too many trials to keep block sums of all, how many keep them: drawn evenly."""


class Batch(NamedTuple):
    """Trials that were evaluated together, and what they are worth."""

    combinations: Combinations
    evaluations: Evaluations
    values: Float64Array2D
    feasible: BoolArray1D


class _Worth(NamedTuple):
    """What is remembered of every trial."""

    combinations: Combinations
    values: Float64Array2D
    feasible: BoolArray1D
    sharpes: Float64Array1D


class TrialFigures(NamedTuple):
    """Some trials by their places, with their figures and block sums."""

    places: Int64Array1D
    evaluations: Evaluations

    def take(self, chosen: Int64Array1D) -> TrialFigures:
        """Return the trials at these places of the table."""
        told = self.evaluations
        sums = None if told.block_sums is None else told.block_sums[chosen]
        return TrialFigures(
            self.places[chosen],
            Evaluations(told.names, told.figures[chosen], sums, told.block_lengths),
        )

    def without_blocks(self) -> TrialFigures:
        """Return the same without block sums."""
        told = self.evaluations
        return TrialFigures(self.places, Evaluations(told.names, told.figures))


class BlockSums(NamedTuple):
    """Sums of returns over blocks of bars, of all trials or of an even draw of them.

    Parameters
    ----------
    places : (m,)
        The trials.
    sums : (m, n_blocks, 2)
        Of simple returns and of their squares.
    lengths : (n_blocks,)
        Bars.
    """

    places: Int64Array1D
    sums: Float64Array3D
    lengths: Float64Array1D


class TrialMemory:
    """Trials in the order of their evaluation.

    Of every trial it holds the combination, the values and the Sharpe ratio; the
    figures of all until there are more than twice ``keep``, then of the best ``keep``.
    An interrupt at any moment leaves it with whole batches.

    Parameters
    ----------
    maximize : sequence of bool
    keep : int
    """

    def __init__(self, maximize: Sequence[bool], keep: int = KEEP) -> None:
        self._maximize = tuple(maximize)
        self._keep = keep
        self._worth: list[_Worth] = []
        self._details: list[TrialFigures] = []
        self._drawn: list[TrialFigures] = []
        self._highest_lot = np.uint64(2**64 - 1)
        self._starts = [0]

    def __len__(self) -> int:
        return self._starts[len(self._worth)]

    def add(self, batch: Batch) -> None:
        """Remember a batch; it counts once it is among the worth."""
        if not len(batch.values):
            return
        first = len(self)
        places = np.arange(first, first + len(batch.values), dtype=np.int64)
        told = batch.evaluations
        self._details.append(TrialFigures(places, told))
        self._draw(places, told)
        self._starts[len(self._worth) + 1 :] = [first + len(places)]
        worth = (batch.combinations, batch.values, batch.feasible, _sharpes(told))
        self._worth.append(_Worth(*worth))
        self._forget(2 * self._keep)

    def combinations(self) -> Combinations:
        """Return every combination."""
        parts = [piece.combinations for piece in self._worth]
        names = parts[0].names if parts else ()
        return Combinations(
            {name: np.concatenate([p.columns[name] for p in parts]) for name in names}
        )

    def values(self) -> Float64Array2D:
        """Return the values of every trial, (n, n_objectives)."""
        width = len(self._maximize)
        empty = np.empty((0, width))
        return np.concatenate([empty, *(piece.values for piece in self._worth)])

    def feasible(self) -> BoolArray1D:
        """Return of every trial whether it keeps the constraints."""
        empty = np.empty(0, dtype=np.bool_)
        return np.concatenate([empty, *(piece.feasible for piece in self._worth)])

    def sharpes(self) -> Float64Array1D:
        """Return the annual Sharpe ratio of every trial; NaN where there is none."""
        return np.concatenate([np.empty(0), *(piece.sharpes for piece in self._worth)])

    def figures(self, names: Sequence[str]) -> TrialFigures:
        """Return the trials whose figures are kept, in their order, with figures."""
        none = Evaluations(tuple(names), np.empty((0, len(names))))
        empty = TrialFigures(np.empty(0, dtype=np.int64), none)
        self._settle()
        if len(self) > 2 * self._keep:
            self._forget(self._keep)
        joined = _joined(self._details)
        if joined is not None:
            self._details = [joined]
        return joined or empty

    def block_sums(self) -> BlockSums | None:
        """Return the block sums of all trials, or of an even draw of too many."""
        self._settle()
        details = self._details
        if not details or any(d.evaluations.block_sums is None for d in details):
            self._draw_again()
            details = self._drawn
        told = _joined(details)
        if told is None or told.evaluations.block_sums is None:
            return None
        lengths = told.evaluations.block_lengths
        assert lengths is not None
        return BlockSums(told.places, told.evaluations.block_sums, lengths)

    def _settle(self) -> None:
        """Let go of what an interrupt left of a batch that does not count."""
        count = len(self)
        self._details = [d for d in self._details if d.places[-1] < count]
        counted = [d.take(np.flatnonzero(d.places < count)) for d in self._drawn]
        self._drawn = [d for d in counted if len(d.places)]

    def _forget(self, most: int) -> None:
        """Let go of the figures of all but the best when there are too many."""
        held = sum(len(piece.places) for piece in self._details)
        if held <= most:
            return
        self._details = [piece.without_blocks() for piece in self._details]
        detail = _joined(self._details)
        assert detail is not None
        values = self.values()[detail.places]
        feasible = self.feasible()[detail.places]
        best = np.sort(best_first(values, feasible, self._maximize)[: self._keep])
        self._details = [detail.take(best)]

    def _draw(self, places: Int64Array1D, told: Evaluations) -> None:
        """Take the batch's trials into the even draw of those with block sums."""
        if told.block_sums is None:
            return
        lucky = np.flatnonzero(_lots(places) <= self._highest_lot)
        if len(lucky):
            self._drawn.append(TrialFigures(places, _blocks_of(told)).take(lucky))
        if sum(len(piece.places) for piece in self._drawn) > 2 * BLOCK_TRIALS:
            self._draw_again()

    def _draw_again(self) -> None:
        """Keep those of the draw with the lowest lots."""
        drawn = _joined(self._drawn)
        if drawn is None or len(drawn.places) <= BLOCK_TRIALS:
            return
        lots = _lots(drawn.places)
        lowest = np.argsort(lots, kind="stable")[:BLOCK_TRIALS]
        self._highest_lot = lots[lowest[-1]]
        self._drawn = [drawn.take(np.sort(lowest))]


def _blocks_of(told: Evaluations) -> Evaluations:
    """Return evaluations without figures."""
    return Evaluations((), told.figures[:, :0], told.block_sums, told.block_lengths)


def _joined(details: Sequence[TrialFigures]) -> TrialFigures | None:
    """Return the details as one; block sums only if every piece has them."""
    if len(details) < 2:
        return details[0] if details else None
    return TrialFigures(
        np.concatenate([piece.places for piece in details]),
        joined_evaluations([piece.evaluations for piece in details]),
    )


def _sharpes(evaluations: Evaluations) -> Float64Array1D:
    """Return the annual Sharpe ratios; NaN where the evaluator gives none."""
    name = next((n for n in ("sharpe", "sharpe_ratio") if n in evaluations.names), None)
    if name is None:
        return np.full(len(evaluations), np.nan)
    return np.array(evaluations.column(name))


def _lots(places: Int64Array1D) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Return a number for each trial as if drawn by lot, always the same (SplitMix64).

    The least of them are an even draw that no period of a grid runs along with.
    """
    lot = places.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    lot = (lot ^ (lot >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    lot = (lot ^ (lot >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return lot ^ (lot >> np.uint64(31))
