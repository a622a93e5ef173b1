"""Laws that hold for every account, and the slow account beside the engine's."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab import engine
from tests.oracles.account_reference import PARTS, World, walk_slowly
from tests.oracles.account_worlds import Run, run_engine, worlds

BITS = {
    "date": engine.DATE_FIRED,
    "drift": engine.DRIFT_FIRED,
    "schedule": engine.SCHEDULE_FIRED,
}


def close(found: Any, expected: Any, amount: float) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * amount)


@settings(max_examples=400, deadline=None)
@given(worlds())
def test_the_engine_is_the_slow_account(world: World) -> None:
    slow, fast = walk_slowly(world), run_engine(world)
    close(fast.nav, slow.nav, world.amount)
    close(fast.cash_flow, slow.cash_flow, world.amount)
    close(fast.weights.T, slow.weights, 1.0)
    assert fast.ruin == slow.ruin
    close(fast.unmet, slow.unmet, world.amount)
    columns = (*PARTS, "realized_gain")
    ledger = [[day[part] for part in columns] for day in slow.ledger]
    close(fast.ledger, ledger, world.amount)
    close(fast.totals, [slow.total(part) for part in columns], world.amount)
    assert fast.sessions.tolist() == [event["session"] for event in slow.events]
    for place, event in enumerate(slow.events):
        assert fast.triggers[place] == sum(BITS[name] for name in event["fired"])
        names = ("turnover", "cost", "nav_before", "nav_after")
        close(fast.amounts[place], [event[name] for name in names], world.amount)
        close(fast.event_weights[place], [event["before"], event["after"]], 1.0)
        parts = [event.get(part, 0.0) for part in columns]
        close(fast.event_ledger[place], parts, world.amount)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_recording_changes_no_bit(world: World) -> None:
    recorded, bare = run_engine(world), run_engine(world, recording=False)
    np.testing.assert_array_equal(bare.nav, recorded.nav)
    np.testing.assert_array_equal(bare.cash_flow, recorded.cash_flow)
    np.testing.assert_array_equal(bare.totals, recorded.totals)
    assert (bare.n_events, bare.cost, bare.ruin) == (
        recorded.n_events,
        recorded.cost,
        recorded.ruin,
    )


@settings(max_examples=100, deadline=None)
@given(worlds(calm=True))
def test_constant_prices_lose_exactly_the_costs(world: World) -> None:
    no_payouts = [[0.0] * len(world.prices)] * len(world.prices[0])
    world = replace(world, costs=replace(world.costs, payout=no_payouts))
    run = run_engine(world)
    expected = world.amount + np.cumsum(run.cash_flow)
    expected -= np.cumsum(run.ledger[:, : engine.N_COST_PARTS].sum(axis=1))
    close(run.nav, expected, world.amount)
    assert run.cost == pytest.approx(run.totals[: engine.N_COST_PARTS].sum())


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_growth_less_costs_plus_flows_is_the_value(world: World) -> None:
    run = run_engine(world)
    prices = np.array(world.prices)
    gross = np.array(world.costs.payout).T
    nav = world.amount
    for session in range(1, len(prices)):
        held = run.weights[:, session - 1] * nav
        grown = held * prices[session] / prices[session - 1]
        nav += grown.sum() - held.sum() + (grown * gross[session]).sum()
        nav += run.cash_flow[session]
        nav -= run.ledger[session, : engine.N_COST_PARTS].sum()
        assert nav == pytest.approx(run.nav[session], rel=1e-9, abs=1e-9 * world.amount)


@settings(max_examples=100, deadline=None)
@given(worlds(whole=False))
def test_weights_after_a_trade_are_its_targets(world: World) -> None:
    world = replace(world, rule=replace(world.rule, to_band_edge=False))
    run = run_engine(world)
    rows = np.array(world.rows)
    late = world.rule is not None and world.rule.at_next_close
    for place, session in enumerate(run.sessions):
        goal = rows[world.row_of_session[session - late]]
        np.testing.assert_array_equal(run.event_weights[place, 1], goal[:-1])
        parts = run.event_ledger[place, : engine.N_COST_PARTS]
        before, after = run.amounts[place, 2:]
        assert before - math.fsum(parts) == pytest.approx(after, rel=1e-14)


def same(one: Run, other: Run) -> None:
    for name in ("nav", "cash_flow", "weights", "amounts", "event_weights"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.n_events, one.turnover, one.cost) == (
        other.n_events,
        other.turnover,
        other.cost,
    )


@settings(max_examples=100, deadline=None)
@given(worlds(), st.sampled_from(["FIFO", "AVERAGE"]), st.booleans())
def test_a_tax_of_zero_is_no_tax(world: World, method: str, at_year_end: bool) -> None:
    n, sessions = len(world.prices[0]), len(world.prices)
    untaxed = replace(
        world.costs,
        method="",
        gains_tax=[0.0] * n,
        sales_tax=[[0.0] * sessions] * n,
        payout_tax=[0.0] * n,
        allowance=0.0,
    )
    taxed = replace(untaxed, method=method, at_year_end=at_year_end)
    same(
        run_engine(replace(world, costs=taxed)),
        run_engine(replace(world, costs=untaxed)),
    )


@settings(max_examples=100, deadline=None)
@given(worlds(whole=False))
def test_without_costs_it_is_the_plain_walk_to_the_last_bit(world: World) -> None:
    n, sessions = len(world.prices[0]), len(world.prices)
    zero = [0.0] * n
    free = replace(
        world.costs,
        commission=zero,
        minimum=zero,
        spread=zero,
        conversion=zero,
        impact=[[0.0] * sessions] * n,
        sales_tax=[[0.0] * sessions] * n,
        payout=[[0.0] * sessions] * n,
        gains_tax=zero,
        fee=[0.0] * sessions,
    )
    world = replace(
        world,
        costs=free,
        flows=[0.0] * sessions,
        flow_rates=[0.0] * sessions,
        row_of_session=[0] * sessions,
    )
    rule = world.rule
    assert rule is not None
    due = np.zeros(sessions, dtype=bool)
    due[list(rule.due)] = True
    nav, weights = np.empty(sessions), np.empty((n, sessions))
    amounts, event_weights = np.empty((sessions, 4)), np.empty((sessions, 2, n))
    facts = engine.walk_kernel(
        np.ascontiguousarray(np.array(world.prices).T),
        np.array(world.rows[0]),
        world.amount,
        due,
        {"DATE": 1, "DRIFT": 2, "ALL": 3, "ANY": 4}[rule.joint],
        rule.threshold,
        rule.relative,
        rule.to_band_edge,
        rule.at_next_close,
        world.costs.proportional,
        nav,
        weights,
        np.empty(sessions, dtype=np.int64),
        np.empty(sessions, dtype=np.int64),
        amounts,
        event_weights,
    )
    run = run_engine(world)
    assert (run.n_events, run.turnover, run.cost) == facts
    np.testing.assert_array_equal(run.nav, nav)
    np.testing.assert_array_equal(run.weights, weights)
    np.testing.assert_array_equal(run.amounts, amounts[: run.n_events])
    np.testing.assert_array_equal(run.event_weights, event_weights[: run.n_events])


@settings(max_examples=60, deadline=None)
@given(worlds(whole=True))
def test_whole_shares_are_whole_and_cash_is_not_borrowed(world: World) -> None:
    run = run_engine(world)
    values = run.weights * run.nav
    shares = values / np.array(world.prices).T
    np.testing.assert_allclose(shares, np.round(shares), atol=1e-6)
    assert (values.sum(axis=0) <= run.nav * (1 + 1e-9) + 1e-9 * world.amount).all()


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_a_ruin_is_for_ever(world: World) -> None:
    sessions = len(world.prices)
    drained = [-0.4 * world.amount if s % 3 == 2 else 0.0 for s in range(sessions)]
    run = run_engine(replace(world, flows=drained))
    if run.ruin >= 0:
        assert run.nav[run.ruin - 1] > 0
        assert (run.nav[run.ruin :] == 0).all()
        assert (run.weights[:, run.ruin :] == 0).all()
        assert (run.cash_flow[run.ruin + 1 :] == 0).all()
    asked = -min(0.0, math.fsum(drained))
    rates = [r for r in world.flow_rates if r]
    if not rates:
        paid = -run.cash_flow.sum()
        assert paid + run.unmet == pytest.approx(asked, abs=1e-9 * world.amount)
    assert (run.nav >= 0).all()
