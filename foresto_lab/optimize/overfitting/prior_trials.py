"""The trials that were made before a search, as far as its statistics need them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from foresto_lab.errors import AmountError


@dataclass(frozen=True, slots=True)
class PriorTrials:
    """How many trials there were of a strategy on its data, and how they spread.

    Parameters
    ----------
    count : int
        Sets of parameters that were evaluated.
    sharpe_mean : float
        Mean of their Sharpe ratios per bar.
    sharpe_squares : float
        Sum of the squares of the ratios' distances from it.
    measured : int, optional
        Those of them that have a Sharpe ratio; by default all.

    Raises
    ------
    AmountError
        A number is negative, or more were measured than there were.
    """

    count: int = 0
    sharpe_mean: float = 0.0
    sharpe_squares: float = 0.0
    measured: int | None = None

    def __post_init__(self) -> None:
        if self.measured is None:
            object.__setattr__(self, "measured", self.count)
        for name in ("count", "sharpe_squares", "measured"):
            value = getattr(self, name)
            if not value >= 0:
                raise AmountError(parameter=name, given=value, allowed="0 or more")
        if self.known > self.count:
            raise AmountError(
                parameter="measured",
                given=self.known,
                allowed=f"at most count, {self.count}",
            )

    @classmethod
    def of(cls, sharpes: npt.ArrayLike) -> Self:
        """Return the trials of these Sharpe ratios per bar, NaN where there is none."""
        ratios = np.asarray(sharpes, dtype=np.float64)
        finite = ratios[np.isfinite(ratios)]
        if not len(finite):
            return cls(len(ratios), measured=0)
        mean = float(finite.mean())
        squares = float(((finite - mean) ** 2).sum())
        return cls(len(ratios), mean, squares, len(finite))

    def merge(self, other: PriorTrials) -> PriorTrials:
        """Return both as one: Chan, Golub and LeVeque (1979), formula 2.1."""
        count, measured = self.count + other.count, self.known + other.known
        if not measured:
            return PriorTrials(count, measured=0)
        gap = other.sharpe_mean - self.sharpe_mean
        share = other.known / measured
        return PriorTrials(
            count,
            self.sharpe_mean + gap * share,
            self.sharpe_squares + other.sharpe_squares + gap * gap * self.known * share,
            measured,
        )

    @property
    def known(self) -> int:
        """Trials that have a Sharpe ratio."""
        return self.count if self.measured is None else self.measured

    @property
    def sharpe_variance(self) -> float:
        """Variance of the ratios, by n - 1; NaN of fewer than two."""
        if self.known < 2:
            return math.nan
        return self.sharpe_squares / (self.known - 1)
