"""The built-in strategies: to the letter, in Python and in JSON the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from foresto_lab.errors import StrategyError, UnknownNameError
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.strategies import (
    BUILT_IN_STRATEGIES,
    JsonStrategy,
    built_in_strategy,
    parse_strategy,
    require_agreement,
)

IN_JSON = (
    "hyperrsi",
    "rsi_reversal",
    "macd_cross",
    "sma_cross",
    "bollinger_breakout",
    "donchian_turtle",
)
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in IN_JSON),
    *((name, {"allow_short": True}) for name in IN_JSON[1:]),
    ("hyperrsi", {"entry_option": "follow"}),
    ("hyperrsi", {"use_trend_filter": False}),
    ("hyperrsi", {"rsi_period": 5, "rsi_oversold": 20, "trend_ema_period": 50}),
    ("sma_cross", {"stop_loss_percent": 2.5}),
    ("bollinger_breakout", {"deviations": 1.5}),
]


@pytest.mark.parametrize(("name", "parameters"), VARIANTS)
def test_python_and_json_give_the_same_signals_on_real_candles(
    name: str, parameters: dict[str, Any], bitcoin_hours: CandleTable
) -> None:
    strategy = built_in_strategy(name, **parameters)
    in_json = JsonStrategy.from_dict(strategy.to_json())  # type: ignore[attr-defined]
    signals = strategy.signals(bitcoin_hours)
    assert np.array_equal(signals.bits, in_json.signals(bitcoin_hours).bits)
    assert signals.long_entry.sum() > 20
    assert in_json.risk == strategy.risk
    assert in_json.indicators == strategy.indicators


@pytest.mark.parametrize(("name", "parameters"), VARIANTS)
def test_each_bar_alone_says_what_the_vectorised_rule_says(
    name: str, parameters: dict[str, Any], random_walk: CandleTable
) -> None:
    strategy: Any = built_in_strategy(name, **parameters)
    require_agreement(strategy, random_walk, bars=[*range(30), *range(200, 420)])


def test_hyperrsi_has_the_designs_limits() -> None:
    fields = BUILT_IN_STRATEGIES["hyperrsi"].Config.model_json_schema()["properties"]
    limits = {
        name: (field["default"], field.get("minimum"), field.get("maximum"))
        for name, field in fields.items()
    }
    assert limits == {
        "rsi_period": (14, 2, 50),
        "rsi_oversold": (30.0, 0, 50),
        "rsi_overbought": (70.0, 50, 100),
        "entry_option": ("reverse", None, None),
        "use_trend_filter": (True, None, None),
        "trend_ema_period": (200, 50, 500),
        "leverage": (3.0, 1, 20),
        "stop_loss_percent": (2.0, 0.5, 10),
    }
    assert fields["entry_option"]["enum"] == ["reverse", "follow"]


def expected_hyperrsi(
    rsi: np.ndarray, ema: np.ndarray, close: np.ndarray, *, filtered: bool
) -> list[int]:
    """Work HYPERRSI's reverse rule out bar by bar, from the design's sentence."""
    bits = []
    for bar in range(len(rsi)):
        before = rsi[bar - 1] if bar else np.nan
        long = before <= 30 and rsi[bar] > 30
        short = before >= 70 and rsi[bar] < 70
        if filtered:
            long = long and close[bar] < ema[bar]
            short = short and close[bar] > ema[bar]
        bits.append((1 if long else 0) + (4 if short else 0))
    return bits


@pytest.mark.parametrize("filtered", [True, False])
def test_hyperrsi_reverse_is_the_designs_sentence(
    filtered: bool, random_walk: CandleTable
) -> None:
    talib = pytest.importorskip("talib")
    rsi = talib.RSI(random_walk.close, 14)
    ema = talib.EMA(random_walk.close, 50)
    strategy = built_in_strategy(
        "hyperrsi", trend_ema_period=50, use_trend_filter=filtered
    )
    expected = expected_hyperrsi(rsi, ema, random_walk.close, filtered=filtered)
    assert strategy.signals(random_walk).bits.tolist() == expected
    assert set(expected) == {0, 1, 4}


def test_hyperrsi_follow_enters_wherever_the_rsi_is_extreme(
    random_walk: CandleTable,
) -> None:
    talib = pytest.importorskip("talib")
    rsi = talib.RSI(random_walk.close, 14)
    signals = built_in_strategy("hyperrsi", entry_option="follow").signals(random_walk)
    assert signals.long_entry.tolist() == [value <= 30 for value in rsi]
    assert signals.short_entry.tolist() == [value >= 70 for value in rsi]


def test_hyperrsi_stops_and_leverage_are_its_risk() -> None:
    risk = built_in_strategy("hyperrsi", stop_loss_percent=1.5, leverage=5).risk
    assert (risk.stop_loss, risk.leverage) == (0.015, 5)


@pytest.mark.parametrize(
    ("parameters", "where", "text"),
    [
        ({"leverage": 0}, "leverage", "greater than or equal to 1"),
        ({"leverage": 21}, "leverage", "less than or equal to 20"),
        ({"stop_loss_percent": 0}, "stop_loss_percent", "0.5"),
        ({"rsi_period": "14"}, "rsi_period", "valid integer"),
        ({"rsi_period": 10**400}, "rsi_period", "50"),
        ({"rsi_oversold": float("nan")}, "rsi_oversold", "finite"),
        ({"use_trend_filter": "yes"}, "use_trend_filter", "boolean"),
        ({"entry_option": "follw"}, "entry_option", "'reverse' or 'follow'"),
        ({"rsi_perod": 14}, "rsi_perod", "rsi_period"),
    ],
)
def test_a_parameter_outside_its_limits_is_a_sentence(
    parameters: dict[str, Any], where: str, text: str
) -> None:
    with pytest.raises(StrategyError) as caught:
        built_in_strategy("hyperrsi", **parameters)
    (finding,) = caught.value.findings
    assert finding.where == where
    assert text in str(finding)


def test_a_fast_average_must_be_faster() -> None:
    with pytest.raises(StrategyError, match="below slow_period"):
        built_in_strategy("sma_cross", fast_period=50, slow_period=20)


def test_a_strategy_is_found_by_name_or_by_what_it_said_of_itself() -> None:
    strategy = parse_strategy("HyperRSI")
    assert parse_strategy(strategy.to_dict()) == strategy
    assert parse_strategy(strategy) is strategy
    with pytest.raises(UnknownNameError, match="macd_cross"):
        parse_strategy("macdcross")


def test_a_checksum_names_the_content() -> None:
    one = built_in_strategy("hyperrsi")
    assert one.checksum == built_in_strategy("hyperrsi", rsi_period=14).checksum
    assert one.checksum != built_in_strategy("hyperrsi", rsi_period=15).checksum
    assert len(one.checksum) == 64


def test_signals_keep_what_they_looked_at(random_walk: CandleTable) -> None:
    signals = built_in_strategy("hyperrsi").signals(random_walk)
    assert set(signals.columns) == {"rsi", "ema"}


@pytest.mark.parametrize("n_bars", [0, 1, 2, 15])
@pytest.mark.parametrize("name", IN_JSON)
def test_too_few_candles_give_no_signal(
    name: str, n_bars: int, random_walk: CandleTable
) -> None:
    strategy: Any = built_in_strategy(name)
    few = random_walk.first(n_bars)
    if n_bars < 15:
        assert strategy.signals(few).bits.tolist() == [0] * n_bars
    in_json = JsonStrategy.from_dict(strategy.to_json())
    assert np.array_equal(in_json.signals(few).bits, strategy.signals(few).bits)
    assert strategy.min_candles > 15
