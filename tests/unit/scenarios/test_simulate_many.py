"""Many portfolios at once give the very numbers of one at a time."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    DateRangeError,
    InputError,
    PriceGapError,
    RuleError,
    UnknownAssetError,
    WeightError,
)

RULES = {
    "none": None,
    "monthly": fl.Periodic("MONTHLY"),
    "drift": fl.Drift(0.03, to="band_edge", cost_rate=0.002),
    "any": fl.Hybrid(fl.Periodic("QUARTERLY"), fl.Drift(0.1, relative=True), "ANY"),
}


def require_same(
    table: pd.DataFrame, prices: pd.DataFrame, weights: Any, **options: Any
) -> None:
    """Check each row against simulate, to the last bit."""
    for (portfolio, name), row in table.iterrows():
        one = fl.simulate(prices, weights[portfolio], RULES[name], **options).summary
        assert list(row.index) == list(one.index)
        for figure, value in one.items():
            given = math.nan if value is None else value
            assert row[figure] == given or (
                row[figure] != row[figure] and given != given
            )


@pytest.mark.parametrize("execution", ["close", "next_close"])
def test_each_row_is_what_simulate_gives(
    three_assets_two_years: pd.DataFrame, execution: str
) -> None:
    weights = {
        "all": {"a": 0.5, "b": 0.3, "c": 0.2},
        "some cash": {"a": 0.2, "b": 0.3, "c": 0.1},
        "two": {"a": 0.4, "c": 0.6},
        "cash": {"b": 0.0},
        "thirds": dict.fromkeys("abc", 1 / 3),
    }
    options = {"execution": execution, "initial_amount": 7_777_777}
    table = fl.simulate_many(three_assets_two_years, weights, RULES, **options)
    assert list(table.index.names) == ["portfolio", "rule"]
    assert len(table) == len(weights) * len(RULES)
    require_same(table, three_assets_two_years, weights, **options)


def test_each_portfolio_begins_when_its_own_assets_do(
    three_assets_two_years: pd.DataFrame,
) -> None:
    prices = three_assets_two_years.copy()
    prices.loc[:"2021-06-30", "c"] = np.nan
    weights = {"early": {"a": 0.5, "b": 0.5}, "late": {"a": 0.5, "c": 0.5}}
    require_same(fl.simulate_many(prices, weights, RULES), prices, weights)


def test_the_three_forms_of_weights_are_one(
    three_assets_two_years: pd.DataFrame,
) -> None:
    array = np.random.default_rng(5).dirichlet(np.ones(3), size=70)
    frame = pd.DataFrame(array, columns=["a", "b", "c"])
    mapping = {
        row: dict(zip("abc", array[row].tolist(), strict=True)) for row in range(70)
    }
    first = fl.simulate_many(three_assets_two_years, array, RULES["drift"])
    for other in (frame, mapping, array.tolist()):
        given = fl.simulate_many(three_assets_two_years, other, RULES["drift"])
        pd.testing.assert_frame_equal(given, first)
    for workers in (1, 3):
        given = fl.simulate_many(
            three_assets_two_years, array, RULES["drift"], workers=workers
        )
        pd.testing.assert_frame_equal(given, first)


def test_rules_are_called_by_their_labels(three_assets_two_years: pd.DataFrame) -> None:
    weights = {"half": {"a": 0.5}}
    rules = [None, fl.Periodic("MONTHLY"), fl.Drift(0.05)]
    table = fl.simulate_many(three_assets_two_years, weights, rules)
    assert table.loc["half"].index.tolist() == [
        "BUY_AND_HOLD",
        "MONTHLY/FIRST_TRADING_DAY",
        "DRIFT>=5.00%",
    ]
    assert table["rebalancing_count"].dtype == np.int64
    twice = [fl.Drift(0.05), fl.Drift(0.05, cost_rate=0.0)]
    with pytest.raises(RuleError, match="Two rules are called DRIFT"):
        fl.simulate_many(three_assets_two_years, weights, twice)
    with pytest.raises(RuleError, match="rules is empty"):
        fl.simulate_many(three_assets_two_years, weights, [])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([0.5, 0.6, 0.0], r"portfolio 'bad' sum to 1\.1"),
        ([0.5, -0.1, 0.0], r"portfolio 'bad'\['b'\] is -0\.1"),
        ([0.5, math.nan, 0.0], r"portfolio 'bad'\['b'\] is nan"),
        ([0.5, "much", 0.0], r"portfolio 'bad'\['b'\] is 'much'"),
    ],
)
def test_a_row_that_is_no_portfolio_is_named(
    three_assets_two_years: pd.DataFrame, row: list[Any], words: str
) -> None:
    frame = pd.DataFrame(
        [[0.2, 0.3, 0.5], row], index=["good", "bad"], columns=["a", "b", "c"]
    )
    with pytest.raises(WeightError, match=words):
        fl.simulate_many(three_assets_two_years, frame)


def test_other_bad_input_is_refused_as_simulate_does(
    three_assets_two_years: pd.DataFrame,
) -> None:
    prices = three_assets_two_years
    with pytest.raises(WeightError, match="shape"):
        fl.simulate_many(prices, np.ones((2, 2)) / 2)
    with pytest.raises(WeightError, match="0 portfolios"):
        fl.simulate_many(prices, pd.DataFrame(columns=["a"]))
    with pytest.raises(UnknownAssetError, match="'d'"):
        fl.simulate_many(prices, {"x": {"d": 1.0}})
    with pytest.raises(DateRangeError, match="lies after"):
        fl.simulate_many(
            prices, {"x": {"a": 1.0}}, start="2022-01-03", end="2021-01-04"
        )
    with pytest.raises(InputError, match="not offered yet"):
        fl.simulate_many(prices, {"x": {"a": 1.0}}, cashflows=1)  # type: ignore[arg-type]
    gap = prices.copy()
    gap.iloc[99, 2] = np.nan
    with pytest.raises(PriceGapError):
        fl.simulate_many(gap, {"x": {"c": 1.0}})
    assert len(fl.simulate_many(gap, {"x": {"a": 1.0}})) == 1


def test_memory_does_not_grow_with_paths(three_assets_two_years: pd.DataFrame) -> None:
    weights = np.random.default_rng(6).dirichlet(np.ones(3), size=2000)
    fl.simulate_many(three_assets_two_years, weights[:10])
    tracemalloc.start()
    fl.simulate_many(three_assets_two_years, weights)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    paths = 2000 * len(three_assets_two_years) * 8
    assert peak < paths / 2
