"""Prices to simulate on: from a loose DataFrame to arrays that can be trusted."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd

from foresto_lab.errors import (
    DateRangeError,
    PriceGapError,
    PriceTableError,
    PriceValueError,
    UnknownAssetError,
)
from foresto_lab.types import (
    BoolArray1D,
    Float64Array1D,
    Float64Array2D,
    SessionArray,
)

_Array = TypeVar("_Array", bound=np.ndarray[Any, Any])


@dataclass(frozen=True, eq=False)
class PriceTable:
    """Prices of some assets on ascending, unique sessions; the arrays are read-only.

    Parameters
    ----------
    sessions : (n_sessions,)
    assets : (n_assets,)
        Labels of the columns, in the order asked for.
    prices : (n_sessions, n_assets), quote currency
        Above 0 and finite; NaN only before ``first_complete_row``. Each column is
        contiguous, as the engine takes them.
    """

    sessions: SessionArray
    assets: tuple[str, ...]
    prices: Float64Array2D

    @cached_property
    def first_complete_row(self) -> int:
        """The first row with a price for every asset; the number of rows if none."""
        complete = ~np.isnan(self.prices).any(axis=1)
        return int(np.argmax(complete)) if complete.any() else len(self.sessions)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of sessions, assets and prices, whatever the order of the assets."""
        digest = hashlib.sha256(self.sessions.astype("<M8[D]").tobytes())
        for place in sorted(range(len(self.assets)), key=self.assets.__getitem__):
            digest.update(self.assets[place].encode())
            digest.update(self.prices[:, place].astype("<f8").tobytes())
        return digest.hexdigest()

    def rows(self, first: int, last: int) -> PriceTable:
        """Return the rows from ``first`` up to, not including, ``last``."""
        cut = np.asfortranarray(self.prices[first:last])
        return PriceTable(self.sessions[first:last], self.assets, _read_only(cut))


def parse_price_table(
    prices: pd.DataFrame,
    assets: Sequence[Hashable],
    *,
    start: np.datetime64 | None = None,
    end: np.datetime64 | None = None,
) -> PriceTable:
    """Return the prices of the assets, checked.

    Parameters
    ----------
    prices : DataFrame
        Index: tz-naive dates, ascending and unique. One column per asset: prices above
        0; NaN only until every asset asked for has a price. Not changed, not kept.
    assets : sequence of column labels
        The columns to take; no other is looked at.
    start, end : datetime64[D], optional
        Take the rows between them only, both included.

    Raises
    ------
    PriceTableError
        The index is not one of dates, has a time zone or times of day, is not
        ascending or not unique; a column is twice there or holds no numbers.
    UnknownAssetError
        There is no such column.
    DateRangeError
        No row lies between start and end, or none has a price for every asset.
    PriceValueError
        A price is zero, negative or infinite.
    PriceGapError
        An asset has no price on a session after the first that has every price.
    """
    if not isinstance(prices, pd.DataFrame):
        raise PriceTableError(
            message="prices must be a DataFrame with one column per asset and an index "
            f"of dates; given {type(prices).__name__}."
        )
    sessions = parse_sessions(prices.index)
    _require_columns(prices.columns, assets)
    low = 0 if start is None else int(sessions.searchsorted(start, side="left"))
    high = (
        len(sessions) if end is None else int(sessions.searchsorted(end, side="right"))
    )
    _require_rows(sessions, low, high, start, end)
    table = PriceTable(
        _read_only(sessions[low:high].copy()),
        tuple(str(asset) for asset in assets),
        _read_only(_parse_values(prices, assets, low, high)),
    )
    _require_prices(table)
    return table


def parse_sessions(index: pd.Index[Any]) -> SessionArray:
    """Return the index as ``datetime64[D]``."""
    dates = _as_dates(index)
    if dates.tz is not None:
        raise PriceTableError(
            message=f"The index of prices has the time zone {dates.tz}. Sessions are "
            "exchange dates without one: prices.tz_localize(None), after converting to "
            "the exchange's own time."
        )
    if dates.hasnans:
        raise PriceTableError(
            message="The index of prices holds a missing date (NaT). Drop that row."
        )
    instants = dates.to_numpy()
    sessions = instants.astype("datetime64[D]")
    _require_order(sessions)
    if not np.array_equal(sessions, instants):
        odd = instants[sessions != instants][0]
        raise PriceTableError(
            message=f"The index of prices has times of day, as in {odd}. Daily prices "
            "are indexed by date: prices.index = prices.index.normalize()."
        )
    return cast(SessionArray, sessions)


def _as_dates(index: pd.Index[Any]) -> pd.DatetimeIndex:
    if isinstance(index, pd.DatetimeIndex):
        return index
    if index.dtype == object or pd.api.types.is_string_dtype(index.dtype):
        try:
            return pd.DatetimeIndex(pd.to_datetime(index, format="ISO8601"))
        except (ValueError, TypeError):
            pass
    shown = f", as in {index[0]!r}" if len(index) else ""
    raise PriceTableError(
        message=f"The index of prices must be dates; it is {type(index).__name__} of "
        f"{index.dtype}{shown}. Set it with prices.set_index(...) or pd.to_datetime."
    )


def _require_order(sessions: SessionArray) -> None:
    steps = np.diff(sessions).astype(np.int64)
    if (steps > 0).all():
        return
    place = int(np.argmax(steps <= 0))
    before, after = sessions[place], sessions[place + 1]
    if len(np.unique(sessions)) < len(sessions):
        ordered = np.sort(sessions)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        raise PriceTableError(
            message=f"The index of prices has {twice[0]} more than once ({len(twice)} "
            "rows too many). Keep one row per date: "
            "prices[~prices.index.duplicated()].",
            session=str(twice[0]),
        )
    raise PriceTableError(
        message=f"The index of prices is not ascending: {after} follows {before}. "
        "Sort it: prices.sort_index().",
        session=str(after),
    )


def _require_columns(columns: pd.Index[Any], assets: Sequence[Hashable]) -> None:
    for asset in assets:
        if asset not in columns:
            raise UnknownAssetError(
                kind="asset", given=asset, allowed=tuple(str(name) for name in columns)
            )
    if not columns.is_unique:
        for asset in assets:
            if int((columns == asset).sum()) > 1:
                raise PriceTableError(
                    message=f"prices has more than one column {asset!r}. Keep one.",
                    asset=asset,
                )


def _require_rows(
    sessions: SessionArray,
    low: int,
    high: int,
    start: np.datetime64 | None,
    end: np.datetime64 | None,
) -> None:
    if low < high:
        return
    if len(sessions) == 0:
        raise PriceTableError(message="prices has no rows. Load some first.")
    span = " and ".join(
        f"{side} {session}"
        for side, session in (("from", start), ("to", end))
        if session is not None
    )
    raise DateRangeError(
        message=f"prices has no row {span}; it goes from {sessions[0]} to "
        f"{sessions[-1]}. Choose start and end within.",
        start=start,
        end=end,
    )


def _parse_values(
    prices: pd.DataFrame, assets: Sequence[Hashable], low: int, high: int
) -> Float64Array2D:
    values = np.empty((high - low, len(assets)), order="F")
    for place, asset in enumerate(assets):
        column = prices[asset]
        numeric = pd.api.types.is_numeric_dtype(column.dtype)
        if not numeric or pd.api.types.is_bool_dtype(column.dtype):
            raise PriceTableError(
                message=f"Column {asset!r} of prices holds {column.dtype}, not "
                f"numbers. Convert it: pd.to_numeric(prices[{asset!r}]).",
                asset=asset,
            )
        values[:, place] = column.to_numpy(dtype=np.float64, na_value=np.nan)[low:high]
    return values


def _require_prices(table: PriceTable) -> None:
    """Raise for the first fault of the first asset that has one."""
    given = table.prices
    if (given > 0).all() and np.isfinite(given).all():
        return
    missing = np.isnan(given)
    for place, asset in enumerate(table.assets):
        _require_positive(table, asset, given[:, place], missing[:, place])
    first = table.first_complete_row
    if first == len(table.sessions):
        raise DateRangeError(
            message=f"{', '.join(table.assets)} never have a price on the same session "
            f"between {table.sessions[0]} and {table.sessions[-1]}. Load the missing "
            "rows, or choose assets that trade together."
        )
    for place, asset in enumerate(table.assets):
        gaps = np.flatnonzero(missing[first:, place])
        if len(gaps):
            session = table.sessions[first + gaps[0]]
            raise PriceGapError(asset=asset, session=str(session), gap_count=len(gaps))


def _require_positive(
    table: PriceTable, asset: str, column: Float64Array1D, missing: BoolArray1D
) -> None:
    if missing.all():
        raise DateRangeError(
            message=f"{asset} has no price between {table.sessions[0]} and "
            f"{table.sessions[-1]}. Load its prices, or choose another span.",
            asset=asset,
        )
    wrong = ~missing & ~((column > 0) & np.isfinite(column))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise PriceValueError(
            asset=asset, session=str(table.sessions[row]), value=float(column[row])
        )


def _read_only(array: _Array) -> _Array:
    array.setflags(write=False)
    return array
