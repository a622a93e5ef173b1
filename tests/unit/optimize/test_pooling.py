"""Figures of spans that do not touch, against those of all their bars and trades."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import foresto_lab as fl
from foresto_lab.engine.backtest_figures import BACKTEST_FIGURES
from foresto_lab.errors import InputError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator
from foresto_lab.optimize.searching.executors import LocalExecutor
from foresto_lab.optimize.validation.pooling import (
    POOLED_FIGURES,
    PooledExecutor,
    require_poolable,
)
from tests.oracles.walk_forward import pooled_reference, random_candles

SPANS = (BarSpan(30, 130), BarSpan(180, 220), BarSpan(220, 400))


def evaluator(n_bars: int = 400, **options: Any) -> BacktestEvaluator:
    execution = fl.Execution(fee_rate=0.0007, slippage_bps=3)
    frame = random_candles(n_bars, seed=11, volatility=0.02)
    return BacktestEvaluator.of(frame, fl.SmaCross(), execution, **options)


def combinations() -> Combinations:
    pairs = [(2, 5), (3, 9), (5, 20), (8, 30), (40, 150), (9, 3)]
    return Combinations.of([{"fast_period": f, "slow_period": s} for f, s in pairs])


@pytest.mark.parametrize("spans", [SPANS, SPANS[:1], SPANS[1:2], SPANS[::2]])
def test_pooled_figures_are_those_of_all_bars_and_trades(
    spans: tuple[BarSpan, ...],
) -> None:
    searched = evaluator()
    told = PooledExecutor(LocalExecutor(), spans).evaluate(searched, combinations())
    assert told.names == POOLED_FIGURES
    for place, row in enumerate(combinations().rows()):
        if row["fast_period"] > row["slow_period"]:
            assert np.isnan(told.figures[place]).all()
            continue
        results = [searched.run(row, span=span) for span in spans]
        expected = pooled_reference(results, searched.initial_capital)
        for name, value in zip(told.names, told.figures[place].tolist(), strict=True):
            assert value == pytest.approx(expected[name], rel=1e-9, nan_ok=True), name


def test_one_span_of_all_bars_has_the_figures_of_a_backtest() -> None:
    searched = evaluator()
    whole = searched.evaluate(combinations())
    pooled = PooledExecutor(LocalExecutor(), (BarSpan(0, 400),)).evaluate(
        searched, combinations()
    )
    for name in POOLED_FIGURES:
        np.testing.assert_allclose(
            pooled.column(name), whole.column(name), rtol=1e-9, err_msg=name
        )


def test_what_needs_time_that_goes_on_is_left_out() -> None:
    assert set(BACKTEST_FIGURES) - set(POOLED_FIGURES) == {
        "cagr",
        "calmar",
        "recovery_factor",
        "max_drawdown_duration",
        "final_equity",
    }


def test_what_has_no_trades_cannot_be_pooled() -> None:
    class Portfolio:
        names = ("cagr", "sharpe_ratio")

    require_poolable(evaluator())
    with pytest.raises(InputError, match="walk_forward for portfolios"):
        require_poolable(Portfolio())  # type: ignore[arg-type]
