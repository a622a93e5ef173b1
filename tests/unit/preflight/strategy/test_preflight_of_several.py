"""Preflight of a strategy on several symbols that share one account."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.many import backtest_many
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.preflight.strategy import StrategyInputs, check_strategy, preflight
from foresto_lab.strategies.parsing import built_in_strategy
from tests.unit.preflight.strategy.plain_strategies import candles


def tables(count: int = 4, bars: int = 400) -> dict[str, CandleTable]:
    rng = np.random.default_rng(2)
    return {
        f"S{n}": parse_candles(
            candles(100 * np.exp(np.cumsum(rng.normal(0, 0.02, bars)))), symbol=f"S{n}"
        )
        for n in range(count)
    }


@pytest.mark.parametrize("name", ["rsi_reversal", "momentum_rotation"])
def test_the_trades_foretold_are_those_that_the_engine_makes(name: str) -> None:
    given = tables()
    report = check_strategy(StrategyInputs(name, given))
    made = backtest_many(given, built_in_strategy(name), Execution())
    assert report.predicted_trades == len(made.trades) > 0
    assert report.bars == 1_600
    assert (report.first_bar, report.last_bar) == ("2024-01-01", "2025-02-03")


def test_findings_of_several_symbols_are_told_once_per_code() -> None:
    given = tables()
    for symbol in ("S1", "S3"):
        frame = given[symbol].to_frame().copy()
        frame.loc[frame.index[200:], ["open", "high", "low", "close"]] /= 50
        given[symbol] = parse_candles(frame, symbol=symbol)
    report = check_strategy(StrategyInputs("rsi_reversal", given))
    (finding,) = [f for f in report.findings if f.code == "PRICE_JUMP"]
    assert finding.where == "2 symbols"
    assert finding.samples == ("S1", "S3")


def test_one_symbol_that_stands_still_does_not_stop_the_others() -> None:
    given = tables()
    frame = given["S1"].to_frame().copy()
    frame[["open", "high", "low", "close"]] = 100.0
    given["S1"] = parse_candles(frame, symbol="S1")
    report = check_strategy(StrategyInputs("rsi_reversal", given))
    assert report.passed
    (finding,) = [f for f in report.warnings if f.code == "CONSTANT_PRICES"]
    assert finding.where == "S1"


def test_no_trade_on_any_symbol_is_an_error_with_its_explanation() -> None:
    never: Any = {
        "buyConditions": [{"left": "close", "operator": "<", "right": 0.001}],
        "sellConditions": [{"left": "close", "operator": ">", "right": 1}],
    }
    report = check_strategy(StrategyInputs(never, tables()))
    assert "ZERO_TRADES" in {finding.code for finding in report.errors}
    assert report.explanation is not None
    assert report.explanation.reason == "condition_never_held"


def test_leverage_is_refused_on_a_shared_cash_account() -> None:
    given = StrategyInputs("rsi_reversal", tables(), execution=Execution(leverage=3.0))
    report = check_strategy(given)
    assert "RUN_REFUSED" in {finding.code for finding in report.errors}
    assert report.predicted_trades is None
    assert report._repr_html_()


def test_a_frame_of_several_symbols_within_dates() -> None:
    frame = pd.concat({s: t.to_frame() for s, t in tables().items()}, axis=1)
    report = preflight("rsi_reversal", frame, ("2024-01-01", "2024-06-30"))
    assert report.bars == 4 * 182
    cut = {s: t.first(182) for s, t in tables().items()}
    made = backtest_many(cut, built_in_strategy("rsi_reversal"), Execution())
    assert report.predicted_trades == len(made.trades)


def test_candles_of_one_symbol_that_cannot_be_are_told() -> None:
    given = {"S0": tables()["S0"], "S1": [1, 2]}
    (finding,) = preflight("rsi_reversal", given).errors
    assert (finding.code, finding.where) == ("CANDLES_REFUSED", "S1")
