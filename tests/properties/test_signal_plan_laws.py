"""Any conditions, with any of their numbers open, plan to the signals they give."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foresto_lab.errors import StrategyError
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator
from foresto_lab.optimize.evaluators.json_family import JsonFamily
from tests.oracles.sweep_reference import combination_bits
from tests.properties.test_condition_laws import conditions

NAMES = {"a": "close", "b": "volume", "c": "sma"}
NUMBERS = st.sampled_from([0, 1, 2, 3, 1.5, -1])


@st.composite
def tables(draw: st.DrawFn) -> CandleTable:
    """Return a few candles with many ties, and volumes of 0 to divide by."""
    n_bars = draw(st.integers(2, 12))
    few = st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=n_bars, max_size=n_bars)
    volume = st.lists(st.sampled_from([0.0, 1.0]), min_size=n_bars, max_size=n_bars)
    close = draw(few)
    return parse_candles(
        pd.DataFrame(
            {"open": draw(few), "high": 4.0, "low": 0.5, "close": close}
            | {"volume": draw(volume)},
            pd.date_range("2024-01-01", periods=n_bars, freq="1h", tz="UTC"),
        )
    )


def named(written: Any) -> Any:
    """Return conditions that look at candles and an average instead of a, b and c."""
    if isinstance(written, dict):
        return {
            key: value if key == "operator" else named(value)
            for key, value in written.items()
        }
    if isinstance(written, list):
        return [named(value) for value in written]
    if isinstance(written, str):
        return re.sub(r"\b[abc]\b", lambda match: NAMES[match[0]], written)
    return written


def open_numbers(family: JsonFamily) -> list[str]:
    """Return the places of all numbers of a strategy's conditions and indicators."""
    return [
        path
        for path in family.parameters
        if re.search(r"\.(left|right|right\[\d\]|bars|timeperiod)$", path)
        and isinstance(value_at(family.written, path), int | float)
    ]


def value_at(written: Any, path: str) -> Any:
    for step in re.findall(r"\w+", path):
        of_list = isinstance(written, list)
        written = written[int(step)] if of_list else written.get(step)
        if written is None:
            return None
    return written


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    entry=st.lists(conditions, min_size=1, max_size=2),
    leave=st.lists(conditions, min_size=1, max_size=2),
    table=tables(),
    data=st.data(),
)
def test_the_plan_gives_the_signals_of_each_combination(
    entry: Any, leave: Any, table: CandleTable, data: st.DataObject
) -> None:
    evaluator = BacktestEvaluator.of(
        table,
        {
            "indicators": [{"name": "sma", "params": {"timeperiod": 3}}],
            "buyConditions": named(entry),
            "coverConditions": named(leave),
            "risk": {"stop_loss": 0.5},
        },
        threads=1,
    )
    assert isinstance(evaluator.family, JsonFamily)
    places = open_numbers(evaluator.family)
    whole = {
        place: place.endswith(("bars", "timeperiod"))
        and not place.endswith(("left", "right"))
        for place in places
    }
    rows = [
        {
            place: data.draw(st.integers(1, 4))
            if whole[place]
            else float(data.draw(NUMBERS))
            for place in places
        }
        for _ in range(3)
    ] or [{}]
    rows = [{**row, "execution.leverage": 1.0} for row in rows]
    columns = dict(Combinations.of(rows).columns)
    seen = {}
    with evaluator._planner() as planner:
        for planned in planner.batches(columns, len(rows), 0):
            batch = planned.batch
            for place, number in enumerate(batch.places.tolist()):
                seen[number] = combination_bits(batch.signals, place, len(table))
    for number, row in enumerate(rows):
        del row["execution.leverage"]
        try:
            wanted = evaluator.family.strategy(row).signals(table).bits
        except StrategyError:
            assert number not in seen
            continue
        assert np.array_equal(seen[number], wanted), row
