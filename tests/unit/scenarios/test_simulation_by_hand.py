"""Simulations of spreadsheet size; every number can be followed with a pencil.

Two assets, 1,000 invested half and half at prices of 100, cost rate 1 % of what is
traded. The sessions are those around the 1st of May 2020 on the Korea Exchange: April
ended on the 29th, May began on the 4th, the 5th was a holiday.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.rebalancing import ProportionalCost

SESSIONS = ["2020-04-28", "2020-04-29", "2020-05-04", "2020-05-06"]
HALVES = {"a": 0.5, "b": 0.5}


def table(
    a: Sequence[float], b: Sequence[float], days: Sequence[str] = SESSIONS
) -> pd.DataFrame:
    index = pd.DatetimeIndex(days[: len(a)], name="date")
    return pd.DataFrame({"a": a, "b": b}, index=index, dtype=float)


def simulate(
    prices: pd.DataFrame, rule: object, **options: object
) -> fl.SimulationResult:
    weights = options.pop("weights", HALVES)
    return fl.simulate(prices, weights, rule, initial_amount=1000, **options)


def events(result: fl.SimulationResult) -> list[tuple[str, str, str]]:
    columns = result.events[["event_date", "trigger_type", "trigger_detail"]]
    return [
        (f"{day:%Y-%m-%d}", kind, detail)
        for day, kind, detail in columns.itertuples(index=False)
    ]


# --- buy and hold -----------------------------------------------------------------


def test_buy_and_hold() -> None:
    # 5 units of each: 500+500, 550+500, 600+500, 600+550
    result = simulate(table([100, 110, 120, 120], [100, 100, 100, 110]), None)
    assert result.path["nav"].tolist() == [1000.0, 1050.0, 1100.0, 1150.0]
    assert result.path["daily_return"].tolist() == pytest.approx(
        [0.0, 0.05, 50 / 1050, 50 / 1100]
    )
    assert result.path["cumulative_return"].tolist() == pytest.approx(
        [0, 0.05, 0.1, 0.15]
    )
    assert result.path["weight_a"].tolist() == pytest.approx(
        [0.5, 550 / 1050, 600 / 1100, 600 / 1150]
    )
    assert result.events.empty
    assert result.summary["rebalancing_count"] == 0
    assert result.summary["total_cost"] == 0.0
    assert result.summary["total_return"] == pytest.approx(0.15)
    # 8 calendar days from 28 April to 6 May
    assert result.summary["cagr"] == pytest.approx(1.15 ** (365.25 / 8) - 1)


def test_drawdown_is_counted_from_the_highest_value_so_far() -> None:
    # 1000, 1100, 880, 990: 20 % below the peak, then 10 %
    result = simulate(table([100, 110, 88, 99], [100, 110, 88, 99]), None)
    assert result.path["drawdown"].tolist() == pytest.approx([0, 0, -0.2, -0.1])
    assert result.summary["max_drawdown"] == pytest.approx(-0.2)
    assert result.summary["recovery_days"] is None
    assert result.summary["max_drawdown_duration"] == 7  # 29 April to 6 May
    # months: April +10 %, May 990/1100
    assert result.summary["best_month"] == pytest.approx(0.1)
    assert result.summary["worst_month"] == pytest.approx(-0.1)
    assert result.summary["positive_month_share"] == 0.5
    assert result.summary["worst_year"] == pytest.approx(-0.01)


# --- periodic ---------------------------------------------------------------------


def test_monthly_on_the_first_trading_day() -> None:
    # 4 May, the first session after Labour day: 600 + 500 = 1100. Half of it is 550, so
    # 50 are traded: turnover 50/1100, cost 0.5, value 1099.5, 549.75 each.
    # 6 May: b rises by a tenth: 549.75 + 604.725.
    rule = fl.Periodic("MONTHLY", cost_rate=0.01)
    result = simulate(table([100, 110, 120, 120], [100, 100, 100, 110]), rule)
    assert events(result) == [("2020-05-04", "PERIODIC", "MONTHLY")]
    assert result.path["nav"].tolist() == pytest.approx([1000, 1050, 1099.5, 1154.475])
    event = result.events.iloc[0]
    assert event["turnover"] == pytest.approx(50 / 1100)
    assert event["cost_rate"] == 0.01
    assert event["cost_amount"] == pytest.approx(0.5)
    assert (event["nav_before"], event["nav_after"]) == pytest.approx((1100, 1099.5))
    assert event["before_weights"] == pytest.approx({"a": 600 / 1100, "b": 500 / 1100})
    assert event["after_weights"] == HALVES
    assert result.path.loc["2020-05-04", ["weight_a", "weight_b"]].tolist() == [
        0.5,
        0.5,
    ]
    assert result.summary["total_turnover"] == pytest.approx(50 / 1100)
    assert result.summary["annual_turnover"] == pytest.approx(50 / 1100 * 365.25 / 8)
    assert result.summary["total_cost"] == pytest.approx(0.5)


def test_monthly_on_the_last_trading_day() -> None:
    # 29 April, the last session of April: 550 + 500 = 1050, 25 traded, cost 0.25, value
    # 1049.75, 524.875 each. 4 May: a grows by 120/110; 6 May: b by a tenth.
    # 6 May is not May's last session: no second event.
    rule = fl.Periodic("MONTHLY", "LAST_TRADING_DAY", cost_rate=0.01)
    result = simulate(table([100, 110, 120, 120], [100, 100, 100, 110]), rule)
    assert events(result) == [("2020-04-29", "PERIODIC", "MONTHLY")]
    a, b = 524.875 * 120 / 110, 524.875
    assert result.path["nav"].tolist() == pytest.approx(
        [1000, 1049.75, a + b, a + 1.1 * b]
    )


def test_a_missing_first_session_is_traded_on_the_next_row_and_reported() -> None:
    prices = table([100, 110, 120, 120], [100, 100, 100, 110]).drop(
        pd.Timestamp("2020-05-04")
    )
    result = simulate(prices, fl.Periodic("MONTHLY", cost_rate=0.01))
    assert events(result) == [("2020-05-06", "PERIODIC", "MONTHLY")]
    assert [finding.code for finding in result.findings] == ["MISSING_SESSION"]
    assert result.findings[0].samples == ("2020-05-04",)


def test_data_that_ends_on_the_28th_has_no_end_of_april() -> None:
    days = ["2020-04-24", "2020-04-27", "2020-04-28"]
    rule = fl.Periodic("MONTHLY", "LAST_TRADING_DAY")
    assert simulate(table([100, 110, 120], [100, 100, 100], days), rule).events.empty


def test_a_date_without_drift_is_an_event_without_cost() -> None:
    result = simulate(table([100, 100, 110], [100, 100, 110]), fl.Periodic("MONTHLY"))
    assert result.events["turnover"].tolist() == [0.0]
    assert result.path["nav"].tolist() == pytest.approx([1000, 1000, 1100])


# --- drift ------------------------------------------------------------------------


def test_drift_below_at_and_above_the_threshold() -> None:
    rule = fl.Drift(0.05, cost_rate=0.01)
    # 540/1040 = 51.9 %, 610/1110 = 54.95 %: not yet. 615/1115 = 55.16 %: now.
    result = simulate(table([100, 108, 122, 123], [100] * 4), rule)
    assert events(result) == [("2020-05-06", "DRIFT", "DRIFT>=5.00%")]
    # 57.5 of 1115 are traded: half of 615 - 500
    assert result.events["turnover"].tolist() == pytest.approx([57.5 / 1115])
    assert result.path["nav"].iloc[-1] == pytest.approx(1115 - 0.575)
    # 550/1000 and 450/1000: exactly five points, and a tie counts
    assert events(simulate(table([100, 110], [100, 90]), rule)) == [
        ("2020-04-29", "DRIFT", "DRIFT>=5.00%")
    ]


@pytest.mark.parametrize("scale", [1.0, 0.1, 7 / 3, 1e6 / 7])
@pytest.mark.parametrize(("up", "down"), [(110, 90), (90, 110)])
def test_a_tie_does_not_depend_on_rounding(
    scale: float, up: float, down: float
) -> None:
    prices = table([100 * scale, up * scale], [100 / scale, down / scale])
    assert len(simulate(prices, fl.Drift(0.05)).events) == 1


def test_a_relative_band_measures_each_weight_against_its_own_target() -> None:
    # Targets 20/80, band 10 % of each: 18..22 and 72..88 %. 226/1026 = 22.03 %.
    weights = {"a": 0.2, "b": 0.8}
    prices = table([100, 113], [100, 100])
    relative = fl.Drift(0.10, relative=True)
    result = simulate(prices, relative, weights=weights)
    assert events(result) == [("2020-04-29", "DRIFT", "DRIFT>=10.00% of target")]
    assert simulate(prices, fl.Drift(0.10), weights=weights).events.empty


def test_to_the_bands_edge() -> None:
    # 750/1250 = 60 %: back to 55 % only. 5 points of 1250 traded, cost 0.625.
    rule = fl.Drift(0.05, to="band_edge", cost_rate=0.01)
    result = simulate(table([100, 150], [100, 100]), rule)
    event = result.events.iloc[0]
    assert event["after_weights"] == pytest.approx({"a": 0.55, "b": 0.45})
    assert event["turnover"] == pytest.approx(0.05)
    assert event["nav_after"] == pytest.approx(1250 - 0.625)
    assert result.path["weight_a"].iloc[-1] == pytest.approx(0.55)


# --- hybrid -----------------------------------------------------------------------


def test_hybrid_of_all_needs_the_date_and_the_drift() -> None:
    rule = fl.Hybrid(fl.Periodic("MONTHLY"), fl.Drift(0.05), "ALL")
    # drift on 29 April (55.6 %) but no date; on 4 May the date, and 600/1100 = 54.5 %
    result = simulate(table([100, 125, 120, 150], [100] * 4), rule)
    assert result.events.empty
    # on 4 May both: 650/1150 = 56.5 %
    result = simulate(table([100, 125, 130, 150], [100] * 4), rule)
    assert events(result) == [("2020-05-04", "HYBRID", "MONTHLY & DRIFT>=5.00%")]


def test_hybrid_of_any_says_what_fired() -> None:
    rule = fl.Hybrid(fl.Periodic("MONTHLY"), fl.Drift(0.05), "ANY", cost_rate=0.0)
    # 29 April: 625/1125 = 55.6 % drifts. 4 May: the date, without a drift. 6 May: b
    # rises by half: 60 % of the value.
    result = simulate(table([100, 125, 125, 125], [100, 100, 100, 150]), rule)
    assert events(result) == [
        ("2020-04-29", "HYBRID", "DRIFT>=5.00%"),
        ("2020-05-04", "HYBRID", "MONTHLY"),
        ("2020-05-06", "HYBRID", "DRIFT>=5.00%"),
    ]
    both = simulate(table([100, 100, 150], [100, 100, 100]), rule)
    assert events(both) == [("2020-05-04", "HYBRID", "MONTHLY & DRIFT>=5.00%")]


def test_hybrid_of_any_trades_to_the_targets_on_dates_and_to_the_edge_between() -> None:
    drift = fl.Drift(0.05, to="band_edge", cost_rate=0.0)
    rule = fl.Hybrid(fl.Periodic("MONTHLY", cost_rate=0.0), drift, "ANY")
    result = simulate(table([100, 150, 150], [100, 100, 100]), rule)
    assert [event["a"] for event in result.events["after_weights"]] == pytest.approx(
        [0.55, 0.5]
    )


# --- cash, execution, costs -------------------------------------------------------


def test_what_is_not_invested_is_one_more_holding() -> None:
    # Half in a, half cash. a doubles: 1000 + 500; 250 are sold: turnover 250/1500.
    rule = fl.Drift(0.05, cost_rate=0.01)
    result = simulate(table([100, 200, 200], [1, 1, 1]), rule, weights={"a": 0.5})
    assert events(result) == [("2020-04-29", "DRIFT", "DRIFT>=5.00%")]
    assert result.events["turnover"].tolist() == pytest.approx([250 / 1500])
    assert result.path["nav"].tolist() == pytest.approx([1000, 1497.5, 1497.5])
    assert "weight_b" not in result.path


def test_next_close_trades_a_session_after_the_decision() -> None:
    # 29 April: 550 + 450, a tie at five points: decided. 4 May: 550 + 495 = 1045, and
    # 27.5 are traded, cost 0.275. 6 May: nothing moves.
    rule = fl.Drift(0.05, cost_rate=0.01)
    prices = table([100, 110, 110, 110], [100, 90, 99, 99])
    result = simulate(prices, rule, execution="next_close")
    assert events(result) == [("2020-05-04", "DRIFT", "DRIFT>=5.00%")]
    assert result.events["turnover"].tolist() == pytest.approx([27.5 / 1045])
    assert result.path["nav"].tolist() == pytest.approx(
        [1000, 1000, 1044.725, 1044.725]
    )


def test_next_close_does_not_trade_what_the_last_session_decided() -> None:
    result = simulate(
        table([100, 110], [100, 90]), fl.Drift(0.05), execution="next_close"
    )
    assert result.events.empty


def test_next_close_to_the_edge_uses_the_weights_of_the_trade() -> None:
    # 60 % on the 29th, but 50.25 % on the 4th: inside the band, nothing to trade.
    rule = fl.Drift(0.05, to="band_edge")
    prices = table([100, 150, 101, 101], [100, 100, 100, 100])
    assert simulate(prices, rule, execution="next_close").events.empty


@pytest.mark.parametrize("costs", [0.02, ProportionalCost(0.02)])
def test_costs_stand_in_for_the_rules_own_rate(costs: object) -> None:
    # 50 of 1100 traded at 2 %
    prices = table([100, 110, 120], [100, 100, 100])
    result = simulate(prices, fl.Periodic("MONTHLY", cost_rate=0.5), costs=costs)
    assert result.events["cost_amount"].tolist() == pytest.approx([1.0])
    assert result.events["cost_rate"].tolist() == [0.02]


# --- day 0 ------------------------------------------------------------------------


def test_day_0_is_the_first_row_with_every_price() -> None:
    prices = table([90, 100, 110, 120], [float("nan"), 100, 100, 100])
    result = simulate(prices, None)
    assert result.path.index[0] == pd.Timestamp("2020-04-29")
    assert result.path["nav"].tolist() == pytest.approx([1000, 1050, 1100])
    assert [finding.code for finding in result.findings] == ["LATE_START"]
    assert result.findings[0].where == "b"


def test_an_asset_of_weight_0_is_not_looked_at() -> None:
    prices = table([100, 110], [float("nan"), -1.0])
    result = simulate(prices, None, weights={"a": 1.0, "b": 0.0})
    assert result.path["nav"].tolist() == pytest.approx([1000, 1100])
    assert result.path["weight_b"].tolist() == [0.0, 0.0]
    assert result.findings == ()


def test_all_cash_stays_what_it_is() -> None:
    result = simulate(
        table([100, 110], [1, 2]), fl.Periodic("MONTHLY"), weights={"a": 0}
    )
    assert result.path["nav"].tolist() == [1000.0, 1000.0]


def test_start_and_end_cut_the_rows() -> None:
    prices = table([50, 100, 110, 120], [100, 100, 100, 110])
    result = simulate(prices, None, start="2020-04-29", end="2020-05-05")
    assert [f"{day:%m-%d}" for day in result.path.index] == ["04-29", "05-04"]
    assert result.findings == ()


def test_one_session_has_a_path_and_no_figures() -> None:
    result = simulate(table([100], [100]), fl.Periodic("MONTHLY"))
    assert result.path["nav"].tolist() == [1000.0]
    assert result.summary["total_return"] == 0.0
    assert result.summary["max_drawdown"] == 0.0
    assert pd.isna(result.summary["cagr"])
    assert pd.isna(result.summary["volatility"])
