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

from foresto_lab.storage.values import from_json_value, to_json_value

JSON_MARK = {b"foresto": b"json"}
FREQUENCY_KEY = b"foresto.index_frequency"


def table_to_bytes(frame: pd.DataFrame) -> bytes:
    """Return the Parquet file of a DataFrame; the frame is left as it is.

    Raises
    ------
    TypeError
        An object column holds a value that JSON and its few additions cannot.
    """
    objects = [name for name, kind in frame.dtypes.items() if kind == object]
    texts = {name: frame[name].map(_to_text).astype("str") for name in objects}
    plain = frame.assign(**texts) if texts else frame
    table = pa.Table.from_pandas(plain, nthreads=1)
    for name in objects:
        position = table.schema.get_field_index(str(name))
        marked = table.schema.field(position).with_metadata(JSON_MARK)
        table = table.cast(table.schema.set(position, marked))
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(_metadata(table, frame.index)),
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
    frame = table.to_pandas(use_threads=False)
    for name in _marked_columns(table.schema):
        frame[name] = _objects(frame[name])
    frequency = (table.schema.metadata or {}).get(FREQUENCY_KEY)
    if frequency is not None:
        frame.index.freq = frequency.decode("ascii")
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
    return json.dumps(to_json_value(value), ensure_ascii=False, allow_nan=False)


def _objects(texts: pd.Series[Any]) -> pd.Series[Any]:
    values = np.empty(len(texts), dtype=object)
    values[:] = [from_json_value(json.loads(text)) for text in texts]
    return pd.Series(values, index=texts.index, name=texts.name, dtype=object)
