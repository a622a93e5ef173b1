"""The figures of many backtests on the same candles: shared out and put together.

Each distinct condition is computed once. Combinations are walked in the caller's
threads, a share at a time; no figure depends on how they are shared out.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import numpy as np

from foresto_lab.engine.backtest_figures import N_BACKTEST_FIGURES
from foresto_lab.engine.backtest_sweep_levels import Grouped, extremes_of
from foresto_lab.engine.backtest_sweep_signals import (
    Words2D,
    leaf_words_kernel,
    words_of,
)
from foresto_lab.engine.backtest_sweep_walk import sweep_backtests_kernel
from foresto_lab.engine.sweep_terms import SweepAccounts, SweepMarket, SweepSignals
from foresto_lab.types import Float64Array2D, Float64Array3D, Int64Array1D

MOST_WORDS: Final = 1 << 22
"""Words of leaves that are kept at once: 32 MB."""
SHARES: Final = 8
"""Tasks for each thread, so that none waits long for the last."""


class SweepFigures(NamedTuple):
    """What a sweep found.

    Parameters
    ----------
    figures : (n_combinations, N_BACKTEST_FIGURES)
        In the order of ``BACKTEST_FIGURES``; NaN where a combination cannot be run.
    block_sums : (n_combinations, n_blocks, 2)
        Sum of the bars' simple returns, and of their squares, in each block of bars.
    """

    figures: Float64Array2D
    block_sums: Float64Array3D


def sweep_backtests(
    market: SweepMarket,
    signals: SweepSignals,
    accounts: SweepAccounts,
    *,
    block_edges: Int64Array1D | None = None,
    threads: int = 1,
) -> SweepFigures:
    """Return the figures of every combination, whatever the number of threads.

    Parameters
    ----------
    market : SweepMarket
    signals : SweepSignals
    accounts : SweepAccounts
    block_edges : (n_blocks + 1,), optional
        The bars at which blocks begin, ascending, and the end of the last; a bar
        outside them is in no block.
    threads : int
        They run beside each other: the kernels hold no lock.
    """
    n = len(accounts.rules_of)
    edges = np.zeros(0, dtype=np.int64) if block_edges is None else block_edges
    found = SweepFigures(
        np.empty((n, N_BACKTEST_FIGURES)),
        np.empty((n, max(len(edges) - 1, 0), 2)),
    )
    groups = _groups_of(market)
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        for chosen, part in _parts(signals, n, len(market.open_times)):
            words = _words(part, len(market.open_times), pool, threads)

            def walk(
                share: slice,
                part: SweepSignals = part,
                words: Words2D = words,
                offset: int = chosen.start,
            ) -> None:
                own = slice(share.start + offset, share.stop + offset)
                sweep_backtests_kernel(
                    market.candles[0],
                    *groups,
                    market.open_times,
                    market.sell_tax,
                    market.funding_bars,
                    market.funding_rates,
                    market.finer,
                    market.finer_starts,
                    float(market.bar_length),
                    float(market.years),
                    float(market.periods),
                    words,
                    part.clause_starts,
                    part.block_starts,
                    part.leaf_of_slot[share],
                    accounts.rules,
                    accounts.rules_of[own],
                    edges,
                    found.figures[own],
                    found.block_sums[own],
                )

            list(pool.map(walk, _shares(len(part.leaf_of_slot), threads)))
    return found


def _groups_of(market: SweepMarket) -> tuple[Grouped, Grouped, Grouped, Grouped]:
    _, high, low, close = market.candles
    return (
        extremes_of(high, np.maximum),
        extremes_of(low, np.minimum),
        extremes_of(close, np.minimum),
        extremes_of(close, np.maximum),
    )


def _parts(
    signals: SweepSignals, n: int, n_bars: int
) -> Iterator[tuple[slice, SweepSignals]]:
    """Yield combinations, as many as few enough leaves are of, and those leaves."""
    most = max(MOST_WORDS // words_of(n_bars), 1)
    if len(signals.leaves) <= most:
        yield slice(0, n), signals
        return
    step = max(most // max(signals.leaf_of_slot.shape[1], 1), 1)
    for first in range(0, n, step):
        chosen = slice(first, min(first + step, n))
        slots = signals.leaf_of_slot[chosen]
        used, places = np.unique(slots, return_inverse=True)
        yield (
            chosen,
            signals._replace(
                leaves=signals.leaves[used],
                constants=signals.constants[used],
                leaf_of_slot=places.astype(np.int32).reshape(len(slots), -1),
            ),
        )


def _words(
    signals: SweepSignals, n_bars: int, pool: ThreadPoolExecutor, threads: int
) -> Words2D:
    words: Words2D = np.empty((len(signals.leaves), words_of(n_bars)), np.uint64)

    def write(share: slice) -> None:
        leaf_words_kernel(
            signals.leaves[share],
            signals.constants[share],
            signals.columns,
            signals.given,
            signals.first,
            n_bars,
            words[share],
        )

    list(pool.map(write, _shares(len(words), threads)))
    return words


def _shares(n: int, threads: int) -> list[slice]:
    """Return slices of n things, several for each thread."""
    step = max(-(-n // (max(threads, 1) * SHARES)), 1)
    return [slice(first, min(first + step, n)) for first in range(0, n, step)]
