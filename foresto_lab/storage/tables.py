"""DataFrames as Parquet bytes and back, to the last bit.

Arrow keeps dtypes, index and floats. It cannot keep what a column of Python objects
holds (an event's weights by name, a None among numbers): such columns are written as
JSON text, marked in the field's metadata.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api.types import is_object_dtype

from foresto_lab.storage.values import from_json_value, to_json_value

JSON_MARK = {b"foresto": b"json"}
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
FREQUENCY_KEY = b"foresto.index_frequency"


def table_to_bytes(frame: pd.DataFrame) -> bytes:
    """Return the Parquet file of a DataFrame; the frame is left as it is.

    Raises
    ------
    TypeError
        An object column holds a value that JSON and its few additions cannot.
    """
    objects = [name for name, kind in frame.dtypes.items() if is_object_dtype(kind)]
    plain = frame.copy(deep=False)
    for name in objects:
        plain[name] = pd.array([_to_text(value) for value in frame[name]], dtype="str")
    table = pa.Table.from_pandas(plain, nthreads=1)
    marked = {str(name) for name in objects}
    fields = [
        f.with_metadata(JSON_MARK) if f.name in marked else f for f in table.schema
    ]
    schema = pa.schema(fields, metadata=_metadata(table, frame.index))
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.Table.from_arrays(table.columns, schema=schema),
        sink,
        compression="zstd",
        compression_level=1,
        use_dictionary=False,
        write_statistics=False,
        store_schema=True,
    )
    return bytes(memoryview(sink.getvalue()))


def table_from_bytes(content: bytes) -> pd.DataFrame:
    """Return the DataFrame whose Parquet file this is."""
    table = pq.read_table(pa.BufferReader(content), use_threads=False)
    frame: pd.DataFrame = table.to_pandas(use_threads=False)
    for name in _marked_columns(table.schema):
        frame[name] = _objects(frame[name])
    frequency = (table.schema.metadata or {}).get(FREQUENCY_KEY)
    if frequency is not None:
        frame.index = pd.DatetimeIndex(frame.index, freq=frequency.decode("ascii"))
    return frame


def _metadata(table: pa.Table, index: pd.Index[Any]) -> dict[bytes, bytes]:
    metadata = dict(table.schema.metadata)
    frequency = getattr(index, "freqstr", None)
    if frequency is not None:
        metadata[FREQUENCY_KEY] = frequency.encode("ascii")
    return metadata


def _marked_columns(schema: pa.Schema) -> list[str]:
    mark = next(iter(JSON_MARK))
    return [field.name for field in schema if mark in (field.metadata or {})]


def _to_text(value: Any) -> str:
    return _encode(to_json_value(value))


def _objects(texts: pd.Series[Any]) -> pd.Series[Any]:
    values = np.empty(len(texts), dtype=object)
    values[:] = [from_json_value(json.loads(text)) for text in texts]
    return pd.Series(values, index=texts.index, name=texts.name, dtype=object)
