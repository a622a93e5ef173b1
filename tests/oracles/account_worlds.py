"""Random accounts with everything mixed, and the engine's walk of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from foresto_lab import engine
from foresto_lab.rebalancing.costs import AccountCosts, GainsMethod
from foresto_lab.scenarios.account_arguments import engine_charges
from tests.oracles.account_reference import Costs, World
from tests.oracles.portfolio import OracleRule

DECISIONS = {
    "DATE": engine.ON_DATE,
    "DRIFT": engine.ON_DRIFT,
    "ALL": engine.ON_BOTH,
    "ANY": engine.ON_EITHER,
}


@st.composite
def worlds(
    draw: st.DrawFn, *, most: int = 40, whole: bool | None = None, calm: bool = False
) -> World:
    """Draw an account: prices that wander, every cost, flows both ways, some rows."""
    return make_world(
        draw(st.integers(0, 2**32 - 1)),
        n=draw(st.integers(1, 4)),
        sessions=draw(st.integers(2, most)),
        n_rows=draw(st.integers(1, 3)),
        amount=draw(st.sampled_from([3_000.0, 1e6, 1e9])),
        method=draw(st.sampled_from(["", "FIFO", "AVERAGE"])),
        joint=draw(st.sampled_from(["DATE", "DRIFT", "ALL", "ANY"])),
        whole=whole,
        calm=calm,
    )


def make_world(
    seed: int,
    *,
    n: int,
    sessions: int,
    n_rows: int,
    amount: float,
    method: str,
    joint: str,
    whole: bool | None = None,
    calm: bool = False,
) -> World:
    """Return the account of a seed; each cost is there now and then."""
    random = np.random.default_rng(seed)

    def sometimes(values: Any, often: float = 0.5) -> Any:
        return values if random.random() < often else np.zeros_like(values)

    steps = random.normal(0.0, 0.03, (sessions, n))
    prices = random.uniform(5, 200, n) * np.exp(np.cumsum(steps, axis=0))
    if calm:
        prices = np.repeat(prices[:1], sessions, axis=0)
    rows = random.dirichlet(np.ones(n + 1), n_rows)
    rows[:, -1] = sometimes(rows[:, -1])
    rows[random.random(rows.shape) < 0.15] = 0.0
    rows[:, 0] += 1e-3
    rows /= rows.sum(axis=1, keepdims=True)
    row_of_session = np.sort(random.integers(0, n_rows, sessions))
    yearly = np.zeros(sessions, dtype=bool)
    yearly[random.random(sessions) < 0.1] = True
    yearly[-1] = True
    taxed = random.choice([0.0, 0.22, 0.05, 0.4], n) if method else np.zeros(n)
    tax_change = random.integers(0, sessions)
    sales_tax = np.repeat(sometimes(random.uniform(0, 0.01, n))[:, None], sessions, 1)
    sales_tax[:, tax_change:] *= 0.5
    costs = Costs(
        proportional=float(random.choice([0.0, 0.002])),
        commission=sometimes(random.uniform(0, 0.01, n)).tolist(),
        minimum=sometimes(random.uniform(0, 1e-4 * amount, n), 0.3).tolist(),
        spread=sometimes(random.uniform(0, 0.005, n)).tolist(),
        conversion=sometimes(random.uniform(0, 0.01, n)).tolist(),
        impact=sometimes(
            random.uniform(0, 0.05, (n, sessions)) / np.sqrt(amount)
        ).tolist(),
        sales_tax=sales_tax.tolist(),
        payout=np.where(
            random.random((n, sessions)) < random.choice([0.0, 0.1]),
            random.uniform(0, 0.03, (n, sessions)),
            0.0,
        ).tolist(),
        payout_tax=sometimes(random.uniform(0, 0.3, n)).tolist(),
        gains_tax=taxed.tolist(),
        allowance=float(sometimes(np.array(0.01 * amount))) if method else 0.0,
        method=method,
        at_year_end=bool(random.random() < 0.5),
        year_ends=yearly.tolist(),
        fee=np.where(
            random.random(sessions) < random.choice([0.0, 0.2]), 0.002, 0.0
        ).tolist(),
    )
    moves = random.random(sessions) < random.choice([0.0, 0.2])
    flows = np.where(moves, random.normal(0, 0.08, sessions) * amount, 0.0)
    flows *= random.choice([1.0, 1.0, 5.0])
    rates = np.where(
        random.random(sessions) < random.choice([0.0, 0.1]),
        random.uniform(-0.1, 0.1, sessions),
        0.0,
    )
    rule = OracleRule(
        joint,
        due=frozenset(np.flatnonzero(random.random(sessions) < 0.2).tolist()) - {0},
        threshold=float(random.choice([0.01, 0.03, 0.1])),
        relative=bool(random.random() < 0.3),
        to_band_edge=bool(random.random() < 0.3),
        at_next_close=bool(random.random() < 0.3),
    )
    in_whole = bool(random.random() < 0.4) if whole is None else whole
    return World(
        prices.tolist(),
        rows.tolist(),
        row_of_session.tolist(),
        amount,
        rule,
        costs,
        flows.tolist(),
        rates.tolist(),
        (random.random(sessions) < 0.5).tolist(),
        in_whole,
    )


@dataclass
class Run:
    """What the kernel wrote."""

    nav: Any
    cash_flow: Any
    totals: Any
    weights: Any
    sessions: Any
    triggers: Any
    amounts: Any
    event_weights: Any
    event_ledger: Any
    ledger: Any
    n_events: int
    turnover: float
    cost: float
    ruin: int
    unmet: float


def costs_of(world: World) -> AccountCosts:
    """Return the world's costs as the package has them."""
    given = world.costs
    n, sessions = len(world.prices[0]), len(world.prices)
    return AccountCosts(
        proportional_rate=given.proportional,
        commission_rate=np.array(given.commission),
        commission_minimum=np.array(given.minimum),
        spread_rate=np.array(given.spread),
        conversion_rate=np.array(given.conversion),
        impact_coefficient=np.ones(n),
        impact_scale=np.array(given.impact),
        transaction_tax=np.array(given.sales_tax),
        transaction_tax_period=np.arange(sessions),
        distribution_yield=np.array(given.payout),
        distribution_tax=np.array(given.payout_tax),
        gains_tax=np.array(given.gains_tax),
        gains_allowance=given.allowance,
        gains_method=GainsMethod[given.method or "NONE"],
        gains_at_year_end=given.at_year_end,
        year_ends=np.array(given.year_ends),
        fee_rate=np.array(given.fee),
    )


def run_engine(world: World, *, recording: bool = True) -> Run:
    """Return the engine's walk of a world."""
    prices = np.ascontiguousarray(np.array(world.prices).T)
    n, sessions = prices.shape
    given = world.rule or OracleRule("DATE")
    due = np.zeros(sessions, dtype=bool)
    due[list(given.due)] = True
    rule = engine.AccountRule(
        due,
        engine.NEVER if world.rule is None else DECISIONS[given.joint],
        given.threshold,
        given.relative,
        given.to_band_edge,
        given.at_next_close,
    )
    charges = engine_charges(costs_of(world))
    flows = engine.AccountFlowArrays(
        np.array(world.flows), np.array(world.flow_rates), np.array(world.toward)
    )
    row_of_session = np.array(world.row_of_session, dtype=np.int64)
    busy = engine.busy_sessions(rule, row_of_session, charges, flows)
    size = sessions if recording else 0
    out: list[Any] = [
        np.empty(sessions),
        np.empty(sessions),
        np.empty(engine.N_LEDGER),
        np.empty((n, size)),
        np.empty(size, dtype=np.int64),
        np.empty(size, dtype=np.int64),
        np.empty((size, 4)),
        np.empty((size, 2, n)),
        np.empty((size, engine.N_LEDGER)),
        np.empty((size, engine.N_LEDGER)),
    ]
    facts = engine.account_kernel(
        prices,
        np.array(world.rows),
        row_of_session,
        world.amount,
        rule,
        charges,
        flows,
        busy,
        world.whole,
        *out,
    )
    n_events = facts[0]
    for place in range(4, 9):
        out[place] = out[place][:n_events]
    return Run(*out, *facts)
