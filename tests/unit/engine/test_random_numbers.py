"""The kernels' random numbers beside numpy's SFC64, and their distributions."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from scipy import stats

from foresto_lab.engine.random_numbers import (
    STREAM,
    fill_normals,
    next_bits,
    next_gamma,
    next_uniform,
    seed_stream,
)
from tests.oracles.forward import sfc64

SEEDS = ((0, 0), (1, 0), (0, 1), (12345, 9_999), (2**53 - 1, 2**40))


def stream(seed: int, number: int) -> np.ndarray:
    state = np.empty(4, dtype=np.uint64)
    seed_stream(state, np.uint64(seed), np.uint64(number))
    return state


@pytest.mark.parametrize(("seed", "number"), SEEDS)
def test_bits_are_those_of_numpy(seed: int, number: int) -> None:
    generator = np.random.SFC64(0)
    generator.state = {
        "bit_generator": "SFC64",
        "state": {"state": np.array([number, seed, STREAM, 1], dtype=np.uint64)},
        "has_uint32": 0,
        "uinteger": 0,
    }
    generator.random_raw(18)
    state = stream(seed, number)
    drawn = [int(next_bits(state)) for _ in range(1000)]
    assert drawn == generator.random_raw(1000).tolist()


@pytest.mark.parametrize(("seed", "number"), SEEDS)
def test_bits_are_those_of_plain_integers(seed: int, number: int) -> None:
    state = stream(seed, number)
    drawn = [int(next_bits(state)) for _ in range(200)]
    assert drawn == list(islice(sfc64(seed, number), 200))


def test_the_uncompiled_generator_gives_the_same_bits() -> None:
    plain, compiled = stream(7, 3), stream(7, 3)
    with np.errstate(over="ignore"):
        drawn = [int(next_bits.py_func(plain)) for _ in range(100)]
    assert drawn == [int(next_bits(compiled)) for _ in range(100)]


def test_streams_of_other_paths_and_seeds_share_no_number() -> None:
    streams = [(seed, number) for seed in range(4) for number in range(50)]
    drawn = {
        int(next_bits(state))
        for seed, number in streams
        for state in [stream(seed, number)]
        for _ in range(100)
    }
    assert len(drawn) == len(streams) * 100


# The tests below are statistical with a fixed seed: they fail for one seed in 1000.
FALSE_ALARM = 1e-3


def test_uniform_numbers_are_uniform() -> None:
    state = stream(1, 1)
    drawn = np.array([next_uniform(state) for _ in range(20_000)])
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0
    assert stats.kstest(drawn, "uniform").pvalue > FALSE_ALARM


def test_the_first_numbers_of_neighbouring_paths_are_uniform() -> None:
    drawn = [next_uniform(stream(0, number)) for number in range(5_000)]
    assert stats.kstest(drawn, "uniform").pvalue > FALSE_ALARM


@pytest.mark.parametrize("size", [1, 2, 5])
def test_normal_numbers_are_normal_and_independent(size: int) -> None:
    state = stream(2, size)
    drawn = np.empty((10_000, size))
    for row in drawn:
        fill_normals(state, row)
    assert stats.kstest(drawn.ravel(), "norm").pvalue > FALSE_ALARM
    if size > 1:
        found = np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]
        assert abs(found) < stats.norm.isf(FALSE_ALARM / 2) / np.sqrt(len(drawn))


@pytest.mark.parametrize("shape", [1.05, 2.0, 15.0])
def test_gamma_numbers_have_their_shape(shape: float) -> None:
    state = stream(3, 0)
    drawn = [next_gamma(state, shape) for _ in range(10_000)]
    assert stats.kstest(drawn, "gamma", args=(shape,)).pvalue > FALSE_ALARM
