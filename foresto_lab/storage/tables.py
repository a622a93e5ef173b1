"""DataFrames as Parquet bytes and back, to the last bit.

Arrow keeps dtypes, index and floats. It cannot keep what a column of Python objects
holds (an event's weights by name, a None among numbers): such columns are written as
JSON text. Parquet has no times in whole seconds. Both are marked in the field.
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

MARK = b"foresto"
JSON, SECONDS = b"json", b"seconds"
FREQUENCY_KEY = b"foresto.index_frequency"
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


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
    schema = _marked_schema(table.schema, {str(name) for name in objects}, frame.index)
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


def _marked_schema(schema: pa.Schema, objects: set[str], index: pd.Index[Any]) -> Any:
    """Return the schema with what Parquet would not tell a reader."""
    fields = []
    for field in schema:
        if field.name in objects:
            field = field.with_metadata({MARK: JSON})
        elif getattr(field.type, "unit", None) == "s":
            field = field.with_metadata({MARK: SECONDS})
        fields.append(field)
    metadata = dict(schema.metadata)
    frequency = getattr(index, "freqstr", None)
    if frequency is not None:
        metadata[FREQUENCY_KEY] = frequency.encode("ascii")
    return pa.schema(fields, metadata=metadata)


def table_from_bytes(content: bytes) -> pd.DataFrame:
    """Return the DataFrame whose Parquet file this is."""
    table = pq.read_table(pa.BufferReader(content), use_threads=False)
    frame: pd.DataFrame = table.to_pandas(use_threads=False)
    for field in table.schema:
        mark = (field.metadata or {}).get(MARK)
        if mark == JSON:
            frame[field.name] = _objects(frame[field.name])
        elif mark == SECONDS and field.name in frame.columns:
            frame[field.name] = frame[field.name].dt.as_unit("s")
        elif mark == SECONDS and isinstance(frame.index, pd.DatetimeIndex):
            frame.index = frame.index.as_unit("s")
    frequency = table.schema.metadata.get(FREQUENCY_KEY)
    if frequency is not None:
        frame.index = pd.DatetimeIndex(frame.index, freq=frequency.decode("ascii"))
    return frame


def _to_text(value: Any) -> str:
    return _encode(to_json_value(value))


def _objects(texts: pd.Series[Any]) -> pd.Series[Any]:
    values = np.empty(len(texts), dtype=object)
    values[:] = [from_json_value(json.loads(text)) for text in texts]
    return pd.Series(values, index=texts.index, name=texts.name, dtype=object)
