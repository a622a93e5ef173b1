"""Trials as the ledger counts them: how many were made, and how good they were."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

BACKTEST = "backtest"
"""What the ledger calls the method of a single backtest."""


@dataclass(frozen=True, slots=True)
class TrialTally:
    """How many trials there were, and the spread of their Sharpe ratios.

    Parameters
    ----------
    evaluated : int
        Sets of parameters that were evaluated.
    measured : int
        Those of them with a Sharpe ratio; one that never trades has none.
    sharpe_mean : float
        Mean of the measured Sharpe ratios, per bar; 0 of none.
    sharpe_squares : float
        Sum of the squares of their distances from it.
    """

    evaluated: int = 0
    measured: int = 0
    sharpe_mean: float = 0.0
    sharpe_squares: float = 0.0

    @classmethod
    def of(cls, sharpes: npt.ArrayLike) -> Self:
        """Return the tally of trials by their Sharpe ratios per bar, NaN where none."""
        import numpy as np

        ratios = np.asarray(sharpes, dtype=np.float64)
        finite = ratios[np.isfinite(ratios)]
        if not len(finite):
            return cls(evaluated=len(ratios))
        mean = float(finite.mean())
        squares = float(((finite - mean) ** 2).sum())
        return cls(len(ratios), len(finite), mean, squares)

    def merge(self, other: TrialTally) -> TrialTally:
        """Return the tally of both: Chan, Golub and LeVeque (1979), formula 2.1."""
        evaluated = self.evaluated + other.evaluated
        measured = self.measured + other.measured
        if not measured:
            return TrialTally(evaluated)
        gap = other.sharpe_mean - self.sharpe_mean
        share = other.measured / measured
        return TrialTally(
            evaluated,
            measured,
            self.sharpe_mean + gap * share,
            self.sharpe_squares
            + other.sharpe_squares
            + gap * gap * self.measured * share,
        )

    @property
    def sharpe_variance(self) -> float:
        """Variance of the measured Sharpe ratios, by n - 1; NaN of fewer than two."""
        if self.measured < 2:
            return math.nan
        return self.sharpe_squares / (self.measured - 1)


@dataclass(frozen=True, slots=True)
class TrialEntry:
    """What the ledger holds of one search, or of one backtest.

    Parameters
    ----------
    run_id : str
        The run that the search began as; one that is resumed goes on under its id.
    family : str
        The strategy, whatever its parameters.
    data : str
        What it was evaluated on; see ``data_key``.
    method : str
        How it was searched, or ``backtest``.
    tally : TrialTally
        Of all that was evaluated so far.
    recorded_at : datetime
    """

    run_id: str
    family: str
    data: str
    method: str
    tally: TrialTally
    recorded_at: datetime


class TrialLedger(Protocol):
    """Keeps every evaluation that was ever made; see ``foresto_lab.runs.trials``.

    - ``record`` puts an entry in place of the one of the same run, unless that counts
      more trials: those were made, and what was lost of them is made again. Any
      number of processes may record at once.
    - Nothing takes an entry back: neither deleting a run nor cleaning up.
    """

    def record(self, entry: TrialEntry) -> None:
        """Write what a search has evaluated so far."""

    def tally(
        self, family: str, data: str, *, without: str | None = None
    ) -> TrialTally:
        """Return all trials of a family on data that shares a symbol with this.

        Parameters
        ----------
        without : str, optional
            A run whose trials do not count.
        """

    def entries(
        self, family: str | None = None, data: str | None = None
    ) -> Sequence[TrialEntry]:
        """Return the entries, the oldest first."""


def family_of(strategy: Any) -> str:
    """Return what names a strategy whatever its parameters and its version.

    Its name without case, and a checksum of its code or its conditions, numbers left
    out; of a built-in strategy the name alone.
    """
    from foresto_lab.canonical import sha256_of
    from foresto_lab.errors import InputError
    from foresto_lab.optimize.evaluators.strategy_family import parse_family
    from foresto_lab.strategies.strategy_code import code_of

    try:
        return parse_family(strategy).identity
    except InputError:  # it ranks symbols, and gives no signals for one
        name = str(strategy.name).lower()
        if getattr(strategy, "source", "") == "built_in":
            return name
        return f"{name}:{sha256_of(code_of(type(strategy), object))[:16]}"


def data_key(symbols: Sequence[str], timeframe: str, tables: Sequence[str]) -> str:
    """Return what names the data of trials: table, timeframe and symbols.

    Neither the span nor the data version is part of it: the same history with a week
    more, or another slice of it, is the same data tried again.
    """
    source = "+".join(sorted(set(tables)))
    return json.dumps([source, timeframe, sorted(symbols)], ensure_ascii=False)


def data_text(key: str) -> str:
    """Return a data key as people read it."""
    source, timeframe, symbols = json.loads(key)
    return f"{source} {timeframe} {', '.join(symbols)}"


def shares_symbol(left: str, right: str) -> bool:
    """Return whether two data keys have table, timeframe and a symbol in common."""
    if left == right:
        return True
    (*source, symbols), (*other, others) = json.loads(left), json.loads(right)
    return source == other and not set(symbols).isdisjoint(others)


def entries_table(entries: Sequence[TrialEntry]) -> pd.DataFrame:
    """Return entries as a table, a row for each."""
    import pandas as pd

    columns = ["recorded_at", "family", "data", "method", "run_id"]
    figures = ["evaluated", "measured", "sharpe_mean", "sharpe_variance"]
    rows = [
        {
            **{name: getattr(entry, name) for name in columns},
            **{name: getattr(entry.tally, name) for name in figures},
            "data": data_text(entry.data),
        }
        for entry in entries
    ]
    return pd.DataFrame(rows, columns=[*columns, *figures])
