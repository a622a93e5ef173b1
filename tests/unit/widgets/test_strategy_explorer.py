"""The strategy explorer without a browser: numbers, preflight, chart, messages."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.backtest import Execution, backtest
from foresto_lab.errors import UnknownNameError
from foresto_lab.strategies import BUILT_IN_STRATEGIES
from foresto_lab.widgets import StrategyExplorer
from foresto_lab.widgets.strategy_chart import bars_in_view
from foresto_lab.widgets.strategy_page import state_of, wording
from foresto_lab.widgets.strategy_parameters import controls_of, strategy_names

NEVER = {
    "name": "never",
    "indicators": [{"name": "rsi", "params": {"period": 14}}],
    "buyConditions": [{"left": "rsi", "operator": "<", "right": 0.5}],
    "sellConditions": [{"left": "rsi", "operator": ">", "right": 70}],
}


@pytest.fixture
def strategies(sample_lab):
    return StrategyExplorer(sample_lab, symbol="SIM_EQUITY", language="en")


def same_metrics(result, wanted):
    left, right = dict(result.metrics), dict(wanted.metrics)
    assert left.keys() == right.keys()
    for name in left:
        assert left[name] == right[name] or left[name] != left[name], name
    return True


def test_it_opens_on_candles_there_are(strategies):
    assert str(strategies.setting.series) == "SIM_EQUITY 1d"
    assert strategies.result is not None
    assert strategies.preflight.passed


@pytest.mark.parametrize("name", strategy_names())
def test_its_numbers_are_those_of_backtest(strategies, name):
    strategies.set(strategy=name, fee_rate=0.001, slippage_bps=5)
    wanted = backtest(
        strategies.candles,
        BUILT_IN_STRATEGIES[name](),
        Execution(fee_rate=0.001, slippage_bps=5.0),
    )
    assert same_metrics(strategies.result, wanted)


def test_a_slider_s_text_becomes_the_parameter_s_number(strategies):
    strategies.set(strategy="rsi_reversal", rsi_period="9", oversold="25.5")
    assert strategies.setting.parameters == {"rsi_period": 9, "oversold": 25.5}
    strategies.set(stop_loss_percent="2")
    strategies.set(stop_loss_percent="")
    assert strategies.setting.parameters["stop_loss_percent"] is None


def test_the_json_follows_the_sliders_and_trades_the_same(strategies):
    strategies.set(strategy="rsi_reversal", oversold=35.0)
    by_slider = strategies.result
    text = strategies.json_text()
    assert "35.0" in text
    strategies.set(json=text)
    assert strategies.setting.strategy == ""
    assert same_metrics(strategies.result, by_slider)


def test_what_never_trades_says_which_condition_never_holds(strategies):
    outcome = strategies.set(json=NEVER)
    assert outcome.result is None
    assert "ZERO_TRADES" in [finding.code for finding in outcome.preflight.errors]
    html = state_of(strategies)["preflight"]
    assert "rsi" in html
    assert "0.5" in html
    assert state_of(strategies)["metrics"] == []


@pytest.mark.parametrize("text", ["", "{", "[1]", '"rsi"', "null", "{}", "[" * 5000])
def test_json_half_typed_is_a_message_or_a_finding(strategies, text):
    outcome = strategies.set(json=text)
    assert outcome.result is None
    assert outcome.message or outcome.preflight.errors
    state_of(strategies)


def test_a_parameter_outside_its_limits_is_said_and_mended(strategies):
    strategies.set(strategy="hyperrsi", rsi_period=999)
    assert strategies.result is None
    text = strategies.outcome.message or str(strategies.preflight)
    assert "rsi_period" in text
    assert strategies.set(rsi_period=14).result is not None


@pytest.mark.parametrize(
    "changes",
    [{"fee_rate": "x"}, {"strategy": "hyprsi"}, {"series": "NONE 1d"}, {"nope": 1}],
)
def test_what_cannot_be_set_is_a_message(strategies, changes):
    before = strategies.setting
    assert strategies.set(**changes).message
    assert strategies.setting == before


def test_an_unknown_symbol_is_answered_with_what_there_is(sample_lab):
    with pytest.raises(UnknownNameError, match="SIM_EQUITY"):
        StrategyExplorer(sample_lab, symbol="SIM_EQUTY")


def test_the_state_is_json_but_for_its_columns(strategies):
    state = state_of(strategies)
    columns = state["chart"].pop("columns")
    json.dumps(state, allow_nan=False)
    json.dumps(wording(strategies), allow_nan=False)
    assert all(len(content) % 8 == 0 for content in columns.values())


def test_the_korean_page_is_korean(strategies):
    strategies.set_language("ko")
    labels = wording(strategies)["labels"]
    assert labels["title"] == "전략 탐색기"
    assert dict(state_of(strategies)["metrics"]).keys() >= {"샤프 지수", "최대 낙폭"}


def test_a_zoom_shows_what_is_between_and_a_new_series_all_of_it(strategies):
    table = strategies.candles
    strategies.zoom(table.open_times[100] / 1000, table.open_times[160] / 1000)
    chart = state_of(strategies)["chart"]
    x = np.frombuffer(chart["columns"][chart["data"][0]["x"][1:]])
    assert len(x) == 61
    assert x[0] == table.open_times[100] / 1000
    strategies.set(series="SIM_BOND 1d")
    assert strategies.window is None


def test_a_zoom_between_bars_or_outside_still_shows_two(strategies):
    table = strategies.candles
    for window in ((0.0, 1.0), (9e12, 9.1e12), (1.4e12, 1.4e12)):
        first, last = bars_in_view(table, window)
        assert 0 <= first < last <= len(table)
        assert last - first >= 2


def test_candles_of_one_s_own_are_explored_and_drawn_small(sample_lab):
    random = np.random.default_rng(5)
    close = np.round(50_000 * np.exp(np.cumsum(random.normal(0, 6e-4, 100_000))), 1)
    opened = np.concatenate((close[:1], close[:-1]))
    frame = pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close),
            "low": np.minimum(opened, close),
            "close": close,
            "volume": 1.0,
        },
        index=pd.date_range("2024-01-01", periods=100_000, freq="min", tz="UTC"),
    )
    explorer = StrategyExplorer(sample_lab, candles=frame)
    assert explorer.result is not None
    columns = state_of(explorer)["chart"]["columns"]
    assert sum(map(len, columns.values())) < 300_000


def test_what_is_set_is_kept_as_a_run(strategies, sample_lab):
    strategies.set(strategy="sma_cross", fast_period=10)
    saved = strategies.save()
    record = sample_lab.run_record(saved.run_id)
    assert record.summary["total_trades"] == strategies.result.metrics["total_trades"]
    assert saved.run_id in state_of(strategies)["status"]


def test_every_parameter_has_a_control_with_its_default():
    for name in strategy_names():
        config = BUILT_IN_STRATEGIES[name]().config
        defaults = {control.name: control.default for control in controls_of(name)}
        assert defaults == config.model_dump()


def test_the_static_twins(strategies):
    assert set(strategies.figures()) == {"price", "overview", "trade_returns"}


def test_it_is_opened_from_the_package():
    assert fl.widgets.StrategyExplorer is StrategyExplorer
