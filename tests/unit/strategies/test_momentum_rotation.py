"""Momentum rotation: its scores, its decisions, its parameters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import StrategyError, UnknownNameError
from foresto_lab.market.candle_panel import parse_candle_panel
from foresto_lab.strategies.library import BUILT_IN_STRATEGIES
from foresto_lab.strategies.library.momentum_rotation import MomentumRotation
from foresto_lab.strategies.ranking import decision_bars
from tests.oracles.rotation_candles import several


def test_scores_are_returns_over_the_window_before_the_skipped_bars() -> None:
    panel = parse_candle_panel(
        several(
            {
                "A": [10.0, 11.0, 12.0, 15.0, 9.0],
                "late": [None, None, 20.0, 30.0, 60.0],
                "gap": [10.0, 20.0, None, 40.0, 50.0],
            }
        )
    )
    ranking = MomentumRotation(
        lookback_bars=2, skip_bars=1, rebalance="DAILY", top=1
    ).ranking(panel)
    assert ranking.decisions.tolist() == [2, 3, 4]
    expected = [
        [11 / 10 - 1, np.nan, 20 / 10 - 1],
        [12 / 11 - 1, np.nan, 20 / 20 - 1],  # the missing close is the one before
        [15 / 12 - 1, 30 / 20 - 1, 40 / 20 - 1],
    ]
    np.testing.assert_allclose(ranking.scores, expected, rtol=1e-12)


def test_absolute_filter_wants_only_what_rose() -> None:
    panel = parse_candle_panel(
        several({"up": [1.0, 2.0, 3.0], "down": [3.0, 2.0, 1.0], "flat": [1.0] * 3})
    )
    strategy = MomentumRotation(
        lookback_bars=2, skip_bars=0, rebalance="DAILY", absolute_filter=True
    )
    scores = strategy.ranking(panel).scores[0]
    assert scores[0] == 2.0
    assert np.isnan(scores[1:]).all()


@pytest.mark.parametrize(
    ("frequency", "days"),
    [
        ("MONTHLY", ["2024-02-01", "2024-03-01"]),
        ("WEEKLY", ["2024-01-29", "2024-02-05", "2024-02-13"]),
    ],
)
def test_decisions_fall_on_the_first_bar_of_a_period(
    frequency: str, days: list[str]
) -> None:
    index = pd.bdate_range("2024-01-24", "2024-03-04", tz="UTC")
    index = index.drop(pd.Timestamp("2024-02-12", tz="UTC"))  # a Monday off
    bars = decision_bars(index.as_unit("us").asi8, frequency)
    assert index[bars].strftime("%Y-%m-%d").tolist()[: len(days)] == days


def test_an_unknown_frequency_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="WEEKLY"):
        decision_bars(np.arange(3, dtype=np.int64), "WEEKLI")


@pytest.mark.parametrize(
    "wrong",
    [
        {"lookback_bars": 1},
        {"skip_bars": 126},
        {"top": 0},
        {"top": 5, "keep_rank": 4},
        {"rebalance": "HOURLY"},
        {"lookback": 3},
    ],
)
def test_parameters_outside_their_limits_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(StrategyError):
        MomentumRotation(**wrong)


def test_it_is_a_built_in_strategy() -> None:
    assert BUILT_IN_STRATEGIES["momentum_rotation"] is MomentumRotation
    strategy = MomentumRotation(top=3)
    assert strategy.selection.top == 3
    assert strategy.min_candles == 127
    assert len(strategy.checksum) == 64


def test_on_one_symbol_it_is_in_while_it_rose() -> None:
    candles = several({"A": [1.0, 2.0, 3.0, 1.0, 0.5, 2.0]})["A"]
    signals = MomentumRotation(lookback_bars=2, skip_bars=0, rebalance="DAILY").signals(
        candles
    )
    assert signals.long_entry.tolist() == [False, False, True, False, False, True]
    assert signals.long_exit.tolist() == [False, False, False, True, True, False]
