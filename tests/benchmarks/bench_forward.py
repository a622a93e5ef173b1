"""Ten thousand futures of twenty years and five assets, beside a plain numpy loop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

import foresto_lab as fl
from foresto_lab.scenarios.forward.tables import row_percentiles
from tests.benchmarks.bench_simulation import BAND, WEIGHTS, twenty_years
from tests.benchmarks.harness import Measurement, Options, best_of, once

PATHS = 10_000
FLOWS = "-4000/MONTHLY"
PEER_PATHS = 50


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the measurements of forward simulation."""
    prices = twenty_years()
    block = fl.Bootstrap(20)
    taxes = fl.Commission(0.00015) + fl.HalfSpread(0.0005) + fl.CapitalGainsTax(0.22)

    def futures(**given: object) -> fl.ForwardResult:
        asked = {"paths": PATHS, "method": block, **given}
        return fl.forward(prices, WEIGHTS, BAND, **asked)  # type: ignore[arg-type]

    futures(paths=64)
    futures(paths=64, costs=taxes, cashflows=FLOWS)
    yield Measurement(
        "fl.forward, 10,000 x 20 years x 5 assets, drift band",
        best_of(futures, least=3),
        1.5,
        {"numpy loop": numpy_loop(prices)} if options.peers else {},
    )
    yield Measurement(
        "the same on one thread", best_of(lambda: futures(threads=1), least=2)
    )
    yield Measurement(
        "with monthly withdrawals, costs and FIFO gains tax",
        best_of(lambda: futures(costs=taxes, cashflows=FLOWS), least=2),
        4.0,
    )
    yield Measurement(
        "parametric, normal", best_of(lambda: futures(method="PARAMETRIC"), least=2)
    )
    values = np.random.default_rng(0).random((241, PATHS))
    yield Measurement(
        "percentiles of 241 months x 10,000 paths",
        best_of(lambda: row_percentiles(values, (5, 10, 25, 50, 75, 90, 95)), least=3),
    )


def numpy_loop(prices: pd.DataFrame) -> float:
    """Return what 10,000 paths take path by path, drawing in numpy, then simulate."""
    closes = prices.to_numpy()
    growth = closes[1:] / closes[:-1]
    random = np.random.default_rng(0)
    dates = pd.date_range("1990-01-01", periods=5041, freq="D")

    def walk() -> None:
        for _ in range(PEER_PATHS):
            begins = random.random(5040) < 1 / 20
            begins[0] = True
            start = random.integers(0, len(growth), 5040)[begins]
            number = np.cumsum(begins) - 1
            since = np.arange(5040) - np.flatnonzero(begins)[number]
            days = (start[number] + since) % len(growth)
            path = np.vstack([np.ones(5), np.cumprod(growth[days], axis=0)])
            table = pd.DataFrame(path, dates, prices.columns)
            fl.simulate(table, WEIGHTS, BAND, calendar="24/7")

    return once(walk) * PATHS / PEER_PATHS
