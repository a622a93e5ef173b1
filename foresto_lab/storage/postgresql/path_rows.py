"""A run's path as rows of simulation_path, and back, with every float's bits.

They are laid out all at once (see ``binary_copy``) and come back as Arrow columns: no
Python per session either way. A path that does not fit the table (an index that is no
sessions, a missing or infinite value) is kept as a Parquet file instead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab.storage.postgresql.binary_copy import SeriesRows, days_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MEASURES = ("nav", "daily_return", "cumulative_return", "drawdown")
WEIGHT = "weight_"
COLUMNS = ("run_id", "session", *MEASURES, "weights", "expires_on")

_FLOAT8 = 701
"""PostgreSQL's number of the type of an array's elements."""


def encode_path(path: pd.DataFrame, run_id: str) -> SeriesRows | None:
    """Return a path as rows; None when it does not fit the table."""
    if not _has_columns(path):
        return None
    values = path.to_numpy()
    if not _has_values(values):
        return None
    import pandas as pd

    assert isinstance(path.index, pd.DatetimeIndex)
    weights = [str(name) for name in path.columns[len(MEASURES) :]]
    rows = np.zeros(len(path), dtype=_row_type(len(run_id.encode()), len(weights)))
    _write_frame(rows, len(weights))
    rows["run_id"] = run_id.encode()
    rows["session"] = days = days_of(path.index.to_numpy())
    for place, name in enumerate(MEASURES):
        rows[name] = values[:, place]
    if weights:
        rows["weights"]["value"] = values[:, len(MEASURES) :]
    layout = {
        "weights": [name.removeprefix(WEIGHT) for name in weights],
        "index_name": path.index.name,
        "index_unit": path.index.unit,
        "index_frequency": path.index.freqstr,
    }
    return SeriesRows(rows, layout, _checksum(days, values))


def decode_path(table: pa.Table, layout: Mapping[str, Any]) -> tuple[pd.DataFrame, str]:
    """Return the path of rows of ``session, *MEASURES, weights``, and its SHA-256.

    Raises
    ------
    ValueError
        They are no such rows: one of them has more weights, or fewer.
    """
    import pandas as pd

    names = list(layout["weights"])
    days = table["session"].to_numpy().astype("datetime64[D]")
    weights = table["weights"].combine_chunks().flatten().to_numpy()
    columns = np.empty((len(MEASURES) + len(names), len(days)))
    for place, name in enumerate(MEASURES):
        columns[place] = table[name].to_numpy()
    columns[len(MEASURES) :] = weights.reshape(len(days), len(names)).T
    if (days[1:] < days[:-1]).any():
        order = np.argsort(days, kind="stable")
        days, columns = days[order], columns[:, order]
    values = columns.T
    index = pd.DatetimeIndex(
        days.astype(f"datetime64[{layout['index_unit']}]"),
        name=layout["index_name"],
        freq=layout["index_frequency"],
    )
    labels = [*MEASURES, *(f"{WEIGHT}{name}" for name in names)]
    path = pd.DataFrame(values, index=index, columns=labels)
    return path, _checksum(days_of(days), values)


def _has_columns(path: pd.DataFrame) -> bool:
    """Return whether a path has sessions and the columns, all of them floats."""
    import pandas as pd

    index, columns = path.index, list(path.columns)
    return (
        len(path) > 0
        and isinstance(index, pd.DatetimeIndex)
        and index.tz is None
        and index.is_monotonic_increasing
        and index.is_unique
        and bool((index == index.normalize()).all())
        and columns[: len(MEASURES)] == list(MEASURES)
        and all(str(name).startswith(WEIGHT) for name in columns[len(MEASURES) :])
        and len(set(columns)) == len(columns)
        and all(kind == np.float64 for kind in path.dtypes)
        and not any("\0" in str(name) for name in columns)
    )


def _has_values(values: np.ndarray) -> bool:
    """Return whether the table's rules allow the values of a path."""
    nav = values[:, MEASURES.index("nav")]
    drawdown = values[:, MEASURES.index("drawdown")]
    return bool(
        np.isfinite(values).all()
        and (nav > 0).all()
        and (drawdown >= -1).all()
        and (drawdown <= 0).all()
    )


def _row_type(run_id_length: int, weight_count: int) -> np.dtype[Any]:
    """Return the layout of one row: the number of fields, then length and value each.

    An array is its number of dimensions, flags, element type, length and lower bound,
    then length and value of each element; an empty one has no dimension.
    """
    field = [("field_count", ">i2"), ("run_id_length", ">i4")]
    field += [("run_id", f"S{run_id_length}")]
    field += [("session_length", ">i4"), ("session", ">i4")]
    for name in MEASURES:
        field += [(f"{name}_length", ">i4"), (name, ">f8")]
    field += [("weights_length", ">i4"), ("dimensions", ">i4"), ("flags", ">i4")]
    field += [("element_type", ">i4")]
    if weight_count:
        element = np.dtype([("length", ">i4"), ("value", ">f8")])
        field += [("element_count", ">i4"), ("lower_bound", ">i4")]
        field += [("weights", element, (weight_count,))]  # type: ignore[list-item]
    field += [("expires_on_length", ">i4"), ("expires_on", ">i4")]
    return np.dtype(field)


def _write_frame(rows: np.ndarray, weight_count: int) -> None:
    """Write what is the same in every row: counts, lengths and types."""
    assert rows.dtype.names is not None
    rows["field_count"] = len(COLUMNS)
    for name in COLUMNS:
        if name != "weights":
            rows[f"{name}_length"] = rows.dtype[name].itemsize
    rows["element_type"] = _FLOAT8
    rows["weights_length"] = 12
    if weight_count:
        rows["weights_length"] = 20 + 12 * weight_count
        rows["dimensions"] = 1
        rows["element_count"] = weight_count
        rows["lower_bound"] = 1
        rows["weights"]["length"] = 8


def _checksum(days: np.ndarray, values: np.ndarray) -> str:
    """Return the SHA-256 of a path: its days, then its values column by column."""
    digest = hashlib.sha256(np.ascontiguousarray(days, dtype=">i4").data)
    digest.update(np.ascontiguousarray(values.T, dtype=">f8").data)
    return digest.hexdigest()
