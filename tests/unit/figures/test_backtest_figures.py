"""The figures of a backtest: what they show of a hand-made one, in two languages."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from foresto_lab import figures
from foresto_lab.backtest import Execution, backtest
from foresto_lab.figures.backtest_path import daily_path
from foresto_lab.figures.backtest_trades import return_edges
from foresto_lab.strategies import Signals

HANGUL = re.compile("[가-힣]")
NAMES = list(figures.backtest.__all__)


def candles(closes, *, freq="D"):
    close = np.asarray(closes, dtype=float)
    opened = np.concatenate(([close[0]], close[:-1]))
    index = pd.date_range("2024-01-01", periods=len(close), freq=freq, tz="UTC")
    return pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close),
            "low": np.minimum(opened, close),
            "close": close,
            "volume": 1.0,
        },
        index=index.rename("open_time"),
    )


@pytest.fixture
def hand_made():
    """Buy after the first bar at 100, sell at 120; short at 120, cover at 130."""
    marks = np.zeros((4, 8), dtype=bool)
    for row, bar in enumerate((0, 2, 4, 6)):
        marks[row, bar] = True
    signals = Signals.of(
        long_entry=marks[0],
        long_exit=marks[1],
        short_entry=marks[2],
        short_exit=marks[3],
    )
    closes = [100, 110, 120, 120, 120, 120, 130, 130]
    return backtest(
        candles(closes),
        signals,
        Execution(fee_rate=0.0),
        initial_capital=1000.0,
        symbol="SIM_HAND",
    )


@pytest.fixture
def long_run():
    """Two years of simulated days under a crossing of averages."""
    random = np.random.default_rng(7)
    closes = 100 * np.exp(np.cumsum(random.normal(0, 0.01, 730)))
    return backtest(candles(closes), "sma_cross", symbol="SIM_WALK")


def texts_of(figure):
    layout = figure.layout
    words = [layout.title.text, layout.xaxis.title.text, layout.yaxis.title.text]
    words += [note.text for note in layout.annotations]
    words += [trace.name for trace in figure.data]
    return " ".join(str(word) for word in words if word)


@pytest.mark.parametrize("name", NAMES)
def test_english_figures_have_no_hangul_and_korean_ones_have(name, long_run):
    draw = getattr(figures.backtest, name)
    assert not HANGUL.search(texts_of(draw(long_run, language="en")))
    assert HANGUL.search(texts_of(draw(long_run, language="ko")))


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_says_that_prices_were_simulated(name, hand_made):
    figure = getattr(figures.backtest, name)(hand_made, language="en")
    assert any(note.text == "SIMULATED" for note in figure.layout.annotations)


@pytest.mark.parametrize("name", NAMES)
def test_a_backtest_without_a_trade_has_figures(name):
    none = np.zeros(30, dtype=bool)
    result = backtest(candles([100.0] * 30), Signals.of(long_entry=none))
    getattr(figures.backtest, name)(result, language="en").to_json()


def test_markers_stand_where_the_trades_were(hand_made):
    by_name = {
        trace.name: trace
        for trace in figures.backtest.price(hand_made, language="en").data
    }
    day = 86_400_000
    start = pd.Timestamp("2024-01-01").value // 1_000_000
    marks = {
        name: ([(x - start) / day for x in trace.x], list(trace.y))
        for name, trace in by_name.items()
        if getattr(trace, "mode", None) == "markers"
    }
    assert marks == {
        "Long entry": ([1.0], [100.0]),
        "Exit with a gain": ([3.0], [120.0]),
        "Short entry": ([5.0], [120.0]),
        "Exit with a loss": ([7.0], [130.0]),
    }


def test_buy_and_hold_has_no_costs_and_starts_at_the_first_close(hand_made):
    held = figures.backtest.equity(hand_made, language="en").data[1]
    assert held.name == "Buy and hold"
    assert held.y[-1] == pytest.approx(1000 * 130 / 100)


def test_indicators_near_the_price_lie_over_it_and_others_below(long_run):
    figure = figures.backtest.price(long_run, language="en")
    assert {
        trace.name: trace.yaxis
        for trace in figure.data
        if getattr(trace, "mode", None) == "lines"
    } == {
        "fast": "y",
        "slow": "y",
    }
    rsi = figures.backtest.price(
        backtest(long_run.candles, "rsi_reversal"), language="en"
    )
    assert [t.yaxis for t in rsi.data if getattr(t, "mode", None) == "lines"] == ["y2"]


def test_the_days_of_intraday_bars_are_their_last_close_and_deepest_drawdown():
    closes = np.concatenate((np.linspace(100, 200, 24), np.linspace(200, 100, 24)))
    always = np.zeros(48, dtype=bool)
    always[0] = True
    result = backtest(
        candles(closes, freq="h"), Signals.of(long_entry=always), initial_capital=100.0
    )
    path = daily_path(result).path
    assert len(path) == 2
    assert path["nav"].iloc[0] == result.equity["equity"].iloc[23]
    assert path["drawdown"].iloc[1] == result.equity["drawdown"].iloc[24:].min()


def test_bins_of_returns_never_mix_gains_and_losses():
    edges = return_edges(np.array([-0.031, -0.01, 0.02, 0.11, 0.5]))
    assert 0.0 in edges
    assert np.allclose(np.diff(edges), edges[1] - edges[0])


def test_a_result_draws_itself(hand_made):
    figure = hand_made.plot(language="en")
    assert figure.layout.title.text == "Equity and drawdown"


def test_a_million_bars_are_a_small_figure():
    length = 1_000_000
    random = np.random.default_rng(3)
    closes = np.round(50_000 * np.exp(np.cumsum(random.normal(0, 6e-4, length))), 1)
    result = backtest(candles(closes, freq="min"), "rsi_reversal", symbol="BTCUSDT")
    content = figures.backtest.price(result, language="en").to_json()
    assert len(content) < 12_000_000
    assert len(figures.backtest.overview(result).to_json()) < 300_000
