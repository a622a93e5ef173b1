"""SPA and the reality check against arch, and what is undefined."""

from __future__ import annotations

import math

import numpy as np
import pytest

from foresto_lab.errors import InputError
from foresto_lab.metrics.inference import superior_predictive_ability
from foresto_lab.metrics.inference.data_snooping import long_run_deviations

arch = pytest.importorskip("arch.bootstrap")


def _returns(seed: int, bars: int = 150, trials: int = 12) -> np.ndarray:
    generator = np.random.default_rng(seed)
    edges = generator.normal(0.02, 0.1, trials)
    noise = generator.standard_t(5, (bars, trials)) * generator.uniform(0.5, 2, trials)
    return np.asarray(edges + noise)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("block_size", [None, 1, 5])
def test_agrees_with_arch_to_the_last_resample(
    seed: int, block_size: int | None
) -> None:
    returns = _returns(seed)
    benchmark = np.random.default_rng(seed + 100).normal(0, 0.5, len(returns))
    ours = superior_predictive_ability(
        returns, benchmark, block_size=block_size, repetitions=300, seed=seed
    )
    theirs = arch.SPA(-benchmark, -returns, block_size=block_size, reps=300, seed=seed)
    theirs.compute()
    assert ours.spa_lower == theirs.pvalues["lower"]
    assert ours.spa_consistent == theirs.pvalues["consistent"]
    assert ours.spa_upper == theirs.pvalues["upper"]
    assert ours.reality_check == theirs.pvalues["upper"]
    assert ours.block_size == theirs.block_size
    assert ours.best == int((returns - benchmark[:, None]).mean(axis=0).argmax())


def test_studentized_is_arch_on_columns_of_one_deviation() -> None:
    returns = _returns(9)
    deviations = long_run_deviations(returns, 12)
    ours = superior_predictive_ability(returns, studentize=True, seed=1)
    theirs = arch.SPA(np.zeros(len(returns)), -returns / deviations, seed=1)
    theirs.compute()
    np.testing.assert_allclose(theirs._loss_diff_var, 1.0)
    assert ours.spa_lower == theirs.pvalues["lower"]
    assert ours.spa_consistent == theirs.pvalues["consistent"]
    assert ours.spa_upper == theirs.pvalues["upper"]
    raw = superior_predictive_ability(returns, seed=1)
    assert ours.reality_check == raw.reality_check


def test_an_edge_is_found_and_luck_is_not() -> None:
    noise = np.random.default_rng(0).normal(0, 1, (400, 30))
    assert superior_predictive_ability(noise).spa_consistent > 0.1
    noise[:, 4] += 0.3
    found = superior_predictive_ability(noise)
    assert found.spa_consistent == 0.0
    assert found.reality_check == 0.0
    assert found.best == 4


def test_lower_is_below_consistent_is_below_upper() -> None:
    for seed in range(10):
        found = superior_predictive_ability(
            _returns(seed), studentize=True, repetitions=200
        )
        assert found.spa_lower <= found.spa_consistent <= found.spa_upper


def test_noise_is_rejected_as_often_as_the_level_says() -> None:
    generator = np.random.default_rng(7)
    rejected = [
        superior_predictive_ability(
            generator.normal(0, 1, (120, 20)), block_size=2, repetitions=200, seed=seed
        ).spa_consistent
        < 0.1
        for seed in range(200)
    ]
    # 10 % expected; three standard deviations are 6 points.
    assert np.mean(rejected) == pytest.approx(0.1, abs=0.065)


def test_trials_with_nan_are_left_out_and_flat_ones_are_never_better() -> None:
    returns = _returns(3, trials=3)
    returns[4, 0] = np.nan
    returns[:, 1] = 0.0
    returns[:, 2] -= 1.0
    found = superior_predictive_ability(returns, studentize=True)
    assert (found.n_trials, found.best) == (2, 1)
    assert found.spa_lower == found.spa_upper == found.reality_check == 1.0


def test_no_trial_at_all_is_nan() -> None:
    found = superior_predictive_ability(np.full((20, 2), np.nan))
    assert math.isnan(found.spa_consistent)
    assert found.best == -1
    assert found.to_dict()["reality_check"] is None


@pytest.mark.parametrize(
    ("returns", "options", "words"),
    [
        (np.zeros(20), {}, "dimensions"),
        (np.zeros((7, 2)), {}, "7 bars are too few"),
        (np.zeros((20, 2)), {"benchmark": np.zeros(19)}, "one number for each"),
        (np.zeros((20, 2)), {"block_size": 21}, "Blocks of 21"),
        (np.zeros((20, 2)), {"repetitions": 0}, "0 times"),
    ],
)
def test_what_cannot_be_resampled_is_refused(
    returns: np.ndarray, options: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        superior_predictive_ability(returns, **options)  # type: ignore[arg-type]
