"""One account through legs: capital that goes on, positions closed, cash between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator
from foresto_lab.optimize.evaluators.several import SeveralEvaluator
from foresto_lab.optimize.validation.legs import Leg
from foresto_lab.optimize.validation.stitching import stitch
from tests.oracles.backtest_candles import candles, flat, signals
from tests.oracles.walk_forward import random_candles, traded_until_the_end

SMA = {"fast_period": 5, "slow_period": 20}
COSTS = fl.Execution(fee_rate=0.001, slippage_bps=5, sell_tax_rate=0.002)


class Always:
    """Holds from the second bar of its data on; knows no end."""

    name = "always"
    risk = fl.Risk()
    checksum = "always"

    def __init__(self, side: str = "long_entry") -> None:
        self.side = side

    def signals(self, table: Any) -> Any:
        asked: dict[str, Any] = {self.side: np.ones(len(table), dtype=bool)}
        return fl.Signals.of(**asked)

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name}


def evaluator_of(frame: pd.DataFrame, **options: Any) -> BacktestEvaluator:
    return BacktestEvaluator.of(
        frame, fl.SmaCross(), initial_capital=1_000.0, **options
    )


def test_a_position_at_the_end_is_closed_at_the_last_close_and_pays() -> None:
    """Worked by hand: 1,000 at 10 % a fee on each side, doubled in between."""
    frame = candles(flat(100, 100, 200, 200, 200, 200))
    execution = fl.Execution(fee_rate=0.1)
    evaluator = BacktestEvaluator.of(
        frame, signals(6, {0: 1}), execution, initial_capital=1_100.0
    )
    stitched = stitch(evaluator, [Leg(1, BarSpan(0, 3), {})])
    # Bar 1 opens at 100: ten shares for 1,000 and a fee of 100. At the close of bar 2
    # they are worth 2,000, of which the exit takes 200.
    assert stitched.equity["equity"].tolist() == pytest.approx([1_100, 1_000, 1_800])
    assert stitched.equity["position"].tolist() == pytest.approx([0, 10, 0])
    assert stitched.equity["cash"].iloc[-1] == pytest.approx(1_800)
    trade = stitched.trades.iloc[0]
    assert (trade["exit_reason"], trade["exit_price"]) == ("window_end", 200.0)
    assert trade["pnl"] == pytest.approx(700)
    assert trade["fees"] == pytest.approx(300)
    assert not trade["is_open"]
    assert trade["exit_time"] == frame.index[2]
    assert trade["max_favorable_excursion"] == pytest.approx(1.0)
    assert stitched.metrics["total_trades"] == 1
    assert stitched.metrics["open_trades"] == 0
    assert stitched.metrics["total_fees"] == pytest.approx(300)
    assert stitched.metrics["exposure"] == pytest.approx(1 / 3)
    assert stitched.facts.loc[1].tolist() == [1_100.0, pytest.approx(1_800), True]


@pytest.mark.parametrize("side", ["long_entry", "short_entry"])
@pytest.mark.parametrize("leverage", [None, 3.0, 20.0])
def test_the_exit_is_the_one_that_the_engine_fills_at_a_close(
    side: str, leverage: float | None
) -> None:
    frame = random_candles(60, seed=4, volatility=0.02)
    strategy = Always(side)
    strategy.risk = fl.Risk(leverage=leverage)
    execution = replace(COSTS, allow_short=True, fill="close")
    evaluator = BacktestEvaluator.of(
        frame, strategy, execution, initial_capital=1_000.0
    )
    span = BarSpan(7, 48)
    stitched = stitch(evaluator, [Leg(1, span, {})])
    expected = traded_until_the_end(frame.iloc[7:48], side, strategy.risk, execution)
    np.testing.assert_allclose(
        stitched.equity["equity"], expected.equity["equity"], rtol=1e-12
    )
    ours, theirs = stitched.trades, expected.trades
    assert len(ours) == len(theirs)
    for name in ("pnl", "fees", "tax", "exit_price", "return_rate"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-9)
    for name in ("max_adverse_excursion", "max_favorable_excursion"):
        np.testing.assert_allclose(ours[name], theirs[name], atol=1e-12)
    for name, value in expected.metrics.to_dict().items():
        assert stitched.metrics[name] == pytest.approx(value, rel=1e-9, nan_ok=True)


def test_a_leg_begins_with_what_the_one_before_left() -> None:
    frame = random_candles(400, seed=3)
    evaluator = evaluator_of(frame, execution=COSTS)
    spans = [BarSpan(100, 200), BarSpan(200, 300), BarSpan(300, 400)]
    legs = [Leg(number + 1, span, SMA) for number, span in enumerate(spans)]
    stitched = stitch(evaluator, legs)
    alone = [stitch(evaluator, [leg]).equity["equity"] / 1_000.0 for leg in legs]
    grown = np.concatenate(
        [
            alone[0],
            alone[1] * alone[0].iloc[-1],
            alone[2] * alone[0].iloc[-1] * alone[1].iloc[-1],
        ]
    )
    np.testing.assert_allclose(stitched.equity["equity"], 1_000.0 * grown, rtol=1e-9)
    ends = stitched.facts["end_equity"].tolist()
    assert stitched.facts["start_equity"].tolist() == [1_000.0, *ends[:2]]
    assert stitched.metrics["final_equity"] == ends[-1]
    assert stitched.trades["window"].tolist() == sorted(stitched.trades["window"])
    assert stitched.trades["pnl"].sum() == pytest.approx(ends[-1] - 1_000.0)
    assert stitched.equity["window"].tolist() == [1] * 100 + [2] * 100 + [3] * 100


def test_one_leg_of_all_bars_is_a_backtest_but_for_its_end() -> None:
    frame = random_candles(300, seed=5)
    position = evaluator_of(frame, execution=COSTS).run(SMA).equity["position"]
    frame = frame.iloc[: np.flatnonzero(position == 0.0)[-1] + 1]
    evaluator = evaluator_of(frame, execution=COSTS)
    result = evaluator.run(SMA)
    assert len(result.trades) > 3
    assert not result.trades["is_open"].any()
    stitched = stitch(evaluator, [Leg(1, BarSpan(0, len(frame)), SMA)])
    for name, value in result.metrics.to_dict().items():
        assert stitched.metrics[name] == pytest.approx(value, rel=1e-12, nan_ok=True)
    pd.testing.assert_frame_equal(stitched.trades.drop(columns="window"), result.trades)
    columns = ["equity", "cash", "position_value", "drawdown", "position"]
    pd.testing.assert_frame_equal(stitched.equity[columns], result.equity[columns])


def test_without_parameters_and_between_legs_the_account_holds_cash() -> None:
    evaluator = evaluator_of(random_candles(200, seed=6))
    legs = [Leg(1, BarSpan(20, 60), None), Leg(2, BarSpan(80, 120), SMA)]
    equity = stitch(evaluator, legs).equity
    assert equity["window"].tolist() == [1] * 40 + [0] * 20 + [2] * 40
    assert (equity["equity"].iloc[:60] == 1_000.0).all()
    idle = stitch(evaluator, legs[:1])
    assert idle.metrics["total_return"] == 0.0
    assert idle.metrics["total_trades"] == 0
    assert np.isnan(idle.metrics["sharpe"])
    assert len(idle.trades) == 0


def test_an_account_that_lost_everything_trades_no_more() -> None:
    frame = candles(flat(100, 100, 100, 1, 1, 1, 1, 1))
    strategy = Always()
    strategy.risk = fl.Risk(leverage=5.0)
    evaluator = BacktestEvaluator.of(frame, strategy, initial_capital=1_000.0)
    legs = [Leg(1, BarSpan(0, 4), {}), Leg(2, BarSpan(4, 8), {})]
    stitched = stitch(evaluator, legs)
    assert stitched.equity["equity"].iloc[-5:].tolist() == pytest.approx([0.0] * 5)
    assert stitched.metrics["total_return"] == pytest.approx(-1.0)
    assert stitched.legs.loc[2, "total_trades"] == 0


def test_several_symbols_are_accounts_side_by_side() -> None:
    first = random_candles(300, seed=7)
    second = random_candles(300, seed=8).iloc[40:260]
    several = SeveralEvaluator.of(
        {"A": first, "B": second}, fl.SmaCross(), COSTS, initial_capital=1_000.0
    )
    legs = [Leg(1, BarSpan(100, 200), SMA), Leg(2, BarSpan(200, 300), SMA)]
    both = stitch(several, legs)
    one = stitch(evaluator_of(first, execution=COSTS), legs)
    shifted = [Leg(1, BarSpan(60, 160), SMA), Leg(2, BarSpan(160, 220), SMA)]
    other = stitch(evaluator_of(second, execution=COSTS), shifted)
    assert both.initial_capital == 2_000.0
    filled = other.equity["equity"].reindex(both.equity.index).ffill()
    np.testing.assert_allclose(
        both.equity["equity"], one.equity["equity"] + filled, rtol=1e-12
    )
    assert len(both.trades) == len(one.trades) + len(other.trades)
    assert set(both.trades["symbol"]) == {"A", "B"}
    assert both.metrics["total_fees"] == pytest.approx(
        one.metrics["total_fees"] + other.metrics["total_fees"]
    )
