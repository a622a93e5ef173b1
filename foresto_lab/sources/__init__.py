"""Sources of prices and candles: one file per provider. Here: CSV and Parquet files.

``load_file`` and ``load_candle_file`` read, check, store and record;
``read_price_file`` and ``read_candle_file`` read only.
"""

from foresto_lab.sources.candle_files import CandleFile, read_candle_file
from foresto_lab.sources.candle_loading import CandleLoadReport, load_candle_file
from foresto_lab.sources.candle_options import CandleOptions
from foresto_lab.sources.files import PriceFile, read_price_file
from foresto_lab.sources.loading import LoadReport, load_file
from foresto_lab.sources.options import LAYOUTS, LoadOptions

__all__ = [
    "LAYOUTS",
    "CandleFile",
    "CandleLoadReport",
    "CandleOptions",
    "LoadOptions",
    "LoadReport",
    "PriceFile",
    "load_candle_file",
    "load_file",
    "read_candle_file",
    "read_price_file",
]
