"""The lake: daily series and candles as Delta tables, read through an in-memory DuckDB.

Importing this package and making a store load nothing heavy; deltalake, duckdb and
pyarrow come with the first read or write.
"""

from __future__ import annotations

from foresto_lab.storage.lake.candles import LakeCandleStore
from foresto_lab.storage.lake.store import LakeSeriesStore

__all__ = ["LakeCandleStore", "LakeSeriesStore"]
