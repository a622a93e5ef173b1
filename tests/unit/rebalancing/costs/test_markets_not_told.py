"""Costs by market say on which assets they were not charged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl

SESSIONS = pd.DatetimeIndex(
    fl.get_calendar("XKRX").sessions("2020-01-02", "2020-06-30")
)
PRICES = pd.DataFrame({"a": 100.0, "b": np.linspace(50, 60, len(SESSIONS))}, SESSIONS)
HALVES = {"a": 0.5, "b": 0.5}


def codes(costs: object, markets: dict[str, str]) -> dict[str, tuple[str, ...]]:
    result = fl.simulate(
        PRICES,
        HALVES,
        fl.Periodic("MONTHLY"),
        costs=costs,  # type: ignore[arg-type]
        market=fl.MarketFacts(markets=markets),
    )
    return {finding.code: finding.samples for finding in result.findings}


def test_an_asset_of_unknown_market_is_named() -> None:
    told = codes("KOREA_RETAIL", {"a": "KRX_ETF"})
    assert told["COSTS_NOT_CHARGED"] == ("b",)


@pytest.mark.parametrize(
    ("costs", "markets"),
    [
        ("KOREA_RETAIL", {"a": "KRX_ETF", "b": "KOSPI"}),
        (fl.Commission(0.001), {}),
        (fl.Commission(0.001, assets=["a"]), {}),
    ],
)
def test_costs_that_need_no_market_say_nothing(
    costs: object, markets: dict[str, str]
) -> None:
    assert "COSTS_NOT_CHARGED" not in codes(costs, markets)
