"""A condition read on candles: where it holds, by how much, what it compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from foresto_lab.types import BoolArray1D, Float64Array1D, Int64Array1D

Side: TypeAlias = Literal["long", "short"]


@dataclass(frozen=True, slots=True, eq=False)
class ConditionReading:
    """One condition of an entry on every bar; one part of what must hold at once.

    Parameters
    ----------
    path, text : str
        Its place in the strategy, ``buyConditions[0]``, and how it reads, ``rsi < 30``.
    truth : (n_bars,)
        Where it holds; False where it is not known yet.
    margin : (n_bars,), optional
        By how much: 0 or more where it holds, negative by what was missing, in the
        unit of what is compared; NaN where that is not known.
    left, right : (n_bars,), optional
        The values compared, of a single comparison. Of a crossing, those that decided:
        ``value_bars`` says on which bar, this one or the one before.
    parts : tuple
        What a group is made of.
    """

    path: str
    text: str
    truth: BoolArray1D
    side: Side = "long"
    margin: Float64Array1D | None = None
    operator: str = ""
    left_name: str = ""
    right_name: str = ""
    left: Float64Array1D | None = None
    right: Float64Array1D | None = None
    value_bars: Int64Array1D | None = None
    parts: tuple[ConditionReading, ...] = field(default=())

    @property
    def known(self) -> BoolArray1D:
        """Where it can be judged: all bars, or those with a margin."""
        if self.margin is None:
            return np.ones(len(self.truth), dtype=np.bool_)
        return np.isfinite(self.margin)

    @property
    def threshold(self) -> float | None:
        """The number that the left side is held against, where it is one number."""
        try:
            return float(self.right_name)
        except ValueError:
            return None

    def walk(self, depth: int = 0) -> Iterator[tuple[int, ConditionReading]]:
        """Yield this condition and those within it, each with its depth."""
        yield depth, self
        for part in self.parts:
            yield from part.walk(depth + 1)


def bar_time(open_time: int) -> str:
    """Return a bar's open, microseconds since 1970 UTC, as a date or an instant."""
    moment = str(np.datetime64(open_time, "us").astype("M8[m]"))
    return moment.removesuffix("T00:00").replace("T", " ")


def hold_together(readings: Sequence[ConditionReading]) -> BoolArray1D:
    """Return where all of the readings hold; at least one must be given."""
    together = readings[0].truth
    for reading in readings[1:]:
        together = together & reading.truth
    return together
