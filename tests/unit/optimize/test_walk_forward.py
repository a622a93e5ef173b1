"""Walk-forward: chosen on the past alone, traded by one account that goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats

import foresto_lab as fl
from foresto_lab.errors import (
    AmountError,
    ForestoError,
    ObjectiveError,
    SplitError,
    UnknownNameError,
)
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations
from foresto_lab.optimize.searching.checkpoint import MemoryCheckpoint
from foresto_lab.optimize.searching.progress import Progress
from foresto_lab.optimize.spaces.space import Choice, IntRange, Space
from foresto_lab.optimize.validation.parameter_stability import parameter_stability
from tests.oracles.walk_forward import random_candles, slow_walk_forward
from tests.unit.optimize.posting import PostingExecutor

SPACE = {"fast_period": [3, 5, 8], "slow_period": [12, 20, 40]}
COSTS = fl.Execution(fee_rate=0.0004, slippage_bps=2)
FRAME = random_candles(900, seed=21, volatility=0.015)


def walked(frame: pd.DataFrame = FRAME, **options: Any) -> fl.WalkForwardResult:
    given = {"train": 300, "test": 100, "execution": COSTS, "progress": False}
    return fl.walk_forward(frame, "sma_cross", SPACE, **{**given, **options})


@pytest.fixture(scope="module")
def result() -> fl.WalkForwardResult:
    return walked()


@pytest.mark.parametrize(
    "options", [{}, {"anchored": True}, {"step": 150, "embargo": 7}]
)
def test_windows_parameters_and_equity_are_those_of_the_slow_way(
    options: dict[str, Any],
) -> None:
    found = walked(**options)
    slow = slow_walk_forward(FRAME, SPACE, COSTS, train=300, test=100, **options)
    assert [dict(row) for row in found.chosen if row is not None] == slow.chosen
    assert found.windows["train_objective"].tolist() == pytest.approx(slow.sharpes)
    assert found.windows["end_equity"].tolist() == pytest.approx(slow.ends, rel=1e-9)
    np.testing.assert_allclose(found.equity["equity"], slow.equity, rtol=1e-9)


def test_real_candles_are_walked_as_the_slow_way_walks_them(shared_data: Path) -> None:
    frame = pd.read_csv(
        shared_data / "crypto_binance_1h_4h_1d" / "BTCUSDT_4h.csv.gz",
        index_col="timestamp",
        parse_dates=True,
    ).tz_localize("UTC")
    found = walked(frame, train=3_000, test=800, anchored=True)
    slow = slow_walk_forward(frame, SPACE, COSTS, train=3_000, test=800, anchored=True)
    assert list(found.chosen) == slow.chosen
    assert found.windows["train_objective"].tolist() == pytest.approx(slow.sharpes)
    np.testing.assert_allclose(found.equity["equity"], slow.equity, rtol=1e-9)
    in_days = walked(frame, train="500D", test="133D 8h", anchored=True)
    pd.testing.assert_frame_equal(in_days.windows, found.windows)


def test_every_window_says_what_it_did(result: fl.WalkForwardResult) -> None:
    windows = result.windows
    assert windows.index.tolist() == [1, 2, 3, 4, 5, 6]
    assert windows["test_start"].tolist() == FRAME.index[300::100].tolist()
    assert windows["train_end"].iloc[0] == FRAME.index[299]
    assert windows["test_end"].iloc[-1] == FRAME.index[-1]
    assert (windows["evaluated"] == 9).all()
    assert (windows["status"] == "traded").all()
    assert windows["start_equity"].tolist()[1:] == windows["end_equity"].tolist()[:-1]
    np.testing.assert_allclose(
        windows["degradation"], windows["train_objective"] - windows["test_objective"]
    )
    assert windows["test_objective"].tolist() == result.test_metrics["sharpe"].tolist()
    in_sample = np.log1p(result.train_metrics["total_return"]) / 300
    outside = np.log(windows["end_equity"] / windows["start_equity"]) / 100
    expected = np.where(in_sample > 0, outside / in_sample, np.nan)
    np.testing.assert_allclose(windows["efficiency"], expected, rtol=1e-9)
    growth = np.log(result.metrics["final_equity"] / result.initial_capital) / 600
    assert result.efficiency == pytest.approx(growth / in_sample.mean())


def test_the_figures_are_those_of_the_stitched_account(
    result: fl.WalkForwardResult,
) -> None:
    equity = result.equity["equity"]
    returns = equity / equity.shift(1, fill_value=result.initial_capital) - 1.0
    sharpe = returns.mean() / returns.std() * np.sqrt(8_760)
    assert result.metrics["sharpe"] == pytest.approx(sharpe)
    assert result.metrics["total_trades"] == len(result.trades)
    assert result.metrics["open_trades"] == 0
    assert result.trades["pnl"].sum() == pytest.approx(
        equity.iloc[-1] - result.initial_capital
    )
    assert len(result.metrics) == 33


def test_it_says_how_sure_its_figures_are(result: fl.WalkForwardResult) -> None:
    equity = result.equity["equity"].to_numpy()
    returns = equity / np.concatenate(([result.initial_capital], equity[:-1])) - 1.0
    ratio = result.metrics["sharpe"] / np.sqrt(8_760)
    skewness = scipy.stats.skew(returns)
    kurtosis = scipy.stats.kurtosis(returns, fisher=False)
    told = result.statistics
    assert told["return_skewness"] == pytest.approx(skewness)
    assert told["return_kurtosis"] == pytest.approx(kurtosis)
    error = np.sqrt(
        (1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2) / (len(returns) - 1)
    )
    assert told["probabilistic_sharpe_ratio"] == pytest.approx(
        scipy.stats.norm.cdf(ratio / error)
    )
    assert told["out_of_sample_years"] == pytest.approx(600 / 8_760)
    gained = result.windows["end_equity"] > result.windows["start_equity"]
    assert told["winning_windows"] == gained.mean()
    assert told["median_degradation"] == result.windows["degradation"].median()


def test_less_of_a_figure_is_better_where_it_is() -> None:
    found = walked(objective="volatility")
    windows = found.windows
    np.testing.assert_allclose(
        windows["degradation"], windows["test_objective"] - windows["train_objective"]
    )
    best = found.train_metrics["volatility"].iloc[0]
    each = fl.optimize(
        FRAME.iloc[:300], "sma_cross", SPACE, execution=COSTS, progress=False
    )
    assert best == pytest.approx(each.trials["volatility"].min())


def test_a_window_without_a_choice_holds_cash_and_says_so() -> None:
    found = walked(constraints="total_trades >= 1000")
    assert set(found.windows["status"]) == {"cash"}
    assert found.chosen == (None,) * 6
    assert (found.equity["equity"] == found.initial_capital).all()
    assert found.parameters.isna().all(axis=None)
    assert np.isnan(found.efficiency)
    assert found.statistics.drop("out_of_sample_years").isna().all()
    assert found.findings[0].code == "WINDOW_HOLDS_CASH"
    assert found.findings[0].count == 6
    assert "held cash" in found._repr_html_() or "현금" in found._repr_html_()
    assert "WalkForwardResult" in repr(found)


def test_where_the_best_did_not_trade_cash_is_held() -> None:
    quiet = FRAME.copy()
    quiet.iloc[:300] = [100.0, 100.0, 100.0, 100.0, 1.0]
    found = walked(quiet, objective="total_return")
    assert found.windows["status"].tolist()[0] == "cash"
    assert found.windows["train_objective"].iloc[0] == 0.0
    assert (found.equity["equity"].iloc[:100] == found.initial_capital).all()
    assert (found.windows["status"] == "traded").any()


def test_a_rest_that_is_too_short_is_left_out_and_said() -> None:
    found = walked(FRAME.iloc[:849])
    assert found.equity.index[-1] == FRAME.index[799]
    assert {"BARS_LEFT_OUT"} <= {finding.code for finding in found.findings}


def test_other_ways_to_search_and_other_executors_give_the_same_numbers() -> None:
    for method in (fl.Random(trials=8), fl.Genetic(population=6, generations=2)):
        here = walked(method=method)
        there = walked(method=method, executor=PostingExecutor())
        assert here.chosen == there.chosen
        pd.testing.assert_frame_equal(here.equity, there.equity)
        pd.testing.assert_frame_equal(here.windows, there.windows)


def test_it_comes_back_from_its_tables(
    result: fl.WalkForwardResult, tmp_path: Path
) -> None:
    tables, facts = result.to_tables()
    for name, table in tables.items():
        table.to_parquet(tmp_path / f"{name}.parquet")
        tables[name] = pd.read_parquet(tmp_path / f"{name}.parquet")
    back = fl.WalkForwardResult.from_tables(tables, json.loads(json.dumps(facts)))
    for name in ("windows", "train_metrics", "test_metrics", "equity", "stability"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(result, name))
    columns = [name for name in result.trades if name != "entry_conditions"]
    pd.testing.assert_frame_equal(
        back.trades[columns], result.trades[columns], check_dtype=False
    )
    assert list(back.trades["entry_conditions"]) == list(
        result.trades["entry_conditions"]
    )
    pd.testing.assert_series_equal(back.metrics, result.metrics)
    assert back.chosen == result.chosen
    assert back.request_hash == result.request_hash
    assert back.plan == result.plan
    assert back.findings == result.findings
    assert back.to_dict() == result.to_dict()


def test_what_was_asked_names_it(result: fl.WalkForwardResult) -> None:
    assert walked().request_hash == result.request_hash
    assert walked(test=90).request_hash != result.request_hash
    assert walked(seed=1).request_hash != result.request_hash
    json.dumps(result.to_dict(), allow_nan=False)
    assert result.to_dict()["request"]["windows"]["train"] == 300
    assert "구간 6개" in result._repr_html_()
    assert len(result.sharpes) == result.evaluated == 54  # type: ignore[arg-type]


def test_it_can_be_stopped_and_keeps_the_windows_that_are_done() -> None:
    asked = iter([False] * 4 + [True] * 100)
    found = walked(cancel=lambda: next(asked))
    assert found.status == "cancelled"
    assert 0 < len(found.windows) < 6
    assert found.findings[0].code == "WALK_FORWARD_STOPPED"
    whole = walked()
    assert found.chosen == whole.chosen[: len(found.chosen)]
    nothing = walked(cancel=lambda: True)
    assert nothing.windows["status"].tolist() == ["cash"]


def test_progress_is_told_over_all_windows() -> None:
    told: list[Progress] = []
    walked(progress=told.append)
    assert told[-1].status == "complete"
    assert told[-1].done == told[-1].total == 54
    done = [progress.done for progress in told]
    assert done == sorted(done)


def test_what_a_checkpoint_holds_is_not_evaluated_again() -> None:
    kept = {number: MemoryCheckpoint() for number in range(1, 7)}
    first = walked(checkpoint=kept.__getitem__)
    executor = PostingExecutor()
    again = walked(checkpoint=kept.__getitem__, executor=executor)
    assert executor.evaluated == 0
    pd.testing.assert_frame_equal(again.windows, first.windows)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"train": 5_000}, SplitError),
        ({"test": 0}, AmountError),
        ({"embargo": 5_000}, SplitError),
        ({"step": 50}, SplitError),
        ({"train": "2D", "test": "1 fortnight"}, AmountError),
        ({"objective": "happiness"}, UnknownNameError),
        ({"objective": []}, ObjectiveError),
        ({"constraints": "total_trades of 30"}, ForestoError),
        ({"method": "luck"}, UnknownNameError),
        ({"time_limit": 0}, AmountError),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(
    options: dict[str, Any], error: type[Exception]
) -> None:
    executor = PostingExecutor()
    with pytest.raises(error):
        walked(executor=executor, **options)
    assert executor.evaluated == 0


def test_how_parameters_moved_worked_by_hand() -> None:
    space = Space({"period": IntRange(10, 50, 10), "side": Choice(("a", "b"))})
    rows = [
        {"period": 10, "side": "a"},
        None,
        {"period": 10, "side": "b"},
        {"period": 30, "side": "b"},
    ]
    found = parameter_stability(space, rows)
    assert found.loc["period"].tolist() == [2, 0.5, 0.25, 10, 10, 30]
    assert found.loc["side"].tolist()[:3] == [2, 0.5, 0.5]
    assert np.isnan(found.loc["side", "median"])
    assert parameter_stability(space, [None]).loc["period", "distinct"] == 0


class Growing:
    """A portfolio of one number: its returns are that number on every bar."""

    names = ("total_return", "sharpe_ratio")
    n_bars = 60
    periods_per_year = 252.0
    warm_up = 0
    initial_capital = 100.0
    parameter_names = ("rate",)

    def describe(self) -> dict[str, Any]:
        return {"family": "growing", "data": {}}

    def evaluate(
        self,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        returns = self.returns(combinations, span=span)
        total = (1.0 + returns).prod(axis=1) - 1.0
        return Evaluations(self.names, np.column_stack([total, total]))

    def returns(
        self, combinations: Combinations, *, span: BarSpan | None = None
    ) -> Any:
        rates = np.asarray(combinations.columns["rate"], dtype=float)
        return np.repeat(rates[:, None], len(span or range(60)), axis=1)


def test_whatever_has_returns_can_be_walked() -> None:
    found = fl.walk_forward(
        None, Growing(), {"rate": [0.0, 0.01, 0.02]}, train=20, test=20, progress=False
    )
    assert found.chosen == ({"rate": 0.02}, {"rate": 0.02})
    assert found.equity["equity"].iloc[-1] == pytest.approx(100.0 * 1.02**40)
    assert found.efficiency == pytest.approx(1.0)
    assert found.windows["test_start"].tolist() == [20, 40]
    assert len(found.trades) == 0


def test_a_portfolio_misses_no_session() -> None:
    sessions = fl.get_calendar("XKRX").sessions("2022-01-03", "2023-06-30")
    random = np.random.default_rng(5)
    steps = random.normal(0.0004, 0.01, (len(sessions), 2))
    prices = pd.DataFrame(
        100.0 * np.exp(np.cumsum(steps, axis=0)),
        pd.DatetimeIndex(sessions, name="date"),
        ["A", "B"],
    )
    found = fl.walk_forward(
        prices,
        {"A": 0.5, "B": 0.5},
        {"weights.A": [0.0, 1.0], "weights.B": [0.0, 1.0]},
        objective="total_return",
        constraints="`weights.A` + `weights.B` == 1",
        train=120,
        test=60,
        initial_capital=1_000.0,
        progress=False,
    )
    held = [row["weights.A"] for row in found.chosen if row is not None]
    assert set(held) == {0.0, 1.0}
    value, expected = 1_000.0, []
    for number, of_a in enumerate(held):
        column = "A" if of_a == 1.0 else "B"
        first = 120 + 60 * number
        span = prices[column].iloc[first - 1 : first + 60].to_numpy()
        expected += (value * span[1:] / span[0]).tolist()
        value = expected[-1]
    np.testing.assert_allclose(found.equity["equity"], expected, rtol=1e-9)
    assert found.equity.index[0] == prices.index[120].tz_localize("UTC")
    assert "SWITCHES_ARE_FREE" in {finding.code for finding in found.findings}
    assert "Sharpe" in repr(found)
    assert found._repr_html_()
