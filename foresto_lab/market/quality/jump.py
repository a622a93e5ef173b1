"""Jumps of the adjusted close."""

from __future__ import annotations

import numpy as np

from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.market.quality.rule import QualityRule
from foresto_lab.types import Severity

LARGEST_MOVE = 0.30
"""XKRX lets no price move further in a day (since 2015-06-15; before, 15 %)."""


class PriceJump(QualityRule):
    """Find adjusted closes that move by more than 30 % from one row to the next.

    Why it matters: a split, a rights issue or a bad print that the adjustment missed
    is a false return; a true one is rare enough to be looked at.

    Offending: 10,000 to 13,100 without an action. Corrected: adjusted history.
    """

    code = "PRICE_JUMP"
    name = "Price jump"
    description = "The adjusted close moves by more than 30 % between two rows."
    severity = Severity.WARNING
    fix = "Compare the dates with splits, rights issues and another source."

    def places(self, rows: DailyRows) -> Places:
        """Return the rows after the move."""
        return jump_places(rows)

    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return how many moves, with the bound."""
        what = f"Moves of the adjusted close beyond {LARGEST_MOVE:.0%} between two rows"
        return f"{what}: {count:,}."

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return the row with its move."""
        move = price_ratio(rows, np.array([place]))[0] - 1
        return f"{rows.symbol(place)} {rows.date(place)} {move:+.1%}"


def jump_places(rows: DailyRows) -> Places:
    """Return the rows whose adjusted close moved by more than the bound."""
    close = rows.values["adj_close"]
    bound = LARGEST_MOVE + 1e-12
    up = close[1:] > close[:-1] * (1 + bound)
    down = close[1:] < close[:-1] * (1 - bound)
    return np.flatnonzero((up | down) & rows.follows & (close[:-1] > 0)) + 1


def price_ratio(
    rows: DailyRows, places: Places
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the adjusted close of rows over that of the rows before."""
    close = rows.values["adj_close"]
    return np.asarray(close[places] / close[places - 1])
