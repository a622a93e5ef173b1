"""Many combinations at once: each has a single backtest's metrics, bit for bit."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import InputError, StrategyError, UnknownNameError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.optimize.evaluators import column_store
from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator
from foresto_lab.optimize.evaluators.bar_spans import block_edges
from foresto_lab.optimize.evaluators.sweep_batches import SweepSignals
from foresto_lab.strategies import Signals, StrategyConfig, TradingStrategy
from tests.unit.optimize.evaluated import (
    RULES,
    RULES_DRAWS,
    Draw,
    Pullback,
    backtest_of_row,
    drawn,
    one_of,
    real,
    walked_candles,
    whole,
)

N_BARS = 1_500
FUNDING = pd.Series(
    np.random.default_rng(4).normal(0, 2e-4, 180),
    pd.date_range("2023-01-01", periods=180, freq="8h", tz="UTC"),
)


@dataclass(frozen=True)
class Case:
    name: str
    strategy: Any
    draws: dict[str, Draw]
    execution: dict[str, Any] = field(default_factory=dict)
    span: BarSpan | None = None
    count: int = 200


CASES = [
    Case(
        "hyperrsi",
        "hyperrsi",
        {
            "rsi_period": whole(1, 30),
            "rsi_oversold": real(20, 45),
            "rsi_overbought": real(55, 80),
            "entry_option": one_of("reverse", "follow"),
            "use_trend_filter": one_of(True, False),
            "trend_ema_period": whole(50, 200),
            "leverage": real(1, 10),
            "stop_loss_percent": real(0.5, 10),
        },
        {"slippage_bps": 2.0, "funding": FUNDING},
    ),
    Case(
        "hyperrsi, every term of the execution, on a span",
        "hyperrsi",
        {
            "rsi_period": whole(2, 30),
            "execution.fee_rate": real(0, 0.01),
            "execution.maker_fee_rate": one_of(None, 0.0, 0.001),
            "execution.stop_loss": one_of(None, 0.02, 0.03),
            "execution.take_profit": real(0.01, 0.1),
            "execution.trailing_stop": real(0.01, 0.1),
            "execution.time_stop": whole(0, 30),
            "execution.fill": one_of("close", "next_open"),
            "execution.on_opposite": one_of("reverse", "close", "ignore"),
            "execution.sizing": one_of(
                "all_in",
                {"type": "fixed_amount", "amount": 1e6},
                {"type": "volatility_target", "annual": 0.5, "lookback": 30},
            ),
            "execution.sell_tax_rate": one_of(0.0, 0.001),
            "execution.maintenance_margin_rate": real(0, 0.5),
            "execution.lot_size": one_of(0.0, 1.0),
            "execution.allow_short": one_of(True, False),
            "execution.max_entries": whole(1, 3),
        },
        {"funding": FUNDING},
        BarSpan(300, 1_300),
    ),
    Case(
        "sma_cross",
        "sma_cross",
        {
            "fast_period": whole(2, 50),
            "slow_period": whole(3, 90),
            "allow_short": one_of(True, False),
            "stop_loss_percent": one_of(None, 2.0, 3.0),
        },
        {"sell_tax_rate": 0.0018, "lot_size": 1.0, "minimum_order": 1e5},
    ),
    Case(
        "bollinger",
        "bollinger_breakout",
        {
            "period": whole(2, 50),
            "deviations": real(0.05, 3),
            "allow_short": one_of(True),
            "stop_loss_percent": real(0.5, 5),
        },
        span=BarSpan(100, 1_400),
        count=60,
    ),
    Case(
        "donchian",
        "donchian_turtle",
        {
            "entry_period": whole(2, 50),
            "exit_period": whole(2, 50),
            "allow_short": one_of(True, False),
        },
        {"trailing_stop": 0.05, "sell_tax_rate": {"2023-02-01": 0.002}},
        count=60,
    ),
    Case(
        "macd",
        "macd_cross",
        {
            "fast_period": whole(2, 20),
            "slow_period": whole(10, 40),
            "signal_period": whole(1, 15),
            "allow_short": one_of(True),
        },
        count=60,
    ),
    Case(
        "rsi_reversal",
        "rsi_reversal",
        {"rsi_period": whole(2, 50), "oversold": real(10, 50)},
        count=60,
    ),
    Case(
        "json",
        RULES,
        RULES_DRAWS,
        {"lot_size": 0.5, "minimum_order": 1000.0, "max_entries": 2},
    ),
    Case("json, on a span", RULES, RULES_DRAWS, span=BarSpan(37, 900), count=60),
    Case(
        "a user's class",
        Pullback,
        {
            "period": whole(1, 12),
            "low": one_of(20.0, 30.0),
            "filtered": one_of(True, False),
            "slow": whole(10, 12),
            "stop": real(-0.01, 0.1),
            "execution.leverage": one_of(1.0, 3.0),
        },
        span=BarSpan(200, 1_400),
    ),
]


def require_equal(found: Any, place: int, wanted: Any) -> None:
    if wanted is None:
        assert np.isnan(found.figures[place]).all()
        return
    for name, figure in zip(found.names, found.figures[place], strict=True):
        same = figure == wanted[name] or (np.isnan(figure) and np.isnan(wanted[name]))
        assert same, (name, figure, wanted[name])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_metric_is_that_of_a_single_backtest(case: Case) -> None:
    candles = walked_candles(N_BARS)
    evaluator = BacktestEvaluator.of(
        candles, case.strategy, fl.Execution(**case.execution)
    )
    rows = drawn(case.count, 5, case.draws)
    found = evaluator.evaluate(Combinations.of(rows), span=case.span)
    run = 0
    for place, row in enumerate(rows):
        wanted = backtest_of_row(candles, case.strategy, row, case.execution, case.span)
        run += wanted is not None
        require_equal(found, place, wanted)
    assert run > case.count // 3


def test_real_candles(shared_data: Path) -> None:
    source = shared_data / "crypto_binance_1h_4h_1d" / "BTCUSDT_1h.csv.gz"
    raw = pd.read_csv(source).iloc[20_000:23_000]
    candles = raw.set_axis(
        pd.DatetimeIndex(pd.to_datetime(raw.iloc[:, 0], utc=True)), axis="index"
    )
    candles.columns = [str(name).lower() for name in candles.columns]
    case = CASES[0]
    rows = drawn(200, 6, case.draws)
    evaluator = BacktestEvaluator.of(candles, "hyperrsi", symbol="BTCUSDT")
    found = evaluator.evaluate(Combinations.of(rows))
    for place, row in enumerate(rows):
        require_equal(found, place, backtest_of_row(candles, "hyperrsi", row, {}))


def test_blocks_sum_the_returns_and_their_squares() -> None:
    evaluator = BacktestEvaluator.of(walked_candles(N_BARS), "sma_cross")
    rows = Combinations.of(
        [{"fast_period": 5, "slow_period": 20}, {"fast_period": 9, "slow_period": 9}]
    )
    span = BarSpan(100, 1_103)
    found = evaluator.evaluate(rows, span=span, blocks=4)
    returns = evaluator.returns(rows, span=span)
    assert returns.shape == (2, 1_003)
    assert np.isnan(returns[1]).all()
    assert found.block_sums is not None
    assert found.block_lengths is not None
    assert found.block_lengths.tolist() == [250, 251, 251, 251]
    ends = [0, 250, 501, 752, 1_003]
    for block in range(4):
        inside = returns[0, ends[block] : ends[block + 1]]
        wanted = [inside.sum(), (inside**2).sum()]
        assert found.block_sums[0, block] == pytest.approx(wanted, rel=1e-9, abs=1e-15)


def test_a_run_has_the_metrics_and_names_the_strategy() -> None:
    evaluator = BacktestEvaluator.of(walked_candles(N_BARS), "sma_cross", symbol="X")
    row = {"fast_period": 5, "slow_period": 20, "execution.fee_rate": 0.001}
    span = BarSpan(400, 900)
    found = evaluator.evaluate(Combinations.of([row]), span=span)
    result = evaluator.run(row, span=span)
    require_equal(found, 0, result.metrics)
    assert result.strategy.config.fast_period == 5
    assert result.execution.fee_rate == 0.001
    assert len(result.equity) == 500


def test_a_users_signals_are_computed_once_for_equal_parameters_of_theirs() -> None:
    rows = [
        {"period": p, "filtered": f, "slow": s, "stop": stop}
        for p in (5, 6, 7)
        for f in (True, False)
        for s in (10, 20)
        for stop in (0.01, 0.02, 0.03, 0.04)
    ]
    evaluator = BacktestEvaluator.of(walked_candles(400), Pullback)
    Pullback.computed = 0
    evaluator.evaluate(Combinations.of(rows))
    assert Pullback.computed == 3 * 2 * 2


class Remembering(TradingStrategy):
    """Reads its parameter while it is made, so that nobody sees it being read."""

    name = "remembering"

    class Config(StrategyConfig):
        low: float = 100.0

    config: Config

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.level = self.config.low

    def signals(self, candles: Any) -> Signals:
        close = candles["close"]
        return Signals.of(long_entry=close < self.level, long_exit=close > self.level)


def test_what_a_strategy_keeps_from_its_making_counts_as_read() -> None:
    candles = walked_candles(400)
    evaluator = BacktestEvaluator.of(candles, Remembering)
    rows = [{"low": 95.0}, {"low": 100.0}, {"low": 105.0}]
    found = evaluator.evaluate(Combinations.of(rows))
    for place, row in enumerate(rows):
        require_equal(found, place, backtest_of_row(candles, Remembering, row, {}))
    assert len(set(found.column("final_equity"))) == 3


def test_the_number_of_threads_and_what_was_asked_before_change_nothing() -> None:
    candles = walked_candles(N_BARS)
    rows = Combinations.of(drawn(80, 9, CASES[0].draws))
    one = BacktestEvaluator.of(candles, "hyperrsi", threads=1)
    two = BacktestEvaluator.of(candles, "hyperrsi", threads=2)
    first = one.evaluate(rows, blocks=4)
    two.evaluate(rows.take(slice(40, 60)), span=BarSpan(10, 500))
    parts = [
        two.evaluate(rows.take(slice(at, at + 20)), blocks=4) for at in range(0, 80, 20)
    ]
    assert np.array_equal(
        first.figures, np.concatenate([part.figures for part in parts]), equal_nan=True
    )
    sums = np.concatenate([part.block_sums for part in parts])  # type: ignore[misc]
    assert np.array_equal(first.block_sums, sums, equal_nan=True)  # type: ignore[arg-type]


def test_columns_that_do_not_fit_at_once_are_computed_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    candles = walked_candles(600)
    rows = Combinations.of(
        [
            {"fast_period": fast, "slow_period": slow}
            for fast in range(2, 32)
            for slow in range(20, 50)
        ]
    )
    at_once = BacktestEvaluator.of(candles, "sma_cross").evaluate(rows)
    monkeypatch.setattr(column_store, "ROOM", 0)
    in_turn = BacktestEvaluator.of(candles, "sma_cross").evaluate(rows)
    assert np.array_equal(at_once.figures, in_turn.figures, equal_nan=True)


def test_it_crosses_process_borders_small_and_whole() -> None:
    evaluator = BacktestEvaluator.of(walked_candles(500), RULES)
    rows = Combinations.of(drawn(20, 1, RULES_DRAWS))
    first = evaluator.evaluate(rows)
    posted = pickle.dumps(evaluator)
    assert len(posted) < 6 * 8 * 500 + 5_000
    again = pickle.loads(posted).evaluate(rows)
    assert np.array_equal(first.figures, again.figures, equal_nan=True)


def test_more_ways_to_hold_than_a_sweep_tries_are_computed_by_the_strategy() -> None:
    pairs = [
        {
            "any": [
                {"left": "rsi", "operator": "<", "right": 30 + at},
                {"left": "close", "operator": "<", "right": f"close[-{at + 1}]"},
            ]
        }
        for at in range(8)
    ]
    written = {
        "indicators": ["rsi"],
        "buyConditions": pairs,
        "sellConditions": [{"left": "rsi", "operator": ">", "right": 60}],
    }
    candles = walked_candles(600)
    rows = [{"sellConditions[0].right": 50}, {"sellConditions[0].right": 70}]
    found = BacktestEvaluator.of(candles, written).evaluate(Combinations.of(rows))
    for place, row in enumerate(rows):
        require_equal(found, place, backtest_of_row(candles, written, row, {}))
    assert found.column("total_trades").min() > 0


def test_ready_made_signals_have_their_execution_to_search() -> None:
    candles = walked_candles(600)
    signals = Pullback(period=5).signals(candles)
    rows = [{"execution.stop_loss": s, "execution.leverage": 2} for s in (0.01, 0.05)]
    found = BacktestEvaluator.of(candles, signals).evaluate(Combinations.of(rows))
    for place, row in enumerate(rows):
        terms = {name.removeprefix("execution."): v for name, v in row.items()}
        wanted = fl.backtest(candles, signals, fl.Execution(**terms)).metrics
        require_equal(found, place, wanted)


@pytest.mark.parametrize(
    ("strategy", "name", "near"),
    [
        ("sma_cross", "fastperiod", "fast_period"),
        ("sma_cross", "execution.stoploss", r"execution\.stop_loss"),
        (
            RULES,
            "indicators[0].params.timeperod",
            r"indicators\[0\]\.params\.timeperiod",
        ),
        (
            RULES,
            "buyConditions[0].any[5].right",
            r"buyConditions\[0\]\.any\[0\]\.right",
        ),
    ],
)
def test_a_parameter_that_is_none_is_refused_with_near_ones(
    strategy: Any, name: str, near: str
) -> None:
    evaluator = BacktestEvaluator.of(walked_candles(100), strategy)
    with pytest.raises(UnknownNameError, match=near):
        evaluator.evaluate(Combinations.of([{name: 3}]))


def test_it_says_why_a_combination_cannot_be_run() -> None:
    evaluator = BacktestEvaluator.of(walked_candles(100), "sma_cross")
    row = {"fast_period": 30, "slow_period": 20}
    assert "must be below slow_period" in str(evaluator.refusal(row))
    assert evaluator.refusal({"fast_period": 5}) is None
    with pytest.raises(StrategyError, match="slow_period"):
        evaluator.run(row)


class Broken(TradingStrategy):
    """A user's mistake."""

    name = "broken"

    def signals(self, candles: Any) -> Signals:
        raise KeyError("no such thing")


def test_a_mistake_in_a_users_code_is_no_combination_that_cannot_be_run() -> None:
    evaluator = BacktestEvaluator.of(walked_candles(100), Broken)
    with pytest.raises(StrategyError, match="KeyError"):
        evaluator.evaluate(Combinations.of([{"execution.stop_loss": 0.1}]))


def test_spans_outside_the_candles_and_too_many_blocks_are_refused() -> None:
    evaluator = BacktestEvaluator.of(walked_candles(100), "sma_cross")
    rows = Combinations.of([{"fast_period": 3}])
    for span in (BarSpan(0, 101), BarSpan(5, 5), BarSpan(-1, 5)):
        with pytest.raises(InputError, match="bars 0 to 100"):
            evaluator.evaluate(rows, span=span)
    with pytest.raises(InputError, match="11 blocks"):
        evaluator.evaluate(rows, span=BarSpan(0, 10), blocks=11)
    assert block_edges(10, 0).tolist() == [0]


def test_describe_names_family_and_data() -> None:
    candles = walked_candles(300)
    same = [
        BacktestEvaluator.of(candles, "sma_cross", parameters=given).describe()
        for given in ({}, {"fast_period": 7}, {"execution.stop_loss": 0.1})
    ]
    assert {one["family"] for one in same} == {"sma_cross"}
    assert len({one["data"]["version"] for one in same}) == 1
    other = {**RULES, "risk": {"stop_loss": 0.5}}
    rules = [
        BacktestEvaluator.of(candles, w).describe()["family"] for w in (RULES, other)
    ]
    assert rules[0] == rules[1]
    assert rules[0].startswith("rules:")


def test_no_array_of_bars_is_made_for_a_combination() -> None:
    evaluator = BacktestEvaluator.of(walked_candles(200), "hyperrsi", threads=1)
    rows = drawn(50, 2, CASES[0].draws)
    with evaluator._planner() as planner:
        columns = dict(Combinations.of(rows).columns)
        signals: list[SweepSignals] = [
            planned.batch.signals for planned in planner.batches(columns, 50, 0)
        ]
    assert sum(len(one.leaf_of_slot) for one in signals) <= 50
    assert all(one.given.size == 0 for one in signals)


SIMPLE: dict[str, Any] = {
    "indicators": [
        {"name": "rsi"},
        {"name": "ema", "params": {"timeperiod": 20}, "as": "slow"},
    ],
    "buyConditions": [
        {"left": "rsi", "operator": "<", "right": 30},
        {"left": "close", "operator": ">", "right": "slow"},
    ],
    "sellConditions": [{"left": "rsi", "operator": ">", "right": 60}],
}


@pytest.mark.parametrize(
    ("strategy", "execution", "draws"),
    [
        (
            SIMPLE,
            fl.Execution(),
            {
                "indicators[1].name": one_of("ema", "sma", "nope"),
                "indicators[1].params.timeperiod": whole(1, 30),
                "indicators[1].params.source": one_of("close", "high"),
                "buyConditions[0].operator": one_of("<", "crossunder", "zzz"),
                "buyConditions[1].right": one_of("slow", 105.0, "close * 0.99"),
                "sellConditions[0].right": one_of(60, 55.5, "slow"),
            },
        ),
        (
            SIMPLE,
            fl.Execution(),
            {
                "risk.takeProfitPercent": real(-1, 5),
                "risk.timeStop": whole(0, 20),
                "risk.leverage": whole(0, 22),
            },
        ),
        (
            "hyperrsi",
            fl.Execution(sizing={"type": "fraction_of_equity", "fraction": 0.5}),
            {"execution.sizing.fraction": real(0.1, 1.3), "rsi_period": whole(5, 9)},
        ),
        ("hyperrsi", fl.Execution(), {"execution.sizing.fraction": real(0.1, 0.9)}),
        (
            "sma_cross",
            fl.Execution(),
            {
                "fast_period": one_of(5, 10, None),
                "slow_period": one_of(20, 25.0, "x"),
                "allow_short": one_of(True, 1),
            },
        ),
    ],
)
def test_values_of_any_kind_are_run_or_refused_as_one_by_one(
    strategy: Any, execution: fl.Execution, draws: dict[str, Draw]
) -> None:
    evaluator = BacktestEvaluator.of(walked_candles(500), strategy, execution)
    rows = drawn(40, 11, draws)
    found = evaluator.evaluate(Combinations.of(rows))
    for place, row in enumerate(rows):
        refused = evaluator.refusal(row)
        assert refused is None or refused
        require_equal(found, place, None if refused else evaluator.run(row).metrics)


def test_of_many_distinct_values_those_out_of_range_are_found_too() -> None:
    evaluator = BacktestEvaluator.of(walked_candles(60), SIMPLE)
    leverage = np.random.default_rng(1).uniform(-1, 23, 5_000)
    found = evaluator.evaluate(Combinations({"risk.leverage": leverage}))
    outside = (leverage < 1) | (leverage > 20)
    assert np.array_equal(np.isnan(found.column("final_equity")), outside)


def test_no_combination_is_none_and_one_parameter_is_given_once() -> None:
    evaluator = BacktestEvaluator.of(walked_candles(60), SIMPLE)
    none = evaluator.evaluate(Combinations({"risk.leverage": np.zeros(0)}))
    assert none.figures.shape == (0, len(none.names))
    with pytest.raises(InputError, match="twice"):
        evaluator.evaluate(
            Combinations.of([{"risk.stop_loss": 0.1, "risk.stopLoss": 0.2}])
        )


def test_bars_of_a_length_that_is_no_timeframe() -> None:
    candles = walked_candles(400, freq="7min")
    row = {"fast_period": 5, "slow_period": 20}
    found = BacktestEvaluator.of(candles, "sma_cross").evaluate(Combinations.of([row]))
    require_equal(found, 0, backtest_of_row(candles, "sma_cross", row, {}))
