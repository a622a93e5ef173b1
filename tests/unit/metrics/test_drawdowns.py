"""Drawdowns one by one: by hand, and as the summary has the deepest."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.metrics.drawdowns import deepest_drawdowns


def series(*values: float) -> pd.Series:
    return pd.Series(values, pd.date_range("2020-01-01", periods=len(values)), float)


def test_drawdowns_by_hand() -> None:
    """100 to 90 and back on the 3rd; 110 to 55 on the 6th, back at 110 on the 8th."""
    table = deepest_drawdowns(series(100, 90, 100, 110, 66, 55, 99, 110, 108))
    assert list(table["depth"]) == pytest.approx([-0.5, -0.1, 108 / 110 - 1])
    first = table.iloc[0]
    assert first["peak_date"] == pd.Timestamp("2020-01-04")
    assert first["trough_date"] == pd.Timestamp("2020-01-06")
    assert first["recovery_date"] == pd.Timestamp("2020-01-08")
    assert (first["days_down"], first["days_to_recover"]) == (2, 2)
    assert table.iloc[2]["recovery_date"] is pd.NaT
    assert table.iloc[2]["days_to_recover"] is None


def test_what_only_rises_has_none() -> None:
    assert deepest_drawdowns(series(1, 2, 2, 3)).empty


def test_the_deepest_is_the_summary_s() -> None:
    draws = np.random.default_rng(4).normal(0.0002, 0.01, 1500)
    dates = pd.bdate_range("2015-01-01", periods=1501)
    values = pd.Series(np.concatenate(([1.0], np.cumprod(1 + draws))), dates)
    table = deepest_drawdowns(values, 3)
    figures = fl.performance(values.pct_change())
    assert table.iloc[0]["depth"] == pytest.approx(figures["max_drawdown"], abs=1e-12)
    assert table.iloc[0]["days_to_recover"] == figures["recovery_days"]
    assert list(table["depth"]) == sorted(table["depth"])
    spans = sorted(zip(table["peak_date"], table["recovery_date"], strict=True))
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert end <= start
