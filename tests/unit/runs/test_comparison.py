"""Two results are the same when every value is, to the last bit; NaN equals NaN."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from foresto_lab.runs.comparison import (
    Difference,
    Reproduction,
    compare_artifacts,
    compare_mappings,
    compare_tables,
    count_values,
)
from foresto_lab.runs.record import RunArtifacts


def path(*navs: float) -> pd.DataFrame:
    index = pd.DatetimeIndex(["2024-01-02", "2024-01-03"], name="date")
    return pd.DataFrame({"nav": navs}, index=index)


def test_equal_mappings_do_not_differ_and_nan_equals_nan() -> None:
    assert list(compare_mappings({"a": math.nan}, {"a": math.nan})) == []
    assert list(compare_mappings({"a": {"b": 1}}, {"a": {"b": 1}})) == []


def test_a_leaf_that_differs_or_is_absent_is_named_by_its_path() -> None:
    left = {"request": {"start": "2024-01-02", "rule": None}, "only": 1}
    right = {"request": {"start": "2024-01-03", "rule": None}}
    assert list(compare_mappings(left, right)) == [
        Difference("request.start", "2024-01-02", "2024-01-03"),
        Difference("only", 1, None),
    ]


def test_the_last_bit_counts() -> None:
    one_up = float(np.nextafter(2.0, 3.0))
    (difference,) = compare_tables(path(1.0, 2.0), path(1.0, one_up), "path")
    assert difference == Difference("path.nav[2024-01-03 00:00:00]", 2.0, one_up)
    assert list(compare_tables(path(1.0, math.nan), path(1.0, math.nan), "p")) == []


def test_tables_of_other_shape_differ_in_that_alone() -> None:
    (rows,) = compare_tables(path(1.0, 2.0), path(1.0, 2.0).iloc[:1], "path")
    assert rows.where == "path.index"
    renamed = path(1.0, 2.0).rename(columns={"nav": "value"})
    (columns,) = compare_tables(path(1.0, 2.0), renamed, "path")
    assert columns == Difference("path.columns", ["nav"], ["value"])


def test_results_are_compared_whole_and_their_values_counted() -> None:
    left = RunArtifacts({"path": path(1.0, 2.0)}, {"cagr": 0.1})
    right = RunArtifacts({"path": path(1.0, 3.0), "more": path(1, 1)}, {"cagr": 0.2})
    where = [difference.where for difference in compare_artifacts(left, right)]
    assert where == ["summary.cagr", "path.nav[2024-01-03 00:00:00]", "more"]
    assert count_values(left) == 3


def test_a_reproduction_says_what_came_out() -> None:
    same = Reproduction("r1", "daily_price@3", "0.1.0", "0.1.0", 1200, ())
    assert same.identical
    assert "all 1,200 values are the same" in str(same)
    other = Reproduction(
        "r1", "daily_price@3", "0.1.0", "0.1.0", 3, (Difference("<nav>", 1.0, 2.0),)
    )
    assert not other.identical
    assert "1 of 3 values differ, the first at <nav>: 1.0 against 2.0" in str(other)
    assert "&lt;nav&gt;" in other._repr_html_()
    assert other.to_dict()["differences"] == [
        {"where": "<nav>", "recorded": 1.0, "rerun": 2.0}
    ]
