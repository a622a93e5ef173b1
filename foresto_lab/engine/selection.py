"""The best of many symbols in order, without sorting all of them."""

from __future__ import annotations

import math

from foresto_lab.engine._compile import kernel_step
from foresto_lab.types import Float64Array1D, Int64Array1D


@kernel_step
def _before(scores: Float64Array1D, one: int, other: int) -> bool:
    """Return whether a symbol is ranked before another."""
    if scores[one] != scores[other]:
        return bool(scores[one] > scores[other])
    return one < other


@kernel_step
def _sink(heap: Int64Array1D, size: int, place: int, scores: Float64Array1D) -> None:
    """Move a symbol down the heap, until none below it is ranked before it."""
    symbol = heap[place]
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and _before(scores, heap[below + 1], heap[below]):
            below += 1
        if not _before(scores, heap[below], symbol):
            break
        heap[place] = heap[below]
        place = below
    heap[place] = symbol


@kernel_step
def heap_of(scores: Float64Array1D, heap: Int64Array1D) -> int:
    """Write the symbols that have a score as a heap, the best first; return how many.

    Only those that are asked for leave it in order: a full sort is not needed.
    """
    size = 0
    for symbol in range(scores.shape[0]):
        if not math.isnan(scores[symbol]):
            heap[size] = symbol
            size += 1
    for place in range(size // 2 - 1, -1, -1):
        _sink(heap, size, place, scores)
    return size


@kernel_step
def take_best(heap: Int64Array1D, size: int, scores: Float64Array1D) -> int:
    """Return the best symbol of the heap, and close the gap it leaves."""
    best = heap[0]
    heap[0] = heap[size - 1]
    _sink(heap, size - 1, 0, scores)
    return int(best)
