"""Several symbols at once: each on its own account, their figures joined."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import CandleTableError, UnknownNameError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator
from foresto_lab.optimize.evaluators.several import SeveralEvaluator
from tests.unit.optimize.evaluated import walked_candles

ROWS = Combinations.of(
    [
        {"fast_period": 3, "slow_period": 12},
        {"fast_period": 8, "slow_period": 40},
        {"fast_period": 12, "slow_period": 12},
    ]
)


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """Return three symbols, the last of which began to trade 200 bars later."""
    return {
        "A": walked_candles(600, seed=1),
        "B": walked_candles(600, seed=2),
        "C": walked_candles(600, seed=3).iloc[200:],
    }


@pytest.mark.parametrize(
    ("aggregate", "join"), [("mean", np.mean), ("median", np.median), ("min", np.min)]
)
def test_a_figure_is_that_of_all_symbols(
    tables: dict[str, pd.DataFrame], aggregate: str, join: object
) -> None:
    evaluator = SeveralEvaluator.of(tables, "sma_cross", aggregate=aggregate)  # type: ignore[arg-type]
    found = evaluator.evaluate(ROWS)
    alone = [
        BacktestEvaluator.of(t, "sma_cross").evaluate(ROWS) for t in tables.values()
    ]
    for name in ("total_return", "sharpe", "total_trades", "max_drawdown"):
        of_each = np.array([one.column(name)[:2] for one in alone])
        wanted = join(of_each, axis=0)  # type: ignore[operator]
        assert found.column(name)[:2] == pytest.approx(wanted, rel=1e-12)
    assert np.isnan(found.figures[2]).all()


def test_a_span_is_one_of_instants_not_of_bars(
    tables: dict[str, pd.DataFrame],
) -> None:
    evaluator = SeveralEvaluator.of(tables, "sma_cross")
    assert evaluator.n_bars == 600
    span = BarSpan(250, 500)
    found = evaluator.evaluate(ROWS, span=span)
    own = [BarSpan(250, 500), BarSpan(250, 500), BarSpan(50, 300)]
    alone = [
        BacktestEvaluator.of(t, "sma_cross").evaluate(ROWS, span=s)
        for t, s in zip(tables.values(), own, strict=True)
    ]
    wanted = np.mean([one.column("total_return")[:2] for one in alone], axis=0)
    assert found.column("total_return")[:2] == pytest.approx(wanted, rel=1e-12)
    results = evaluator.run(ROWS.row(0), span=span)
    assert list(results) == ["A", "B", "C"]
    assert results["C"].equity.index[0] == tables["C"].index[50]


def test_a_symbol_without_a_bar_in_a_span_is_left_out(
    tables: dict[str, pd.DataFrame],
) -> None:
    evaluator = SeveralEvaluator.of(tables, "sma_cross")
    span = BarSpan(0, 150)
    two = SeveralEvaluator.of({s: tables[s] for s in ("A", "B")}, "sma_cross")
    assert np.array_equal(
        evaluator.evaluate(ROWS, span=span).figures,
        two.evaluate(ROWS, span=span).figures,
        equal_nan=True,
    )
    assert list(evaluator.run(ROWS.row(0), span=span)) == ["A", "B"]


def test_blocks_pool_the_bars_of_all_symbols(tables: dict[str, pd.DataFrame]) -> None:
    evaluator = SeveralEvaluator.of(tables, "sma_cross")
    found = evaluator.evaluate(ROWS, blocks=3)
    assert found.block_sums is not None
    assert found.block_lengths is not None
    assert found.block_lengths.tolist() == [200, 200, 200]
    alone = [
        BacktestEvaluator.of(t, "sma_cross").returns(ROWS)[0] for t in tables.values()
    ]
    first = (alone[0][:200].sum() + alone[1][:200].sum()) * 200 / 400
    second = sum(
        part.sum() for part in (alone[0][200:400], alone[1][200:400], alone[2][:200])
    )
    assert found.block_sums[0, 0, 0] == pytest.approx(first, rel=1e-9, abs=1e-15)
    assert found.block_sums[0, 1, 0] == pytest.approx(second / 3, rel=1e-9, abs=1e-15)


def test_returns_are_the_mean_of_those_that_trade(
    tables: dict[str, pd.DataFrame],
) -> None:
    evaluator = SeveralEvaluator.of(tables, "sma_cross")
    returns = evaluator.returns(ROWS)
    alone = [
        BacktestEvaluator.of(t, "sma_cross").returns(ROWS)[0] for t in tables.values()
    ]
    assert returns.shape == (3, 600)
    assert returns[0, 100] == pytest.approx((alone[0][100] + alone[1][100]) / 2)
    assert returns[0, 300] == pytest.approx(
        (alone[0][300] + alone[1][300] + alone[2][100]) / 3
    )


def test_columns_of_symbols_are_taken_too_and_it_can_be_posted(
    tables: dict[str, pd.DataFrame],
) -> None:
    frame = pd.concat(tables, axis=1)
    given = SeveralEvaluator.of(tables, "sma_cross")
    framed = pickle.loads(pickle.dumps(SeveralEvaluator.of(frame, "sma_cross")))
    first, second = given.evaluate(ROWS, blocks=2), framed.evaluate(ROWS, blocks=2)
    assert np.array_equal(first.figures, second.figures, equal_nan=True)
    assert given.describe() == framed.describe()
    assert given.describe()["data"]["symbols"] == ["A", "B", "C"]


def test_no_symbol_and_unknown_aggregates_are_refused(
    tables: dict[str, pd.DataFrame],
) -> None:
    with pytest.raises(UnknownNameError, match="median"):
        SeveralEvaluator.of(tables, "sma_cross", aggregate="medan")  # type: ignore[arg-type]
    with pytest.raises(CandleTableError, match="no symbol"):
        SeveralEvaluator.of({}, "sma_cross")
