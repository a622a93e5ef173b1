"""Strategies to search, rows of their parameters, and one backtest of a row."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

import foresto_lab as fl
from foresto_lab.backtest.traded import GivenSignals
from foresto_lab.indicators import IndicatorUse
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.strategies import (
    Signals,
    StrategyConfig,
    TradingStrategy,
    built_in_strategy,
    parse_strategy,
)
from foresto_lab.strategies.risk import Risk

Draw = Callable[[np.random.Generator], Any]


def whole(low: int, high: int) -> Draw:
    return lambda draw: int(draw.integers(low, high + 1))


def real(low: float, high: float) -> Draw:
    return lambda draw: float(draw.uniform(low, high))


def one_of(*options: Any) -> Draw:
    return lambda draw: options[int(draw.integers(len(options)))]


def drawn(count: int, seed: int, draws: Mapping[str, Draw]) -> list[dict[str, Any]]:
    draw = np.random.default_rng(seed)
    return [{name: of(draw) for name, of in draws.items()} for _ in range(count)]


def walked_candles(n_bars: int, seed: int = 1, freq: str = "1h") -> pd.DataFrame:
    """Return candles of a random walk with gaps between a close and the next open."""
    draw = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.01, n_bars)))
    before = np.concatenate(([100.0], close[:-1]))
    opened = before * np.exp(draw.normal(0.0, 0.002, n_bars))
    high = np.maximum(opened, close) * (1.0 + np.abs(draw.normal(0, 0.004, n_bars)))
    low = np.minimum(opened, close) * (1.0 - np.abs(draw.normal(0, 0.004, n_bars)))
    index = pd.date_range("2023-01-01", periods=n_bars, freq=freq, tz="UTC")
    return pd.DataFrame(
        {"open": opened, "high": high, "low": low, "close": close, "volume": 1.0}, index
    )


class Pullback(TradingStrategy):
    """A user's strategy: some parameters decide signals, others only the risk."""

    name = "pullback"
    computed = 0

    class Config(StrategyConfig):
        period: int = Field(14, ge=2, le=50)
        low: float = 30.0
        filtered: bool = True
        slow: int = Field(50, ge=2)
        stop: float = Field(0.02, gt=0, lt=1)

    config: Config

    @property
    def indicators(self) -> tuple[IndicatorUse, ...]:
        return (
            IndicatorUse("rsi", {"timeperiod": self.config.period}),
            IndicatorUse("sma", {"timeperiod": self.config.slow}),
        )

    @property
    def risk(self) -> Risk:
        return Risk(stop_loss=self.config.stop)

    def signals(self, candles: Any) -> Signals:
        type(self).computed += 1
        rsi = candles["rsi"]
        entry = rsi < self.config.low
        if self.config.filtered:
            entry = entry & (candles["close"] < candles["sma"])
        return Signals.of(
            long_entry=entry,
            long_exit=rsi > 60,
            short_entry=rsi > 80,
            short_exit=rsi < 50,
        )


RULES: dict[str, Any] = {
    "name": "rules",
    "indicators": [
        {"name": "rsi"},
        {"name": "sma", "params": {"timeperiod": 20}},
        {"name": "atr", "params": {"timeperiod": 14}},
        {"name": "bbands"},
    ],
    "buyConditions": [
        {
            "any": [
                {"left": "rsi", "operator": "crossover", "right": 30},
                {
                    "not": {
                        "all": [
                            {
                                "left": "close",
                                "operator": "between",
                                "right": ["lowerband", 90],
                            },
                            {"left": "close", "operator": "falling", "bars": 3},
                        ]
                    }
                },
            ]
        },
        {"left": "close[-2]", "operator": "<", "right": "sma_20 + 2 * atr[-1]"},
    ],
    "sellConditions": [
        {
            "any": [
                {"left": 70, "operator": "<", "right": "rsi[-1]"},
                {"not": {"left": "rsi", "operator": "crossunder", "right": 75}},
                {"not": {"left": "close", "operator": "rising", "bars": 2}},
            ]
        }
    ],
    "shortConditions": [
        {"left": "rsi", "operator": "between", "right": [60, 80]},
        {"left": "close", "operator": "!=", "right": "open"},
    ],
    "coverConditions": [{"left": "close / sma_20", "operator": "<", "right": 0.98}],
    "risk": {
        "stop_loss": 0.04,
        "leverage": 2,
        "sizing": {"type": "fixed_risk", "fraction": 0.1},
    },
}
"""JSON with not, any, between, runs, shifts, arithmetic and a numbered name."""

RULES_DRAWS: dict[str, Draw] = {
    "indicators[0].params.timeperiod": whole(1, 40),
    "indicators[1].params.timeperiod": whole(2, 60),
    "indicators[2].params.timeperiod": whole(2, 20),
    "buyConditions[0].any[0].right": real(20, 60),
    "buyConditions[0].any[1].not.all[1].bars": whole(0, 4),
    "buyConditions[0].any[1].not.all[0].right[1]": real(80, 120),
    "sellConditions[0].any[0].left": real(50, 90),
    "sellConditions[0].any[2].not.bars": whole(1, 4),
    "shortConditions[0].right[0]": real(50, 70),
    "shortConditions[0].right[1]": real(60, 90),
    "coverConditions[0].operator": one_of("<", "<="),
    "risk.stopLossPercent": real(0.2, 12),
    "risk.sizing.fraction": real(0.01, 1.2),
    "risk.trailing_stop": real(0.01, 0.2),
}


def backtest_of_row(
    candles: pd.DataFrame,
    base: Any,
    row: Mapping[str, Any],
    execution: Mapping[str, Any],
    span: BarSpan | None = None,
) -> Mapping[str, Any] | None:
    """Return the metrics of a single backtest; None where a row cannot be run."""
    own = {n: value for n, value in row.items() if not n.startswith("execution.")}
    terms = {
        n.removeprefix("execution."): value for n, value in row.items() if n not in own
    }
    try:
        strategy = strategy_of_row(base, own)
        chosen = fl.Execution(**{**execution, **terms})
        if span is None:
            return fl.backtest(candles, strategy, chosen).metrics
        bits = strategy.signals(candles).bits[span.first : span.last]
        given = GivenSignals(Signals(bits), strategy.risk)
        return fl.backtest(candles.iloc[span.first : span.last], given, chosen).metrics
    except fl.errors.InputError:
        return None


def strategy_of_row(base: Any, row: Mapping[str, Any]) -> Any:
    if isinstance(base, str):
        return built_in_strategy(base, **row)
    if isinstance(base, type):
        return base(**row)
    written = copy.deepcopy(base)
    for path, value in row.items():
        place, key = written, ""
        steps = re.findall(r"\w+", path)
        for step in steps[:-1]:
            place = (
                place[int(step)]
                if isinstance(place, list)
                else place.setdefault(step, {})
            )
        key = steps[-1]
        if key == "stopLossPercent":
            place.pop("stop_loss", None)
        if isinstance(place, list):
            place[int(key)] = value
        else:
            place[key] = value
    text = re.sub(
        r"sma_20",
        f"sma_{row.get('indicators[1].params.timeperiod', 20)}",
        fl.canonical.canonical_json(written),
    )
    return parse_strategy(text)
