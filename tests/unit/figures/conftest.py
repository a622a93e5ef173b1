"""Results to draw: one by hand, a year of sample prices under several rules."""

from __future__ import annotations

import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.scenarios import SimulationResult


@pytest.fixture
def hand_made() -> SimulationResult:
    """Two assets over five sessions; b falls to half, and the drift rule trades."""
    dates = pd.DatetimeIndex(
        ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02", "2024-02-05"],
        name="date",
    )
    prices = pd.DataFrame(
        {"a": [100.0, 100, 100, 100, 100], "b": [100.0, 100, 50, 50, 100]}, index=dates
    )
    return fl.simulate(
        prices, {"a": 0.5, "b": 0.5}, fl.Drift(0.1, cost_rate=0.0), initial_amount=1000
    )


@pytest.fixture
def sample_results(sample_prices: pd.DataFrame) -> dict[str, SimulationResult]:
    """Three years of the sample under three rules."""
    prices = sample_prices.loc["2018":"2020"]
    weights = {"equity": 0.55, "bond": 0.2, "cash": 0.1, "gold": 0.1}
    rules = {
        "hold": None,
        "monthly": fl.Periodic("MONTHLY"),
        "drift": fl.Drift(0.05),
    }
    return {name: fl.simulate(prices, weights, rule) for name, rule in rules.items()}
