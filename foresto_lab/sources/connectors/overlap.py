"""The overlap: what is stored of the last days, held against what a provider says now.

A provider that restates its past (a split of 50:1 rescales every price before it; a
dividend lowers every adjusted close before it) must not have its new rows put after the
old ones: the series would hold two scales, and the day between them a return that
nobody earned. So the last stored rows are asked for again and compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-5
"""Relative: smaller differences are digits that a provider does not keep."""
ONE_SCALE = 5e-3
"""Ratios this near to each other, relatively, are one: prices are rounded to ticks."""


@dataclass(frozen=True, slots=True)
class Restatement:
    """How a provider's past differs from what is stored.

    Parameters
    ----------
    rows_compared, rows_different : int
    first_different : str
        The date, or open time, of the first row that differs.
    field : str
        The field in which that row differs most.
    stored, given : float
        Its values there.
    ratio : float
        Given / stored.
    one_scale : bool
        Every row that differs does so by this ratio: the series was rescaled.
    fields : tuple of str
        All the fields in which rows differ.
    """

    rows_compared: int
    rows_different: int
    first_different: str
    field: str
    stored: float
    given: float
    ratio: float
    one_scale: bool
    fields: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON-ready values."""
        return {
            "rows_compared": self.rows_compared,
            "rows_different": self.rows_different,
            "first_different": self.first_different,
            "field": self.field,
            "stored": self.stored,
            "given": self.given,
            "ratio": self.ratio,
            "one_scale": self.one_scale,
            "fields": list(self.fields),
        }

    def __str__(self) -> str:
        """Return what differs, from when on, by how much, and what may have done it."""
        return (
            f"{self.rows_different:,} of the last {self.rows_compared:,} stored rows "
            f"differ, the first on {self.first_different}: {self.field} "
            f"{self.stored:,.10g} stored, {self.given:,.10g} now "
            f"(× {self.ratio:.6g}{self._cause()})."
        )

    def _cause(self) -> str:
        if not self.one_scale:
            return "; other rows by other ratios: corrections"
        if self.fields == ("adj_close",):
            return "; only the adjusted close, as by a dividend"
        split = _as_split(self.ratio)
        return f"; as by a split of {split}" if split else "; all by one scale"


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """What the comparison of stored and given rows showed.

    Parameters
    ----------
    rows_compared : int
        Rows that are both stored and given.
    restatement : Restatement, optional
    not_given : (n,) of index values
        Stored within the span of the answer, and not given now.
    revised_volume : (n,) of index values
        Given with the same prices and another volume.
    """

    rows_compared: int
    restatement: Restatement | None
    not_given: pd.Index
    revised_volume: pd.Index


def compare_overlap(
    stored: pd.DataFrame, given: pd.DataFrame, price_fields: Sequence[str]
) -> Overlap:
    """Hold stored rows against given ones of the same days.

    Parameters
    ----------
    stored, given : DataFrame
        Index: dates or open times, ascending and unique; columns: the price fields and
        ``volume``. NaN: no value; what only one side has is not compared.
    price_fields : sequence of str
        Of these a relative difference beyond 1e-5 restates a row.
    """
    common = stored.index.intersection(given.index)
    old, new = stored.loc[common], given.loc[common]
    prices = list(price_fields)
    differs = _differs(old[prices].to_numpy(), new[prices].to_numpy())
    rows = np.flatnonzero(differs.any(axis=1))
    volume = _differs(old[["volume"]].to_numpy(), new[["volume"]].to_numpy())[:, 0]
    volume[rows] = False
    within = stored.index[stored.index >= given.index[0]] if len(given) else common
    return Overlap(
        rows_compared=len(common),
        restatement=_restatement(old, new, prices, differs, rows),
        not_given=within.difference(given.index),
        revised_volume=common[volume],
    )


def _differs(old: np.ndarray[Any, Any], new: np.ndarray[Any, Any]) -> Any:
    both = ~(np.isnan(old) | np.isnan(new))
    return both & (np.abs(new - old) > TOLERANCE * np.abs(old))


def _restatement(
    old: pd.DataFrame,
    new: pd.DataFrame,
    prices: list[str],
    differs: Any,
    rows: Any,
) -> Restatement | None:
    if not len(rows):
        return None
    before, after = old[prices].to_numpy(), new[prices].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = after / before
    first = rows[0]
    distance = np.where(differs[first], np.abs(ratios[first] - 1.0), -1.0)
    # The close is what people look at, where it differs as much as any.
    close = prices.index("close")
    most = int(np.argmax(distance))
    if distance[close] >= distance[most] * (1.0 - ONE_SCALE):
        most = close
    ratio = float(ratios[first, most])
    all_ratios = ratios[differs]
    return Restatement(
        rows_compared=len(old),
        rows_different=len(rows),
        first_different=_text(old.index[first]),
        field=prices[most],
        stored=float(before[first, most]),
        given=float(after[first, most]),
        ratio=ratio,
        one_scale=bool((np.abs(all_ratios / ratio - 1.0) < ONE_SCALE).all()),
        fields=tuple(np.array(prices)[differs.any(axis=0)].tolist()),
    )


def _text(moment: Any) -> str:
    text = f"{moment:%Y-%m-%dT%H:%MZ}"
    return text if moment.tzinfo is not None else text.partition("T")[0]


def _as_split(ratio: float) -> str:
    """Return the split, new shares to old, that a ratio of prices stands for."""
    scale = max(ratio, 1.0 / ratio)
    near = Fraction(scale).limit_denominator(10)
    if scale < 1.05 or abs(float(near) / scale - 1.0) > ONE_SCALE:
        return ""
    more, fewer = near.numerator, near.denominator
    return f"{more}:{fewer}" if ratio < 1.0 else f"{fewer}:{more}"
