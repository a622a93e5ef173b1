"""Random numbers for kernels: SFC64, seeded by path.

A path draws from a stream of its own, which its number and the seed decide: whichever
thread computes it, and in whatever order, it draws the same numbers. The generator is
Chris Doty-Humphrey's SFC64 (PractRand), the one that ``numpy.random.SFC64`` has.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from foresto_lab.engine._compile import kernel_step
from foresto_lab.types import Float64Array1D

RandomState = npt.NDArray[np.uint64]
"""(4,): the three words of SFC64 and its counter."""

STREAM: Final = np.uint64(0x666F7265_73746F31)
"""The third word of every stream's seed; a new way of drawing takes a new one."""
_ONE: Final = np.uint64(1)
_ELEVEN: Final = np.uint64(11)
_THREE: Final = np.uint64(3)
_LEFT: Final = np.uint64(24)
_RIGHT: Final = np.uint64(40)
_SETTLING: Final = 18
"""Numbers thrown away after seeding, as PractRand does with three words of seed."""
_UNIT: Final = 2.0**-53


@kernel_step
def next_bits(state: RandomState) -> np.uint64:
    """Return the next 64 random bits."""
    drawn: np.uint64 = state[0] + state[1] + state[3]
    state[3] += _ONE
    state[0] = state[1] ^ (state[1] >> _ELEVEN)
    state[1] = state[2] + (state[2] << _THREE)
    state[2] = ((state[2] << _LEFT) | (state[2] >> _RIGHT)) + drawn
    return drawn


@kernel_step
def seed_stream(state: RandomState, seed: np.uint64, stream: np.uint64) -> None:
    """Begin the stream of a number under a seed."""
    state[0] = stream
    state[1] = seed
    state[2] = STREAM
    state[3] = _ONE
    for _ in range(_SETTLING):
        next_bits(state)


@kernel_step
def next_uniform(state: RandomState) -> float:
    """Return a uniform number of 53 bits, 0 or more and below 1."""
    return np.float64(next_bits(state) >> _ELEVEN) * _UNIT


@kernel_step
def fill_normals(state: RandomState, normals: Float64Array1D) -> None:
    """Write standard normal numbers, by Marsaglia's polar method, in pairs."""
    n = normals.shape[0]
    filled = 0
    while filled < n:
        x = 2.0 * next_uniform(state) - 1.0
        y = 2.0 * next_uniform(state) - 1.0
        square = x * x + y * y
        if not 0.0 < square < 1.0:
            continue
        scale = math.sqrt(-2.0 * math.log(square) / square)
        normals[filled] = x * scale
        if filled + 1 < n:
            normals[filled + 1] = y * scale
        filled += 2


@kernel_step
def next_gamma(state: RandomState, shape: float) -> float:
    """Return a gamma number of scale 1, of shape 1 or more (Marsaglia and Tsang)."""
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    normal = np.empty(1)
    while True:
        fill_normals(state, normal)
        x = float(normal[0])
        v = 1.0 + c * x
        if v <= 0.0:
            continue
        v = v * v * v
        u = 1.0 - next_uniform(state)
        if math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
            return d * v
