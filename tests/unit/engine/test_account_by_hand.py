"""The account walk on worlds small enough to be worked out on paper."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.oracles.account_reference import Costs, World
from tests.oracles.account_worlds import run_engine
from tests.oracles.portfolio import OracleRule


def free(n: int, sessions: int, **changed: Any) -> Costs:
    """Return no costs, but for those given."""
    zero = [0.0] * n
    table = [[0.0] * sessions] * n
    costs = Costs(
        0.0, zero, zero, zero, zero, table, table, table, zero, zero, 0.0, "", False,
        [False] * sessions, [0.0] * sessions,
    )  # fmt: skip
    return replace(costs, **changed)


def world(
    prices: list[list[float]],
    *rows: list[float],
    amount: float = 1000.0,
    costs: Costs | None = None,
    flows: dict[int, float] | None = None,
    in_force: list[int] | None = None,
    **changed: Any,
) -> World:
    """Return a world; row by row of prices, and the row in force on each session."""
    n, sessions = len(prices[0]), len(prices)
    return World(
        prices,
        list(rows),
        in_force or [0] * sessions,
        amount,
        None,
        costs or free(n, sessions),
        [(flows or {}).get(session, 0.0) for session in range(sessions)],
        changed.pop("rates", [0.0] * sessions),
        changed.pop("toward", [False] * sessions),
        changed.pop("whole", False),
    )


FLAT = [[10.0, 10.0], [10.0, 10.0]]
ALL_A, HALVES = [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]


def switched(**costs: Any) -> Any:
    """Return the walk of 1000 in a, of which half goes into b at the next close."""
    return run_engine(
        world(FLAT, ALL_A, HALVES, in_force=[0, 1], costs=free(2, 2, **costs))
    )


def test_a_commission_of_what_is_bought_and_sold() -> None:
    # N = 1000 - 0.01 (|0.5 N - 1000| + 0.5 N) = 990: 505 sold, 495 bought.
    run = switched(commission=[0.01, 0.01])
    assert run.nav[1] == pytest.approx(990.0, rel=1e-15)
    assert run.event_ledger[0, 0] == pytest.approx(10.0, rel=1e-14)
    assert run.event_weights[0, 1].tolist() == [0.5, 0.5]


def test_the_least_commission() -> None:
    # 0.1 % of about 500 is less than 5: 5 for the sale, 5 for the purchase.
    run = switched(commission=[0.001, 0.001], minimum=[5.0, 5.0])
    assert run.nav[1] == pytest.approx(990.0, rel=1e-15)
    # 2 % of the sale of 1000 - N / 2 is more than 5; b costs 5.
    # N = 1000 - 0.02 (1000 - N / 2) - 5 = 975 + 0.01 N
    run = switched(commission=[0.02, 0.0], minimum=[5.0, 5.0])
    assert run.nav[1] == pytest.approx(975 / 0.99, rel=1e-15)


def test_an_asset_that_is_not_traded_pays_no_least_commission() -> None:
    still = world(
        FLAT, HALVES, HALVES, in_force=[0, 1],
        costs=free(2, 2, minimum=[5.0, 5.0]),
    )  # fmt: skip
    run = run_engine(still)
    assert run.nav.tolist() == [1000.0, 1000.0]
    assert run.n_events == 1


def test_a_spread_a_conversion_and_a_tax_on_sales() -> None:
    # Only b's purchase: N = 1000 - 0.02 N / 2
    run = switched(spread=[0.0, 0.02])
    assert run.nav[1] == pytest.approx(1000 / 1.01, rel=1e-15)
    assert run.event_ledger[0, 1] == pytest.approx(0.02 * 500 / 1.01, rel=1e-13)
    run = switched(conversion=[0.0, 0.02])
    assert run.event_ledger[0, 4] == pytest.approx(0.02 * 500 / 1.01, rel=1e-13)
    # Only a's sale: N = 1000 - 0.02 (1000 - N / 2) = 980 / 0.99
    run = switched(sales_tax=[[0.5, 0.02], [0.5, 0.02]])
    assert run.nav[1] == pytest.approx(980 / 0.99, rel=1e-15)
    assert run.event_ledger[0, 3] == pytest.approx(1000 - 980 / 0.99, rel=1e-12)


def test_impact_grows_with_the_power_of_one_and_a_half() -> None:
    # 927 in cash buy for N: N + 0.001 N ** 1.5 = 927 at N = 900, as 30 ** 3 = 27000.
    bought = world(
        [[10.0], [10.0]], [0.0, 1.0], [1.0, 0.0],
        amount=927.0, in_force=[0, 1], costs=free(1, 2, impact=[[0.9, 0.001]]),
    )  # fmt: skip
    run = run_engine(bought)
    assert run.nav[1] == pytest.approx(900.0, rel=1e-15)
    assert run.event_ledger[0, 2] == pytest.approx(27.0, rel=1e-13)


def test_a_fee_is_of_the_value_after_distributions() -> None:
    # 1000 pay 5 %, taxed at a fifth: 1040. A fee of 10 % leaves 936.
    paid = free(
        2, 2, payout=[[0.0, 0.05], [0.0, 0.05]], payout_tax=[0.2, 0.2], fee=[0.0, 0.1]
    )
    run = run_engine(world(FLAT, HALVES, costs=paid))
    assert run.nav[1] == pytest.approx(936.0, rel=1e-15)
    assert run.totals[5] == pytest.approx(10.0, rel=1e-15)
    assert run.totals[7] == pytest.approx(104.0, rel=1e-15)
    assert run.weights[:, 1].tolist() == pytest.approx([0.5, 0.5], rel=1e-15)


# 10 units at 100; 1000 more buy 5 at 200; 1500 are withdrawn at 300.
RISING = [[100.0], [200.0], [300.0], [300.0]]
IN_AND_OUT = {1: 1000.0, 2: -1500.0}


@pytest.mark.parametrize(
    ("method", "gain"), [("FIFO", 5 * 200.0), ("AVERAGE", 1500 - 5 * 2000 / 15)]
)
def test_lots_of_a_partial_sale(method: str, gain: float) -> None:
    taxed = free(
        1, 4, method=method, gains_tax=[0.2], at_year_end=True, allowance=400.0,
        year_ends=[False, False, False, True],
    )  # fmt: skip
    run = run_engine(world(RISING, [1.0, 0.0], flows=IN_AND_OUT, costs=taxed))
    assert run.nav[:3].tolist() == pytest.approx([1000, 3000, 3000])
    assert run.ledger[2, 8] == pytest.approx(gain, rel=1e-13)
    tax = 0.2 * (gain - 400)
    assert run.ledger[3, 6] == pytest.approx(tax, rel=1e-13)
    assert run.nav[3] == pytest.approx(3000 - tax, rel=1e-15)


def test_a_tax_at_the_sale_is_paid_by_selling_more() -> None:
    # x / 300 units of 100 are sold for x: the tax is 0.2 * 2 x / 3, and x less it 1500.
    taxed = free(1, 4, method="FIFO", gains_tax=[0.2], year_ends=[False] * 4)
    run = run_engine(world(RISING, [1.0, 0.0], flows=IN_AND_OUT, costs=taxed))
    sold = 1500 / (1 - 0.4 / 3)
    assert run.cash_flow[2] == -1500
    assert run.nav[2] == pytest.approx(4500 - sold, rel=1e-15)
    assert run.ledger[2, 6] == pytest.approx(sold - 1500, rel=1e-13)


def test_the_costs_of_a_purchase_belong_to_its_lot() -> None:
    # 1010 buy for 1000 at 1 %. At twice the price 2000 are sold for 2000 - 20.
    bought = world(
        [[100.0], [100.0], [200.0]], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0],
        amount=1010.0, in_force=[0, 1, 2],
        costs=free(1, 3, commission=[0.01], method="FIFO"),
    )  # fmt: skip
    run = run_engine(bought)
    assert run.nav.tolist() == pytest.approx([1010, 1000, 1980])
    assert run.event_ledger[1, 8] == pytest.approx(1980 - 1010, rel=1e-13)


# 10 units at 100: 5 are sold at 200 with a gain of 500; at 50 each one loses 50.
UP_AND_DOWN = [[100.0], [200.0], [50.0]]


def test_a_loss_gives_back_what_the_year_has_paid() -> None:
    taxed = free(1, 3, method="FIFO", gains_tax=[0.2], year_ends=[False] * 3)
    # 1000 sold less a tax of 100 are 900. Two units bring 100, and 20 of the tax back.
    flows = {1: -900.0, 2: -120.0}
    run = run_engine(world(UP_AND_DOWN, [1.0, 0.0], flows=flows, costs=taxed))
    assert run.nav.tolist() == pytest.approx([1000, 1000, 150])
    assert run.ledger[:, 6].tolist() == pytest.approx([0, 100, -20])
    assert run.ledger[:, 8].tolist() == pytest.approx([0, 500, -100])


def test_a_loss_of_the_next_year_gives_nothing_back() -> None:
    taxed = free(1, 3, method="FIFO", gains_tax=[0.2], year_ends=[False, True, False])
    flows = {1: -900.0, 2: -120.0}
    run = run_engine(world(UP_AND_DOWN, [1.0, 0.0], flows=flows, costs=taxed))
    assert run.nav.tolist() == pytest.approx([1000, 1000, 130])
    assert run.ledger[:, 6].tolist() == pytest.approx([0, 100, 0])


def test_gains_and_losses_of_a_year_are_netted_over_assets() -> None:
    # a gains 500, b loses 300: 200 at the winner's 20 %; b's own rate plays no part.
    sold = world(
        [[100.0, 100.0], [200.0, 40.0]], HALVES, [0.0, 0.0, 1.0], in_force=[0, 1],
        costs=free(
            2, 2, method="FIFO", gains_tax=[0.2, 0.5], at_year_end=True,
            year_ends=[False, True],
        ),
    )  # fmt: skip
    run = run_engine(sold)
    assert run.ledger[1, 8] == pytest.approx(200.0)
    assert run.nav[1] == pytest.approx(1200 - 40, rel=1e-15)
    # The event is the trade; the year's tax comes after it.
    assert run.amounts[0, 3] == pytest.approx(1200.0)


def test_whole_shares_leave_a_rest_in_cash() -> None:
    # 600 buy 4 at 130, 400 buy 5 at 70: 130 are left.
    prices = [[130.0, 70.0], [130.0, 70.0]]
    run = run_engine(world(prices, [0.6, 0.4, 0.0], whole=True))
    assert run.weights[:, 0].tolist() == pytest.approx([0.52, 0.35])
    assert run.nav.tolist() == pytest.approx([1000, 1000])
    # 70 more and the 130 make 200: 120 for a buy none, 80 for b one.
    run = run_engine(world(prices, [0.6, 0.4, 0.0], whole=True, flows={1: 70.0}))
    assert (run.weights[:, 1] * 1070).tolist() == pytest.approx([520, 420])


def test_among_whole_shares_cash_is_drawn_first() -> None:
    prices = [[130.0, 70.0], [130.0, 70.0]]
    still = world(prices, [0.6, 0.4, 0.0], whole=True, flows={1: -130.0})
    run = run_engine(still)
    assert (run.weights[:, 1] * 870).tolist() == pytest.approx([520, 350])
    # One more has to be sold for: a share of each, pro rata, and the rest is cash.
    run = run_engine(replace(still, flows=[0.0, -131.0]))
    assert (run.weights[:, 1] * 869).tolist() == pytest.approx([390, 280])


def test_money_that_cannot_pay_for_its_purchase_stays_in_cash() -> None:
    costs = free(2, 2, minimum=[5.0, 5.0])
    run = run_engine(world(FLAT, HALVES, flows={1: 9.0}, costs=costs))
    assert run.nav[1] == 1009.0
    assert run.cost == 0.0
    assert (run.weights[:, 1] * 1009).tolist() == pytest.approx([500, 500])
    run = run_engine(world(FLAT, HALVES, flows={1: 110.0}, costs=costs))
    assert run.nav[1] == pytest.approx(1100.0)


def test_a_withdrawal_reaches_its_owner_whole() -> None:
    # 100 are paid out, and 1 % of what is sold for it: 100 / 0.99.
    costs = free(2, 2, commission=[0.01, 0.01])
    run = run_engine(world(FLAT, HALVES, flows={1: -100.0}, costs=costs))
    assert run.cash_flow[1] == -100.0
    assert run.nav[1] == pytest.approx(1000 - 100 / 0.99, rel=1e-15)


@pytest.mark.parametrize(
    ("asked", "paid"), [(1000.0, 1000.0), (1000.01, 1000.0), (1e9, 1000.0)]
)
def test_a_withdrawal_to_nothing_and_below(asked: float, paid: float) -> None:
    prices = [[10.0, 10.0]] * 4
    run = run_engine(world(prices, HALVES, flows={1: -asked, 2: 50.0, 3: -7.0}))
    assert run.nav.tolist() == [1000.0, 0.0, 0.0, 0.0]
    assert run.cash_flow.tolist() == pytest.approx([0, -paid, 0, 0], abs=1e-9)
    assert run.ruin == 1
    assert run.unmet == pytest.approx(asked - paid + 7, abs=1e-9)


def test_the_last_sale_pays_its_costs_first() -> None:
    costs = free(2, 2, commission=[0.01, 0.01])
    run = run_engine(world(FLAT, HALVES, flows={1: -995.0}, costs=costs))
    assert run.nav[1] == 0.0
    assert run.cash_flow[1] == pytest.approx(-990.0)
    assert run.unmet == pytest.approx(5.0)
    # A least commission of more than there is takes all of it.
    costs = free(2, 2, minimum=[800.0, 800.0])
    run = run_engine(world(FLAT, HALVES, flows={1: -10.0}, costs=costs))
    assert (run.nav[1], run.cash_flow[1]) == (0.0, 0.0)
    assert run.totals[0] == pytest.approx(1000.0)


def test_a_trade_that_would_cost_everything_is_not_made() -> None:
    run = switched(minimum=[600.0, 600.0])
    assert run.n_events == 0
    assert run.nav.tolist() == [1000.0, 1000.0]


def test_a_new_row_is_traded_to_a_session_later_at_next_close() -> None:
    prices = [[10.0, 10.0]] * 4
    rows = world(prices, ALL_A, HALVES, in_force=[0, 1, 1, 1])
    rule = OracleRule("DATE", at_next_close=True)
    run = run_engine(replace(rows, rule=rule))
    assert run.sessions.tolist() == [2]
    assert run.weights[1].tolist() == [0.0, 0.0, 0.5, 0.5]


def test_toward_buys_below_and_sells_above() -> None:
    prices = [[100.0, 100.0], [100.0, 200.0]]
    toward = [False, True]
    # 500 and 1000: half of 1800 is 900, so all 300 go to a.
    run = run_engine(world(prices, HALVES, flows={1: 300.0}, toward=toward))
    assert (run.weights[:, 1] * 1800).tolist() == pytest.approx([800, 1000])
    # Half of 1200 is 600: all 300 come from b.
    run = run_engine(world(prices, HALVES, flows={1: -300.0}, toward=toward))
    assert (run.weights[:, 1] * 1200).tolist() == pytest.approx([500, 700])


def test_what_stays_the_same_is_told_by_no_event() -> None:
    nothing = run_engine(world(FLAT, HALVES))
    assert nothing.n_events == 0
    assert not nothing.ledger.any()
    assert np.array_equal(nothing.nav, [1000.0, 1000.0])
