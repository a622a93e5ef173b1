"""Drawn paths beside a slow bootstrap; what blocks and moments they have."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from foresto_lab import engine
from tests.oracles.forward import bootstrapped_days, bootstrapped_prices

SESSIONS = 253
FALSE_ALARM = 1e-3
"""Of each statistical test here, over seeds; the seeds are fixed."""


def history_of(n_sessions: int, n_assets: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    steps = random.normal(0.0003, 0.01, size=(n_sessions, n_assets))
    return np.array(100.0 * np.exp(np.cumsum(steps, axis=0)))


def growth_of(history: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(history[1:] / history[:-1])


def drawn(
    growth: np.ndarray,
    restart: float,
    *,
    seed: int = 0,
    path: int = 0,
    n_sessions: int = SESSIONS,
    means: np.ndarray | None = None,
    factor: np.ndarray | None = None,
    freedom: float = math.inf,
    kernel: object = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the days drawn and the prices (n_assets, n_sessions)."""
    n = growth.shape[1]
    days = np.full(n_sessions - 1, -1, dtype=np.int64)
    prices = np.empty((n, n_sessions))
    (kernel or engine.drawn_path_kernel)(  # type: ignore[operator]
        growth,
        restart,
        np.zeros(n) if means is None else means,
        np.zeros((n, n)) if factor is None else factor,
        freedom,
        np.uint64(seed),
        path,
        days,
        prices,
    )
    return days, prices


@pytest.mark.parametrize("block_length", [1.0, 2.5, 20.0, 400.0])
@pytest.mark.parametrize(("seed", "path"), [(0, 0), (0, 7), (99, 7)])
def test_days_and_prices_are_those_of_the_slow_bootstrap(
    block_length: float, seed: int, path: int
) -> None:
    history = history_of(300, 3)
    days, prices = drawn(growth_of(history), 1 / block_length, seed=seed, path=path)
    assert days.tolist() == bootstrapped_days(299, 252, block_length, seed, path)
    slow = bootstrapped_prices(history.tolist(), 252, block_length, seed, path)
    np.testing.assert_allclose(prices.T, slow, rtol=1e-12)


def test_block_lengths_are_geometric() -> None:
    growth = growth_of(history_of(5_000, 1))
    days, _ = drawn(growth, 1 / 8, n_sessions=200_001, seed=5)
    follows = (np.diff(days) == 1) | ((days[1:] == 0) & (days[:-1] == len(growth) - 1))
    ends = np.flatnonzero(~follows)
    lengths = np.diff(ends)
    longest = 40
    counts = np.bincount(np.minimum(lengths, longest), minlength=longest + 1)[1:]
    # A new block begins one day on by chance once in 5,000 times: far below the test.
    shares = [(7 / 8) ** (n - 1) / 8 for n in range(1, longest)]
    expected = np.array([*shares, 1 - sum(shares)]) * len(lengths)
    assert stats.chisquare(counts, expected).pvalue > FALSE_ALARM


def test_every_day_of_history_is_drawn_as_often() -> None:
    growth = growth_of(history_of(101, 1))
    days, _ = drawn(growth, 1.0, n_sessions=100_001, seed=6)
    assert stats.chisquare(np.bincount(days, minlength=100)).pvalue > FALSE_ALARM


def test_bootstrapped_moments_are_those_of_history() -> None:
    growth = growth_of(history_of(1_001, 3, seed=4))
    source = growth - 1.0
    length = 10.0
    n_paths, n_days = 400, 252
    taken = np.empty((n_paths, n_days, 3))
    for path in range(n_paths):
        days, prices = drawn(growth, 1 / length, path=path, seed=11)
        taken[path] = (prices[:, 1:] / prices[:, :-1] - 1.0).T
        np.testing.assert_allclose(taken[path], source[days], rtol=1e-9, atol=1e-13)
    # Each path's mean is one independent draw: a t-test per asset (Bonferroni over 9).
    bound = FALSE_ALARM / 9
    for asset in range(3):
        means = taken[:, :, asset].mean(axis=1)
        assert stats.ttest_1samp(means, source[:, asset].mean()).pvalue > bound
    for left in range(3):
        for right in range(left, 3):
            centred = source - source.mean(axis=0)
            known = (centred[:, left] * centred[:, right]).mean()
            shifted = taken - source.mean(axis=0)
            found = (shifted[:, :, left] * shifted[:, :, right]).mean(axis=1)
            assert stats.ttest_1samp(found, known).pvalue > bound


@pytest.mark.parametrize("freedom", [math.inf, 5.0])
def test_distributed_returns_have_the_stated_moments(freedom: float) -> None:
    means = np.array([0.0004, -0.0001])
    covariance = np.array([[1e-4, 3e-5], [3e-5, 4e-5]])
    factor = np.linalg.cholesky(covariance)
    _, prices = drawn(
        np.empty((0, 2)),
        0.0,
        means=means,
        factor=factor,
        freedom=freedom,
        n_sessions=100_001,
        seed=8,
    )
    returns = (prices[:, 1:] / prices[:, :-1] - 1.0).T
    bound = FALSE_ALARM / 5
    for asset in range(2):
        assert stats.ttest_1samp(returns[:, asset], means[asset]).pvalue > bound
    centred = returns - means
    for left, right in ((0, 0), (0, 1), (1, 1)):
        products = centred[:, left] * centred[:, right]
        assert stats.ttest_1samp(products, covariance[left, right]).pvalue > bound
    scaled = centred[:, 0] / 0.01
    if freedom < math.inf:
        scaled *= math.sqrt(freedom / (freedom - 2))
        law = stats.t(freedom)
    else:
        law = stats.norm()
    assert stats.kstest(scaled, law.cdf).pvalue > FALSE_ALARM


def test_days_of_a_distribution_are_independent() -> None:
    _, prices = drawn(
        np.empty((0, 1)), 0.0, factor=np.array([[0.01]]), n_sessions=50_001, seed=9
    )
    returns = prices[0, 1:] / prices[0, :-1] - 1.0
    found = np.corrcoef(returns[1:], returns[:-1])[0, 1]
    assert abs(found) < stats.norm.isf(FALSE_ALARM / 2) / math.sqrt(len(returns))


def test_a_price_never_reaches_zero() -> None:
    _, prices = drawn(
        np.empty((0, 1)), 0.0, factor=np.array([[0.9]]), freedom=2.1, n_sessions=64
    )
    assert (prices > 0.0).all()
    assert (prices[0, 1:] / prices[0, :-1]).min() >= 0.01 - 1e-12


def test_the_plain_python_kernel_gives_the_same_numbers() -> None:
    growth = growth_of(history_of(60, 2))
    compiled = drawn(growth, 0.2, seed=3, path=4, n_sessions=43)
    plain = drawn(
        growth,
        0.2,
        seed=3,
        path=4,
        n_sessions=43,
        kernel=engine.drawn_path_kernel.py_func,  # type: ignore[attr-defined]
    )
    for left, right in zip(compiled, plain, strict=True):
        np.testing.assert_array_equal(left, right)
