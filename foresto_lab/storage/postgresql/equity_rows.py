"""A backtest's equity as rows of backtest_equity, and back, with every float's bits.

An equity table that does not fit (other columns, an index that is no UTC instants, a
missing or infinite value) is kept as a Parquet file instead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab.storage.postgresql.binary_copy import (
    SeriesRows,
    fields_of,
    microseconds_of,
    write_lengths,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MEASURES = ("equity", "cash", "position_value", "drawdown", "position")
COLUMNS = ("run_id", "bar_time", *MEASURES, "expires_on")


def encode_equity(equity: pd.DataFrame, run_id: str) -> SeriesRows | None:
    """Return an equity table as rows; None when it does not fit the table."""
    import pandas as pd

    if not _has_columns(equity):
        return None
    values = np.stack([equity[name].to_numpy() for name in MEASURES])
    if not _has_values(values):
        return None
    assert isinstance(equity.index, pd.DatetimeIndex)
    columns = {
        "run_id": f"S{len(run_id.encode())}",
        "bar_time": ">i8",
        **dict.fromkeys(MEASURES, ">f8"),
        "expires_on": ">i4",
    }
    rows = np.zeros(len(equity), dtype=np.dtype(fields_of(columns)))
    write_lengths(rows, columns)
    rows["run_id"] = run_id.encode()
    instants = equity.index.tz_localize(None).to_numpy()
    rows["bar_time"] = times = microseconds_of(instants)
    for place, name in enumerate(MEASURES):
        rows[name] = values[place]
    layout = {
        "index_name": equity.index.name,
        "index_unit": equity.index.unit,
        "index_zone": str(equity.index.tz),
        "index_frequency": equity.index.freqstr,
    }
    return SeriesRows(rows, layout, _checksum(times, values))


def decode_equity(
    table: pa.Table, layout: Mapping[str, Any]
) -> tuple[pd.DataFrame, str]:
    """Return the equity of rows of ``bar_time, *MEASURES``, and its SHA-256."""
    import pandas as pd
    import pyarrow as pa

    column = table["bar_time"].cast(pa.timestamp("us", "UTC"))
    times = column.cast(pa.int64()).to_numpy().view("datetime64[us]")
    values = np.stack([table[name].to_numpy() for name in MEASURES])
    if (times[1:] < times[:-1]).any():
        order = np.argsort(times, kind="stable")
        times, values = times[order], values[:, order]
    index = pd.DatetimeIndex(
        times.astype(f"datetime64[{layout['index_unit']}]"), name=layout["index_name"]
    ).tz_localize(layout["index_zone"])
    if layout["index_frequency"] is not None:
        index = pd.DatetimeIndex(index, freq=layout["index_frequency"])
    columns = dict(zip(MEASURES, values, strict=True))
    equity = pd.DataFrame(columns, index=index, copy=False)
    return equity, _checksum(microseconds_of(times), values)


def _has_columns(equity: pd.DataFrame) -> bool:
    """Return whether a table has UTC instants and the columns, all of them floats."""
    import pandas as pd

    index = equity.index
    return (
        len(equity) > 0
        and isinstance(index, pd.DatetimeIndex)
        and str(index.tz) == "UTC"
        and index.unit in ("s", "ms", "us")
        and index.is_monotonic_increasing
        and index.is_unique
        and list(equity.columns) == list(MEASURES)
        and all(kind == np.float64 for kind in equity.dtypes)
    )


def _has_values(values: np.ndarray) -> bool:
    """Return whether the table's rules allow the values of an equity table."""
    drawdown = values[MEASURES.index("drawdown")]
    return bool(
        np.isfinite(values).all() and (drawdown >= -1).all() and (drawdown <= 0).all()
    )


def _checksum(times: np.ndarray, values: np.ndarray) -> str:
    """Return the SHA-256 of an equity table: its times, then column by column."""
    digest = hashlib.sha256(np.ascontiguousarray(times, dtype=">i8").data)
    digest.update(np.ascontiguousarray(values, dtype=">f8").data)
    return digest.hexdigest()
