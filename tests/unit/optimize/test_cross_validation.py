"""Combinatorial purged cross-validation: every path by parameters that never saw it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import AmountError, InputError, ObjectiveError, SplitError
from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator
from foresto_lab.optimize.plan import plan_search
from foresto_lab.optimize.validation.cross_validation import longest_warm_up
from foresto_lab.optimize.validation.legs import Leg
from foresto_lab.optimize.validation.purged_groups import PurgedGroups
from foresto_lab.optimize.validation.stitching import stitch
from tests.oracles.walk_forward import pooled_reference, random_candles
from tests.unit.optimize.posting import PostingExecutor
from tests.unit.optimize.test_walk_forward import Growing

SPACE = {"fast_period": [3, 5, 8], "slow_period": [12, 20, 40]}
COSTS = fl.Execution(fee_rate=0.0004, slippage_bps=2)
FRAME = random_candles(720, seed=31, volatility=0.015)
GROUPS = {"groups": 6, "test_groups": 2, "purge": 10, "embargo": 4}


def validated(**options: Any) -> fl.CrossValidationResult:
    given: dict[str, Any] = {**GROUPS, "execution": COSTS, "progress": False}
    return fl.combinatorial_cross_validation(
        FRAME, "sma_cross", SPACE, **{**given, **options}
    )


@pytest.fixture(scope="module")
def result() -> fl.CrossValidationResult:
    return validated()


@pytest.mark.parametrize("objective", ["sharpe_ratio", "sortino", "total_return"])
def test_each_split_chooses_the_best_of_its_train_bars_taken_together(
    objective: str,
) -> None:
    found = validated(objective=objective)
    evaluator = BacktestEvaluator.of(FRAME, "sma_cross", COSTS)
    name = "sharpe" if objective == "sharpe_ratio" else objective
    rows = [
        {"fast_period": f, "slow_period": s} for f in (3, 5, 8) for s in (12, 20, 40)
    ]
    for split in PurgedGroups(6, 2, 10, 4).splits(720)[1::7]:
        values = [
            pooled_reference(
                [evaluator.run(row, span=span) for span in split.train],
                evaluator.initial_capital,
            )[name]
            for row in rows
        ]
        best = int(np.nanargmax(values))
        assert found.chosen[split.number - 1] == rows[best]
        told = found.splits.loc[split.number]
        assert told["train_objective"] == pytest.approx(values[best], rel=1e-9)
        assert told["train_bars"] == sum(len(span) for span in split.train)
        spans = PurgedGroups(6, 2).spans(720)
        outside = pooled_reference(
            [evaluator.run(rows[best], span=spans[g]) for g in split.test_groups],
            evaluator.initial_capital,
        )[name]
        assert told["test_objective"] == pytest.approx(outside, rel=1e-9)


def test_there_are_as_many_paths_as_the_formula_says(
    result: fl.CrossValidationResult,
) -> None:
    assert len(result.splits) == 15
    assert len(result.paths) == 5
    assert result.equity.shape == (720, 5)
    assert result.plan == PurgedGroups(**GROUPS)
    assert result.groups["bars"].tolist() == [120] * 6
    assert result.groups["start"].tolist() == FRAME.index[::120].tolist()
    assert len(result.paths.columns) == 33
    spread = result.distribution()
    sharpes = result.paths["sharpe"]
    assert spread["paths"] == 5
    assert spread["median"] == sharpes.median()
    assert spread["maximum"] == sharpes.max()
    assert spread["below_zero"] == (sharpes < 0).mean()


def test_a_path_is_one_account_with_the_parameters_that_did_not_see_the_group(
    result: fl.CrossValidationResult,
) -> None:
    evaluator = BacktestEvaluator.of(FRAME, "sma_cross", COSTS)
    plan = PurgedGroups(**GROUPS)
    for number, path in enumerate(plan.paths(), start=1):
        legs = [
            Leg(group + 1, span, result.chosen[split - 1])
            for group, (span, split) in enumerate(
                zip(plan.spans(720), path, strict=True)
            )
        ]
        stitched = stitch(evaluator, legs)
        np.testing.assert_array_equal(
            result.equity[number], stitched.equity["equity"].to_numpy()
        )
        assert result.paths.loc[number, "sharpe"] == stitched.metrics["sharpe"]
        for group, split in enumerate(path):
            tested = result.splits.loc[split, "test_groups"].split(", ")
            assert str(group) in tested


def test_other_ways_to_search_and_other_executors_give_the_same_numbers(
    result: fl.CrossValidationResult,
) -> None:
    pd.testing.assert_frame_equal(
        validated(executor=PostingExecutor()).splits, result.splits
    )
    few: dict[str, Any] = {"groups": 3, "test_groups": 1, "embargo": 0}
    patient = validated(patience=100, **few)  # a search for each split
    at_once = validated(**few)
    assert patient.chosen == at_once.chosen
    pd.testing.assert_frame_equal(patient.splits, at_once.splits)
    pd.testing.assert_frame_equal(patient.paths, at_once.paths)
    assert len(patient.sharpes) == len(at_once.sharpes) == 27  # type: ignore[arg-type]
    few["method"] = fl.Genetic(population=6, generations=2)
    genetic, again = validated(executor=PostingExecutor(), **few), validated(**few)
    assert genetic.chosen == again.chosen


def test_purge_and_embargo_have_defaults_that_are_stated() -> None:
    evaluator = BacktestEvaluator.of(FRAME, "sma_cross", parameters={"slow_period": 21})
    of_base = longest_warm_up(plan_search(evaluator, {"fast_period": [3, 5]}))
    assert of_base == evaluator.warm_up >= 20
    searched = plan_search(evaluator, {"slow_period": [12, 90]})
    assert longest_warm_up(searched) == of_base + 69
    searched = plan_search(evaluator, {"slow_period": (12, 90)})
    assert longest_warm_up(searched) == of_base + 69
    found = validated(purge=None, embargo=None, groups=3)
    assert found.plan.purge == BacktestEvaluator.of(FRAME, "sma_cross").warm_up
    assert found.plan.embargo == 8  # a hundredth of 720 bars, rounded up


def test_a_split_without_a_choice_holds_cash_and_says_so() -> None:
    found = validated(constraints="total_trades >= 1000")
    assert set(found.splits["status"]) == {"cash"}
    assert (found.equity == found.initial_capital).all(axis=None)
    assert found.findings[0].code == "SPLIT_HOLDS_CASH"
    assert found.distribution()["paths"] == 0
    assert "CrossValidationResult" in repr(found)
    assert "경로" in found._repr_html_()


def test_it_can_be_stopped(result: fl.CrossValidationResult) -> None:
    found = validated(cancel=lambda: True)
    assert found.status == "cancelled"
    assert found.findings[0].code == "CROSS_VALIDATION_STOPPED"
    assert set(found.splits["status"]) == {"cash"}
    each = validated(cancel=lambda: True, method="genetic")
    assert each.status == "cancelled"


def test_an_interrupt_keeps_what_was_evaluated() -> None:
    class Interrupted(PostingExecutor):
        def evaluate(self, *given: Any, **options: Any) -> Any:
            if self.evaluated > 50:
                raise KeyboardInterrupt
            return super().evaluate(*given, **options)

        def map(self, function: Any, items: Any) -> Any:
            self.evaluated = 0
            return map(function, items)

    found = validated(executor=Interrupted())
    assert found.status == "cancelled"
    assert len(found.paths) == 5


def test_it_comes_back_from_its_tables(
    result: fl.CrossValidationResult, tmp_path: Path
) -> None:
    tables, facts = result.to_tables()
    for name, table in tables.items():
        table.to_parquet(tmp_path / f"{name}.parquet")
        tables[name] = pd.read_parquet(tmp_path / f"{name}.parquet")
    back = fl.CrossValidationResult.from_tables(tables, json.loads(json.dumps(facts)))
    for name in ("groups", "splits", "paths", "equity", "parameters"):
        pd.testing.assert_frame_equal(
            getattr(back, name), getattr(result, name), check_column_type=False
        )
    assert back.request_hash == result.request_hash == validated().request_hash
    assert back.to_dict() == result.to_dict()
    json.dumps(result.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"objective": "calmar"}, ObjectiveError, "calmar needs bars"),
        ({"constraints": "final_equity > 1"}, ObjectiveError, "final_equity needs"),
        ({"groups": 1}, AmountError, "groups"),
        ({"test_groups": 6}, AmountError, "test_groups"),
        ({"embargo": 5_000}, SplitError, "takes all of them"),
        ({"groups": 721, "test_groups": 1}, SplitError, "cannot be cut"),
        ({"groups": 30, "test_groups": 15}, SplitError, "155,117,520 ways"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(
    options: dict[str, Any], error: type[Exception], says: str
) -> None:
    executor = PostingExecutor()
    with pytest.raises(error, match=says):
        validated(executor=executor, **options)
    assert executor.evaluated == 0


def test_a_portfolio_is_refused() -> None:
    with pytest.raises(InputError, match="walk_forward for portfolios"):
        fl.combinatorial_cross_validation(
            None, Growing(), {"rate": [0.0, 0.1]}, groups=3, embargo=0, progress=False
        )
