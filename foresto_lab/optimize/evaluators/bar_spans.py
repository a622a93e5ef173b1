"""Spans of bars, and blocks of them."""

from __future__ import annotations

import numpy as np

from foresto_lab.errors import InputError
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.types import Int64Array1D


def span_within(span: BarSpan | None, n_bars: int) -> BarSpan:
    """Return the span, all bars if none is given.

    Raises
    ------
    InputError
        It has no bar, or bars that are not there.
    """
    if span is None:
        return BarSpan(0, n_bars)
    if not 0 <= span.first < span.last <= n_bars:
        raise InputError(
            message=f"Bars {span.first} to {span.last} are asked for; the candles "
            f"have bars 0 to {n_bars}, and a span has one at least."
        )
    return span


def block_edges(n_bars: int, blocks: int) -> Int64Array1D:
    """Return where each of the blocks begins and the last ends, as equal as can be.

    Raises
    ------
    InputError
        There are more blocks than bars.
    """
    if not 0 <= blocks <= n_bars:
        raise InputError(
            message=f"{n_bars:,} bars cannot be cut into {blocks:,} blocks. Ask for "
            "fewer blocks, or a longer span."
        )
    edges: Int64Array1D = np.arange(blocks + 1, dtype=np.int64) * n_bars
    return edges // max(blocks, 1)
