"""What ranks many symbols against each other: scores at the bars of its decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

import numpy as np

from foresto_lab.errors import AmountError, InputError, UnknownNameError
from foresto_lab.strategies.risk import Risk
from foresto_lab.types import Float64Array2D, Int64Array1D

if TYPE_CHECKING:
    from foresto_lab.market.candle_panel import CandlePanel

Weighting: TypeAlias = Literal["equal", "score"]
WEIGHTINGS: Final[tuple[Weighting, ...]] = ("equal", "score")


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """How a ranking becomes positions.

    Parameters
    ----------
    top : int
        Positions at most: the best that fit.
    keep_rank : int, optional
        A position is sold when its rank is behind this one; at least ``top``, which is
        the default.
    weighting : "equal" or "score"
        Slots of the equity: equal, or in proportion to scores above 0 (symbols with
        other scores are not wanted then).
    rebalance : bool
        Whether a decision also brings the positions that stay back to their slots.

    Raises
    ------
    AmountError
        ``top`` is below 1, or ``keep_rank`` below ``top``.
    UnknownNameError
        There is no such weighting.
    """

    top: int = 20
    keep_rank: int | None = None
    weighting: Weighting = "equal"
    rebalance: bool = True

    def __post_init__(self) -> None:
        require_count("top", self.top, 1)
        if self.keep_rank is not None:
            require_count("keep_rank", self.keep_rank, self.top)
        if self.weighting not in WEIGHTINGS:
            raise UnknownNameError(
                kind="weighting", given=self.weighting, allowed=WEIGHTINGS
            )


def require_count(name: str, given: object, least: int) -> None:
    """Raise AmountError unless a value is a whole number, at least ``least``."""
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise AmountError(
            parameter=name, given=given, allowed=f"a whole number, at least {least}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Scores of many symbols at the bars on which a strategy decides.

    Parameters
    ----------
    decisions : (n_decisions,)
        Bars at whose close a row of scores is known, ascending and unique.
    scores : (n_decisions, n_symbols)
        The higher the better; NaN is not wanted. Equal scores rank in the order of
        the columns.

    Raises
    ------
    InputError
        The shapes do not meet, or the decisions are not ascending.
    """

    decisions: Int64Array1D
    scores: Float64Array2D

    def __post_init__(self) -> None:
        decisions = np.ascontiguousarray(self.decisions, dtype=np.int64)
        scores = np.ascontiguousarray(self.scores, dtype=np.float64)
        if scores.ndim != 2 or decisions.shape != scores.shape[:1]:
            raise InputError(
                message=f"A ranking has one row of scores for each decision, but "
                f"scores are {scores.shape} and decisions {decisions.shape}."
            )
        if (np.diff(decisions) <= 0).any():
            raise InputError(
                message="The decisions of a ranking are not ascending bars. Sort them, "
                "and keep one row of scores for each."
            )
        object.__setattr__(self, "decisions", decisions)
        object.__setattr__(self, "scores", scores)


class RankingStrategy(Protocol):
    """A strategy that prefers some symbols to others.

    ``ranking`` uses nothing after a decision's bar for its scores, changes nothing
    that it is given, and says the same for the same candles.
    """

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def risk(self) -> Risk:
        """Stops, and the size of a position."""
        ...

    @property
    def selection(self) -> Selection:
        """How its ranking becomes positions."""
        ...

    @property
    def checksum(self) -> str:
        """SHA-256 of what decides its scores."""
        ...

    def ranking(self, panel: CandlePanel) -> Ranking:
        """Return the scores known at each decision's close."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return what it is, as JSON-ready values."""
        ...


def decision_bars(open_times: Int64Array1D, frequency: str) -> Int64Array1D:
    """Return the bars that begin a day, a week or a month (UTC); never bar 0.

    A bar begins one if the bar before is in another: no later bar is looked at.

    Parameters
    ----------
    open_times : (n_bars,)
        Microseconds since 1970 UTC.
    frequency : "DAILY", "WEEKLY" or "MONTHLY"
        Weeks begin on Monday.
    """
    days = open_times.view("datetime64[us]").astype("datetime64[D]")
    if frequency == "MONTHLY":
        periods = days.astype("datetime64[M]").astype(np.int64)
    elif frequency == "WEEKLY":
        periods = (days.astype(np.int64) + 3) // 7
    elif frequency == "DAILY":
        periods = days.astype(np.int64)
    else:
        raise UnknownNameError(
            kind="frequency", given=frequency, allowed=tuple(FREQUENCIES)
        )
    bars: Int64Array1D = np.flatnonzero(np.diff(periods)) + 1
    return bars


FREQUENCIES: Final[Mapping[str, str]] = {
    "DAILY": "every day",
    "WEEKLY": "the first bar of a week",
    "MONTHLY": "the first bar of a month",
}
