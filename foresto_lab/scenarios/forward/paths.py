"""Draw and walk the paths, on all threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, Final, TypeAlias

import numpy as np

from foresto_lab import engine
from foresto_lab.rebalancing import no_schedule
from foresto_lab.scenarios.forward.draws import Draws
from foresto_lab.scenarios.forward.future_sessions import FutureSessions
from foresto_lab.scenarios.forward.tables import NEVER, Outcomes
from foresto_lab.scenarios.simulation import Terms
from foresto_lab.types import Float64Array1D

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how much."""

_CHUNK: Final = 64
"""Paths a thread takes at a time."""


def walk_paths(
    draws: Draws,
    targets: Float64Array1D,
    terms: Terms,
    future: FutureSessions,
    n_paths: int,
    *,
    seed: int,
    threads: int,
    progress: Progress | None = None,
) -> Outcomes:
    """Return what became of every path of the plain walk: one cost rate, no flows.

    A path's numbers depend on its number and the seed alone, not on the threads.
    """
    navs = np.empty((future.n_months + 1, n_paths))
    figures = np.empty((n_paths, engine.N_OUTCOMES))
    schedule = (
        no_schedule(future.n_sessions)
        if terms.rule is None
        else terms.rule.schedule(future.sessions, future.calendar)
    )
    arguments = terms.rule_arguments(schedule)
    source = draws.arguments(seed)
    kernel: Any = engine.forward_kernel

    def compute(first: int, last: int) -> None:
        kernel(
            *source,
            first,
            last,
            targets,
            terms.initial_amount,
            *arguments,
            future.month_ends,
            navs,
            figures,
        )

    share(compute, n_paths, threads, progress)
    return Outcomes(
        navs=navs,
        growth=navs / terms.initial_amount,
        drawdowns=figures[:, 0],
        ruin_months=np.full(n_paths, NEVER, dtype=np.int64),
        turnover=figures[:, 1],
        cost=figures[:, 2],
        trades=figures[:, 3],
    )


def share(
    compute: Callable[[int, int], None],
    n_paths: int,
    threads: int,
    progress: Progress | None,
) -> None:
    """Have threads compute all paths, some at a time; stop all when one fails."""
    pool = ThreadPoolExecutor(threads)
    try:
        waiting = {
            pool.submit(compute, first, last): last - first
            for first, last in _chunks(n_paths)
        }
        done = 0
        for chunk in as_completed(waiting):
            chunk.result()
            done += waiting[chunk]
            if progress is not None:
                progress("paths", done, n_paths)
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(n_paths: int) -> Iterator[tuple[int, int]]:
    for first in range(0, n_paths, _CHUNK):
        yield first, min(first + _CHUNK, n_paths)
