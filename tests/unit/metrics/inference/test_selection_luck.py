"""How probable luck is: worked cases, its size on noise, its power, its laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from foresto_lab.errors import InputError
from foresto_lab.metrics.inference.selection import selection_luck


def _best(returns: np.ndarray) -> np.ndarray:
    ratios = returns.mean(axis=0) / returns.std(axis=0)
    return np.asarray(returns[:, ratios.argmax()])


class TestWorkedCases:
    """What can be worked out by hand."""

    def test_one_normal_trial_has_the_tail_of_its_statistic(self) -> None:
        # 256 stretches, half 1 + 1/8 and half -1 + 1/8: mean 1/8 and, by n - 1, a
        # variance of 256/255. Symmetric and flat: skewness 0, kurtosis (255/256)².
        column = np.tile([1.0, -1.0], 128) + 0.125
        found = selection_luck(column[:, None], column)
        ratio = 0.125 / math.sqrt(256 / 255)
        assert found.statistic == pytest.approx(ratio * math.sqrt(255))
        assert found.probability == pytest.approx(stats.norm.sf(found.statistic))
        assert (found.effective_trials, found.growth) == (1.0, 0.0)
        assert math.isnan(found.beta)

    def test_equal_trials_are_one_trial(self) -> None:
        column = np.random.default_rng(0).normal(0.1, 1.0, 200)
        found = selection_luck(np.repeat(column[:, None], 50, axis=1), column)
        assert found.effective_trials == pytest.approx(1.0, abs=0.35)
        assert found.growth == 0.0

    def test_independent_trials_are_as_many_as_they_are(self) -> None:
        returns = np.random.default_rng(1).normal(0.0, 1.0, (256, 200))
        found = selection_luck(returns, _best(returns), repetitions=4_000)
        assert found.effective_trials == pytest.approx(200, rel=0.25)
        assert found.growth == pytest.approx(1.0, abs=0.2)
        # Sidak: the best of K independent normal numbers.
        expected = 1 - stats.norm.cdf(found.statistic) ** found.effective_trials
        assert found.probability == pytest.approx(expected)

    def test_prior_trials_of_the_same_variety_count_with_the_growth(self) -> None:
        returns = np.random.default_rng(2).normal(0.0, 1.0, (128, 40))
        one = selection_luck(returns, _best(returns))
        ten = selection_luck(returns, _best(returns), trials=400)
        expected = one.effective_trials * 10**one.growth
        assert ten.effective_trials == pytest.approx(expected)
        assert ten.probability > one.probability
        assert selection_luck(returns, _best(returns), trials=3) == one

    def test_holding_the_market_is_no_skill(self) -> None:
        generator = np.random.default_rng(3)
        market = generator.normal(0.3, 1.0, 256)
        noise = generator.normal(0.0, 0.3, (256, 20))
        holding = 0.5 * market[:, None] + noise
        assert selection_luck(holding, _best(holding)).probability < 0.01
        found = selection_luck(holding, _best(holding), market=market)
        assert found.probability > 0.05
        assert found.beta == pytest.approx(0.5, abs=0.08)

    def test_an_edge_does_not_raise_its_own_bar(self) -> None:
        generator = np.random.default_rng(4)
        returns = generator.normal(0.0, 1.0, (256, 60))
        quiet = selection_luck(returns, _best(returns))
        returns[:, 30:] += 0.5
        found = selection_luck(returns, _best(returns))
        assert found.effective_trials == pytest.approx(quiet.effective_trials)
        assert found.probability < 1e-6


@pytest.mark.parametrize("kind", ["normal", "fat", "left"])
def test_noise_passes_as_often_as_the_probability_says(kind: str) -> None:
    generator = np.random.default_rng(11)
    draw = {
        "normal": lambda: generator.normal(0.0, 1.0, (96, 16)),
        "fat": lambda: generator.standard_t(4, (96, 16)),
        "left": lambda: 1.0 - generator.gamma(1.0, 1.0, (96, 16)),
    }[kind]
    found = []
    for seed in range(200):
        returns = draw()
        luck = selection_luck(returns, _best(returns), repetitions=250, seed=seed)
        found.append(luck.probability)
    # Three standard deviations over 200 samples: 4.6 points at 5 %, 6.4 at 10 %.
    assert np.mean(np.array(found) <= 0.05) <= 0.096
    assert np.mean(np.array(found) <= 0.10) == pytest.approx(0.1, abs=0.064)


class TestLaws:
    """What must hold for any numbers."""

    def test_scale_does_not_matter(self) -> None:
        returns = np.random.default_rng(5).normal(0.02, 1.0, (64, 10))
        one = selection_luck(returns, _best(returns))
        other = selection_luck(returns * 1e-4, _best(returns) * 1e-4)
        assert other.probability == pytest.approx(one.probability)

    def test_flat_and_unknown_trials_are_left_out(self) -> None:
        returns = np.random.default_rng(6).normal(0.02, 1.0, (64, 4))
        more = np.column_stack([returns, np.zeros(64), np.full(64, np.nan)])
        assert selection_luck(more, _best(returns)).n_trials == 4

    def test_the_same_seed_gives_the_same(self) -> None:
        returns = np.random.default_rng(7).normal(0.0, 1.0, (64, 9))
        first = selection_luck(returns, _best(returns), seed=3)
        assert selection_luck(returns, _best(returns), seed=3) == first


class TestEdges:
    """What cannot be said, and what is refused."""

    def test_a_chosen_trial_that_does_not_move_cannot_be_judged(self) -> None:
        returns = np.random.default_rng(8).normal(0.0, 1.0, (64, 3))
        found = selection_luck(returns, np.zeros(64))
        assert math.isnan(found.probability)
        assert found.to_dict()["probability"] is None

    def test_a_trial_that_is_the_market_has_nothing_of_its_own(self) -> None:
        market = np.random.default_rng(9).normal(0.1, 1.0, 64)
        found = selection_luck(market[:, None], market, market=market)
        assert math.isnan(found.probability)
        assert found.beta == pytest.approx(1.0)

    def test_a_market_that_stands_still_changes_nothing(self) -> None:
        returns = np.random.default_rng(10).normal(0.1, 1.0, (64, 3))
        still = selection_luck(returns, returns[:, 0], market=np.zeros(64))
        assert still.probability == selection_luck(returns, returns[:, 0]).probability

    @pytest.mark.parametrize(
        ("returns", "chosen", "words"),
        [
            (np.zeros((15, 2)), np.zeros(15), "16 or more"),
            (np.zeros(20), np.zeros(20), "a column for each"),
            (np.zeros((20, 2)), np.zeros(19), "chosen trial"),
        ],
    )
    def test_shapes_that_do_not_fit_are_refused(
        self, returns: np.ndarray, chosen: np.ndarray, words: str
    ) -> None:
        with pytest.raises(InputError, match=words):
            selection_luck(returns, chosen)
