"""Sources of prices: one file per provider. Here: CSV and Parquet files.

``load_file`` reads, checks, stores and records; ``read_price_file`` reads only.
"""

from foresto_lab.sources.files import PriceFile, read_price_file
from foresto_lab.sources.loading import LoadReport, load_file
from foresto_lab.sources.options import LAYOUTS, LoadOptions

__all__ = [
    "LAYOUTS",
    "LoadOptions",
    "LoadReport",
    "PriceFile",
    "load_file",
    "read_price_file",
]
