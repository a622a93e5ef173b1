"""Target weights that change over time: one row of weights from each date on."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Self, cast

import numpy as np

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import DateRangeError, UnknownNameError, WeightError
from foresto_lab.market.calendars import DateLike, parse_session
from foresto_lab.scenarios.weights import SUM_TOLERANCE, targets_with_cash
from foresto_lab.types import Float64Array2D, Int64Array1D, SessionArray

if TYPE_CHECKING:
    import pandas as pd

FIELDS: Final = ("dates", "assets", "weights")


@dataclass(frozen=True, eq=False)
class WeightsSchedule:
    """Target weights by date.

    A row is traded to at its date's close, or at the next session's close if the date
    is none, and holds until the next row's. Rules work on the row in force.

    Parameters
    ----------
    dates : (n_rows,) datetime64[D]
        Ascending, each once.
    assets : tuple of str
        What the columns of ``weights`` are, each once.
    weights : (n_rows, n_assets), fractions of NAV
        Each 0 or more; a row together at most 1. What is missing to 1 is cash. No NaN:
        an asset that is not held has the weight 0.

    Raises
    ------
    WeightError
        There is no row or no asset; dates are out of order or twice there; a weight is
        missing, NaN, infinite or negative; a row sums to more than 1.

    Examples
    --------
    >>> WeightsSchedule.from_rows({
    ...     "2020-01-02": {"equity": 0.6, "bond": 0.4},
    ...     "2022-01-03": {"equity": 0.4, "bond": 0.6},
    ... })
    WeightsSchedule(2 rows, 2020-01-02 to 2022-01-03, equity, bond)
    """

    dates: SessionArray
    assets: tuple[str, ...]
    weights: Float64Array2D

    def __post_init__(self) -> None:
        dates = _parse_dates(self.dates)
        assets = tuple(str(asset) for asset in self.assets)
        weights = _parse_matrix(self.weights, len(dates), len(assets))
        _require_once(assets)
        _require_order(dates)
        _require_weights(dates, assets, weights)
        object.__setattr__(self, "dates", _read_only(dates))
        object.__setattr__(self, "assets", assets)
        object.__setattr__(self, "weights", _read_only(weights))

    def __repr__(self) -> str:
        shown = ", ".join(self.assets[:5]) + (", …" if len(self.assets) > 5 else "")
        return (
            f"{type(self).__name__}({len(self.dates)} rows, {self.dates[0]} to "
            f"{self.dates[-1]}, {shown})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self).from_dict, (self.to_dict(),))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Return the schedule that a frame holds: a row a date, a column an asset.

        Raises
        ------
        WeightError
            It is no frame of dates and numbers, or its rows are no schedule.
        """
        import pandas as pd

        if not isinstance(frame, pd.DataFrame):
            raise WeightError(
                message="a weights schedule is made from a DataFrame with a row a date "
                f"and a column an asset; given {type(frame).__name__}."
            )
        assets = [str(name) for name in frame.columns]
        values = np.array(
            [[_number(cell) for cell in row] for row in frame.to_numpy(dtype=object)],
            dtype=np.float64,
        ).reshape(len(frame), len(assets))
        return cls(_parse_dates(list(frame.index)), tuple(assets), values)

    @classmethod
    def from_rows(
        cls, rows: Mapping[DateLike, Mapping[Hashable, float]]
    ) -> WeightsSchedule:
        """Return the schedule of mappings by date; every row names every asset.

        Raises
        ------
        WeightError
            A row leaves out an asset that another names, or they are no schedule.
        """
        assets = list(dict.fromkeys(str(a) for row in rows.values() for a in row))
        matrix = []
        for date, row in rows.items():
            plain = {str(asset): weight for asset, weight in row.items()}
            for asset in assets:
                if asset not in plain:
                    raise WeightError(
                        message=f"The row of {date} in the weights schedule says "
                        f"nothing of {asset}, which another row holds. Write its "
                        "weight, or 0 if it is not held from then on.",
                        asset=asset,
                    )
            matrix.append([_number(plain[asset]) for asset in assets])
        values = np.array(matrix, dtype=np.float64).reshape(len(rows), len(assets))
        return cls(_parse_dates(list(rows)), tuple(assets), values)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the schedule that ``to_dict`` described.

        Raises
        ------
        UnknownNameError
            A field that no schedule has.
        WeightError
            A field is missing, or they are no schedule.
        """
        for name in given:
            if name not in FIELDS:
                raise UnknownNameError(
                    kind="field of a weights schedule", given=name, allowed=FIELDS
                )
        for name in FIELDS:
            if name not in given:
                raise WeightError(
                    message=f"The weights schedule has no field {name!r}; it has "
                    f"{', '.join(FIELDS)}."
                )
        dates = _parse_dates(list(given["dates"]))
        assets = tuple(str(asset) for asset in given["assets"])
        rows = [[_number(cell) for cell in row] for row in given["weights"]]
        if any(len(row) != len(assets) for row in rows) or len(rows) != len(dates):
            raise WeightError(
                message=f"The weights schedule has {len(dates)} dates and "
                f"{len(assets)} assets; its weights must be a list of so many rows, "
                "each of so many numbers."
            )
        values = np.array(rows, dtype=np.float64).reshape(len(dates), len(assets))
        return cls(dates, assets, values)

    def to_dict(self) -> dict[str, Any]:
        """Return the schedule as plain JSON-ready values."""
        return {
            "dates": [str(date) for date in self.dates],
            "assets": list(self.assets),
            "weights": self.weights.tolist(),
        }

    @property
    def checksum(self) -> str:
        """SHA-256 of the schedule, whatever the order of its assets."""
        order = sorted(range(len(self.assets)), key=self.assets.__getitem__)
        ordered = WeightsSchedule(
            self.dates,
            tuple(self.assets[place] for place in order),
            self.weights[:, order],
        )
        return sha256_of(ordered.to_dict())

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a frame: index ``date``, a column an asset."""
        import pandas as pd

        index = pd.DatetimeIndex(self.dates.astype("datetime64[s]"), name="date")
        return pd.DataFrame(self.weights, index=index, columns=list(self.assets))

    @property
    def held(self) -> tuple[str, ...]:
        """The assets that some row holds, in their order."""
        columns = zip(self.assets, self.weights.T, strict=True)
        return tuple(asset for asset, column in columns if (column > 0.0).any())

    def only(self, assets: Sequence[str]) -> WeightsSchedule:
        """Return the schedule of these assets, in this order.

        Raises
        ------
        UnknownNameError
            The schedule has no such asset.
        """
        for asset in assets:
            if asset not in self.assets:
                raise UnknownNameError(
                    kind="asset of the weights schedule",
                    given=asset,
                    allowed=self.assets,
                )
        places = [self.assets.index(asset) for asset in assets]
        return WeightsSchedule(self.dates, tuple(assets), self.weights[:, places])

    def on(self, sessions: SessionArray) -> tuple[Float64Array2D, Int64Array1D]:
        """Return the rows with cash, and which holds from each session's close on.

        A row whose date is no session counts from the next one; of two that fall on one
        session the later counts. Rows after the last session are never in force.

        Parameters
        ----------
        sessions : (n_sessions,) datetime64[D]
            Ascending; the first is day 0.

        Returns
        -------
        (n_rows, n_assets + 1)
            The targets, cash last; each row sums to 1.
        (n_sessions,)
            The row in force from each session's close on.

        Raises
        ------
        DateRangeError
            The first session lies before the first row: nothing is in force on it.
        """
        if sessions[0] < self.dates[0]:
            raise DateRangeError(
                message=f"The weights schedule begins on {self.dates[0]}, after the "
                f"first session, {sessions[0]}. Start on {self.dates[0]} or later, or "
                "give an earlier row.",
                start=str(sessions[0]),
            )
        row_of_session = np.searchsorted(self.dates, sessions, side="right") - 1
        return targets_with_cash(self.weights), row_of_session.astype(np.int64)


def _parse_dates(given: Any) -> SessionArray:
    """Return dates as ``datetime64[D]``; each must be a day."""
    if isinstance(given, np.ndarray) and given.dtype == np.dtype("datetime64[D]"):
        dates = given.copy()
        if np.isnat(dates).any():
            raise WeightError(
                message="A date of the weights schedule is missing (NaT)."
            )
        return cast(SessionArray, dates)
    parsed = [parse_session(date, "a date of the weights schedule") for date in given]
    return cast(SessionArray, np.array(parsed, dtype="datetime64[D]"))


def _parse_matrix(given: Any, n_rows: int, n_assets: int) -> Float64Array2D:
    weights = np.array(given, dtype=np.float64)
    if n_rows == 0 or n_assets == 0:
        raise WeightError(
            message=f"The weights schedule has {n_rows} rows and {n_assets} assets. "
            "Give at least one of each."
        )
    if weights.shape != (n_rows, n_assets):
        raise WeightError(
            message=f"The weights of the schedule have the shape {weights.shape}; "
            f"{n_rows} dates and {n_assets} assets make ({n_rows}, {n_assets})."
        )
    return cast(Float64Array2D, weights + 0.0)  # minus zero becomes zero


def _number(given: Any) -> float:
    """Return a cell as a float; what is no number is NaN, and told by its place."""
    if isinstance(given, (bool, np.bool_, str)):
        return math.nan
    try:
        return float(given)
    except (TypeError, ValueError):
        return math.nan


def _require_once(assets: Sequence[str]) -> None:
    twice = next((a for a in assets if assets.count(a) > 1), None)
    if twice is not None:
        raise WeightError(
            message=f"The weights schedule has the asset {twice} more than once. Add "
            "its weights up in one column.",
            asset=twice,
        )


def _require_order(dates: SessionArray) -> None:
    for before, after in pairwise(dates):
        if before == after:
            raise WeightError(
                message=f"The weights schedule has two rows of {before}. Keep one.",
                date=str(before),
            )
        if before > after:
            raise WeightError(
                message=f"The weights schedule is not in order: {after} follows "
                f"{before}. Sort its rows by date.",
                date=str(after),
            )


def _require_weights(
    dates: SessionArray, assets: Sequence[str], weights: Float64Array2D
) -> None:
    wrong = np.argwhere(~(np.isfinite(weights) & (weights >= 0.0)))
    if len(wrong):
        row, column = wrong[0]
        value = float(weights[row, column])
        said = (
            f"no weight for {assets[column]} (NaN, or no number); write 0 if it is not "
            "held"
            if math.isnan(value)
            else f"the weight {value!r} for {assets[column]}; a weight is a fraction "
            "of NAV, 0 or more"
        )
        raise WeightError(
            message=f"The row of {dates[row]} in the weights schedule has {said}.",
            asset=assets[column],
            date=str(dates[row]),
        )
    for date, row_weights in zip(dates, weights.tolist(), strict=True):
        total = math.fsum(row_weights)
        if total > 1.0 + SUM_TOLERANCE:
            raise WeightError(
                message=f"The row of {date} in the weights schedule sums to "
                f"{total:.10g}; weights are fractions of NAV and may sum to at most 1. "
                "Scale them, or lower one.",
                date=str(date),
                total=total,
            )


def _read_only(array: Any) -> Any:
    array.setflags(write=False)
    return array
