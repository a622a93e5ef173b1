"""Custom portfolios: weights of sleeves times weights within, and what is none."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import ForestoError, InputError, UnknownNameError, WeightError
from foresto_lab.rebalancing import Periodic
from foresto_lab.registry import parse_definition
from foresto_lab.scenarios import simulate
from foresto_lab.scenarios.portfolio import Portfolio
from foresto_lab.scenarios.sleeve import Sleeve
from foresto_lab.scenarios.weighting import EqualWeight, InverseVolatility, RiskParity

CORE: dict[str, Any] = {
    "bond": {"weight": 0.35, "instruments": {"152380": 1.0}},
    "equity": {"weight": 0.6, "instruments": {"069500": 0.25, "SPY": 0.75}},
}


def core(**more: Any) -> Portfolio:
    return Portfolio("Core", CORE, uninvested=0.05, **more)


def prices() -> pd.DataFrame:
    index = pd.bdate_range("2024-01-02", "2024-04-30")
    moves = np.random.default_rng(5).normal(0.0, 1.0, (len(index), 4))
    moves *= [0.01, 0.02, 0.004, 0.008]
    path = 100.0 * np.cumprod(1.0 + moves, axis=0)
    return pd.DataFrame(path, index, ["069500", "SPY", "152380", "GLD"])


def test_a_weight_is_its_sleeves_times_its_own() -> None:
    portfolio = core()
    # 0.6 · 0.25, 0.6 · 0.75, 0.35 · 1; sleeves in the order of the asset classes.
    assert dict(portfolio.weights) == pytest.approx(
        {"069500": 0.15, "SPY": 0.45, "152380": 0.35}
    )
    assert portfolio.symbols == ("069500", "SPY", "152380")
    assert dict(portfolio.asset_classes) == {
        "069500": "equity",
        "SPY": "equity",
        "152380": "bond",
    }
    assert not portfolio.is_computed
    schedule = portfolio.schedule(prices())
    assert schedule.assets == portfolio.symbols
    assert schedule.weights.tolist() == [pytest.approx([0.15, 0.45, 0.35])]
    assert str(schedule.dates[0]) == "2024-01-02"
    assert "3 instruments, fixed weights" in repr(portfolio)


def test_one_instrument_needs_no_weight_within_its_sleeve() -> None:
    given = Portfolio("One", {"gold": {"weight": 1.0, "instruments": ["GLD"]}})
    assert dict(given.weights) == {"GLD": 1.0}


def test_weights_within_a_sleeve_are_computed_beside_fixed_ones() -> None:
    equal, lookback = EqualWeight(), 10
    given = Portfolio(
        "Mixed",
        {
            "equity": {
                "weight": 0.6,
                "instruments": ["069500", "SPY"],
                "weighting": InverseVolatility(lookback=lookback),
            },
            "bond": {"weight": 0.3, "instruments": {"152380": 1.0}},
            "gold": {"weight": 0.1, "instruments": ["GLD"], "weighting": equal},
        },
    )
    assert given.is_computed
    with pytest.raises(InputError, match="computed from prices"):
        _ = given.weights
    schedule = given.schedule(prices(), "XNYS")
    sleeve = InverseVolatility(lookback=lookback).schedule(
        prices(), "XNYS", assets=["069500", "SPY"]
    )
    assert schedule.dates.tolist() == sleeve.dates.tolist()
    np.testing.assert_array_equal(schedule.weights[:, :2], sleeve.weights * 0.6)
    assert (schedule.weights[:, 2:] == [0.3, 0.1]).all()


def test_sleeves_that_decide_on_different_days_have_a_row_for_each() -> None:
    given = Portfolio(
        "Two clocks",
        {
            "equity": {
                "weight": 0.5,
                "instruments": ["069500", "SPY"],
                "weighting": InverseVolatility(lookback=10),
            },
            "bond": {
                "weight": 0.5,
                "instruments": ["152380", "GLD"],
                "weighting": InverseVolatility(
                    lookback=30, base_day="LAST_TRADING_DAY"
                ),
            },
        },
    )
    schedule = given.schedule(prices(), "XNYS")
    # From the 31st price on; 2024-02-13 in the calendar of business days.
    assert [str(date) for date in schedule.dates] == [
        *("2024-02-13", "2024-02-29", "2024-03-01", "2024-03-28"),
        *("2024-04-01", "2024-04-30"),
    ]
    np.testing.assert_allclose(schedule.weights.sum(axis=1), 1.0)
    # On 02-29 only the bond sleeve decides; on 03-01 only the other.
    assert (schedule.weights[1, :2] == schedule.weights[0, :2]).all()
    assert (schedule.weights[1, 2:] != schedule.weights[0, 2:]).all()
    assert (schedule.weights[2, 2:] == schedule.weights[1, 2:]).all()


def test_one_weighting_computes_all_but_what_stays_uninvested() -> None:
    sleeves = {
        "equity": {"instruments": ["069500", "SPY"]},
        "bond": {"instruments": ["152380"]},
    }
    given = Portfolio("All", sleeves, weighting=RiskParity(lookback=20), uninvested=0.1)
    whole = RiskParity(lookback=20).schedule(
        prices(), "XNYS", assets=["069500", "SPY", "152380"]
    )
    found = given.schedule(prices(), "XNYS")
    np.testing.assert_array_equal(found.weights, whole.weights * 0.9)
    assert "risk parity over 20 sessions, monthly" in repr(given)


def test_a_portfolio_is_what_its_document_says() -> None:
    computed = Portfolio(
        "All",
        {"equity": {"instruments": ["A", "B"]}},
        weighting=RiskParity(lookback=60, maximum_weight=0.7),
        description="두 개",
        version="2.1.0",
    )
    for portfolio in (core(), computed):
        again = Portfolio.from_dict(portfolio.to_dict())
        assert again == portfolio
        assert hash(again) == hash(portfolio)
        assert again.checksum == portfolio.checksum
        assert pickle.loads(pickle.dumps(portfolio)) == portfolio
        registered = parse_definition(
            "portfolio", "N", "1.0.0", portfolio.content, source="json"
        )
        assert registered.checksum == portfolio.checksum
    assert core(version="1.2.0").checksum == core().checksum
    assert Portfolio("Core", {**CORE, "bond": CORE["bond"]}, uninvested=0.05) == core()


EQUITY = {"weight": 1.0, "instruments": {"A": 1.0}}
RISK_PARITY = {"type": "RISK_PARITY"}


@pytest.mark.parametrize(
    ("sleeves", "said"),
    [
        ({}, "needs sleeves"),
        (None, "needs sleeves"),
        ({"stocks": EQUITY}, "Unknown asset class 'stocks'"),
        ({"equity": EQUITY, "EQUITY ": EQUITY}, "two sleeves of equity"),
        ({"equity": {**EQUITY, "weight": 0.9}}, "do not add up: equity 0.9 "),
        (
            {"equity": EQUITY, "bond": {"weight": 0.2, "instruments": ["B"]}},
            "equity 1 . bond 0.2 .*= 1.2, not 1",
        ),
        ({"equity": {"instruments": {"A": 1.0}}}, "sleeve equity has no weight"),
        ({"equity": {**EQUITY, "weight": -1.0}}, "sleeve equity"),
        ({"equity": {**EQUITY, "weight": float("nan")}}, "sleeve equity"),
        ({"equity": {**EQUITY, "weight": "all"}}, "sleeve equity"),
        ({"equity": {"weight": 1.0}}, "sleeve equity has no instrument"),
        ({"equity": {**EQUITY, "instruments": {}}}, "has no instrument"),
        ({"equity": {**EQUITY, "instruments": {"A": 0.5}}}, "sum to 0.5; they are"),
        (
            {"equity": {**EQUITY, "instruments": {"A": 0.7, "B": 0.7}}},
            "sleeve equity sum to 1.4",
        ),
        (
            {"equity": {**EQUITY, "instruments": {"A": -0.5, "B": 1.5}}},
            "sleeve equity.'A'. is -0.5",
        ),
        ({"equity": {**EQUITY, "instruments": ["A", "a"]}}, "a is twice in sleeve"),
        ({"equity": {**EQUITY, "instruments": ["A", "B"]}}, "without weights"),
        ({"equity": {**EQUITY, "instruments": " "}}, "given ' '"),
        ({"equity": {**EQUITY, "instruments": {" ": 1.0}}}, "is no symbol"),
        ({"equity": {**EQUITY, "instruments": 3}}, "given 3"),
        ({"equity": {**EQUITY, "colour": 1}}, "field of a sleeve 'colour'"),
        ({"equity": 1.0}, "sleeve equity is float"),
        (
            {"equity": {**EQUITY, "weighting": RISK_PARITY}},
            "both weights and a weighting",
        ),
        ({"equity": {**EQUITY, "weighting": "GUESS"}}, "Unknown weighting 'GUESS'"),
        (
            {
                "equity": {"weight": 0.5, "instruments": ["A"]},
                "bond": {"weight": 0.5, "instruments": ["a"]},
            },
            "a is in two sleeves of P, equity and bond",
        ),
    ],
)
def test_what_is_no_portfolio_is_told_in_a_sentence(sleeves: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        Portfolio("P", sleeves)
    assert "\n" not in str(raised.value)


def test_a_weighting_of_all_leaves_no_weights_to_sleeves() -> None:
    for sleeve in (
        EQUITY,
        {"instruments": {"A": 1.0}},
        {"instruments": ["A"], "weight": 1.0},
    ):
        with pytest.raises(WeightError, match="computes every weight"):
            Portfolio("P", {"equity": sleeve}, weighting=EqualWeight())


def test_a_document_with_other_fields_is_refused() -> None:
    plain = core().to_dict()
    with pytest.raises(UnknownNameError, match="owner"):
        Portfolio.from_dict({**plain, "owner": "me"})
    with pytest.raises(InputError, match="no 'sleeves'"):
        Portfolio.from_dict({"name": "P"})
    with pytest.raises(InputError, match="given list"):
        Portfolio.from_dict([])  # type: ignore[arg-type]
    for field, value in (("uninvested", -0.1), ("uninvested", 2.0), ("name", 3)):
        with pytest.raises(ForestoError):
            Portfolio.from_dict({**plain, field: value})


def test_a_symbol_without_prices_is_told() -> None:
    with pytest.raises(UnknownNameError, match="asset 'SPY'"):
        core().schedule(prices().drop(columns="SPY"))
    with pytest.raises(UnknownNameError, match="asset 'SPY'"):
        Portfolio(
            "P",
            {"equity": Sleeve(["069500", "SPY"], 1.0, RiskParity(lookback=5))},
        ).schedule(prices().drop(columns="SPY"), "XNYS")


def test_a_portfolio_is_simulated_as_its_weights_are() -> None:
    rule = Periodic("MONTHLY", cost_rate=0.001)
    whole = simulate(prices(), core(), rule, calendar="XNYS")
    plain = simulate(prices(), dict(core().weights), rule, calendar="XNYS")
    pd.testing.assert_frame_equal(whole.path, plain.path, check_exact=True)
    assert whole.path["weight_SPY"].iloc[0] == pytest.approx(0.45)
    assert "weight_GLD" not in whole.path


def test_computed_weights_are_held_from_the_day_they_are_decided() -> None:
    weighting = RiskParity(lookback=20)
    table = prices()
    by_itself = simulate(table, weighting, calendar="XNYS")
    schedule = weighting.schedule(table, "XNYS")
    by_schedule = simulate(table, schedule, calendar="XNYS")
    pd.testing.assert_frame_equal(by_itself.path, by_schedule.path, check_exact=True)
    assert str(by_itself.path.index[0].date()) == str(schedule.dates[0])
    first = (
        by_itself.path.iloc[0]
        .filter(like="weight_")
        .drop("weight_cash", errors="ignore")
    )
    np.testing.assert_allclose(first, schedule.weights[0], atol=1e-12)
    told = by_itself.events
    assert told["trigger_type"].tolist() == ["SCHEDULE"] * (len(schedule.dates) - 1)


def test_a_portfolio_with_a_weighting_holds_its_own_symbols_only() -> None:
    given = Portfolio(
        "Parity",
        {"equity": {"instruments": ["069500", "SPY"]}},
        weighting=RiskParity(lookback=20),
        uninvested=0.1,
    )
    path = simulate(prices(), given, calendar="XNYS").path
    held = [name for name in path if name.startswith("weight_")]
    assert held == ["weight_069500", "weight_SPY"]
    assert path[held].iloc[0].sum() == pytest.approx(0.9)
