"""A run's path as rows of simulation_path, in PostgreSQL's binary COPY format.

Every row of a path has the same fields of the same lengths, so NumPy lays out all of
them at once, and reads them the same way: no Python per session, and every float with
the bits it had. A path that does not fit the table (an index that is no sessions, a
missing or infinite value) is kept as a Parquet file instead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("nav", "daily_return", "cumulative_return", "drawdown")
WEIGHT = "weight_"
COLUMNS = ("run_id", "session", *MEASURES, "weights", "expires_on")
KEPT_FOR_GOOD = date(9999, 1, 1)

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_FLOAT8 = 701
"""PostgreSQL's number of the type of an array's elements."""
_EPOCH = np.datetime64("2000-01-01", "D")


@dataclass(frozen=True, slots=True)
class PathRows:
    """A path as bytes of binary COPY, what it takes to rebuild it, and its SHA-256."""

    content: bytes
    layout: Mapping[str, Any]
    checksum: str


def encode_path(path: pd.DataFrame, run_id: str, expires_on: date) -> PathRows | None:
    """Return a path as rows; None when it does not fit the table."""
    if not _fits(path):
        return None
    import pandas as pd

    assert isinstance(path.index, pd.DatetimeIndex)
    weights = [str(name) for name in path.columns[len(MEASURES) :]]
    rows = np.zeros(len(path), dtype=_row_type(len(run_id.encode()), len(weights)))
    _write_frame(rows, len(weights))
    rows["run_id"] = run_id.encode()
    rows["session"] = _days(path.index.to_numpy())
    rows["expires_on"] = _days(np.array(expires_on, dtype="datetime64[D]"))
    for name in MEASURES:
        rows[name] = path[name].to_numpy()
    if weights:
        rows["weights"]["value"] = path[weights].to_numpy()
    layout = {
        "weights": [name.removeprefix(WEIGHT) for name in weights],
        "index_name": path.index.name,
        "index_unit": path.index.unit,
        "index_frequency": path.index.freqstr,
    }
    return PathRows(_HEADER + rows.tobytes() + _TRAILER, layout, _checksum(rows))


def decode_path(
    content: bytes, run_id: str, layout: Mapping[str, Any]
) -> tuple[pd.DataFrame, str]:
    """Return the path whose rows these are, and their SHA-256.

    Raises
    ------
    ValueError
        The bytes are no such rows.
    """
    import pandas as pd

    names = list(layout["weights"])
    kind = _row_type(len(run_id.encode()), len(names))
    body = content[len(_HEADER) : -len(_TRAILER)]
    rows = np.frombuffer(body, dtype=kind)
    sessions = _EPOCH + rows["session"].astype("timedelta64[D]")
    index = pd.DatetimeIndex(
        sessions.astype(f"datetime64[{layout['index_unit']}]"),
        name=layout["index_name"],
        freq=layout["index_frequency"],
    )
    columns = {name: rows[name].astype(np.float64) for name in MEASURES}
    values = rows["weights"]["value"].astype(np.float64) if names else None
    for place, name in enumerate(names):
        assert values is not None
        columns[f"{WEIGHT}{name}"] = np.ascontiguousarray(values[:, place])
    return pd.DataFrame(columns, index=index), _checksum(rows)


def _fits(path: pd.DataFrame) -> bool:
    import pandas as pd

    index, columns = path.index, list(path.columns)
    if not (
        len(path)
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
    ):
        return False
    values = path.to_numpy()
    drawdown = path["drawdown"].to_numpy()
    return bool(
        np.isfinite(values).all()
        and (path["nav"].to_numpy() > 0).all()
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


def _days(dates: np.ndarray) -> np.ndarray:
    days: np.ndarray = (dates.astype("datetime64[D]") - _EPOCH).astype(np.int32)
    return days


def _checksum(rows: np.ndarray) -> str:
    """Return the SHA-256 of what the rows say of their path."""
    digest = hashlib.sha256()
    for name in ("session", *MEASURES):
        digest.update(np.ascontiguousarray(rows[name]).tobytes())
    if "weights" in (rows.dtype.names or ()):
        digest.update(np.ascontiguousarray(rows["weights"]["value"]).tobytes())
    return digest.hexdigest()
