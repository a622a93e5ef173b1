"""The JSON of a strategy: what is read, and a finding with its place for the rest."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foresto_lab.errors import StrategyError
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.strategies import JsonStrategy, Risk, check_definition, parse_strategy
from foresto_lab.strategies.finding_list import DEFINITION_CODES
from foresto_lab.strategies.sizing import FixedRisk
from foresto_lab.types import Severity

GOOD: dict[str, Any] = {
    "name": "dip",
    "version": "1.2.0",
    "indicators": [
        {"name": "rsi", "params": {"timeperiod": 14}},
        {"name": "ema", "params": {"period": 50}, "as": "trend"},
    ],
    "buyConditions": [
        {"left": "rsi", "operator": "crossover", "right": 30},
        {
            "any": [
                {"left": "close", "operator": "<", "right": "trend"},
                {"not": {"left": "rsi", "operator": "rising", "bars": 3}},
            ]
        },
    ],
    "sellConditions": [{"left": "rsi", "operator": "between", "right": [70, 100]}],
    "risk": {"stopLossPercent": 2, "timeStop": 48, "sizing": {"type": "allIn"}},
}


def changed(**values: Any) -> dict[str, Any]:
    return {**copy.deepcopy(GOOD), **values}


def errors(given: object) -> list[tuple[str, str]]:
    return [
        (finding.code, finding.where)
        for finding in check_definition(given)
        if finding.severity is Severity.ERROR
    ]


def with_left(left: object) -> dict[str, Any]:
    return changed(buyConditions=[{"left": left, "operator": ">", "right": 1}])


def nested(depth: int) -> Any:
    inner: Any = {"left": "close", "operator": ">", "right": 1}
    for _ in range(depth):
        inner = {"all": [inner]}
    return inner


def test_a_good_strategy_has_no_findings() -> None:
    assert check_definition(GOOD) == []
    strategy = JsonStrategy.from_dict(GOOD)
    assert (strategy.name, strategy.version, strategy.source) == (
        "dip",
        "1.2.0",
        "json",
    )
    assert strategy.risk.stop_loss == 0.02
    assert strategy.risk.time_stop == 48


BAD: list[tuple[object, tuple[str, str]]] = [
    (None, ("STRATEGY_MALFORMED", "")),
    ([GOOD], ("STRATEGY_MALFORMED", "")),
    (changed(name=["dip"]), ("STRATEGY_MALFORMED", "name")),
    (changed(version="one"), ("STRATEGY_MALFORMED", "version")),
    (changed(description="\ud800"), ("STRATEGY_MALFORMED", "description")),
    (changed(name="\ud800"), ("STRATEGY_MALFORMED", "name")),
    (changed(sellCondition=[]), ("STRATEGY_KEY_UNKNOWN", "")),
    ({**GOOD, "buy_conditions": []}, ("STRATEGY_MALFORMED", "buy_conditions")),
    (changed(indicators="rsi"), ("INDICATOR_MALFORMED", "indicators")),
    (
        changed(indicators=[*GOOD["indicators"], 7]),
        ("INDICATOR_MALFORMED", "indicators[2]"),
    ),
    (
        changed(indicators=[*GOOD["indicators"], {"name": "rsj"}]),
        ("INDICATOR_UNKNOWN", "indicators[2].name"),
    ),
    (
        changed(
            indicators=[*GOOD["indicators"], {"name": "sma", "params": {"perod": 3}}]
        ),
        ("PARAMETER_UNKNOWN", "indicators[2].params"),
    ),
    (
        changed(
            indicators=[*GOOD["indicators"], {"name": "sma", "params": {"period": "9"}}]
        ),
        ("PARAMETER_WRONG", "indicators[2].params.period"),
    ),
    (
        changed(
            indicators=[
                *GOOD["indicators"],
                {"name": "sma", "params": {"period": 10**300}},
            ]
        ),
        ("PARAMETER_WRONG", "indicators[2].params.period"),
    ),
    (changed(buyConditions="rsi > 3"), ("CONDITIONS_MALFORMED", "buyConditions")),
    (changed(buyConditions=[[]]), ("CONDITION_MALFORMED", "buyConditions[0]")),
    (
        changed(buyConditions=[{"all": []}]),
        ("CONDITIONS_EMPTY", "buyConditions[0].all"),
    ),
    (
        changed(buyConditions=[{"all": {}}]),
        ("CONDITIONS_MALFORMED", "buyConditions[0].all"),
    ),
    (
        changed(buyConditions=[{"left": "close"}]),
        ("CONDITION_MALFORMED", "buyConditions[0]"),
    ),
    (
        changed(buyConditions=[{"left": "close", "operator": ">"}]),
        ("CONDITION_MALFORMED", "buyConditions[0]"),
    ),
    (
        changed(
            buyConditions=[{"left": "close", "operator": ">", "right": 1, "rigth": 2}]
        ),
        ("CONDITION_KEY_UNKNOWN", "buyConditions[0]"),
    ),
    (
        changed(buyConditions=[{"left": "close", "operator": "=>", "right": 1}]),
        ("OPERATOR_UNKNOWN", "buyConditions[0].operator"),
    ),
    (
        changed(buyConditions=[{"left": "close", "operator": 5, "right": 1}]),
        ("OPERATOR_UNKNOWN", "buyConditions[0].operator"),
    ),
    (
        changed(buyConditions=[{"left": "close", "operator": "between", "right": 1}]),
        ("OPERAND_MALFORMED", "buyConditions[0].right"),
    ),
    (
        changed(
            buyConditions=[{"left": "close", "operator": "between", "right": [9, 1]}]
        ),
        ("CONDITION_MALFORMED", "buyConditions[0].right"),
    ),
    (
        changed(buyConditions=[{"left": "close", "operator": "rising", "bars": 0}]),
        ("OPERAND_MALFORMED", "buyConditions[0].bars"),
    ),
    (with_left(True), ("OPERAND_MALFORMED", "buyConditions[0].left")),
    (with_left(None), ("OPERAND_MALFORMED", "buyConditions[0].left")),
    (with_left({"a": 1}), ("OPERAND_MALFORMED", "buyConditions[0].left")),
    (with_left(float("nan")), ("NUMBER_NOT_FINITE", "buyConditions[0].left")),
    (with_left(10**400), ("NUMBER_NOT_FINITE", "buyConditions[0].left")),
    (with_left("close[1]"), ("LOOK_AHEAD", "buyConditions[0].left")),
    (with_left("clsoe"), ("COLUMN_UNKNOWN", "buyConditions[0].left")),
    (with_left("macd"), ("COLUMN_UNKNOWN", "buyConditions[0].left")),
    (with_left("__import__('os')"), ("OPERAND_MALFORMED", "buyConditions[0].left")),
    (changed(risk=[2]), ("RISK_MALFORMED", "risk")),
    (changed(risk={"stopLos": 0.1}), ("RISK_KEY_UNKNOWN", "risk")),
    (changed(risk={"stopLoss": 2}), ("RISK_OUT_OF_RANGE", "risk.stopLoss")),
    (changed(risk={"stop_loss": 0}), ("RISK_OUT_OF_RANGE", "risk.stop_loss")),
    (changed(risk={"leverage": 21}), ("RISK_OUT_OF_RANGE", "risk.leverage")),
    (changed(risk={"leverage": True}), ("RISK_OUT_OF_RANGE", "risk.leverage")),
    (changed(risk={"timeStop": 1.5}), ("RISK_OUT_OF_RANGE", "risk.timeStop")),
    (changed(risk={"sizing": {"type": []}}), ("RISK_MALFORMED", "risk.sizing")),
    (changed(risk={"sizing": "most_of_it"}), ("RISK_OUT_OF_RANGE", "risk.sizing")),
    (
        changed(risk={"stopLoss": 0.1, "stop_loss": 0.1}),
        ("RISK_MALFORMED", "risk.stop_loss"),
    ),
]


@pytest.mark.parametrize(("given", "expected"), BAD)
def test_what_is_amiss_has_its_code_and_its_place(
    given: object, expected: tuple[str, str]
) -> None:
    found = errors(given)
    assert expected in found
    with pytest.raises(StrategyError) as caught:
        JsonStrategy.from_dict(given)
    assert expected[0] in str(caught.value)
    str(caught.value).encode("utf-8")


def test_every_code_is_declared() -> None:
    assert {code for _, (code, _) in BAD} <= set(DEFINITION_CODES)


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    (finding,) = check_definition(with_left("clsoe"))[:1]
    assert finding.fix == "Did you mean close?"
    (missing,) = [
        f for f in check_definition(with_left("macd")) if f.severity == "error"
    ]
    assert missing.fix == 'Add {"name": "macd"} to indicators.'


def test_a_missing_exit_is_an_error_unless_something_else_closes() -> None:
    given = changed()
    del given["sellConditions"], given["risk"]
    assert errors(given) == [("SELL_CONDITIONS_MISSING", "sellConditions")]
    assert errors({**given, "risk": {"takeProfit": 0.1}}) == []
    short = [{"left": "rsi", "operator": ">", "right": 70}]
    assert errors({**given, "shortConditions": short}) == []
    del given["buyConditions"]
    assert errors(given) == [("NO_ENTRY", "buyConditions")]
    assert errors({**given, "shortConditions": short}) == [
        ("COVER_CONDITIONS_MISSING", "coverConditions")
    ]


def test_conditions_nest_up_to_a_depth_and_no_further() -> None:
    assert errors(changed(buyConditions=[nested(60)])) == []
    for depth in (64, 10_000):
        (found,) = errors(changed(buyConditions=[nested(depth)]))
        assert found[0] == "CONDITIONS_TOO_DEEP"
        assert found[1].startswith("buyConditions[0].all[0].all[0]")


def test_ten_thousand_conditions_side_by_side_are_too_many() -> None:
    one = {"left": "close", "operator": ">", "right": 1}
    (found,) = errors(changed(buyConditions=[one] * 10_000))
    assert found == ("CONDITIONS_TOO_MANY", "buyConditions[2000]")


def test_a_text_nested_ten_thousand_deep_is_a_sentence(tmp_path: Path) -> None:
    text = '{"buyConditions": ' + "[" * 100_000
    with pytest.raises(StrategyError, match="too deep"):
        parse_strategy(text)
    file = tmp_path / "strategy.json"
    file.write_text("{")
    with pytest.raises(StrategyError, match="not JSON"):
        parse_strategy(file)
    with pytest.raises(StrategyError, match="cannot be read"):
        parse_strategy(tmp_path / "none.json")
    file.write_text(json.dumps(GOOD))
    assert parse_strategy(file) == JsonStrategy.from_dict(GOOD)


def test_spelling_does_not_change_the_checksum() -> None:
    other = changed()
    other["buy_conditions"] = other.pop("buyConditions")
    other["indicators"][1]["params"] = {"timeperiod": 50.0}
    other["risk"] = {"time_stop": 48, "stop_loss": 0.02, "positionSizing": "all_in"}
    one, two = JsonStrategy.from_dict(GOOD), JsonStrategy.from_dict(other)
    assert one.checksum == two.checksum
    assert one == two
    assert JsonStrategy.from_dict(one.to_dict()) == one


def test_columns_are_told_apart_by_numbers_or_names(random_walk: CandleTable) -> None:
    given = changed(
        indicators=[
            {"name": "sma", "params": {"period": 5}},
            {"name": "sma", "params": {"period": 20}},
        ],
        buyConditions=[{"left": "sma_5", "operator": ">", "right": "sma_20"}],
        sellConditions=[{"left": "sma_5", "operator": "<", "right": "SMA_20"}],
    )
    signals = JsonStrategy.from_dict(given).signals(random_walk)
    assert signals.long_entry.any()
    assert not (signals.long_entry & signals.long_exit).any()
    given["buyConditions"][0]["left"] = "sma"
    assert errors(given) == [("COLUMN_AMBIGUOUS", "buyConditions[0].left")]


def test_an_unused_indicator_is_a_warning() -> None:
    given = changed(indicators=[*GOOD["indicators"], {"name": "adx"}])
    (finding,) = check_definition(given)
    assert (finding.code, finding.severity) == ("INDICATOR_UNUSED", Severity.WARNING)


def test_the_risk_block_takes_percent_and_either_spelling() -> None:
    risk = {
        "take_profit_percent": 5,
        "trailingStop": 0.03,
        "positionSizing": {"type": "FIXED_RISK", "percent": 1},
        "leverage": 3,
    }
    assert JsonStrategy.from_dict(changed(risk=risk)).risk == Risk(
        take_profit=0.05, trailing_stop=0.03, sizing=FixedRisk(0.01), leverage=3
    )


def test_each_condition_is_explained(random_walk: CandleTable) -> None:
    strategy = JsonStrategy.from_dict(GOOD)
    truths = {truth.path: truth for truth in strategy.condition_truths(random_walk)}
    assert list(truths) == [
        "buyConditions",
        "buyConditions[0]",
        "buyConditions[1]",
        "buyConditions[1].any[0]",
        "buyConditions[1].any[1]",
        "buyConditions[1].any[1].not",
        "sellConditions",
        "sellConditions[0]",
    ]
    signals = strategy.signals(random_walk)
    assert np.array_equal(truths["buyConditions"].truth, signals.long_entry)
    assert np.array_equal(signals.conditions["sellConditions[0]"], signals.long_exit)
    assert truths["buyConditions[1].any[1]"].text == "not (rsi rising for 3 bars)"
    close, trend = random_walk.close, signals.columns["trend"]
    margin = truths["buyConditions[1].any[0]"].margin
    assert np.array_equal(margin, trend - close, equal_nan=True)


def test_no_signal_is_given_before_every_condition_can_have_a_value(
    random_walk: CandleTable,
) -> None:
    given = changed(
        buyConditions=[{"left": "rsi[-4]", "operator": "falling", "bars": 2}]
    )
    strategy = JsonStrategy.from_dict(given)
    assert strategy.min_candles == 14 + 4 + 2 + 1
    assert np.flatnonzero(strategy.signals(random_walk).long_entry)[0] >= 20
