"""Benchmarks and periods once more, date by date, with plain loops."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd


def earlier(day: pd.Timestamp, years: int) -> pd.Timestamp:
    """Return the same day of the month some years earlier."""
    return day - pd.DateOffset(years=years)


def rolling_slowly(values: pd.Series, years: int) -> pd.DataFrame:
    """Return each window by slicing it out."""
    rows = {}
    for end in values.index:
        before = values[: earlier(end, years)]
        if len(before) == 0:
            continue
        start = before.index[-1]
        window = values[start:end]
        returns = window.pct_change().iloc[1:]
        span = (end - start).days / 365.25
        deviation = returns.std()
        sharpe = (
            returns.mean() / deviation * math.sqrt(252) if deviation > 0 else math.nan
        )
        rows[end] = {
            "start": start,
            "return": (window.iloc[-1] / window.iloc[0]) ** (1 / span) - 1,
            "volatility": deviation * math.sqrt(252),
            "sharpe_ratio": sharpe,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def starts_slowly(values: pd.Series, years: int | None) -> pd.Series:
    """Return the rate from each start to the end, or over some years."""
    rates = {}
    for start, value in values.items():
        until = (
            values.index[-1] if years is None else start + pd.DateOffset(years=years)
        )
        if until > values.index[-1]:
            continue
        end = values[:until].index[-1]
        days = (end - start).days
        if days > 0:
            rates[start] = (values[end] / value) ** (365.25 / days) - 1
    return pd.Series(rates, dtype=float)


def crisis_slowly(values: pd.Series, start: date, end: date) -> dict[str, object]:
    """Return a covered window's figures, walking from day to day."""
    first = [day for day in values.index if day.date() <= start][-1]
    last = [day for day in values.index if day.date() <= end][-1]
    inside = values[first:last]
    high = high_at_worst = -math.inf
    worst_day = first
    depth = 0.0
    for day, value in inside.items():
        high = max(high, value)
        if value / high - 1 < depth:
            depth, worst_day, high_at_worst = value / high - 1, day, high
    recovered = None
    if depth < 0:
        for day, value in values[worst_day:].items():
            if value >= high_at_worst:
                recovered = (day - worst_day).days
                break
    return {
        "return": inside.iloc[-1] / inside.iloc[0] - 1,
        "max_drawdown": depth,
        "days_to_recover": recovered,
    }


def capture_slowly(months: list[float], benchmark: list[float], sign: int) -> float:
    """Return the capture of the months in which the benchmark went this way."""
    own = other = 1.0
    number = 0
    for mine, theirs in zip(months, benchmark, strict=True):
        if theirs * sign > 0:
            own *= 1 + mine
            other *= 1 + theirs
            number += 1
    return (own ** (1 / number) - 1) / (other ** (1 / number) - 1)
