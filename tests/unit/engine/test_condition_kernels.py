"""The condition kernels: compiled and plain give the same truth."""

from __future__ import annotations

import numpy as np
import pytest

from foresto_lab.engine.conditions import (
    cross_number_kernel,
    crossover_columns_kernel,
    run_kernel,
)

VALUES = np.array([1.0, 2.0, np.nan, 3.0, 3.0, 1.0, 2.0, 2.0, 4.0, np.inf, -np.inf])


@pytest.mark.parametrize("n_bars", [0, 1, len(VALUES)])
def test_compiling_changes_no_crossing(n_bars: int) -> None:
    left, right = VALUES[:n_bars], VALUES[::-1][:n_bars].copy()
    compiled, plain = np.ones(n_bars, bool), np.zeros(n_bars, bool)
    crossover_columns_kernel(left, right, compiled)
    crossover_columns_kernel.py_func(left, right, plain)
    assert compiled.tolist() == plain.tolist()
    for over in (True, False):
        cross_number_kernel(left, 2.0, over, compiled)
        cross_number_kernel.py_func(left, 2.0, over, plain)
        assert compiled.tolist() == plain.tolist()


def test_a_run_holds_once_its_step_held_often_enough() -> None:
    steps = np.array([True, True, False, True, True, True, True])
    truth, plain = np.zeros(7, bool), np.ones(7, bool)
    run_kernel(steps, 3, truth)
    run_kernel.py_func(steps, 3, plain)
    assert truth.tolist() == plain.tolist() == [False] * 5 + [True] * 2


def test_touching_is_no_crossing_and_leaving_is() -> None:
    truth = np.zeros(4, bool)
    cross_number_kernel(np.array([29.0, 30.0, 31.0, 32.0]), 30.0, True, truth)
    assert truth.tolist() == [False, False, True, False]
