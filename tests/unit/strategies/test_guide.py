"""docs/strategies.md: its examples run, its tables are complete."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from foresto_lab.market.candle_table import CandleTable
from foresto_lab.strategies import BUILT_IN_STRATEGIES, JsonStrategy, check_definition
from foresto_lab.strategies.conditions import OPERATORS
from foresto_lab.strategies.finding_list import DEFINITION_CODES
from foresto_lab.strategies.sizing import SIZINGS, parse_sizing

PAGE = Path(__file__).resolve().parents[3] / "docs" / "strategies.md"
TEXT = PAGE.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return fence.findall(TEXT)


def test_the_json_example_has_no_findings(random_walk: CandleTable) -> None:
    (example,) = blocks("json")
    assert check_definition(json.loads(example)) == []
    assert JsonStrategy.from_dict(json.loads(example)).risk.stop_loss == 0.03


def test_the_python_examples_run(random_walk: CandleTable) -> None:
    (example,) = blocks("json")
    using, writing = blocks("python")
    space: dict[str, Any] = {
        "text": example,
        "candles": random_walk,
        "__name__": "guide",
    }
    exec(compile(using, "using", "exec"), space)
    assert isinstance(space["strategy"], JsonStrategy)
    exec(compile(writing, "writing", "exec"), space)
    assert len(space["signals"]) == len(random_walk)


def test_both_examples_are_nearly_one(random_walk: CandleTable) -> None:
    """The Python one leaves the any out; with the JSON's first part they agree."""
    given = json.loads(blocks("json")[0])
    given["buyConditions"][1] = given["buyConditions"][1]["any"][0]
    given["indicators"][0]["params"]["timeperiod"] = 10
    space: dict[str, Any] = {"candles": random_walk, "__name__": "guide"}
    exec(compile(blocks("python")[1], "writing", "exec"), space)
    in_json = JsonStrategy.from_dict(given).signals(random_walk)
    assert np.array_equal(space["signals"].bits, in_json.bits)


def test_every_code_operator_sizing_and_strategy_is_told() -> None:
    for code, meaning in DEFINITION_CODES.items():
        assert f"| `{code}` | {meaning} |" in TEXT
    for name in (*OPERATORS, *BUILT_IN_STRATEGIES):
        assert f"`{name}`" in TEXT
    for kind in SIZINGS:
        assert f'"{kind}"' in TEXT
    for text in re.findall(r'\{"type": "[^}]*\}', TEXT):
        assert parse_sizing(json.loads(text.replace("\n", " ")))
