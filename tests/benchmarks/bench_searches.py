"""What a search itself takes for each trial, without evaluating anything.

Time of the processor, all of one thread: what else the machine does is not counted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from foresto_lab.optimize.method import Method, SearchTerms
from foresto_lab.optimize.methods import Genetic, Grid, Nsga2, Tpe
from foresto_lab.optimize.spaces.space import FloatRange, IntRange, Space
from tests.benchmarks.harness import Measurement, Options, once

A_MILLISECOND = 0.001
SPACE = Space(
    {
        **{f"period_{place}": IntRange(2, 200) for place in range(3)},
        **{f"level_{place}": FloatRange(0.0, 50.0, 0.5) for place in range(3)},
    },
    ("period_0 < period_1",),
)
MILLION = Space({f"p{place}": IntRange(0, 9) for place in range(6)})


def lead(method: Method, space: Space, objectives: int = 1) -> int:
    """Lead a search to its end with the cheapest values; return what it asked."""
    search = method.start(space, SearchTerms((True,) * objectives))
    asked = 0
    while (combinations := search.ask()) is not None:
        asked += len(combinations)
        places = space.positions_of(combinations)
        values = np.stack([places[:, :3].sum(1), -places[:, 3:].sum(1)], axis=1)
        feasible = np.ones(len(combinations), dtype=np.bool_)
        search.tell(combinations, values[:, :objectives], feasible)
    return asked


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the time per trial of each way to search, six parameters."""
    lead(Genetic(10, 2, patience=None), SPACE)
    for method, objectives, what in (
        (Genetic(100, 100, patience=None), 1, "genetic, 10,000 trials, per trial"),
        (Nsga2(100, 40), 2, "NSGA-II, 4,000 trials, per trial"),
        (Tpe(1_000), 1, "TPE, 1,000 trials in batches of 20, per trial"),
        (Tpe(1_000, batch=50), 1, "TPE, 1,000 trials in batches of 50, per trial"),
    ):
        began = time.process_time()
        asked = lead(method, SPACE, objectives)
        spent = time.process_time() - began
        yield Measurement(what, spent / asked, A_MILLISECOND)
    grid = Grid(65_536).start(MILLION, SearchTerms((True,)))

    def go_through() -> None:
        while grid.ask() is not None:
            pass

    yield Measurement("grid, 1,000,000 points, all", once(go_through), 1.0)
