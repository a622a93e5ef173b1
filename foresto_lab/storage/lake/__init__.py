"""The lake: daily series as Delta tables, read through an in-memory DuckDB.

Importing this package and making a store load nothing heavy; deltalake, duckdb and
pyarrow come with the first read or write.
"""

from __future__ import annotations

from foresto_lab.storage.lake.store import LakeSeriesStore

__all__ = ["LakeSeriesStore"]
