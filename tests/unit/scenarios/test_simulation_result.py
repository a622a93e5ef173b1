"""A result: its tables, its identity, how it is kept and how it shows itself."""

from __future__ import annotations

import json
import pickle

import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.types import Execution

WEIGHTS = {"a": 0.5, "b": 0.3, "c": 0.2}
RULE = fl.Drift(0.03, cost_rate=0.001)
SUMMARY = [
    "total_return",
    "cagr",
    "volatility",
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "max_drawdown",
    "max_drawdown_duration",
    "recovery_days",
    "longest_underwater_days",
    "worst_month",
    "best_month",
    "worst_year",
    "best_year",
    "positive_month_share",
    "var_95",
    "cvar_95",
    "ulcer_index",
    "skew",
    "kurtosis",
    "total_turnover",
    "annual_turnover",
    "total_cost",
    "rebalancing_count",
]


@pytest.fixture
def result(three_assets_two_years: pd.DataFrame) -> fl.SimulationResult:
    return fl.simulate(three_assets_two_years, WEIGHTS, RULE)


def test_the_tables_have_the_stated_columns(result: fl.SimulationResult) -> None:
    assert list(result.path.columns) == [
        "nav",
        "daily_return",
        "cumulative_return",
        "drawdown",
        "weight_a",
        "weight_b",
        "weight_c",
    ]
    assert result.path.index.name == "date"
    assert list(result.events.columns) == [
        "event_date",
        "trigger_type",
        "trigger_detail",
        "before_weights",
        "after_weights",
        "turnover",
        "cost_rate",
        "cost_amount",
        "nav_before",
        "nav_after",
    ]
    assert len(result.events) > 0
    assert list(result.summary.index) == SUMMARY


def test_the_summary_holds_plain_python_numbers(result: fl.SimulationResult) -> None:
    whole = {
        "max_drawdown_duration",
        "recovery_days",
        "longest_underwater_days",
        "rebalancing_count",
    }
    for name, value in result.summary.items():
        assert type(value) in ((int, type(None)) if name in whole else (float,))


def test_empty_events_have_the_types_of_full_ones(
    result: fl.SimulationResult, three_assets_two_years: pd.DataFrame
) -> None:
    none = fl.simulate(three_assets_two_years, WEIGHTS, fl.Drift(0.99)).events
    assert len(none) == 0
    assert none.dtypes.to_dict() == result.events.dtypes.to_dict()


def test_the_summary_adds_up_with_the_events(result: fl.SimulationResult) -> None:
    summary, events = result.summary, result.events
    assert summary["rebalancing_count"] == len(events)
    assert summary["total_cost"] == pytest.approx(events["cost_amount"].sum())
    assert summary["total_turnover"] == pytest.approx(events["turnover"].sum())
    nav = result.path["nav"]
    assert nav[events["event_date"]].tolist() == events["nav_after"].tolist()


def test_the_hash_names_the_request_and_the_data(
    three_assets_two_years: pd.DataFrame,
) -> None:
    prices = three_assets_two_years
    first = fl.simulate(prices, WEIGHTS, RULE).request_hash
    assert len(first) == 64
    assert fl.simulate(prices.copy(), dict(WEIGHTS), RULE).request_hash == first
    turned = dict(reversed(WEIGHTS.items()))
    assert fl.simulate(prices, turned, RULE).request_hash == first
    assert fl.simulate(prices, WEIGHTS, RULE, costs=0.001).request_hash == first
    changed = prices.copy()
    changed.iloc[-1, 0] += 1e-9
    others = [
        fl.simulate(changed, WEIGHTS, RULE),
        fl.simulate(prices, {**WEIGHTS, "a": 0.4}, RULE),
        fl.simulate(prices, WEIGHTS, fl.Drift(0.03, cost_rate=0.002)),
        fl.simulate(prices, WEIGHTS),
        fl.simulate(prices, WEIGHTS, RULE, initial_amount=5),
        fl.simulate(prices, WEIGHTS, RULE, execution="next_close"),
        fl.simulate(prices, WEIGHTS, RULE, end="2022-06-30"),
        fl.simulate(
            prices.rename(columns={"a": "x"}), {"x": 0.5, "b": 0.3, "c": 0.2}, RULE
        ),
    ]
    assert len({first, *(other.request_hash for other in others)}) == 1 + len(others)


def test_a_run_is_the_result_under_another_identity(
    result: fl.SimulationResult,
) -> None:
    run = result.with_run("20240101-abc", "f" * 64, name="MIN_VOL", simulated=True)
    assert (run.run_id, run.request_hash, run.name) == (
        "20240101-abc",
        "f" * 64,
        "MIN_VOL",
    )
    assert run.simulated
    assert result.run_id is None
    pd.testing.assert_frame_equal(run.events, result.events)
    assert run.path is result.path


def test_a_result_comes_back_from_its_tables(result: fl.SimulationResult) -> None:
    again = fl.SimulationResult.from_tables(
        result.path,
        result.events,
        dict(result.summary),
        request_hash=result.request_hash,
        weights=result.weights,
        rule=result.rule,
        initial_amount=result.initial_amount,
        calendar=result.calendar,
    )
    pd.testing.assert_series_equal(again.summary, result.summary)
    assert again.to_dict() == result.to_dict()
    assert again.execution is Execution.CLOSE


def test_a_result_crosses_processes(three_assets_two_years: pd.DataFrame) -> None:
    prices = three_assets_two_years.drop(pd.Timestamp("2021-06-01"))
    result = fl.simulate(prices, WEIGHTS, RULE)
    assert result.findings
    again = pickle.loads(pickle.dumps(result))
    assert again.to_dict() == result.to_dict()
    pd.testing.assert_frame_equal(again.path, result.path)


def test_to_dict_is_json(result: fl.SimulationResult) -> None:
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["rule"]["type"] == "DRIFT"
    assert plain["start"] == "2021-01-04"
    assert len(plain["events"]) == len(result.events)
    assert plain["events"][0]["after_weights"] == WEIGHTS


def test_to_frame_is_the_callers_own(result: fl.SimulationResult) -> None:
    frame = result.to_frame()
    frame.iloc[:, :] = 0.0
    assert (result.path["nav"] > 0).all()


def test_it_shows_itself(three_assets_two_years: pd.DataFrame) -> None:
    prices = three_assets_two_years.rename(columns={"a": "<script>"})
    prices.loc[:"2021-01-08", "b"] = float("nan")
    prices.attrs["simulated"] = True
    result = fl.simulate(prices, {"<script>": 0.5, "b": 0.5}, RULE)
    result = result.with_run("r1", "0" * 64, name="<b>")
    html = result._repr_html_()
    for words in (
        "누적 수익률",
        "2021-01-11",
        "1,000,000원",
        "모의 데이터",
        "&lt;b&gt;",
    ):
        assert words in html
    assert "<script>" not in html
    assert result.title.startswith("<b> · Drift ≥ 3.00% · 2021-01-11")
    assert "total return" in repr(result)


def test_it_draws_itself(result: fl.SimulationResult) -> None:
    figure = result.plot()
    assert len(figure.data) > 0
