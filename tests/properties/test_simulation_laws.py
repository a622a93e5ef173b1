"""Laws that hold for every portfolio, every rule and every path of prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import foresto_lab as fl
from foresto_lab.rebalancing import RebalancingRule
from foresto_lab.types import BaseDay, Frequency
from tests.oracles.korean_sessions import sessions_2020

SESSIONS = sessions_2020("2020-03-27", "2020-06-05")
ASSETS = ("a", "b", "c", "d")
CLOSE = {"rtol": 1e-9, "atol": 0.0}


@dataclass(frozen=True)
class Case:
    """One simulation."""

    prices: pd.DataFrame
    weights: dict[str, float]
    rule: RebalancingRule | None
    execution: str

    def simulate(self, **changed: Any) -> fl.SimulationResult:
        case = replace(
            self, **{k: changed.pop(k) for k in list(changed) if k in FIELDS}
        )
        return fl.simulate(
            case.prices, case.weights, case.rule, execution=case.execution, **changed
        )


FIELDS = frozenset(Case.__dataclass_fields__)

COSTS = st.sampled_from([0.0, 0.001, 0.05])
PERIODIC = st.builds(
    fl.Periodic,
    st.sampled_from(list(Frequency)),
    st.sampled_from(list(BaseDay)),
    cost_rate=COSTS,
)
DRIFT = st.builds(
    fl.Drift,
    st.sampled_from([0.001, 0.02, 0.05, 0.3]),
    relative=st.booleans(),
    to=st.sampled_from(["target", "band_edge"]),
    cost_rate=COSTS,
)
HYBRID = st.builds(
    fl.Hybrid, PERIODIC, DRIFT, st.sampled_from(["ALL", "ANY"]), cost_rate=COSTS
)
RULES = st.one_of(PERIODIC, DRIFT, HYBRID)


@st.composite
def portfolios(draw: st.DrawFn, n_assets: int) -> dict[str, float]:
    """Draw weights of whole percents; what is missing to 1 is cash."""
    shares = draw(st.lists(st.integers(0, 10), min_size=n_assets, max_size=n_assets))
    cash = draw(st.sampled_from([0, 0, 3]))
    total = sum(shares) + cash or 1
    return {asset: share / total for asset, share in zip(ASSETS, shares, strict=False)}


@st.composite
def cases(draw: st.DrawFn, rules: st.SearchStrategy[Any] = RULES) -> Case:
    n_assets = draw(st.integers(1, len(ASSETS)))
    n_sessions = draw(st.integers(2, len(SESSIONS)))
    steps = draw(
        arrays.arrays(
            np.float64,
            (n_sessions, n_assets),
            elements=st.floats(-0.2, 0.25),
            fill=st.just(0.0),
        )
    )
    values = draw(st.sampled_from([1.0, 100.0, 12_345.0])) * np.cumprod(
        1 + steps, axis=0
    )
    prices = pd.DataFrame(values, SESSIONS[:n_sessions], list(ASSETS[:n_assets]))
    return Case(
        prices,
        draw(portfolios(n_assets)),
        draw(rules),
        draw(st.sampled_from(["close", "next_close"])),
    )


law = settings(max_examples=60, deadline=None, derandomize=True)
WITH_NONE = st.one_of(st.none(), RULES)


def weights_of(result: fl.SimulationResult) -> np.ndarray:
    columns = [name for name in result.path if name.startswith("weight_")]
    return np.asarray(result.path[columns].to_numpy())


@given(cases(WITH_NONE))
@law
def test_value_changes_by_returns_and_costs_alone(case: Case) -> None:
    result = case.simulate()
    nav = result.path["nav"].to_numpy()
    asset_returns = case.prices.pct_change().to_numpy()[1:]
    gross = nav[:-1] * (1 + (weights_of(result)[:-1] * asset_returns).sum(axis=1))
    costs = pd.Series(0.0, index=result.path.index)
    events = result.events.set_index("event_date")
    costs[events.index] = events["cost_amount"]
    np.testing.assert_allclose(nav[1:], gross - costs.to_numpy()[1:], **CLOSE)
    assert (events["nav_before"] - events["cost_amount"] <= events["nav_before"]).all()
    np.testing.assert_allclose(
        events["nav_after"], events["nav_before"] - events["cost_amount"], **CLOSE
    )


@given(cases(WITH_NONE))
@law
def test_cash_and_holdings_make_the_value(case: Case) -> None:
    result = case.simulate()
    weights, nav = weights_of(result), result.path["nav"].to_numpy()
    assert (weights >= 0).all()
    assert (weights.sum(axis=1) <= 1 + 1e-12).all()
    money = weights * nav[:, None]
    units = money / case.prices.to_numpy()
    cash = nav - money.sum(axis=1)
    traded = result.path.index.isin(result.events["event_date"])
    quiet = ~traded[1:]
    np.testing.assert_allclose(units[1:][quiet], units[:-1][quiet], rtol=1e-9)
    np.testing.assert_allclose(cash[1:][quiet], cash[:-1][quiet], atol=1e-9 * nav.max())


@given(cases(RULES))
@law
def test_a_trade_ends_at_its_goal_and_costs_its_turnover(case: Case) -> None:
    result = case.simulate()
    edge = (
        getattr(getattr(case.rule, "drift", case.rule), "to", "target") == "band_edge"
    )
    for event in result.events.itertuples():
        before, after = event.before_weights, event.after_weights
        moved = sum(abs(after[name] - before[name]) for name in before)
        moved += abs(sum(after.values()) - sum(before.values()))  # cash
        np.testing.assert_allclose(event.turnover, moved / 2, atol=1e-12)
        if not edge:
            np.testing.assert_allclose(
                list(after.values()), list(case.weights.values()), rtol=1e-12
            )
    rate = case.rule.cost_rate if case.rule else 0.0
    np.testing.assert_allclose(
        result.events["cost_amount"],
        result.events["nav_before"] * result.events["turnover"] * rate,
        rtol=1e-12,
    )


@given(cases(st.none()))
@law
def test_without_a_rule_it_is_buy_and_hold(case: Case) -> None:
    result = case.simulate()
    held = np.array(list(case.weights.values())) * case.prices / case.prices.iloc[0]
    expected = 1_000_000 * (held.sum(axis=1) + 1 - sum(case.weights.values()))
    np.testing.assert_allclose(result.path["nav"], expected, rtol=1e-12)
    assert result.events.empty


@given(cases(st.none()))
@law
def test_a_rule_that_never_fires_changes_no_bit(case: Case) -> None:
    never = fl.Drift(0.999999, cost_rate=0.5)
    pd.testing.assert_frame_equal(
        case.simulate(rule=never).path, case.simulate().path, check_exact=True
    )


@given(cases(st.none()))
@law
def test_a_threshold_of_almost_0_is_daily_rebalancing(case: Case) -> None:
    result = case.simulate(rule=fl.Drift(1e-12, cost_rate=0.0), execution="close")
    weights = np.array(list(case.weights.values()))
    daily = (case.prices.pct_change().iloc[1:] * weights).sum(axis=1)
    expected = 1_000_000 * np.cumprod(1 + daily.to_numpy())
    np.testing.assert_allclose(result.path["nav"].iloc[1:], expected, rtol=1e-9)


@given(cases(WITH_NONE), st.sampled_from([1e-3, 0.37, 3.0, 1e9]))
@law
def test_scaling_the_amount_scales_the_value(case: Case, scale: float) -> None:
    one, other = case.simulate(), case.simulate(initial_amount=1_000_000 * scale)
    np.testing.assert_allclose(other.path["nav"], one.path["nav"] * scale, **CLOSE)
    assert other.events["event_date"].tolist() == one.events["event_date"].tolist()
    np.testing.assert_allclose(
        other.events["turnover"], one.events["turnover"], atol=1e-12
    )


@given(cases(WITH_NONE), st.randoms(use_true_random=False))
@law
def test_the_order_of_assets_does_not_matter(case: Case, random: Any) -> None:
    order = list(case.weights)
    random.shuffle(order)
    turned = case.simulate(
        prices=case.prices[order[::-1]],
        weights={asset: case.weights[asset] for asset in order},
    )
    plain = case.simulate()
    np.testing.assert_allclose(turned.path["nav"], plain.path["nav"], **CLOSE)
    pd.testing.assert_frame_equal(
        turned.path[plain.path.columns], plain.path, rtol=1e-9, atol=1e-12
    )
    assert turned.request_hash == plain.request_hash


@given(cases(WITH_NONE), st.sampled_from([1.0, 0.01, 9999.0]))
@law
def test_an_asset_of_constant_price_is_uninvested_cash(
    case: Case, price: float
) -> None:
    rest = 1 - sum(case.weights.values())
    explicit = case.simulate(
        prices=case.prices.assign(money=price),
        weights={**case.weights, "money": max(rest, 0.0)},
    )
    implicit = case.simulate()
    np.testing.assert_allclose(explicit.path["nav"], implicit.path["nav"], **CLOSE)
    assert explicit.events["event_date"].tolist() == (
        implicit.events["event_date"].tolist()
    )
    np.testing.assert_allclose(
        explicit.events["turnover"], implicit.events["turnover"], atol=1e-12
    )


@given(cases(WITH_NONE), st.data())
@law
def test_later_prices_change_nothing_before(case: Case, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(case.prices) - 1))
    later = case.prices.copy()
    later.iloc[row + 1 :] *= data.draw(st.sampled_from([0.1, 1.7, 30.0]))
    one, other = case.simulate(), case.simulate(prices=later)
    cut = case.simulate(prices=case.prices.iloc[: row + 1])
    session = case.prices.index[row]
    for changed in (other, cut):
        pd.testing.assert_frame_equal(
            changed.path.loc[:session], one.path.loc[:session], check_exact=True
        )
        assert changed.events[changed.events["event_date"] <= session].to_dict(
            "records"
        ) == one.events[one.events["event_date"] <= session].to_dict("records")


@given(cases(RULES))
@law
def test_a_dearer_trade_never_raises_the_value(case: Case) -> None:
    if not isinstance(case.rule, fl.Periodic):
        return
    free, dear = case.simulate(costs=0.0), case.simulate(costs=0.02)
    assert (dear.path["nav"] <= free.path["nav"] * (1 + 1e-12)).all()


@given(cases(WITH_NONE))
@law
def test_inputs_are_not_changed_and_the_same_request_is_the_same(case: Case) -> None:
    prices, weights = case.prices.copy(deep=True), dict(case.weights)
    first, second = case.simulate(), case.simulate()
    pd.testing.assert_frame_equal(case.prices, prices)
    assert case.weights == weights
    assert list(case.weights) == list(weights)
    assert first.request_hash == second.request_hash
    pd.testing.assert_frame_equal(first.path, second.path, check_exact=True)


@given(cases(WITH_NONE))
@law
def test_many_at_once_are_one_at_a_time(case: Case) -> None:
    rows = {"x": case.weights, "y": {"a": 0.5}}
    table = fl.simulate_many(
        case.prices, rows, {"rule": case.rule}, execution=case.execution
    )
    for name, weights in rows.items():
        one = case.simulate(weights=weights).summary.astype(float)
        np.testing.assert_array_equal(table.loc[(name, "rule")], one)
