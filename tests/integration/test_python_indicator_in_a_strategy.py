"""A Python indicator inside a strategy: traded, preflighted, caught looking ahead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.indicators import PythonIndicator, built_in_indicators
from foresto_lab.strategies import JsonStrategy

STRATEGY: dict[str, Any] = {
    "name": "above_own",
    "indicators": [{"name": "own"}],
    "buyConditions": [{"left": "close", "operator": "crossover", "right": "own"}],
    "sellConditions": [{"left": "close", "operator": "crossunder", "right": "own"}],
}


@pytest.fixture
def candles() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(draw.normal(0, 0.01, 1_500)))
    index = pd.date_range("2024-01-01", periods=1_500, freq="1h", tz="UTC")
    columns = {"open": close, "high": close * 1.01, "low": close * 0.99}
    return pd.DataFrame({**columns, "close": close, "volume": 5.0}, index.as_unit("us"))


def strategy_on(expression: str, **declared: int) -> JsonStrategy:
    lines = [f"{name} = {value}" for name, value in declared.items()]
    code = "\n".join([*lines, "def compute(candles):", f"    return {expression}", ""])
    own = PythonIndicator.from_code(code, name="own")
    catalog = built_in_indicators().extended([own])
    return JsonStrategy.from_dict(STRATEGY, catalog=catalog)


def codes(report: Any) -> set[str]:
    return {finding.code for finding in report.errors}


def test_it_trades_as_the_same_one_of_talib(candles: pd.DataFrame) -> None:
    own = strategy_on("candles['close'].rolling(20).mean()", WARM_UP=19)
    sma = {
        **STRATEGY,
        "indicators": [{"name": "sma", "as": "own", "params": {"period": 20}}],
    }
    ours = fl.backtest(candles, own).trades
    theirs = fl.backtest(candles, JsonStrategy.from_dict(sma)).trades
    assert len(ours) > 50
    assert list(ours["entry_time"]) == list(theirs["entry_time"])
    assert fl.preflight(own, candles).passed


def test_one_that_looks_ahead_is_stopped(candles: pd.DataFrame) -> None:
    report = fl.preflight(strategy_on("candles['close'].shift(-1)"), candles)
    assert not report.passed
    assert any("LOOK" in code for code in codes(report)), codes(report)


def test_one_that_fails_is_a_finding(candles: pd.DataFrame) -> None:
    report = fl.preflight(strategy_on("candles['closing']"), candles)
    assert not report.passed
    assert "KeyError: 'closing'" in str(report)
