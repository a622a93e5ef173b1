"""Conditions that look at more than one bar: crossings, and runs of a step.

A crossing with NaN on either bar is none. Plain comparisons are left to NumPy, which is
as fast on them.
"""

from __future__ import annotations

from typing import Final

from numba import types

from foresto_lab.engine._compile import INPUT_1D, compiled_kernel
from foresto_lab.types import BoolArray1D, Float64Array1D

_TRUTH: Final = types.boolean[::1]


@compiled_kernel(types.void(INPUT_1D, INPUT_1D, _TRUTH))
def crossover_columns_kernel(
    left: Float64Array1D, right: Float64Array1D, truth: BoolArray1D
) -> None:
    """Write where left rose above right: at or below it before, above it now.

    A crossing under is this with the sides exchanged. The first bar is never one.

    Parameters
    ----------
    left, right, truth : (n_bars,)
    """
    n_bars = truth.shape[0]
    if n_bars == 0:
        return
    truth[0] = False
    before_left, now_left = left[: n_bars - 1], left[1:n_bars]
    before_right, now_right = right[: n_bars - 1], right[1:n_bars]
    after = truth[1:]
    for bar in range(n_bars - 1):
        after[bar] = (before_left[bar] <= before_right[bar]) & (
            now_left[bar] > now_right[bar]
        )


@compiled_kernel(types.void(INPUT_1D, types.float64, types.boolean, _TRUTH))
def cross_number_kernel(
    left: Float64Array1D,
    number: float,
    over: bool,
    truth: BoolArray1D,
) -> None:
    """Write where left crossed over a number, or under it.

    Parameters
    ----------
    left, truth : (n_bars,)
    over : bool
        Over: at or below before and above now; under: the mirror image.
    """
    n_bars = truth.shape[0]
    if n_bars == 0:
        return
    truth[0] = False
    before, now, after = left[: n_bars - 1], left[1:n_bars], truth[1:]
    if over:
        for bar in range(n_bars - 1):
            after[bar] = (before[bar] <= number) & (now[bar] > number)
    else:
        for bar in range(n_bars - 1):
            after[bar] = (before[bar] >= number) & (now[bar] < number)


@compiled_kernel(
    types.void(types.Array(types.boolean, 1, "C", readonly=True), types.int64, _TRUTH)
)
def run_kernel(steps: BoolArray1D, bars: int, truth: BoolArray1D) -> None:
    """Write where a step held on each of the last ``bars`` bars.

    Parameters
    ----------
    steps, truth : (n_bars,)
    bars : int
        At least 1.
    """
    run = 0
    for bar in range(truth.shape[0]):
        run = run + 1 if steps[bar] else 0
        truth[bar] = run >= bars
