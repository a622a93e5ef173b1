"""What cannot be run is refused with a sentence; what only misleads is a finding."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import AmountError, ForestoError, UnknownNameError
from foresto_lab.strategies import Risk, Signals
from tests.oracles.backtest_candles import L, candles, flat, signals

FRAME = candles(flat(100, 101, 102, 103))


def run(execution: fl.Execution | None = None, **given: Any) -> fl.BacktestResult:
    return fl.backtest(FRAME, signals(4, {0: L}), execution, **given)


@pytest.mark.parametrize(
    "wrong",
    [
        {"leverage": 0},
        {"leverage": 21},
        {"leverage": 0.5},
        {"leverage": float("nan")},
        {"leverage": "3"},
        {"stop_loss": 0},
        {"stop_loss": 1.0},
        {"stop_loss": -0.02},
        {"take_profit": 0},
        {"trailing_stop": 0},
        {"time_stop": 0},
        {"time_stop": 2.5},
        {"fee_rate": -0.001},
        {"fee_rate": 1.0},
        {"fee_rate": True},
        {"maker_fee_rate": float("inf")},
        {"slippage_bps": -1},
        {"slippage_bps": 5_001},
        {"sell_tax_rate": -0.1},
        {"sell_tax_rate": {"2024-01-01": 2.0}},
        {"sell_tax_rate": {"some day": 0.1}},
        {"sell_tax_rate": {}},
        {"maintenance_margin_rate": -0.1},
        {"lot_size": -1},
        {"minimum_order": float("nan")},
        {"max_entries": 0},
        {"max_entries": 1.5},
        {"allow_short": 1},
        {"fill": "open"},
        {"on_opposite": "revers"},
        {"sizing": "all"},
        {"sizing": 3},
        {"funding": [0.1]},
        {"funding": pd.Series([0.1], pd.DatetimeIndex(["2024-01-01"]))},
        {"funding": pd.Series([2.0], pd.DatetimeIndex(["2024-01-01"], tz="UTC"))},
        {"funding": pd.Series([np.nan], pd.DatetimeIndex(["2024-01-01"], tz="UTC"))},
    ],
    ids=str,
)
def test_an_execution_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ForestoError) as caught:
        fl.Execution(**wrong)
    name = next(iter(wrong))
    assert name.split("_")[0] in str(caught.value)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean reverse"):
        fl.Execution(on_opposite="revers")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "capital", [0, -1, float("nan"), float("inf"), "10", None, True]
)
def test_capital_must_be_an_amount(capital: Any) -> None:
    with pytest.raises(AmountError, match="initial_capital"):
        run(initial_capital=capital)


def test_no_candle_is_refused_and_one_is_enough() -> None:
    with pytest.raises(ForestoError, match="no candle"):
        fl.backtest(FRAME.iloc[:0], signals(0, {}))
    result = fl.backtest(FRAME.iloc[:1], signals(1, {0: L}))
    assert result.trades.empty
    assert result.metrics["total_return"] == 0
    assert result.equity["equity"].tolist() == [10_000_000.0]
    assert "NO_TRADES" in {finding.code for finding in result.findings}
    assert "trades" in repr(result)
    assert result._repr_html_()
    assert result.to_dict()["trades"] == []


def test_signals_of_another_length_are_refused() -> None:
    with pytest.raises(ForestoError, match="3 signals for 4"):
        fl.backtest(FRAME, signals(3, {0: L}))


@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
@pytest.mark.parametrize("value", [np.nan, 0.0, -1.0, np.inf])
def test_prices_that_are_none_are_refused(column: str, value: float) -> None:
    frame = FRAME.copy()
    frame.loc[frame.index[2], column] = value
    with pytest.raises(ForestoError):
        fl.backtest(frame, signals(4, {0: L}))


def test_what_is_no_execution_and_no_strategy_is_refused() -> None:
    with pytest.raises(ForestoError, match="Execution"):
        fl.backtest(FRAME, signals(4, {}), {"fee_rate": 0.1})  # type: ignore[arg-type]
    with pytest.raises(ForestoError):
        fl.backtest(FRAME, 5)


def test_a_fixed_risk_needs_a_stop() -> None:
    with pytest.raises(ForestoError, match="stop_loss"):
        run(fl.Execution(sizing=fl.FixedRisk(0.01)))


def test_a_maintenance_margin_above_the_margin_is_refused() -> None:
    with pytest.raises(AmountError, match="maintenance_margin_rate"):
        run(fl.Execution(leverage=20, maintenance_margin_rate=0.05))


def test_the_strategys_own_risk_holds_until_the_execution_says_otherwise() -> None:
    class Strategy:
        name, checksum = "own", "0"
        risk = Risk(stop_loss=0.05, leverage=2.0)

        def signals(self, table: Any) -> Signals:
            return signals(len(table), {0: L})

        def to_dict(self) -> dict[str, Any]:
            return {"name": self.name}

    frame = candles([*flat(100, 100), (100, 100, 94, 96), (96, 96, 96, 96)])
    free = fl.Execution(fee_rate=0.0)
    own = fl.backtest(frame, Strategy(), free, initial_capital=1_000)
    assert own.trades["exit_price"].iloc[0] == 95
    assert own.trades["quantity"].iloc[0] == 20
    wider = fl.Execution(fee_rate=0.0, stop_loss=0.055, leverage=1.0)
    other = fl.backtest(frame, Strategy(), wider, initial_capital=1_000)
    assert other.trades["exit_price"].iloc[0] == 94.5
    assert other.trades["quantity"].iloc[0] == 10


def test_zero_volume_and_constant_prices_are_no_trouble() -> None:
    frame = candles(flat(*[100.0] * 6)).assign(volume=0.0)
    result = fl.backtest(
        frame,
        signals(6, {0: L, 3: L}),
        fl.Execution(fee_rate=0, sizing=fl.VolatilityTarget(0.1, 2)),
    )
    assert result.metrics["total_return"] == 0
    assert np.isnan(result.metrics["sharpe"])
    assert np.isnan(result.metrics["profit_factor"])


def test_an_execution_goes_to_json_and_back() -> None:
    rates = pd.Series(
        [0.0001, -0.0002], pd.date_range("2024-01-01", periods=2, freq="8h", tz="UTC")
    )
    given = fl.Execution(
        fee_rate=0.001,
        sell_tax_rate={"2024-01-01": 0.002},
        funding=rates,
        sizing=fl.FixedRisk(0.01),
        stop_loss=0.02,
        leverage=3,
    )
    assert fl.Execution.from_dict(given.to_dict()) == given
    assert pickle.loads(pickle.dumps(given)) == given
    assert fl.Execution.from_dict({}) == fl.Execution()
    with pytest.raises(UnknownNameError, match="fee_rate"):
        fl.Execution.from_dict({"fee_rat": 0.1})


def test_doubtful_settings_are_findings() -> None:
    late = pd.Series([0.1], pd.DatetimeIndex(["2030-01-01"], tz="UTC"))
    result = run(fl.Execution(fill="close", max_entries=3, funding=late))
    codes = {finding.code for finding in result.findings}
    assert {
        "FILLED_AT_SIGNAL_CLOSE",
        "NOTHING_LEFT_TO_ADD",
        "FUNDING_OUTSIDE_CANDLES",
    } <= codes


def test_a_strategy_that_gives_no_signals_is_refused() -> None:
    class Strategy:
        name, checksum, risk = "own", "0", Risk()

        def signals(self, table: Any) -> Any:
            return np.zeros(len(table))

        def to_dict(self) -> dict[str, Any]:
            return {}

    with pytest.raises(ForestoError, match=r"Signals\.of"):
        fl.backtest(FRAME, Strategy())


def test_a_result_shows_itself_and_goes_to_plain_values() -> None:
    result = run(fl.Execution(fill="close"), symbol="BTC", initial_capital=1_000.0)
    assert "1 trades" in repr(result)
    assert "BTC" in result.title
    html = result._repr_html_()
    assert "BTC" in html
    plain = json.loads(json.dumps(result.to_dict(), default=str))
    assert plain["trades"][0]["exit_time"] is None
    assert plain["symbols"] == ["BTC"]
    assert plain["metrics"]["total_trades"] == 1
    assert len(result.request_hash) == 64
    stored = fl.BacktestResult.from_tables(
        trades=result.trades,
        equity=result.equity,
        metrics=result.metrics,
        request_hash=result.request_hash,
        strategy=result.strategy,
        execution=result.execution,
        initial_capital=result.initial_capital,
        symbols=result.symbols,
        timeframe=result.timeframe,
        periods_per_year=result.periods_per_year,
    )
    assert stored.title == result.title
    assert stored.fills is None
    with pytest.raises(ForestoError, match="again"):
        stored.to_vectorbt()


def test_what_differs_in_a_request_differs_in_its_hash() -> None:
    one = run()
    assert one.request_hash == run().request_hash
    others = [
        run(fl.Execution(fee_rate=0.001)),
        run(initial_capital=5.0),
        run(symbol="BTC"),
        fl.backtest(FRAME, signals(4, {1: L})),
        fl.backtest(FRAME.iloc[:3], signals(3, {0: L})),
    ]
    assert len({one.request_hash, *(other.request_hash for other in others)}) == 6
