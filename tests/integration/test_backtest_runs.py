"""Backtests as runs of a workspace: kept, found, restored and reproduced, on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    DateRangeError,
    InputError,
    PreflightError,
    ReproductionError,
    StrategyError,
    UnknownNameError,
    UntrustedCodeError,
    VersionTakenError,
)

BARS = 3_000
DIP = {
    "indicators": [{"name": "rsi", "params": {"period": 14}}],
    "buyConditions": [{"left": "rsi", "operator": "<", "right": 35}],
    "sellConditions": [{"left": "rsi", "operator": ">", "right": 55}],
    "risk": {"stop_loss": 0.05},
}
CODE = """
from foresto_lab.strategies import Signals, TradingStrategy, crossover, crossunder
from foresto_lab.indicators import IndicatorUse


class Crossing(TradingStrategy):
    name = "crossing"

    @property
    def indicators(self):
        return (IndicatorUse("sma", {"timeperiod": 20}),)

    def signals(self, candles):
        close, sma = candles["close"], candles["sma"]
        return Signals.of(
            long_entry=crossover(close, sma), long_exit=crossunder(close, sma)
        )
"""


def candles(
    symbol: str, seed: int, bars: int = BARS, timeframe: str = "1h"
) -> pa.Table:
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, bars)))
    opened = np.r_[100.0, close[:-1]]
    step = {"1h": "h", "1m": "min", "1d": "D"}[timeframe]
    times = pd.date_range("2024-01-01", periods=bars, freq=step, tz="UTC")
    return pa.table(
        {
            "symbol": [symbol] * bars,
            "timeframe": [timeframe] * bars,
            "open_time": pa.array(times.as_unit("us")),
            "open": opened,
            "high": np.maximum(opened, close) * (1 + random.random(bars) * 0.01),
            "low": np.minimum(opened, close) * (1 - random.random(bars) * 0.01),
            "close": close,
            "volume": random.random(bars) * 1000,
        }
    )


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, either_store: str | None
) -> Iterator[fl.Lab]:
    home = tmp_path_factory.mktemp("home")
    lab = fl.open_lab(home, either_store)
    for seed, symbol in enumerate(("AAA", "BBB", "005930")):
        lab.storage.candles.load_candles(candles(symbol, seed))
    yield lab
    lab.storage.close()


def run(lab: fl.Lab, strategy: Any = "hyperrsi", **options: Any) -> fl.BacktestResult:
    return lab.backtest(strategy, **{"symbols": "AAA", "timeframe": "1h", **options})


def same(left: fl.BacktestResult, right: fl.BacktestResult) -> None:
    pd.testing.assert_frame_equal(left.trades, right.trades, check_exact=True)
    pd.testing.assert_frame_equal(left.equity, right.equity, check_exact=True)
    assert str(dict(left.metrics)) == str(dict(right.metrics))
    assert left.findings == right.findings
    assert left.request_hash == right.request_hash


# --- the life of a run ------------------------------------------------------------


def test_a_run_is_kept_reused_and_restored(lab: fl.Lab) -> None:
    first = run(lab)
    assert first.run_id is not None
    assert len(first.trades) > 5
    again = run(lab)
    assert again.run_id == first.run_id
    same(first, again)
    same(first, lab.run(first.run_id))
    restored = lab.run(first.run_id[:-2])
    pd.testing.assert_frame_equal(restored.signals, first.signals)
    assert len(restored.candles) == BARS
    assert restored.strategy == first.strategy
    assert restored.execution == first.execution
    forced = run(lab, force=True)
    assert forced.run_id != first.run_id
    same(first, forced)


def test_the_record_says_what_was_asked_and_foreseen(lab: fl.Lab) -> None:
    result = run(lab)
    record = lab.run_record(result.run_id)
    assert str(record.kind) == "backtest"
    assert record.name == "hyperrsi"
    assert record.data_version == lab.storage.candles.candle_version()
    assert record.request["symbols"] == ["AAA"]
    assert record.request["strategy_checksum"] == result.strategy.checksum
    assert record.summary["predicted_trades"] == len(result.trades)
    assert record.summary["forecast_was_right"] is True
    assert set(record.request["indicators"]) == {"rsi", "ema"}
    row = lab.runs(kind="backtest").loc[result.run_id]
    assert row["total_return"] == result.metrics["total_return"]
    assert row["sharpe_ratio"] == result.metrics["sharpe"]


def test_a_lab_gives_what_the_pure_core_gives(lab: fl.Lab) -> None:
    execution = fl.Execution(fee_rate=0.001, slippage_bps=2)
    kept = run(lab, DIP, execution=execution)
    frame = lab.storage.candles.candles("AAA", "1h")
    pure = fl.backtest(frame, DIP, execution, symbol="AAA")
    pd.testing.assert_frame_equal(kept.trades, pure.trades, check_exact=True)
    pd.testing.assert_frame_equal(kept.equity, pure.equity, check_exact=True)


def test_save_false_leaves_nothing(lab: fl.Lab) -> None:
    before = len(lab.runs())
    result = run(lab, initial_capital=7e6, save=False)
    assert result.run_id is None
    assert len(lab.runs()) == before


@pytest.mark.parametrize(
    "change",
    [
        {"symbols": ["BBB"]},
        {"start": "2024-02-01"},
        {"end": "2024-04-01T00:00Z"},
        {"initial_capital": 5_000_000},
        {"execution": {"fee_rate": 0.002}},
        {"parameters": {"rsi_period": 7}},
        {"strategy": "rsi_reversal"},
    ],
)
def test_another_request_is_another_run(lab: fl.Lab, change: dict[str, Any]) -> None:
    change = dict(change)
    strategy = change.pop("strategy", "hyperrsi")
    result, other = run(lab), run(lab, strategy, **change)
    assert other.request_hash != result.request_hash
    assert other.run_id != result.run_id
    assert run(lab, strategy, **change).run_id == other.run_id


def test_a_day_as_the_end_is_all_of_it(lab: fl.Lab) -> None:
    result = run(lab, "rsi_reversal", end="2024-03-01")
    assert result.equity.index[-1] == pd.Timestamp("2024-03-01T23:00Z")


def test_runs_reproduce_differ_and_are_deleted(lab: fl.Lab) -> None:
    one = run(lab, DIP, end="2024-04-01")
    other = run(lab, DIP, end="2024-04-02")
    reproduction = lab.reproduce(one.run_id)
    assert reproduction.identical
    assert reproduction.values_compared > 5 * len(one.equity)
    places = [difference.where for difference in lab.diff(one.run_id, other.run_id)]
    assert "request.end" in places
    lab.delete_run(other.run_id)
    assert other.run_id not in lab.runs().index


def test_new_candles_make_a_new_run_and_old_ones_reproduce(
    open_test_lab: Callable[..., fl.Lab],
) -> None:
    lab = open_test_lab()
    lab.storage.candles.load_candles(candles("AAA", 1))
    before = run(lab)
    lab.storage.candles.load_candles(candles("AAA", 2))
    after = run(lab)
    assert after.run_id != before.run_id
    assert not after.equity.equals(before.equity)
    assert lab.reproduce(before.run_id).identical
    same(before, lab.run(before.run_id))


def test_daily_prices_stand_for_candles_of_a_day(
    open_test_lab: Callable[..., fl.Lab], tmp_path: Path
) -> None:
    lab = open_test_lab()
    dates = pd.bdate_range("2020-01-01", periods=400)
    close = 100 + 10 * np.sin(np.arange(400) / 7)
    frame = pd.DataFrame(
        {
            "symbol": "DAY",
            "date": dates.date,
            "open": close * 1.01,
            "high": close * 1.02,
            "low": close * 0.98,
            "close": close,
            "adj_close": close / 2,
            "volume": 10.0,
        }
    )
    frame.to_csv(tmp_path / "prices.csv", index=False)
    lab.load_prices(tmp_path / "prices.csv")
    result = lab.backtest("rsi_reversal", symbols=["DAY"])
    assert lab.run_record(result.run_id).data_version.startswith("daily_price@")
    table = result.candles
    assert np.array_equal(table.close, close / 2)
    assert np.allclose(table.open, close * 1.01 / 2, rtol=1e-15)
    assert table.index[0] == pd.Timestamp(dates[0], tz="UTC")
    assert lab.reproduce(result.run_id).identical
    with pytest.raises(UnknownNameError, match="DAY"):
        lab.backtest("rsi_reversal", symbols=["DAYS"])


def test_several_symbols_share_an_account(lab: fl.Lab) -> None:
    result = run(lab, DIP, symbols=["AAA", "BBB", "005930"])
    assert set(result.trades["symbol"]) == {"AAA", "BBB", "005930"}
    same(result, lab.run(result.run_id))
    assert lab.reproduce(result.run_id).identical


# --- what stops a run -------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"symbols": []}, InputError),
        ({"symbols": ["AAA", "AAA"]}, InputError),
        ({"symbols": ["'; DROP TABLE runs; --"]}, UnknownNameError),
        ({"symbols": "AAA\0"}, fl.ForestoError),
        ({"timeframe": "7m"}, UnknownNameError),
        ({"start": "2025-01-01", "end": "2024-01-01"}, DateRangeError),
        ({"start": "someday"}, InputError),
        ({"initial_capital": 0}, InputError),
        ({"initial_capital": float("nan")}, InputError),
        ({"execution": {"fee_rat": 0.1}}, UnknownNameError),
        ({"execution": "cheap"}, InputError),
        ({"execution": {"leverage": 21}}, InputError),
        ({"finer": "1d"}, InputError),
        ({"strategy": "hyperrsy"}, UnknownNameError),
        ({"strategy": "a\0b"}, InputError),
        ({"strategy": {"buyConditions": 3}}, StrategyError),
        ({"strategy": "{"}, StrategyError),
        ({"strategy": Path("nowhere.json")}, fl.ForestoError),
        ({"parameters": {"rsi_periods": 7}}, StrategyError),
        ({"start": "2030-01-01"}, PreflightError),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(
    lab: fl.Lab, change: dict[str, Any], error: type[Exception]
) -> None:
    before = set(lab.runs().index)
    change = dict(change)
    strategy = change.pop("strategy", "hyperrsi")
    with pytest.raises(error):
        run(lab, strategy, **change)
    assert set(lab.runs().index) == before


def test_a_run_that_would_not_trade_is_stopped(lab: fl.Lab) -> None:
    never = {**DIP, "buyConditions": [{"left": "rsi", "operator": "<", "right": 0}]}
    before = set(lab.runs().index)
    with pytest.raises(PreflightError, match="ZERO_TRADES"):
        run(lab, never)
    assert set(lab.runs().index) == before


def test_a_run_that_fails_says_why(
    lab: fl.Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ArithmeticError("the account exploded")

    monkeypatch.setattr("foresto_lab.runs.backtest.backtest", fail)
    with pytest.raises(ArithmeticError):
        run(lab, force=True)
    newest = lab.run_records(kind="backtest", limit=1)[0]
    assert str(newest.status) == "failed"
    assert newest.error_message == "the account exploded"


# --- stored strategies ------------------------------------------------------------


def test_a_stored_strategy_runs_by_its_name_and_version(lab: fl.Lab) -> None:
    kept = lab.save_strategy(DIP, name="My dip", tags=["kr"])
    assert kept.version == "1.0.0"
    assert lab.save_strategy(DIP, name="my DIP").version == "1.0.0"
    deeper = {**DIP, "risk": {"stop_loss": 0.02}}
    assert lab.save_strategy(deeper, name="My dip").version == "1.0.1"
    with pytest.raises(VersionTakenError, match=r"1\.0\.2"):
        lab.save_strategy(deeper, name="My dip", version="1.0.0")
    newest, first = run(lab, "my dip"), run(lab, "My dip@1.0.0")
    assert (newest.strategy.version, first.strategy.version) == ("1.0.1", "1.0.0")
    assert newest.request_hash != first.request_hash
    assert newest.strategy.risk.stop_loss == 0.02
    change, *_ = lab.compare_strategies("My dip", "1.0.0", "1.0.1")
    assert (change.path, change.before, change.after) == (
        "content.risk.stop_loss",
        0.05,
        0.02,
    )
    lab.deactivate_strategy("My dip", "1.0.1")
    assert run(lab, "My dip").run_id == first.run_id
    assert lab.reproduce(newest.run_id).identical
    assert lab.strategies("dip").index.tolist() == ["My dip"]
    assert lab.strategies(tags=["kr"]).index.tolist() == ["My dip"]
    assert "hyperrsi" in lab.strategies().index


def test_a_built_in_strategy_can_be_kept_with_its_numbers(lab: fl.Lab) -> None:
    quick = lab.strategy("hyperrsi", rsi_period=7)
    lab.save_strategy(quick, name="Quick RSI")
    result = run(lab, "Quick RSI")
    record = lab.run_record(result.run_id)
    assert record.name == "Quick RSI"
    assert result.strategy.config.rsi_period == 7
    assert lab.reproduce(result.run_id).identical
    with pytest.raises(InputError, match="built-in"):
        lab.save_strategy(DIP, name="HyperRSI")


def test_code_of_the_catalog_runs_only_where_it_is_trusted(lab: fl.Lab) -> None:
    kept = lab.save_strategy(code=CODE, name="Crossing of mine")
    assert kept.content["class"] == "Crossing"
    with pytest.raises(UntrustedCodeError, match="registry trust"):
        run(lab, "Crossing of mine")
    lab.trusted_code.trust(kept)
    result = run(lab, "Crossing of mine")
    assert len(result.trades) > 5
    assert lab.reproduce(result.run_id).identical
    lab.trusted_code.untrust(kept)
    with pytest.raises(UntrustedCodeError):
        run(lab, "Crossing of mine", force=True)
    with pytest.raises(UntrustedCodeError):
        lab.reproduce(result.run_id)
    restored = lab.run(result.run_id)  # its tables can be read all the same
    pd.testing.assert_frame_equal(restored.trades, result.trades)
    assert restored.strategy.name == "Crossing of mine"


def test_code_that_was_never_kept_cannot_be_reproduced(lab: fl.Lab) -> None:
    namespace: dict[str, Any] = {"__name__": "made_here"}
    exec(CODE, namespace)
    result = run(lab, namespace["Crossing"]())
    with pytest.raises(ReproductionError, match="save_strategy"):
        lab.reproduce(result.run_id)


def test_code_is_not_run_by_being_kept(lab: fl.Lab, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    text = f"open({str(proof)!r}, 'w')\n{CODE}"
    lab.save_strategy(code=text, name="Sneaky")
    lab.strategies()
    with pytest.raises(UntrustedCodeError):
        lab.strategy("Sneaky")
    assert not proof.exists()
    for wrong in ("def f(:", "x = 1", "class A: pass"):
        with pytest.raises(InputError, match=r"no Python|TradingStrategy"):
            lab.save_strategy(code=wrong, name="Wrong")


# --- indicators of one's own ------------------------------------------------------

HALF = """
OUTPUTS = ["half"]
WARM_UP = 0


def compute(candles):
    return candles["close"] / 2
"""
UNDER_HALF = {
    "indicators": [{"name": "half"}, {"name": "rsi"}],
    "buyConditions": [
        {"left": "half", "operator": "<", "right": "close"},
        {"left": "rsi", "operator": "<", "right": 40},
    ],
    "sellConditions": [{"left": "rsi", "operator": ">", "right": 60}],
}


def test_an_indicator_of_the_catalog_needs_trust_too(lab: fl.Lab) -> None:
    kept = lab.save_indicator(HALF, name="half")
    assert "half" in lab.indicators().index
    with pytest.raises(UntrustedCodeError):
        run(lab, UNDER_HALF)
    lab.trusted_code.trust(kept)
    try:
        result = run(lab, UNDER_HALF)
        request = lab.run_record(result.run_id).request
        assert request["indicators"]["half"] == kept.checksum
        assert lab.reproduce(result.run_id).identical
        changed = HALF.replace("/ 2", "/ 4")
        newer = lab.save_indicator(changed, name="half", trust=True)
        assert newer.version == "1.0.1"
        assert run(lab, UNDER_HALF).request_hash != result.request_hash
        lab.trusted_code.untrust(newer)
        with pytest.raises(InputError, match="built-in"):
            lab.save_indicator(HALF, name="RSI")
    finally:
        lab.trusted_code.untrust(kept)


# --- many symbols, finer candles, upkeep ------------------------------------------


def test_a_rotation_is_a_run(lab: fl.Lab) -> None:
    given = {"lookback_bars": 100, "skip_bars": 5, "top": 2, "rebalance": "WEEKLY"}
    symbols = ["AAA", "BBB", "005930"]
    result = run(lab, "momentum_rotation", symbols=symbols, parameters=given)
    assert len(result.trades) > 3
    same(result, lab.run(result.run_id))
    assert lab.reproduce(result.run_id).identical


def test_finer_candles_come_from_the_store(
    open_test_lab: Callable[..., fl.Lab],
) -> None:
    lab = open_test_lab()
    minutes = candles("AAA", 5, bars=60 * 600, timeframe="1m")
    lab.storage.candles.load_candles(minutes)
    frame = minutes.to_pandas().set_index("open_time")
    rules = {"open": "first", "high": "max", "low": "min", "close": "last"}
    hours = frame.resample("1h").agg({**rules, "volume": "sum"}).reset_index()
    hours.insert(0, "symbol", "AAA")
    hours.insert(1, "timeframe", "1h")
    lab.storage.candles.load_candles(pa.Table.from_pandas(hours, preserve_index=False))
    tight = fl.Execution(stop_loss=0.01, take_profit=0.01)
    finer = run(lab, "rsi_reversal", execution=tight, finer="1m")
    coarse = run(lab, "rsi_reversal", execution=tight)
    assert finer.request_hash != coarse.request_hash
    assert lab.run_record(finer.run_id).request["finer"] == "1m"
    assert lab.reproduce(finer.run_id).identical


def test_what_is_cleaned_up_is_read_from_its_archive(
    open_test_lab: Callable[..., fl.Lab], tmp_path: Path
) -> None:
    from datetime import UTC, datetime, timedelta

    from foresto_lab.storage.retention import clean_up

    lab = open_test_lab()
    lab.storage.candles.load_candles(candles("AAA", 1))
    result = run(lab)
    later = datetime.now(UTC) + timedelta(days=100)
    clean_up(lab.storage, archive=tmp_path / "archive", now=later)
    record = lab.run_record(result.run_id)
    assert record.path_deleted_at is not None
    assert record.summary["total_trades"] == len(result.trades)
    same(result, lab.run(result.run_id))
