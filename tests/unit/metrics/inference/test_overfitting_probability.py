"""PBO against a slow CSCV, worked cases and laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.errors import InputError
from foresto_lab.metrics.inference import (
    block_sums_of,
    overfitting,
    overfitting_from_block_sums,
    probability_of_backtest_overfitting,
)
from tests.oracles.overfitting import slow_overfitting


@pytest.mark.parametrize(
    ("bars", "trials", "blocks"), [(60, 5, 6), (67, 9, 8), (24, 2, 4)]
)
def test_agrees_with_the_slow_one(bars: int, trials: int, blocks: int) -> None:
    returns = np.random.default_rng(bars).standard_t(4, (bars, trials)) / 100
    found = probability_of_backtest_overfitting(returns, blocks)
    expected = slow_overfitting(returns.T.tolist(), blocks)
    assert found.probability == expected["probability"]
    assert found.probability_of_loss == expected["probability_of_loss"]
    for name in ("logits", "in_sample", "out_of_sample"):
        np.testing.assert_allclose(getattr(found, name), expected[name], atol=1e-9)


def test_halves_go_in_portions_and_stay_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overfitting, "_NUMBERS_AT_ONCE", 40)
    returns = np.random.default_rng(0).normal(0, 0.01, (64, 12))
    found = probability_of_backtest_overfitting(returns, 8)
    expected = slow_overfitting(returns.T.tolist(), 8)
    np.testing.assert_allclose(found.logits, expected["logits"], atol=1e-9)


def test_a_trial_that_is_always_best_is_no_overfitting() -> None:
    returns = np.random.default_rng(1).normal(0, 0.01, (160, 20))
    returns[:, 7] += 0.02
    found = probability_of_backtest_overfitting(returns)
    assert found.probability == 0.0
    assert found.probability_of_loss == 0.0
    assert set(found.chosen.tolist()) == {7}
    # Rank 20 of 20: ln((20/21) / (1/21)).
    np.testing.assert_allclose(found.logits, math.log(20.0))


def test_two_trials_that_win_by_turns_are_nothing_but_overfitting() -> None:
    # Worked by hand: two blocks. The first trial earns on the first and loses on the
    # second, the other the other way around; so the best of one is last in the next.
    up, down = [0.01, 0.03], [-0.01, -0.03]
    returns = np.array([up + down, down + up]).T
    found = probability_of_backtest_overfitting(returns, 2)
    assert found.probability == 1.0
    assert found.probability_of_loss == 1.0
    # Rank 1 of 2: ln((1/3) / (2/3)).
    np.testing.assert_allclose(found.logits, [-math.log(2.0)] * 2)
    # Mean 0.02 over a deviation of 0.01·√2.
    np.testing.assert_allclose(found.in_sample, [math.sqrt(2.0)] * 2)
    np.testing.assert_allclose(found.out_of_sample, [-math.sqrt(2.0)] * 2)


def test_noise_ranks_anywhere() -> None:
    generator = np.random.default_rng(5)
    found = [
        probability_of_backtest_overfitting(
            generator.normal(0, 0.01, (320, 50)), 8
        ).probability
        for _ in range(60)
    ]
    assert np.mean(found) == pytest.approx(0.5, abs=0.06)


def test_equal_trials_share_the_middle_rank() -> None:
    returns = np.repeat(np.random.default_rng(2).normal(0, 0.01, (40, 1)), 5, axis=1)
    found = probability_of_backtest_overfitting(returns, 4)
    np.testing.assert_allclose(found.logits, 0.0, atol=1e-12)


def test_a_trial_that_never_trades_is_flat_and_one_with_nan_is_none() -> None:
    returns = np.random.default_rng(3).normal(-0.01, 0.001, (40, 3))
    returns[:, 1] = 0.0
    returns[5, 2] = np.nan
    found = probability_of_backtest_overfitting(returns, 4)
    assert found.n_trials == 2
    assert set(found.chosen.tolist()) == {1}
    assert found.out_of_sample.tolist() == [0.0] * 6
    assert found.probability_of_loss == 1.0


@pytest.mark.parametrize("trials", [0, 1])
def test_fewer_than_two_trials_say_nothing(trials: int) -> None:
    found = probability_of_backtest_overfitting(np.zeros((40, trials)), 4)
    assert math.isnan(found.probability)
    assert math.isnan(found.slope)
    assert found.to_dict()["probability"] is None
    assert len(found.logits) == 0


@pytest.mark.parametrize("blocks", [0, 3, 22])
def test_blocks_that_cannot_be_halved_are_refused(blocks: int) -> None:
    with pytest.raises(InputError, match="blocks cannot be halved"):
        probability_of_backtest_overfitting(np.zeros((100, 3)), blocks)


def test_returns_that_are_no_matrix_or_too_short_are_refused() -> None:
    with pytest.raises(InputError, match="dimensions"):
        probability_of_backtest_overfitting(np.zeros(100))
    with pytest.raises(InputError, match="31 bars are too few for 16 blocks"):
        probability_of_backtest_overfitting(np.zeros((31, 3)))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.1, 10))
def test_neither_the_order_nor_the_scale_of_trials_matters(
    seed: int, scale: float
) -> None:
    generator = np.random.default_rng(seed)
    returns = generator.normal(0.001, 0.01, (48, 6))
    order = generator.permutation(6)
    one = probability_of_backtest_overfitting(returns, 6)
    other = probability_of_backtest_overfitting(returns[:, order] * scale, 6)
    assert one.probability == other.probability
    assert one.chosen.tolist() == order[other.chosen].tolist()


def test_sums_and_returns_give_the_same() -> None:
    returns = np.random.default_rng(4).normal(0, 0.01, (101, 7))
    sums, lengths = block_sums_of(returns, 4)
    assert lengths.tolist() == [25.0, 25.0, 25.0, 26.0]
    np.testing.assert_allclose(sums[3, 1, 0], returns[25:50, 3].sum())
    np.testing.assert_allclose(sums[3, 1, 1], (returns[25:50, 3] ** 2).sum())
    found = overfitting_from_block_sums(sums, lengths)
    expected = probability_of_backtest_overfitting(returns, 4)
    assert found.to_dict() == expected.to_dict()
