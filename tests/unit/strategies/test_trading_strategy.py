"""Strategies written in Python: what they get, and what is said of their mistakes."""

from __future__ import annotations

import pickle
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import Field

from foresto_lab.errors import (
    CandleTableError,
    StrategyError,
    UnknownNameError,
    UntrustedCodeError,
)
from foresto_lab.indicators import IndicatorUse
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.strategies import (
    Bars,
    SignalBits,
    Signals,
    StrategyConfig,
    TradingStrategy,
    crossover,
    parse_strategy,
    python_strategy,
    require_agreement,
)


class Dip(TradingStrategy):
    name: ClassVar[str] = "dip"

    class Config(StrategyConfig):
        period: int = Field(14, ge=2, le=50)

    @property
    def indicators(self) -> tuple[IndicatorUse, ...]:
        period = self.config.period  # type: ignore[attr-defined]
        return (IndicatorUse("rsi", {"timeperiod": period}),)

    def signals(self, candles: Bars) -> Signals:
        rsi = candles["rsi"]
        return Signals.of(long_entry=crossover(rsi, 30), long_exit=rsi > 70)


def test_a_frame_a_table_and_bars_are_all_taken(random_walk: CandleTable) -> None:
    strategy = Dip()
    signals = strategy.signals(random_walk)
    for candles in (random_walk.to_frame(), strategy.bars(random_walk)):
        assert np.array_equal(strategy.signals(candles).bits, signals.bits)
    assert set(signals.columns) == {"rsi"}
    assert strategy.min_candles == 16
    with pytest.raises(CandleTableError):
        strategy.signals(5)


def test_analyze_agrees_unless_a_strategy_looks_ahead(random_walk: CandleTable) -> None:
    require_agreement(Dip(), random_walk, bars=range(100))

    class Peek(Dip):
        def signals(self, candles: Bars) -> Signals:
            close = candles["close"]
            return Signals.of(long_entry=np.append(close[1:] > close[:-1], [False]))

    with pytest.raises(StrategyError, match="ANALYZE_DISAGREES bar"):
        require_agreement(Peek(), random_walk, bars=range(50))


def test_an_analyze_of_its_own_is_compared_bar_by_bar(random_walk: CandleTable) -> None:
    class Wrong(Dip):
        def analyze(self, window: Any) -> SignalBits:
            return (
                SignalBits.LONG_ENTRY if len(window) == 40 else super().analyze(window)
            )

    with pytest.raises(StrategyError, match=r"bar 39 .*LONG_ENTRY"):
        require_agreement(Wrong(), random_walk, bars=range(60))


def saying(answer: Any) -> TradingStrategy:
    class Saying(TradingStrategy):
        def signals(self, candles: Bars) -> Any:
            return answer(candles)

    return Saying()


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (lambda candles: 1 / 0, "ZeroDivisionError"),
        (lambda candles: None, "must return Signals"),
        (lambda candles: Signals.of([True]), "1 values for 700 bars"),
        (lambda candles: candles["rsii"], "'rsii' is no column"),
        (lambda candles: candles["rsi"], "does not list"),
        (lambda candles: candles["close"].sort(), "read-only"),
        (lambda candles: candles.indicator("rsi", timeperiod="x"), "timeperiod"),
    ],
)
def test_what_goes_wrong_inside_is_a_sentence(
    answer: Any, text: str, random_walk: CandleTable
) -> None:
    with pytest.raises(Exception, match=text) as caught:
        saying(answer).signals(random_walk)
    assert caught.type.__module__ == "foresto_lab.errors"


def test_a_strategy_without_rules_says_so(random_walk: CandleTable) -> None:
    class Empty(TradingStrategy):
        pass

    with pytest.raises(StrategyError, match="has no signals"):
        Empty().signals(random_walk)
    assert Empty().name == "Empty"


def test_other_indicators_can_be_asked_for_by_name(random_walk: CandleTable) -> None:
    bars = Bars(random_walk)
    upper = bars.indicator("bbands", output="upperband", timeperiod=5)
    assert np.nanmin(upper - bars.indicator("sma", timeperiod=5)) >= 0
    with pytest.raises(UnknownNameError):
        bars.indicator("bbandz")
    with pytest.raises(ValueError, match="no output"):
        bars.indicator("rsi", output="upper")


def test_the_checksum_follows_parameters_and_code() -> None:
    one = Dip().checksum
    assert one == Dip(period=14).checksum
    assert one != Dip(period=15).checksum

    class Dip2(Dip):
        name: ClassVar[str] = "dip"

        def signals(self, candles: Bars) -> Signals:
            return Signals.of(long_entry=candles["rsi"] < 20)

    assert Dip2().checksum != one
    assert pickle.loads(pickle.dumps(Dip(period=9))) == Dip(period=9)


def test_a_class_with_defaults_will_do(random_walk: CandleTable) -> None:
    assert parse_strategy(Dip) == Dip()  # type: ignore[arg-type]
    with pytest.raises(StrategyError, match="came as 5"):
        parse_strategy(5)  # type: ignore[arg-type]

    class Half:
        def signals(self, table: CandleTable) -> None: ...

    with pytest.raises(StrategyError, match="has no name, version"):
        parse_strategy(Half())  # type: ignore[arg-type]


SOURCE = """
from foresto_lab.strategies import Signals, StrategyConfig, TradingStrategy

class Up(TradingStrategy):
    name = "up"

    class Config(StrategyConfig):
        level: float = 100.0

    def signals(self, candles):
        return Signals.of(long_entry=candles["close"] > self.config.level)
"""


def test_source_runs_once_it_is_trusted(random_walk: CandleTable) -> None:
    with pytest.raises(UntrustedCodeError, match="not trusted"):
        python_strategy("raise SystemExit", trusted=False, name="up")
    strategy = python_strategy(SOURCE, trusted=True, parameters={"level": 101.0})
    expected = random_walk.close > 101
    assert np.array_equal(strategy.signals(random_walk).long_entry, expected)
    assert (strategy.name, strategy.source) == ("up", "python")
    assert strategy.code == SOURCE
    other = python_strategy(SOURCE + "\n", trusted=True, parameters={"level": 101.0})
    assert strategy.checksum != other.checksum


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("def f(:", "SyntaxError"),
        ("x = 1\nraise ValueError('no')", r"ValueError: no \(line 2\)"),
        ("raise SystemExit(3)", "SystemExit"),
        ("x = 1", "no subclass"),
        ("import not_there", "ModuleNotFoundError"),
        ("\0", "null bytes"),
        (SOURCE + SOURCE.replace("Up", "Down").replace('"up"', '"down"'), "Up, Down"),
    ],
)
def test_source_that_gives_no_strategy_is_a_sentence(code: str, text: str) -> None:
    with pytest.raises(StrategyError, match=text):
        python_strategy(code, trusted=True)


def test_one_of_several_strategies_is_chosen_by_name() -> None:
    both = SOURCE + SOURCE.replace("Up", "Down").replace('"up"', '"down"')
    assert python_strategy(both, trusted=True, name="DOWN").name == "down"
