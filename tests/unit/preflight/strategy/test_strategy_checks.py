"""Every strategy check: a case that fires it and one that does not."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foresto_lab.backtest.execution import Execution
from foresto_lab.market.candle_table import parse_candles
from foresto_lab.preflight.report import PreflightReport
from foresto_lab.preflight.strategy import (
    STRATEGY_CHECKS,
    StrategyInputs,
    check_strategy,
    guarded,
    preflight,
)
from foresto_lab.strategies import (
    FixedAmount,
    FixedRisk,
    FractionOfEquity,
    Risk,
    Signals,
)
from foresto_lab.types import Severity
from tests.unit.preflight.strategy.plain_strategies import (
    Plain,
    buy_low_sell_high,
    candles,
    never,
    wave,
)

SOUND = Plain(buy_low_sell_high)


def codes(report: PreflightReport) -> set[str]:
    return {finding.code for finding in report.findings}


def found(strategy: Any, frame: Any = None, *given: Any, **options: Any) -> set[str]:
    if frame is None:
        frame = candles(wave())
    return codes(preflight(strategy, frame, *given, **options))


def the(code: str, report: PreflightReport) -> Any:
    (finding,) = [finding for finding in report.findings if finding.code == code]
    return finding


def test_a_sound_strategy_passes_and_its_trades_are_counted() -> None:
    report = preflight(SOUND, candles(wave()))
    assert report.passed, str(report)
    # the wave falls below 95 once in each of its ten periods, and ends flat
    assert report.predicted_trades == 10
    assert report.explanation is None
    assert codes(report) <= {"FEW_TRADES"}


def test_without_candles_the_definition_alone_is_checked() -> None:
    report = preflight(SOUND)
    assert report.passed
    assert report.predicted_trades is None


# --- arguments ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date_range", ("2024-12-31", "2024-01-01")),
        ("date_range", "2024"),
        ("date_range", ("yesterday", None)),
        ("date_range", 7),
        ("initial_capital", 0),
        ("initial_capital", -1.0),
        ("initial_capital", float("nan")),
        ("initial_capital", float("inf")),
        ("initial_capital", "a lot"),
        ("initial_capital", None),
        ("timeframe", "7q"),
        ("timeframe", 5),
        ("timeframe", []),
        ("execution", {"fee": 1}),
        ("execution", {"leverage": 21}),
        ("execution", {"leverage": 0}),
        ("execution", "fast"),
    ],
)
def test_an_argument_that_no_run_takes(name: str, value: Any) -> None:
    report = preflight(SOUND, candles(wave()), **{name: value})
    finding = the("ARGUMENT_REFUSED", report)
    assert finding.where == name
    assert not report.passed
    assert report.predicted_trades is None


@pytest.mark.parametrize(
    "given",
    [
        {"date_range": ("2024-01-10", "2024-12-31")},
        {"date_range": (None, "2024-12-31")},
        {"date_range": slice("2024-01-10", None)},
        {"date_range": {"start": "2024-01-10"}},
        {"execution": {"fee_rate": 0.001}},
        {"initial_capital": np.float64(1e6)},
    ],
)
def test_arguments_that_a_run_takes(given: Any) -> None:
    assert "ARGUMENT_REFUSED" not in found(SOUND, **given)


def test_the_dates_cut_the_candles_both_inclusive() -> None:
    given = StrategyInputs(SOUND, candles(wave()), ("2024-01-10", "2024-01-12"))
    assert given.span.table is not None
    assert len(given.span.table) == 3


# --- candles --------------------------------------------------------------------------


def broken(change: str) -> Any:
    frame = candles(wave())
    match change:
        case "no column":
            return frame.drop(columns="low")
        case "no zone":
            return frame.tz_localize(None)
        case "unsorted":
            return frame.iloc[::-1]
        case "twice":
            return pd.concat([frame.iloc[:5], frame.iloc[4:]])
        case "nan":
            frame.iloc[7, 3] = np.nan
        case "zero":
            frame.iloc[7, 2] = 0.0
        case "high below low":
            frame.iloc[7, 1] = 1.0
        case "text":
            return frame.astype({"close": object}).assign(close="a")
        case "no frame":
            return [1, 2, 3]
    return frame


@pytest.mark.parametrize(
    "change",
    [
        "no column",
        "no zone",
        "unsorted",
        "twice",
        "nan",
        "zero",
        "high below low",
        "text",
        "no frame",
    ],
)
def test_candles_that_break_their_rules_are_refused(change: str) -> None:
    report = preflight(SOUND, broken(change))
    assert [finding.code for finding in report.errors] == ["CANDLES_REFUSED"]
    assert len(report.errors[0].message) > 20


def test_candles_that_keep_them_are_taken() -> None:
    assert "CANDLES_REFUSED" not in found(SOUND)


def test_no_candle_at_all_or_within_the_dates() -> None:
    assert found(SOUND, candles([])) == {"NO_CANDLES"}
    report = preflight(SOUND, candles(wave()), ("2030-01-01", "2030-12-31"))
    finding = the("NO_CANDLES", report)
    assert "from 2024-01-01 to 2025-02-03" in finding.message
    assert "NO_CANDLES" not in found(SOUND)


def test_one_candle() -> None:
    assert found(SOUND, candles([100.0])) == {"ONE_CANDLE"}
    assert "ONE_CANDLE" not in found(SOUND, candles([100.0, 101.0]))


def test_a_price_that_stands_still_throughout() -> None:
    frame = candles(np.full(50, 100.0))
    frame[["high", "low"]] = 100.0
    assert "CONSTANT_PRICES" in found(SOUND, frame)
    frame.iloc[-1, 1] = 100.1
    assert "CONSTANT_PRICES" not in found(SOUND, frame)


def test_candles_that_repeat() -> None:
    frame = candles(wave())
    frame.iloc[100:110, :4] = 100.0
    assert "CANDLE_STALE" in found(SOUND, frame)
    assert "CANDLE_STALE" not in found(SOUND)


def test_candles_without_volume_are_counted() -> None:
    frame = candles(wave(), volume=0.0)
    assert the("CANDLE_ZERO_VOLUME", preflight(SOUND, frame)).count == 400
    assert "CANDLE_ZERO_VOLUME" not in found(SOUND)


def test_hours_that_are_missing_around_the_clock() -> None:
    frame = candles(wave(), freq="1h")
    holes = frame.drop(frame.index[[50, 51, 200]])
    finding = the("CANDLE_GAP", preflight(SOUND, holes))
    assert finding.count == 3
    assert "CANDLE_GAP" not in found(SOUND, frame)


def test_weekends_are_no_gaps_and_a_lost_month_is() -> None:
    frame = candles(wave(), freq="1D")
    sessions = frame[frame.index.day_of_week < 5]
    assert "CANDLE_GAP" not in found(SOUND, sessions)
    lost = sessions.drop(sessions.index[50:75])
    assert the("CANDLE_GAP", preflight(SOUND, lost)).count == 1


def test_a_candle_off_its_grid() -> None:
    frame = candles(wave(), freq="1h")
    times = frame.index.to_series()
    times.iloc[7] += pd.Timedelta(minutes=7)
    frame.index = pd.DatetimeIndex(times.to_numpy(), tz="UTC")
    assert "CANDLE_OFF_GRID" in found(SOUND, frame)
    assert "CANDLE_OFF_GRID" not in found(SOUND, candles(wave(), freq="1h"))


def test_a_bad_print() -> None:
    frame = candles(wave())
    frame.iloc[30, 2] = 1.0
    assert "CANDLE_LONG_WICK" in found(SOUND, frame)
    assert "CANDLE_LONG_WICK" not in found(SOUND)


def test_a_close_that_leaps_and_comes_back() -> None:
    closes = wave()
    closes[30] = 180.0
    assert "CANDLE_SPIKE" in found(SOUND, candles(closes))
    assert "CANDLE_SPIKE" not in found(SOUND)


def test_a_split_that_was_not_adjusted_for() -> None:
    closes = wave()
    closes[200:] /= 50
    finding = the("PRICE_JUMP", preflight(SOUND, candles(closes)))
    assert finding.samples == ("2024-07-19 98%",)
    assert "PRICE_JUMP" not in found(SOUND)


# --- money ----------------------------------------------------------------------------

WHOLE = Execution(lot_size=1.0)


@pytest.mark.parametrize(
    ("capital", "execution", "risk", "fires"),
    [
        (80.0, WHOLE, Risk(), True),
        (100.0, WHOLE, Risk(), False),
        (80.0, Execution(), Risk(), False),
        (50.0, WHOLE, Risk(leverage=2.0), False),
        (150.0, WHOLE, Risk(sizing=FractionOfEquity(0.5)), True),
        (1_000.0, WHOLE, Risk(sizing=FixedAmount(80.0)), True),
        # 1 % of 400 to a stop of 4 % is a position of 100
        (400.0, WHOLE, Risk(sizing=FixedRisk(0.01), stop_loss=0.04), False),
        (300.0, WHOLE, Risk(sizing=FixedRisk(0.01), stop_loss=0.04), True),
    ],
)
def test_the_capital_buys_one_lot(
    capital: float, execution: Execution, risk: Risk, fires: bool
) -> None:
    """The cheapest open is 90; fees of 0.04 % come on top."""
    given = found(
        Plain(buy_low_sell_high, risk), execution=execution, initial_capital=capital
    )
    assert ("CAPITAL_BELOW_ONE_LOT" in given) is fires


def test_too_little_capital_is_also_why_there_is_no_trade() -> None:
    report = preflight(SOUND, candles(wave()), execution=WHOLE, initial_capital=80.0)
    finding = the("CAPITAL_BELOW_ONE_LOT", report)
    assert finding.details["required"] == pytest.approx(90.0 * 1.0004, rel=1e-12)
    assert finding.details["missing"] == pytest.approx(10.036, rel=1e-12)
    assert report.explanation is not None
    assert report.explanation.reason == "capital_too_small"
    assert report.explanation.entry_signals > 0
    assert report.predicted_trades == 0


@pytest.mark.parametrize(("capital", "fires"), [(99.0, True), (100.0, False)])
def test_the_least_order(capital: float, fires: bool) -> None:
    given = found(
        SOUND, execution=Execution(minimum_order=100.0), initial_capital=capital
    )
    assert ("MINIMUM_ORDER_NOT_MET" in given) is fires


@pytest.mark.parametrize(
    ("settles", "account", "fires"),
    [("USDT", "KRW", True), ("KRW", "krw", False), (None, "KRW", False)],
)
def test_the_currency_of_settlement(
    settles: str | None, account: str, fires: bool
) -> None:
    given = StrategyInputs(SOUND, settlement_currency=settles, account_currency=account)
    assert ("SETTLEMENT_CURRENCY" in codes(check_strategy(given))) is fires


@pytest.mark.parametrize(
    ("stop", "leverage", "fires"),
    [(0.06, 20.0, True), (0.04, 20.0, False), (0.02, 3.0, False), (0.6, 1.0, False)],
)
def test_a_stop_beyond_liquidation(stop: float, leverage: float, fires: bool) -> None:
    """Leverage 20 with 0.5 % maintained: (1/20 - 0.005) / 1.005 = 4.478 %."""
    strategy = Plain(buy_low_sell_high, Risk(stop_loss=stop, leverage=leverage))
    assert ("STOP_BEYOND_LIQUIDATION" in found(strategy)) is fires


@pytest.mark.parametrize(
    ("risk", "fires"),
    [
        (Risk(leverage=10.0), True),
        (Risk(leverage=10.0, stop_loss=0.02), False),
        (Risk(leverage=10.0, trailing_stop=0.02), False),
        (Risk(), False),
    ],
)
def test_leverage_without_a_stop(risk: Risk, fires: bool) -> None:
    found_codes = found(Plain(buy_low_sell_high, risk))
    assert ("LEVERAGE_WITHOUT_STOP" in found_codes) is fires


# --- code of a user -------------------------------------------------------------------


def raises(_: Any) -> Any:
    raise ZeroDivisionError("division by zero")


def test_code_that_raises() -> None:
    report = preflight(Plain(raises), candles(wave()))
    finding = the("STRATEGY_FAILED", report)
    assert "ZeroDivisionError: division by zero" in finding.message
    assert report.predicted_trades is None
    assert report.explanation is None


def test_code_of_another_length_or_kind() -> None:
    short = Plain(lambda table: Signals.of(long_entry=table.close[1:] > 0))
    assert "STRATEGY_FAILED" in found(short)
    assert "STRATEGY_FAILED" in found(Plain(lambda table: table.close > 0))
    assert "STRATEGY_FAILED" in found(Plain(lambda _: None))
    assert "STRATEGY_FAILED" not in found(SOUND)


def test_code_that_loops_for_ever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    from foresto_lab.preflight.strategy import dry_run

    monkeypatch.setattr(dry_run, "TIME_LIMIT_SECONDS", 0.2)
    stopped = []

    def loops(_: Any) -> Any:
        try:
            while True:
                try:
                    time.sleep(0.01)
                except Exception:
                    continue
        finally:
            stopped.append(True)

    finding = the("STRATEGY_FAILED", preflight(Plain(loops), candles(wave())))
    assert "stopped" in finding.message
    assert stopped == [True]


def test_what_ends_in_time_gives_its_value_or_its_error() -> None:
    assert guarded.call_within(5.0, lambda: 7) == 7
    with pytest.raises(KeyError):
        guarded.call_within(5.0, lambda: {}["a"])


def test_the_engine_refuses_a_fixed_risk_without_a_stop() -> None:
    strategy = Plain(buy_low_sell_high, Risk(sizing=FixedRisk(0.01)))
    report = preflight(strategy, candles(wave()))
    assert "stop" in the("RUN_REFUSED", report).message
    assert "RUN_REFUSED" not in found(SOUND)


# --- what the dry run shows -----------------------------------------------------------


def test_a_run_that_would_not_trade_is_an_error_with_its_explanation() -> None:
    report = preflight(Plain(never), candles(wave()))
    finding = the("ZERO_TRADES", report)
    assert finding.severity is Severity.ERROR
    assert report.predicted_trades == 0
    assert report.explanation is not None
    assert report.explanation.reason == "never_signalled"
    assert "none of 400 bars" in finding.message
    assert "ZERO_TRADES" not in found(SOUND)


def test_an_entry_on_the_last_bar_only() -> None:
    def last(table: Any) -> Signals:
        entry = np.zeros(len(table), dtype=bool)
        entry[-1:] = len(table) == 400
        return Signals.of(long_entry=entry)

    report = preflight(Plain(last), candles(wave()))
    assert report.explanation is not None
    assert report.explanation.reason == "entries_too_late"


def test_few_trades_are_noted() -> None:
    assert "FEW_TRADES" in found(SOUND)
    assert "FEW_TRADES" not in found(SOUND, candles(wave(1_200)))


def buy_only(table: Any) -> Signals:
    return Signals.of(long_entry=table.close < 95, long_exit=table.close > 1_000)


def test_a_strategy_that_never_gets_out() -> None:
    assert "NEVER_EXITS" in found(Plain(buy_only))
    assert "NEVER_EXITS" not in found(Plain(buy_only, Risk(time_stop=5)))
    assert "NEVER_EXITS" not in found(SOUND)


def both_sides(table: Any) -> Signals:
    return Signals.of(long_entry=table.close < 95, short_entry=table.close > 105)


def test_shorts_where_they_are_not_allowed() -> None:
    refusing = Execution(allow_short=False)
    report = preflight(Plain(both_sides), candles(wave()), execution=refusing)
    bars = int((wave() > 105).sum())
    assert the("SHORTS_NOT_ALLOWED", report).count == bars
    assert "SHORTS_NOT_ALLOWED" not in found(Plain(both_sides))


def with_column(values: np.ndarray) -> Plain:
    def rule(table: Any) -> Signals:
        plain = buy_low_sell_high(table)
        return plain.with_columns({"mine": values[: len(table)]})

    return Plain(rule)


def test_a_column_with_holes_or_nothing_in_it() -> None:
    holes = wave()
    holes[:20] = np.nan
    assert "UNDEFINED_COLUMN" not in found(with_column(holes))
    holes[[30, 31]] = np.nan
    report = preflight(with_column(holes), candles(wave()))
    assert the("UNDEFINED_COLUMN", report).count == 2
    assert "UNDEFINED_COLUMN" in found(with_column(np.full(400, np.nan)))


# --- looking ahead --------------------------------------------------------------------


def reads_tomorrow(table: Any) -> Signals:
    close = table.close
    tomorrow = np.append(close[1:], np.nan)
    return Signals.of(long_entry=tomorrow > close, long_exit=tomorrow < close)


def knows_the_mean(table: Any) -> Signals:
    level = np.full(len(table), table.close.mean())
    entry = table.close < level
    return Signals.of(long_entry=entry, long_exit=~entry, columns={"level": level})


def fills_backwards(table: Any) -> Signals:
    mean = pd.Series(table.close).rolling(20).mean().bfill().to_numpy()
    return Signals.of(
        long_entry=table.close < mean - 1,
        long_exit=table.close > mean + 1,
        columns={"mean": mean},
    )


@pytest.mark.parametrize(
    ("rule", "column"),
    [
        (reads_tomorrow, "long_e"),
        (knows_the_mean, "level"),
        (fills_backwards, "mean"),
    ],
)
def test_code_that_looks_ahead_is_found_with_bar_and_column(
    rule: Any, column: str
) -> None:
    walk = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, 400)))
    finding = the("LOOK_AHEAD", preflight(Plain(rule), candles(walk)))
    assert finding.severity is Severity.ERROR
    assert finding.where.startswith(column)
    assert finding.details["bar"] < 400
    assert finding.details["time"] in finding.message


def looks_back(table: Any) -> Signals:
    close = pd.Series(table.close)
    mean = close.rolling(20).mean().to_numpy()
    slow = close.ewm(span=30, adjust=False).mean().to_numpy()
    return Signals.of(
        long_entry=table.close < np.minimum(mean, slow),
        long_exit=table.close > mean,
        columns={"mean": mean, "slow": slow},
    )


def test_code_that_looks_back_is_not_accused() -> None:
    walk = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, 400)))
    assert "LOOK_AHEAD" not in found(Plain(looks_back), candles(walk))


def test_code_that_fails_on_short_histories_is_not_accused() -> None:
    def needs_many(table: Any) -> Signals:
        if len(table) < 399:
            raise ValueError("too few")
        return buy_low_sell_high(table)

    assert "LOOK_AHEAD" not in found(Plain(needs_many))


def remembers_its_start(table: Any) -> Signals:
    level = pd.Series(table.close).ewm(span=500, adjust=False).mean().to_numpy()
    return Signals.of(
        long_entry=table.close > level,
        long_exit=table.close < level,
        columns={"level": level},
    )


def test_signals_that_depend_on_where_the_history_begins() -> None:
    rise = 100 + np.arange(600) * 0.1 + 5 * np.sin(np.arange(600) / 7)
    report = preflight(Plain(remembers_its_start), candles(rise))
    finding = the("WARM_UP_UNSETTLED", report)
    assert finding.count > 0
    assert finding.details["moved"]["level"] > 0
    assert "WARM_UP_UNSETTLED" not in found(SOUND)


# --- whatever is given ----------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [None, 7, 3.5, True, b"x", [], [1], {}, set(), object(), lambda: 1, Plain, int],
    ids=lambda given: type(given).__name__,
)
@pytest.mark.parametrize("frame", [None, candles(wave())], ids=["none", "candles"])
def test_whatever_is_no_strategy_gets_a_report(given: Any, frame: Any) -> None:
    report = preflight(given, frame)
    assert not report.passed
    assert report._repr_html_()
    assert report.to_dict()["passed"] is False


def test_every_check_declares_its_code_and_says_what_it_is_for() -> None:
    for code, check in STRATEGY_CHECKS.items():
        assert check.code in STRATEGY_CHECKS
        assert STRATEGY_CHECKS[check.code] is check or code == "LOOK_AHEAD"
        assert isinstance(check.severity, Severity)
        assert "Fires:" in (check.__doc__ or "")
        assert "Does not fire:" in (check.__doc__ or "")


def test_nothing_that_was_given_is_changed() -> None:
    frame = candles(wave())
    before = frame.copy(deep=True)
    preflight(SOUND, frame, execution=WHOLE)
    pd.testing.assert_frame_equal(frame, before)


def test_a_table_of_candles_is_taken_as_it_is() -> None:
    report = preflight(SOUND, parse_candles(candles(wave())))
    assert report.predicted_trades == 10
