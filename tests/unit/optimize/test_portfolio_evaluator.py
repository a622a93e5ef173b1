"""Portfolios with open weights and rules: what ``fl.simulate`` says, many at once."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.optimize.evaluators.portfolio_evaluator import PortfolioEvaluator
from foresto_lab.optimize.evaluators.subject import evaluator_of

BASE = {"a": 0.5, "b": 0.3, "c": 0.2}
RULE = fl.Hybrid(fl.Periodic("MONTHLY"), fl.Drift(0.05), "ANY", cost_rate=0.002)


def some_rows(count: int, seed: int) -> list[dict[str, Any]]:
    draw = np.random.default_rng(seed)
    return [
        {
            "weights.a": float(draw.uniform(0, 1)),
            "weights.b": float(draw.choice([0.0, 0.5, 0.7])),
            "rule.drift.threshold": float(draw.uniform(-0.01, 0.1)),
            "rule.periodic.frequency": str(draw.choice(["MONTHLY", "ANNUAL"])),
            "rule.periodic.base_day": str(
                draw.choice(["FIRST_TRADING_DAY", "LAST_TRADING_DAY"])
            ),
            "rule.periodic.offset": int(draw.integers(0, 5)),
            "rule.cost_rate": float(draw.uniform(0, 0.01)),
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize("span", [None, BarSpan(100, 400)])
@pytest.mark.parametrize("costs", [None, 0.003])
def test_every_figure_is_that_of_a_single_simulation(
    three_assets_two_years: pd.DataFrame, span: BarSpan | None, costs: float | None
) -> None:
    evaluator = PortfolioEvaluator.of(three_assets_two_years, BASE, RULE, costs=costs)
    rows = Combinations.of(some_rows(25, seed=7))
    found = evaluator.evaluate(rows, span=span, blocks=4)
    returns = evaluator.returns(rows, span=span)
    assert found.block_sums is not None
    run = 0
    for place, row in enumerate(rows.rows()):
        if evaluator.refusal(row) is not None:
            assert np.isnan(found.figures[place]).all()
            continue
        run += 1
        result = evaluator.run(row, span=span)
        for name, figure in zip(found.names, found.figures[place], strict=True):
            wanted = result.summary[name]
            if pd.isna(wanted):
                assert np.isnan(figure), name
            else:
                assert figure == float(wanted), name
        daily = result.path["daily_return"].fillna(0.0).to_numpy()
        assert np.array_equal(returns[place], daily)
        sums = found.block_sums[place].sum(axis=0)
        assert sums == pytest.approx([daily.sum(), (daily**2).sum()], rel=1e-12)
    assert 10 < run < 25


def test_weights_are_scaled_to_the_sum_of_the_base(
    three_assets_two_years: pd.DataFrame,
) -> None:
    with_cash = {"a": 0.4, "b": 0.3, "c": 0.1}
    evaluator = PortfolioEvaluator.of(three_assets_two_years, with_cash)
    weights, _ = evaluator.parts({"weights.a": 3.0, "weights.b": 1.0, "weights.c": 0.0})
    assert weights == pytest.approx({"a": 0.6, "b": 0.2, "c": 0.0})


def test_weights_that_are_not_scaled_leave_cash_or_are_refused(
    three_assets_two_years: pd.DataFrame,
) -> None:
    evaluator = PortfolioEvaluator.of(three_assets_two_years, BASE, normalised=False)
    found = evaluator.evaluate(
        Combinations.of([{"weights.a": 0.1}, {"weights.a": 0.6}, {"weights.a": -0.1}])
    )
    assert list(np.isnan(found.column("cagr"))) == [False, True, True]
    assert evaluator.parts({"weights.a": 0.1})[0] == {"a": 0.1, "b": 0.3, "c": 0.2}
    with pytest.raises(InputError, match="no weights"):
        evaluator.run({"weights.a": 0.6})


def test_whole_rules_can_be_chosen_from(three_assets_two_years: pd.DataFrame) -> None:
    evaluator = PortfolioEvaluator.of(three_assets_two_years, BASE, RULE)
    rules = np.empty(3, dtype=object)
    rules[:] = [None, {"type": "DRIFT", "threshold": 0.04}, fl.Periodic("ANNUAL")]
    found = evaluator.evaluate(Combinations({"rule": rules}))
    counts = found.column("rebalancing_count")
    assert counts[0] == 0.0
    assert counts[2] == 1.0  # the first session of 2022; day 0 is that of 2021
    wanted = fl.simulate(three_assets_two_years, BASE, fl.Drift(0.04)).summary
    assert counts[1] == wanted["rebalancing_count"]


def test_a_name_that_no_portfolio_has_is_refused_with_near_ones(
    three_assets_two_years: pd.DataFrame,
) -> None:
    evaluator = PortfolioEvaluator.of(three_assets_two_years, BASE, fl.Drift(0.05))
    with pytest.raises(UnknownNameError, match=r"rule\.threshold"):
        evaluator.evaluate(Combinations.of([{"rule.treshold": 0.1}]))


def test_it_says_the_same_in_another_process_and_on_any_threads(
    three_assets_two_years: pd.DataFrame,
) -> None:
    rows = Combinations.of(some_rows(40, seed=3))
    one = PortfolioEvaluator.of(three_assets_two_years, BASE, RULE, threads=1)
    two = pickle.loads(
        pickle.dumps(
            PortfolioEvaluator.of(three_assets_two_years, BASE, RULE, threads=2)
        )
    )
    first, second = one.evaluate(rows, blocks=3), two.evaluate(rows, blocks=3)
    assert np.array_equal(first.figures, second.figures, equal_nan=True)
    assert one.describe() == two.describe()


def test_the_front_takes_weights_for_a_strategy(
    three_assets_two_years: pd.DataFrame,
) -> None:
    evaluator = evaluator_of(
        three_assets_two_years, BASE, parameters={"rule": fl.Drift(0.1)}
    )
    assert isinstance(evaluator, PortfolioEvaluator)
    assert evaluator.choices.rule == fl.Drift(0.1)
    assert evaluator.describe()["family"] == "portfolio:drift:a,b,c"
