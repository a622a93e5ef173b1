"""Everything that is said of a search, against the definitions, and what cannot be."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

import foresto_lab as fl
from foresto_lab.labels import LANGUAGES, label
from foresto_lab.optimize.overfitting.assessment import Assessment, assess, trials_of
from foresto_lab.optimize.overfitting.compared_trials import (
    compare,
    reach_of,
    stretches_of,
)
from foresto_lab.optimize.overfitting.prior_trials import PriorTrials
from foresto_lab.optimize.plan import plan_search
from foresto_lab.optimize.run import run_plan
from tests.oracles.matrix_evaluator import MatrixEvaluator


def _searched(evaluator: MatrixEvaluator, **options: Any) -> Any:
    size = evaluator.matrix.shape[1]
    plan = plan_search(evaluator, {"trial": (0, size - 1)}, **options)
    return plan, plan.search()


def _assessed(returns: np.ndarray, **options: Any) -> Assessment:
    evaluator = MatrixEvaluator(returns, market=options.pop("market", None))
    prior = options.pop("prior", None)
    plan, outcome = _searched(evaluator, **options)
    return assess(
        evaluator,
        outcome,
        space=plan.space,
        method=plan.method.name,
        objective=plan.objectives[0],
        prior=prior,
    )


NOISE = np.random.default_rng(0).normal(0.0, 0.01, (800, 60))
EDGE = NOISE + np.where(np.arange(60) > 40, 0.002, 0.0)


class TestStatistics:
    """The numbers are those of the public functions, on the right inputs."""

    def test_the_papers_numbers(self) -> None:
        told = _assessed(EDGE).statistics
        ratios = EDGE.mean(axis=0) / EDGE.std(axis=0, ddof=1)
        best = int(ratios.argmax())
        returns = EDGE[:, best]
        skewness = stats.skew(returns)
        kurtosis = stats.kurtosis(returns, fisher=False)
        moments = (skewness, kurtosis)
        variance = float(ratios.var(ddof=1))
        year = 252**0.5
        expected = {
            "trials": 60,
            "prior_trials": 0,
            "best_sharpe": ratios[best] * year,
            "sharpe_deviation": variance**0.5 * year,
            "return_skewness": skewness,
            "return_kurtosis": kurtosis,
            "history_years": 800 / 252,
            "probabilistic_sharpe_ratio": fl.probabilistic_sharpe_ratio(
                ratios[best], 800, *moments
            ),
            "expected_maximum_sharpe": fl.expected_maximum_sharpe(60, variance) * year,
            "deflated_sharpe_ratio": fl.deflated_sharpe_ratio(
                ratios[best], 800, 60, variance, *moments
            ),
            "minimum_track_record_years": fl.minimum_track_record_length(
                ratios[best], *moments
            )
            / 252,
            "minimum_backtest_years": fl.minimum_backtest_length(60),
            "probability_of_overfitting": fl.probability_of_backtest_overfitting(
                EDGE
            ).probability,
        }
        for name, value in expected.items():
            assert told[name] == pytest.approx(value, rel=1e-9), name

    def test_snooping_is_tested_on_sums_over_stretches(self) -> None:
        found = _assessed(EDGE)
        # 800 bars make 256 stretches of 3 or 4 bars.
        edges = np.arange(256) * 800 // 256
        sums = np.add.reduceat(EDGE, edges, axis=0)
        expected = fl.superior_predictive_ability(sums, seed=0)
        assert found.snooping == expected
        assert found.statistics["spa_consistent"] == expected.spa_consistent

    def test_every_number_has_a_name_in_both_languages(self) -> None:
        for name in _assessed(EDGE).statistics.index:
            for language in LANGUAGES:
                assert label(name, language)

    def test_trials_made_before_count(self) -> None:
        prior = PriorTrials.of(np.random.default_rng(5).normal(0.0, 0.05, 940))
        alone, after = _assessed(EDGE), _assessed(EDGE, prior=prior)
        ratios = EDGE.mean(axis=0) / EDGE.std(axis=0, ddof=1)
        merged = prior.merge(PriorTrials.of(ratios))
        assert after.statistics["prior_trials"] == 940
        assert after.statistics["expected_maximum_sharpe"] == pytest.approx(
            fl.expected_maximum_sharpe(1_000, merged.sharpe_variance) * 252**0.5
        )
        assert (
            after.statistics["effective_trials"] > alone.statistics["effective_trials"]
        )
        assert (
            after.statistics["luck_probability"] > alone.statistics["luck_probability"]
        )

    def test_a_search_counts_its_trials_for_those_after_it(self) -> None:
        _, outcome = _searched(MatrixEvaluator(EDGE))
        ratios = EDGE.mean(axis=0) / EDGE.std(axis=0, ddof=1)
        found = trials_of(outcome, 252.0)
        assert (found.count, found.known) == (60, 60)
        assert found.sharpe_mean == pytest.approx(ratios.mean())
        assert found.sharpe_variance == pytest.approx(ratios.var(ddof=1))

    def test_the_same_seed_gives_the_same(self) -> None:
        assert _assessed(EDGE).to_dict() == _assessed(EDGE).to_dict()


class TestVerdicts:
    """The verdicts that follow."""

    def test_an_edge_is_robust_and_noise_is_not(self) -> None:
        assert _assessed(EDGE).verdict.level == "robust"
        assert _assessed(NOISE).verdict.level == "overfitted"

    def test_what_the_market_earned_is_no_edge(self) -> None:
        generator = np.random.default_rng(1)
        market = generator.normal(0.001, 0.01, 3_000)
        exposed = (generator.random((3_000, 40)) < 0.6) * market[:, None]
        blind, seeing = _assessed(exposed), _assessed(exposed, market=market)
        assert blind.verdict.level == "robust"
        assert seeing.verdict.level == "overfitted"
        codes = [reason.code for reason in seeing.verdict.reasons]
        assert "MARKET_OR_LUCK" in codes
        assert seeing.statistics["market_beta"] == pytest.approx(0.6, abs=0.1)

    def test_many_trials_before_make_a_weak_best_overfitted(self) -> None:
        column = np.random.default_rng(3).normal(0.0, 0.01, (1_000, 1))
        column += 0.0013 - column.mean()
        first = _assessed(column)
        assert first.verdict.level == "robust"
        column = np.column_stack([column, NOISE[:, :20].repeat(2, axis=0)[:1_000]])
        later = _assessed(column, prior=PriorTrials(100_000, 0.0, 100.0))
        assert later.verdict.level == "overfitted"

    def test_held_out_bars_are_heard(self) -> None:
        bad = EDGE.copy()
        bad[600:] -= 0.02
        plan, _ = _searched(
            MatrixEvaluator(bad),
            split=fl.Split(train=0.75, validation=0.0, test=0.25),
        )
        verdict = run_plan(plan).verdict
        assert verdict.level == "doubtful"
        assert "HELD_OUT_LOST" in [reason.code for reason in verdict.reasons]


class TestWhatCannotBeSaid:
    """Nothing raises; the verdict says what is missing."""

    @pytest.mark.parametrize(
        ("returns", "code"),
        [
            (np.zeros((400, 5)), "NO_BEST"),
            (np.full((400, 5), np.nan), "NO_BEST"),
            (NOISE[:63], "TOO_SHORT"),
        ],
    )
    def test_nothing_to_judge(self, returns: np.ndarray, code: str) -> None:
        found = _assessed(returns)
        assert found.verdict.level == "doubtful"
        assert [reason.code for reason in found.verdict.reasons] == [code]
        assert found.luck is None

    def test_a_best_that_never_trades(self) -> None:
        returns = NOISE[:, :5] - 0.01
        returns[:, 2] = 0.0
        found = _assessed(returns, objective="total_return")
        assert found.verdict.reasons[0].code == "NO_TRADES"

    def test_one_combination_alone(self) -> None:
        found = _assessed(NOISE[:, :1])
        assert found.verdict.level == "doubtful"
        assert found.verdict.reasons[0].code == "ONE_TRIAL"
        assert math.isnan(found.statistics["deflated_sharpe_ratio"])
        assert math.isnan(found.statistics["probability_of_overfitting"])

    def test_two_combinations(self) -> None:
        assert _assessed(NOISE[:, :2]).verdict.level == "overfitted"

    def test_trials_that_cannot_be_run_change_nothing(self) -> None:
        holed = np.column_stack([EDGE, np.full((800, 30), np.nan)])
        whole, found = _assessed(EDGE).statistics, _assessed(holed).statistics
        assert found["trials"] == 90
        for name in ("best_sharpe", "sharpe_deviation", "reality_check"):
            assert found[name] == pytest.approx(whole[name]), name

    @pytest.mark.parametrize("bars", [64, 65, 100, 511, 513])
    def test_few_bars_are_cut_into_fewer_stretches(self, bars: int) -> None:
        found = _assessed(EDGE[:bars])
        assert found.statistics["compared_stretches"] == stretches_of(bars)
        assert stretches_of(bars) % 16 == 0
        assert stretches_of(bars) <= bars // 2 + 16

    def test_a_combination_that_loses_least(self) -> None:
        found = _assessed(NOISE - 0.02)
        assert found.verdict.level == "overfitted"
        assert "BEST_LOSES" in [reason.code for reason in found.verdict.reasons]


class TestWhatIsCompared:
    """An even draw of the trials, or of the space where a search climbs."""

    def test_of_many_trials_a_thousand_are_drawn(self) -> None:
        evaluator = MatrixEvaluator(np.tile(NOISE[:128], 40))
        plan, outcome = _searched(evaluator)
        compared = compare(evaluator, outcome, plan.space, method="grid")
        assert len(compared.sums) == 1_000
        again = compare(evaluator, outcome, plan.space, method="grid")
        assert np.array_equal(compared.sums, again.sums)

    def test_a_climbing_search_is_compared_with_the_whole_space(self) -> None:
        evaluator = MatrixEvaluator(NOISE)
        plan, outcome = _searched(evaluator, method="random", trials=20)
        drawn = compare(evaluator, outcome, plan.space, method="random")
        fresh = compare(evaluator, outcome, plan.space, method="genetic")
        assert len(drawn.sums) == outcome.evaluated
        assert len(fresh.sums) == 60
        assert reach_of(outcome, plan.space, "random", 50) == 50
        assert reach_of(outcome, plan.space, "tpe", outcome.evaluated) == 60
        tenfold = 10.0 * outcome.evaluated
        assert reach_of(outcome, None, "genetic", outcome.evaluated) == tenfold

    def test_what_the_search_has_summed_is_not_evaluated_again(self) -> None:
        evaluator = MatrixEvaluator(NOISE)
        plan, outcome = _searched(evaluator)
        done = evaluator.evaluated
        kept = compare(evaluator, outcome, plan.space, method="grid")
        assert evaluator.evaluated == done == 60
        bare = replace(outcome, blocks=None)
        again = compare(evaluator, bare, plan.space, method="grid")
        assert evaluator.evaluated == 120
        assert np.array_equal(kept.sums, again.sums)

    def test_sums_that_would_not_be_used_are_not_made(self) -> None:
        evaluator = MatrixEvaluator(np.tile(NOISE[:128], 40))
        many, _ = _searched(evaluator)
        few, _ = _searched(evaluator, method="random", trials=100)
        climbing, _ = _searched(evaluator, method="genetic")
        assert (many.blocks, few.blocks, climbing.blocks) == (0, 64, 0)

    def test_sums_of_stretches_are_those_of_the_returns(self) -> None:
        evaluator = MatrixEvaluator(NOISE[:517])
        plan, outcome = _searched(evaluator)
        compared = compare(evaluator, outcome, plan.space, method="grid")
        assert compared.lengths.sum() == compared.block_lengths.sum() == 517
        np.testing.assert_allclose(
            compared.summed(NOISE[:517, 3]), compared.stretches[:, 3]
        )
        np.testing.assert_allclose(
            compared.block_sums[:, :, 1].sum(axis=1), (NOISE[:517] ** 2).sum(axis=0)
        )
