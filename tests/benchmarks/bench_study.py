"""Twenty years of five assets: rules side by side, and every base day of each."""

from __future__ import annotations

from collections.abc import Iterator

import foresto_lab as fl
from tests.benchmarks.bench_simulation import WEIGHTS, twenty_years
from tests.benchmarks.harness import Measurement, Options, best_of


def measure(_: Options) -> Iterator[Measurement]:
    """Yield the measurements of studies."""
    prices = twenty_years()
    yield Measurement(
        "fl.timing_luck, 21 base days x 6 rules, 20 years",
        best_of(lambda: fl.timing_luck(prices, WEIGHTS, base_days=21)),
        0.2,
    )
    yield Measurement(
        "fl.timing_luck, every session of the period (488 paths), 20 years",
        best_of(lambda: fl.timing_luck(prices, WEIGHTS)),
    )
    yield Measurement(
        "fl.rebalancing_study, 6 rules, each trade taken apart, 20 years",
        best_of(lambda: fl.rebalancing_study(prices, WEIGHTS)),
    )
