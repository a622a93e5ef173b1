"""The JSON of each built-in, broken at random: findings or signals, nothing else."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.errors import ForestoError, StrategyError
from foresto_lab.findings import errors_in
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.strategies import (
    JsonStrategy,
    built_in_strategy,
    check_definition,
    parse_strategy,
)
from foresto_lab.strategies.finding_list import DEFINITION_CODES

NAMES = (
    "hyperrsi",
    "rsi_reversal",
    "macd_cross",
    "sma_cross",
    "bollinger_breakout",
    "donchian_turtle",
)
N_BARS = 260


def candles() -> CandleTable:
    close = 100 + 10 * np.sin(np.arange(N_BARS) / 7.0)
    frame = pd.DataFrame(
        {
            "open": close,
            "high": close + 1,
            "low": close - 1,
            "close": close,
            "volume": 0.0,
        },
        index=pd.date_range("2024-01-01", periods=N_BARS, freq="1D", tz="UTC"),
    )
    return parse_candles(frame)


CANDLES = candles()
JSONS: list[dict[str, Any]] = [
    built_in_strategy(name).to_json()  # type: ignore[attr-defined]
    for name in NAMES
]
JSONS += [
    built_in_strategy(name, allow_short=True, stop_loss_percent=3.0).to_json()  # type: ignore[attr-defined]
    for name in NAMES[1:]
]

junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.just(10**400),
        st.floats(),
        st.text(max_size=12),
        st.sampled_from(
            [
                "close",
                "close[1]",
                "close[-2]",
                "rsi",
                ">",
                "between",
                "rising",
                "all",
                "any",
                "not",
                "ema * 2",
                "1/0",
                "sma",
                "\ud800",
            ]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.text(max_size=6),
                st.sampled_from(["left", "operator", "right", "all", "not", "name"]),
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


@st.composite
def broken(draw: st.DrawFn) -> Any:
    given = copy.deepcopy(draw(st.sampled_from(JSONS)))
    for _ in range(draw(st.integers(1, 3))):
        spots = [path for path in all_places(given) if path]
        if not spots:
            break
        *way, last = draw(st.sampled_from(spots))
        inside = given
        for step in way:
            inside = inside[step]
        action = draw(st.sampled_from(["delete", "replace", "replace", "rename"]))
        if action == "replace":
            inside[last] = draw(junk)
        elif action == "rename" and isinstance(inside, dict):
            inside[draw(st.text(max_size=8))] = inside.pop(last)
        else:
            del inside[last]
    return given


def all_places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of a value and of every value inside it."""
    inner: list[tuple[Any, ...]] = [path]
    if isinstance(value, dict):
        for key in value:
            inner += all_places(value[key], (*path, key))
    elif isinstance(value, list):
        for key in range(len(value)):
            inner += all_places(value[key], (*path, key))
    return inner


def require_report_or_signals(given: Any) -> None:
    findings = check_definition(given)
    assert {finding.code for finding in findings} <= set(DEFINITION_CODES)
    for finding in findings:
        assert finding.message
        json.dumps(finding.to_dict())
    if errors_in(findings):
        with pytest.raises(StrategyError) as caught:
            JsonStrategy.from_dict(given)
        assert str(caught.value).encode("utf-8")
        return
    strategy = JsonStrategy.from_dict(given)
    signals = strategy.signals(CANDLES)
    assert len(signals) == len(CANDLES)
    assert strategy.min_candles >= 1
    assert len(strategy.checksum) == 64
    assert JsonStrategy.from_dict(strategy.to_dict()) == strategy
    for truth in strategy.condition_truths(CANDLES):
        assert len(truth.margin) == len(CANDLES)


@settings(max_examples=600, deadline=None)
@given(given_json=broken())
def test_a_broken_built_in_is_reported_or_runs(given_json: Any) -> None:
    require_report_or_signals(given_json)


@settings(max_examples=300, deadline=None)
@given(value=junk)
def test_anything_at_all_is_reported_or_runs(value: Any) -> None:
    require_report_or_signals(value)
    require_report_or_signals({"buyConditions": value, "sellConditions": value})
    require_report_or_signals({"indicators": value, "buyConditions": [], "risk": value})


@settings(max_examples=200, deadline=None)
@given(text=st.one_of(st.text(max_size=40), junk.map(lambda value: repr(value))))
def test_any_text_of_an_operand_is_read_or_reported(text: str) -> None:
    condition = {"left": text, "operator": ">", "right": 1}
    require_report_or_signals({"buyConditions": [condition], "risk": {"timeStop": 3}})


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=30))
def test_any_text_is_a_strategy_or_an_error_of_ours(text: str) -> None:
    with suppress(ForestoError):
        parse_strategy("{" + text)
