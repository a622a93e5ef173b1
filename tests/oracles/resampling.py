"""What pandas makes of candles when it resamples them."""

from __future__ import annotations

import pandas as pd

EPOCH, MONDAY = "1970-01-01", "1970-01-05"
RULES = {
    "1m": "1min",
    "3m": "3min",
    "5m": "5min",
    "15m": "15min",
    "30m": "30min",
    "1h": "1h",
    "2h": "2h",
    "4h": "4h",
    "6h": "6h",
    "12h": "12h",
    "1d": "24h",
    "3d": "72h",
    "1w": "168h",
    "1M": "MS",
}


def resampled_by_pandas(candles: pd.DataFrame, to: str) -> pd.DataFrame:
    """Return candles of a longer timeframe, named by their open."""
    origin = pd.Timestamp(MONDAY if to == "1w" else EPOCH, tz="UTC")
    how = {} if to == "1M" else {"origin": origin}
    bins = candles.resample(RULES[to], label="left", closed="left", **how)
    coarse = bins.agg(
        {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    )
    return coarse[bins.size() > 0]
