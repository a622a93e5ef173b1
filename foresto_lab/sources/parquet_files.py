"""Parquet files: read the columns that hold a field, and no others."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from foresto_lab.errors import DataFileError
from foresto_lab.sources.options import LONG, WIDE, LoadOptions
from foresto_lab.sources.raw_table import ColumnChooser, RawTable, choose_columns

_UNNAMED_INDEX = "__index_level_0__"
"""What pandas calls an index without a name."""


def read_parquet(
    path: Path, options: LoadOptions, choose: ColumnChooser = choose_columns
) -> RawTable:
    """Return the columns of a Parquet file that hold a field.

    ``choose`` says which columns do, by their headers.

    Raises
    ------
    DataFileError
        The file is damaged, or no column holds the date or the close.
    """
    _require_parquet_options(options, path)
    try:
        file = pq.ParquetFile(path, memory_map=True)
        schema = file.schema_arrow
        headers = tuple(_header(field) for field in schema)
        places = choose(headers, options, path)
        wanted = sorted({place for found in places.values() for place in found})
        if options.layout == WIDE:
            wanted = list(range(len(headers)))
        symbols = [schema.names[place] for place in places.get("symbol", ())]
        texts = [
            name for name in symbols if pa.types.is_string(schema.field(name).type)
        ]
        table = pq.read_table(
            path,
            columns=[schema.names[place] for place in wanted],
            read_dictionary=texts,
            memory_map=True,
            partitioning=None,
        )
    except (pa.ArrowException, OSError) as error:
        raise DataFileError(
            path=str(path),
            reason=f"the Parquet file is damaged ({str(error).splitlines()[0]}).",
            fix="Write it again.",
        ) from None
    columns = {place: table[schema.names[place]] for place in wanted}
    return RawTable(headers, places, columns)


def _header(field: pa.Field) -> str:
    temporal = pa.types.is_temporal(field.type)
    return "date" if field.name == _UNNAMED_INDEX and temporal else str(field.name)


def _require_parquet_options(options: LoadOptions, path: Path) -> None:
    if options.columns is not None or options.layout not in (LONG, WIDE):
        raise DataFileError(
            path=str(path),
            reason="a Parquet file names its columns, so it has neither missing nor "
            "stacked headers.",
            fix="Leave --columns out, or --layout; --map names columns.",
        )
