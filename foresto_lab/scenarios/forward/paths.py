"""Draw the paths and walk them plainly: one cost rate, no flows."""

from __future__ import annotations

from typing import Any

import numpy as np

from foresto_lab import engine
from foresto_lab.rebalancing import no_schedule
from foresto_lab.scenarios.forward.draws import Draws
from foresto_lab.scenarios.forward.future_sessions import FutureSessions
from foresto_lab.scenarios.forward.tables import FLOW_OUTCOMES, NEVER, Outcomes
from foresto_lab.scenarios.forward.threads import Progress, share
from foresto_lab.scenarios.simulation import Terms
from foresto_lab.types import Float64Array1D


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
        flows={name: np.zeros(n_paths) for name in FLOW_OUTCOMES},
    )
