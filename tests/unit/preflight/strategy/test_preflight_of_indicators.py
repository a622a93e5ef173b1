"""Preflight of strategies that use indicators, and of the built-in ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import foresto_lab as fl
from foresto_lab.indicators import IndicatorUse, built_in_indicators
from foresto_lab.market.candle_table import parse_candles
from foresto_lab.preflight.report import PreflightReport
from foresto_lab.preflight.strategy import StrategyInputs, check_strategy
from foresto_lab.strategies import BUILT_IN_STRATEGIES
from tests.unit.preflight.strategy.plain_strategies import (
    Plain,
    buy_low_sell_high,
    candles,
)


def walk(count: int = 1_500, seed: int = 11) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(0, 0.01, count)
    return 100.0 * np.exp(np.cumsum(steps))


def codes(report: PreflightReport) -> set[str]:
    return {finding.code for finding in report.findings}


def rsi_below(number: float, period: Any = 14) -> dict[str, Any]:
    return {
        "name": "rsi below",
        "indicators": [{"name": "rsi", "params": {"period": period}}],
        "buyConditions": [{"left": "rsi", "operator": "<", "right": number}],
        "sellConditions": [{"left": "rsi", "operator": ">", "right": 60}],
    }


def test_the_lowest_rsi_is_named_and_the_number_that_would_trade() -> None:
    frame = candles(walk())
    rsi = built_in_indicators().get("rsi")
    lowest = np.nanmin(rsi.compute(parse_candles(frame), {"period": 14})["rsi"])
    report = fl.preflight(rsi_below(10), frame)
    told = report.explanation
    assert told is not None
    nearest = told.conditions[0].nearest
    assert nearest is not None
    (moved,) = told.moved
    # a whole number just above the lowest value, and the engine agrees with it
    assert nearest.left < moved.after <= nearest.left + 5
    assert fl.preflight(rsi_below(moved.after), frame).predicted_trades == moved.trades
    assert nearest.left == lowest
    assert told.headline().startswith("rsi < 10 never held on 1,486 bars: lowest ")


@pytest.mark.parametrize("name", sorted(set(BUILT_IN_STRATEGIES)))
def test_the_trades_foretold_are_those_that_the_backtest_makes(name: str) -> None:
    frame = candles(walk())
    execution = fl.Execution(fee_rate=0.001, slippage_bps=2.0)
    report = fl.preflight(name, frame, execution=execution)
    result = fl.backtest(frame, BUILT_IN_STRATEGIES[name](), execution)
    assert report.predicted_trades == len(result.trades)


@pytest.mark.parametrize(("bars", "fires"), [(596, True), (597, False)])
def test_the_span_holds_three_times_the_longest_warm_up(bars: int, fires: bool) -> None:
    """An EMA of 200 has its first value on the 200th bar: it warms up for 199."""
    report = fl.preflight("hyperrsi", candles(walk(bars)))
    found = [f for f in report.findings if f.code == "SPAN_TOO_SHORT"]
    assert bool(found) is fires
    if fires:
        assert found[0].details["required"] == 597
        assert found[0].details["available"] == bars
        assert found[0].details["missing"] == 597 - bars
        assert found[0].details["warm_up"] == 199


def test_a_period_longer_than_the_candles() -> None:
    report = fl.preflight(rsi_below(30, 500), candles(walk(300)))
    assert {"SPAN_TOO_SHORT", "ZERO_TRADES", "UNDEFINED_COLUMN"} <= codes(report)
    assert report.explanation is not None
    assert report.explanation.reason == "span_too_short"


@pytest.mark.parametrize("period", [10**9, 0, -1, 2.5, "14", None, True, [14]])
def test_a_period_that_cannot_be(period: Any) -> None:
    report = fl.preflight(rsi_below(30, period), candles(walk(300)))
    assert not report.passed
    assert report.errors[0].where.startswith("indicators[0]")


def test_an_unknown_indicator_and_a_misspelt_column_suggest_the_nearest() -> None:
    unknown = rsi_below(30)
    unknown["indicators"] = [{"name": "rsii"}]
    finding = next(f for f in fl.preflight(unknown).errors)
    assert finding.code == "INDICATOR_UNKNOWN"
    assert "rsi" in finding.fix
    misspelt = rsi_below(30)
    misspelt["buyConditions"][0]["left"] = "rsl"
    (finding,) = fl.preflight(misspelt).errors
    assert (finding.code, finding.where) == ("COLUMN_UNKNOWN", "buyConditions[0].left")
    assert "rsi" in finding.fix


def test_the_rsi_of_a_price_that_stands_still() -> None:
    frame = candles(np.full(300, 100.0))
    frame[["high", "low"]] = 100.0
    report = fl.preflight("rsi_reversal", frame)
    assert {"CONSTANT_PRICES", "ZERO_TRADES"} <= codes(report)


def test_an_indicator_that_was_deactivated() -> None:
    given = StrategyInputs(rsi_below(30), inactive_indicators=frozenset({"rsi"}))
    (finding,) = check_strategy(given).errors
    assert (finding.code, finding.where) == ("INDICATOR_NOT_ACTIVE", "indicators[0]")
    assert check_strategy(StrategyInputs(rsi_below(30))).passed


@dataclass(frozen=True)
class Barren:
    """An indicator that gives nothing."""

    outputs: tuple[str, ...] = ()

    def warm_up(self, _: Any) -> int:
        return 0

    def settling(self, _: Any) -> int:
        return 0


class BarrenCatalog:
    def get(self, _: str) -> Barren:
        return Barren()


def test_an_indicator_that_gives_no_column() -> None:
    strategy = Plain(buy_low_sell_high)
    strategy.indicators = (IndicatorUse("barren"),)  # type: ignore[assignment]
    given = StrategyInputs(strategy, catalog=BarrenCatalog())  # type: ignore[arg-type]
    assert "INDICATOR_WITHOUT_OUTPUT" in codes(check_strategy(given))
    assert "INDICATOR_WITHOUT_OUTPUT" not in codes(fl.preflight(rsi_below(30)))
