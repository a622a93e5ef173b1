"""Figures as JSON-ready values: instants as ISO text, what is undefined as None."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def plain_value(value: Any) -> Any:
    """Return one value as JSON can hold it."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value


def values_of(row: pd.Series[Any] | Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row of figures by name."""
    return {str(name): plain_value(value) for name, value in row.items()}


def json_ready(value: Any) -> Any:
    """Return nested mappings and sequences with plain values."""
    if isinstance(value, Mapping):
        return {str(name): json_ready(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(held) for held in value]
    return plain_value(value)


def title_of(request: Mapping[str, Any], index: pd.Index[Any]) -> str:
    """Return strategy, symbols, timeframe and span in one line."""
    subject = request["subject"]
    data = subject.get("data") or {}
    name = (subject.get("strategy") or {}).get("name", "")
    symbols = ", ".join(filter(None, data.get("symbols", ())))
    ends = [
        f"{end:%Y-%m-%d}" if hasattr(end, "year") else f"{end}"
        for end in index[[0, -1]]
    ]
    parts = [name, symbols, data.get("timeframe"), " ~ ".join(ends)]
    return " · ".join(str(part) for part in parts if part)
