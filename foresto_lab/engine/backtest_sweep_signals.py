"""Conditions as words of 64 bars: each distinct one computed once, then joined.

Bit ``bar % 64`` of word ``bar // 64`` says whether a condition holds at a bar's close.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numba import types

from foresto_lab.engine._compile import (
    INPUT_1D,
    INPUT_2D,
    bare_step,
    compiled_kernel,
    inlined_step,
)
from foresto_lab.engine.sweep_terms import (
    ABOVE,
    ALWAYS,
    AT_LEAST,
    AT_MOST,
    BELOW,
    CROSS_OVER,
    CROSS_UNDER,
    EQUAL,
    FALLING,
    GIVEN,
    NEVER,
    NOT_FALLING,
    NOT_RISING,
    RISING,
    UNEQUAL,
    Int32Array1D,
    Int32Array2D,
)
from foresto_lab.types import (
    BoolArray1D,
    Float64Array1D,
    Float64Array2D,
    UInt8Array2D,
)

Words1D: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint64]]
Words2D: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.uint64]]

WORD: Final = 64
"""Bars in a word."""
CHUNK: Final = 32 * WORD
"""Bars whose truth is found at once."""
NO_BAR: Final = np.uint64(0)
EVERY_BAR: Final = ~np.uint64(0)
ONE: Final = np.uint64(1)
HALVES: Final = tuple(
    (np.uint64(bits), np.uint64(2**bits - 1)) for bits in (32, 16, 8, 4, 2, 1)
)

INPUT_LEAVES: Final = types.Array(types.int32, 2, "C", readonly=True)
INPUT_STARTS: Final = types.Array(types.int32, 1, "C", readonly=True)
INPUT_GIVEN: Final = types.Array(types.uint8, 2, "C", readonly=True)
INPUT_WORDS: Final = types.Array(types.uint64, 2, "C", readonly=True)
OUTPUT_WORDS: Final = types.uint64[:, ::1]


def words_of(n_bars: int) -> int:
    """Return how many words bars take."""
    return -(-n_bars // WORD)


# --- leaves ------------------------------------------------------------------------


@inlined_step
def _compare(
    kind: int, left: Float64Array1D, right: Float64Array1D, truth: BoolArray1D
) -> None:
    """Write the truth of a comparison; with NaN it is false."""
    if kind == ABOVE:
        for i in range(truth.shape[0]):
            truth[i] = left[i] > right[i]
    elif kind == AT_LEAST:
        for i in range(truth.shape[0]):
            truth[i] = left[i] >= right[i]
    elif kind == BELOW:
        for i in range(truth.shape[0]):
            truth[i] = left[i] < right[i]
    elif kind == AT_MOST:
        for i in range(truth.shape[0]):
            truth[i] = left[i] <= right[i]
    elif kind == EQUAL:
        for i in range(truth.shape[0]):
            truth[i] = left[i] == right[i]
    elif kind == UNEQUAL:
        for i in range(truth.shape[0]):
            truth[i] = (left[i] < right[i]) | (left[i] > right[i])


@inlined_step
def _cross(
    over: bool,
    before_left: Float64Array1D,
    left: Float64Array1D,
    before_right: Float64Array1D,
    right: Float64Array1D,
    truth: BoolArray1D,
) -> None:
    if over:
        for i in range(truth.shape[0]):
            truth[i] = (before_left[i] <= before_right[i]) & (left[i] > right[i])
    else:
        for i in range(truth.shape[0]):
            truth[i] = (before_left[i] >= before_right[i]) & (left[i] < right[i])


@bare_step
def _write_words(truth: BoolArray1D, count: int, words: Words1D) -> None:
    """Write the truth of up to CHUNK bars as words; ``truth`` is that long, 0 after."""
    for number in range((count + WORD - 1) // WORD):
        bars = truth[number * WORD : number * WORD + WORD]
        word = NO_BAR
        for i in range(WORD):
            word |= np.uint64(bars[i]) << np.uint64(i)
        words[number] = word


@bare_step
def _run_words(
    kind: int, column: Float64Array1D, shift: int, bars: int, first: int, words: Words1D
) -> None:
    """Write where a column rose, or fell, on all of the last bars, or not on any."""
    n_bars = words.shape[0] * WORD
    last = min(first + n_bars, column.shape[0] + shift)
    words[:] = NO_BAR
    every = kind in (RISING, FALLING)
    held, since = 0, bars
    for bar in range(max(shift + 1, first - bars + 1), last):
        before, now = column[bar - shift - 1], column[bar - shift]
        if kind == RISING:
            step = now > before
        elif kind == FALLING:
            step = now < before
        elif kind == NOT_RISING:
            step = now <= before
        else:
            step = now >= before
        held = held + 1 if step else 0
        since = 0 if step else since + 1
        place = bar - first
        if place >= 0 and (held >= bars if every else since < bars):
            words[place // WORD] |= ONE << np.uint64(place % WORD)


@bare_step
def _leaf_words(
    leaf: Int32Array1D,
    constant: float,
    columns: Float64Array2D,
    given: UInt8Array2D,
    first: int,
    n_bars: int,
    truth: BoolArray1D,
    level: Float64Array1D,
    words: Words1D,
) -> None:
    """Write the words of one leaf on the span."""
    kind, left, left_shift = leaf[0], leaf[1], int(leaf[2])
    right, right_shift, number = leaf[3], int(leaf[4]), int(leaf[5])
    if kind in (NEVER, ALWAYS):
        words[:] = EVERY_BAR if kind == ALWAYS else NO_BAR
        return
    if kind >= RISING and kind <= NOT_FALLING:
        _run_words(kind, columns[left], left_shift, number, first, words)
        return
    crosses = kind in (CROSS_OVER, CROSS_UNDER)
    needed = max(left_shift, right_shift if right >= 0 else 0)
    needed += 1 if crosses else 0
    level[:] = constant
    for begin in range(0, n_bars, CHUNK):
        end = min(n_bars, begin + CHUNK)
        truth[:] = False
        known = min(max(begin, needed - first), end)
        held = truth[known - begin : end - begin]
        a, b = first + known, first + end
        if kind == GIVEN:
            signals = given[left, a:b]
            for i in range(held.shape[0]):
                held[i] = (signals[i] & number) != 0
        elif held.shape[0] > 0:
            one = columns[left, a - left_shift : b - left_shift]
            other = level[: b - a]
            if right >= 0:
                other = columns[right, a - right_shift : b - right_shift]
            if crosses:
                before = columns[left, a - left_shift - 1 : b - left_shift - 1]
                other_before = level[: b - a]
                if right >= 0:
                    other_before = columns[
                        right, a - right_shift - 1 : b - right_shift - 1
                    ]
                _cross(kind == CROSS_OVER, before, one, other_before, other, held)
            else:
                _compare(kind, one, other, held)
        _write_words(truth, end - begin, words[begin // WORD :])


@compiled_kernel(
    types.void(
        INPUT_LEAVES,
        INPUT_1D,
        INPUT_2D,
        INPUT_GIVEN,
        types.int64,
        types.int64,
        OUTPUT_WORDS,
    )
)
def leaf_words_kernel(
    leaves: Int32Array2D,
    constants: Float64Array1D,
    columns: Float64Array2D,
    given: UInt8Array2D,
    first: int,
    n_bars: int,
    words: Words2D,
) -> None:
    """Write where each leaf holds on a span of bars.

    Parameters
    ----------
    leaves, constants, columns, given, first
        As in ``SweepSignals``.
    n_bars : int
        Bars of the span.
    words : (n_leaves, words_of(n_bars)), out
        Bits past the last bar mean nothing.
    """
    truth = np.empty(CHUNK, dtype=np.bool_)
    level = np.empty(CHUNK)
    for leaf in range(leaves.shape[0]):
        _leaf_words(
            leaves[leaf],
            constants[leaf],
            columns,
            given,
            first,
            n_bars,
            truth,
            level,
            words[leaf],
        )


# --- combinations ------------------------------------------------------------------


@bare_step
def _join_leaves(
    words: Words2D,
    slots: Int32Array1D,
    clause_starts: Int32Array1D,
    block_starts: Int32Array1D,
    clause: Words1D,
    signals: Words2D,
) -> None:
    """Write where each block of one combination holds: any clause, all its leaves."""
    n_words = clause.shape[0]
    for block in range(4):
        signals[block] = NO_BAR
        for number in range(block_starts[block], block_starts[block + 1]):
            clause[:] = EVERY_BAR
            for slot in range(clause_starts[number], clause_starts[number + 1]):
                leaf = words[slots[slot]]
                for i in range(n_words):
                    clause[i] &= leaf[i]
            joined = signals[block]
            for i in range(n_words):
                joined[i] |= clause[i]


@inlined_step
def _bits_at(signals: Words2D, bar: int) -> int:
    """Return the signals at a bar as bits, those of ``backtest_kernel``."""
    word, place = bar // WORD, np.uint64(bar % WORD)
    bits = 0
    for block in range(4):
        bits |= int((signals[block, word] >> place) & ONE) << block
    return bits


@inlined_step
def _next_signal(signals: Words2D, heeded: int, first: int, last: int) -> int:
    """Return the first bar up to ``last`` with one of the signals heeded."""
    if first >= last:
        return last
    number = first // WORD
    word = _heeded_word(signals, heeded, number)
    word &= EVERY_BAR << np.uint64(first % WORD)
    while word == NO_BAR:
        number += 1
        if number * WORD >= last:
            return last
        word = _heeded_word(signals, heeded, number)
    return min(number * WORD + _lowest_bit(word), last)


@inlined_step
def _heeded_word(signals: Words2D, heeded: int, number: int) -> np.uint64:
    word = NO_BAR
    for block in range(4):
        if (heeded >> block) & 1:
            word |= signals[block, number]
    return word


@inlined_step
def _lowest_bit(word: np.uint64) -> int:
    """Return the place of the lowest bit that is set; one is."""
    place = 0
    for half, mask in HALVES:
        if (word & mask) == NO_BAR:
            word >>= half
            place += int(half)
    return place
