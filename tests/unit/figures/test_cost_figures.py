"""The figure of costs by year: what it stacks, in both languages."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab import figures
from foresto_lab.scenarios import SimulationResult


@pytest.fixture(scope="module")
def account() -> SimulationResult:
    days = fl.get_calendar("XKRX").sessions("2022-01-03", "2024-06-28")
    random = np.random.default_rng(3)
    prices = pd.DataFrame(
        100.0 * np.exp(random.normal(0.0005, 0.01, (len(days), 2)).cumsum(axis=0)),
        index=pd.DatetimeIndex(days),
        columns=["005930", "069500"],
    )
    return fl.simulate(
        prices,
        {"005930": 0.5, "069500": 0.5},
        fl.Periodic("QUARTERLY"),
        costs=fl.korean_costs() + fl.ManagementFee(0.005),
        initial_amount=1e8,
        market=fl.MarketFacts(markets={"005930": "KOSPI", "069500": "KRX_ETF"}),
    )


def test_years_add_up_to_the_summary(account: SimulationResult) -> None:
    paid = figures.yearly_costs(account)
    assert list(paid.index) == [2022, 2023, 2024]
    assert set(paid.columns) == {
        "cost_commission",
        "cost_spread",
        "cost_transaction_tax",
        "cost_management_fee",
    }
    for part in paid.columns:
        assert paid[part].sum() == pytest.approx(account.summary[part], rel=1e-12)


@pytest.mark.parametrize(("language", "word"), [("ko", "증권거래세"), ("en", "Spread")])
def test_a_bar_a_part_in_words(
    account: SimulationResult, language: str, word: str
) -> None:
    figure = figures.costs_by_year(account, language=language)
    assert len(figure.data) == 4
    assert word in [bar.name for bar in figure.data]
    heights = sum(np.asarray(bar.y) for bar in figure.data)
    total = figures.yearly_costs(account).sum(axis=1).to_numpy()
    np.testing.assert_allclose(heights / heights[0], total / total[0], rtol=1e-3)
    json.loads(figure.to_json())


def test_a_restored_run_shows_its_trades(account: SimulationResult) -> None:
    restored = dataclasses.replace(account, make_ledger=None)
    paid = figures.yearly_costs(restored)
    assert "cost_management_fee" not in paid.columns
    assert paid["cost_spread"].sum() == pytest.approx(
        account.events["cost_spread"].sum()
    )


def test_a_restored_runs_fees_are_told_beside_it(account: SimulationResult) -> None:
    restored = dataclasses.replace(account, make_ledger=None)
    subtitle = figures.costs_by_year(restored, language="en").layout.title.subtitle.text
    assert "not stored by date" in subtitle
    fee = account.summary["cost_management_fee"]
    assert f"{fee:,.0f}"[:-3] in subtitle
    whole = figures.costs_by_year(account, language="en")
    assert whole.layout.title.subtitle.text is None


def test_plain_costs_are_one_bar_and_none_are_a_sentence(
    account: SimulationResult,
) -> None:
    prices = pd.DataFrame(
        {"a": [1.0, 2.0, 3.0], "b": 1.0},
        index=pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-02-01"]),
    )
    weights = {"a": 0.5, "b": 0.5}
    plain = fl.simulate(prices, weights, fl.Periodic("MONTHLY", cost_rate=0.001))
    assert list(figures.yearly_costs(plain).columns) == ["cost"]
    assert len(figures.costs_by_year(plain).data) == 1
    free = fl.simulate(prices, weights)
    empty = figures.costs_by_year(free)
    assert len(empty.data) == 0
    assert empty.layout.annotations[-1].text == "비용이 없습니다."
