"""Whatever a strategy's JSON holds, preflight answers with a report."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foresto_lab.preflight import PreflightReport
from foresto_lab.preflight.strategy import preflight
from foresto_lab.strategies.library import BUILT_IN_STRATEGIES


def definitions() -> dict[str, dict[str, Any]]:
    """Return the JSON of each built-in strategy that can be said in JSON."""
    said = {}
    for name, kind in BUILT_IN_STRATEGIES.items():
        to_json = getattr(kind(), "to_json", None)
        if to_json is not None:
            said[name] = json.loads(json.dumps(to_json()))
    return said


DEFINITIONS = definitions()
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=12),
    st.sampled_from(["rsi", "close", "close[1]", "ema * 2", "crossover", "[" * 50]),
    st.lists(st.integers(-3, 3), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value within a definition."""
    keys: Any = ()
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = range(len(value))
    inner = [place for key in keys for place in places(value[key], (*path, key))]
    return [path, *inner] if path else inner


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """Return a built-in definition with a few values replaced, dropped or repeated."""
    definition = copy.deepcopy(DEFINITIONS[draw(st.sampled_from(sorted(DEFINITIONS)))])
    for _ in range(draw(st.integers(1, 3))):
        known = places(definition)
        if not known:
            break
        *outer, last = draw(st.sampled_from(known))
        holder = definition
        for key in outer:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "drop", "repeat", "nest"])):
            case "drop":
                del holder[last]
            case "repeat" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
            case "nest":
                holder[last] = {"all": [holder[last]]}
            case _:
                holder[last] = draw(ODD)
    return definition


def some_candles(kind: str) -> pd.DataFrame:
    count = {"none": 0, "one": 1, "few": 30}.get(kind, 260)
    steps = np.random.default_rng(7).normal(0, 0.02, count)
    close = np.full(count, 100.0) if kind == "flat" else 100 * np.exp(np.cumsum(steps))
    index = pd.date_range("2024-01-01", periods=count, freq="1h", tz="UTC")
    frame = pd.DataFrame(
        {
            "open": close,
            "high": close * (1.0 if kind == "flat" else 1.01),
            "low": close * (1.0 if kind == "flat" else 0.99),
            "close": close,
            "volume": 0.0 if kind == "flat" else 10.0,
        },
        index=index,
    )
    return frame.astype(float)


CANDLES = {kind: some_candles(kind) for kind in ("none", "one", "few", "flat", "many")}


def require_report(report: object) -> None:
    assert isinstance(report, PreflightReport)
    json.dumps(report.to_dict(), allow_nan=False, default=str)
    assert report._repr_html_()
    assert report.to_html("ko")
    assert str(report)
    assert report.passed is (not report.errors)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definition=mutated(), kind=st.sampled_from(["none", "one", "few", "many"]))
def test_a_changed_built_in_definition_gets_a_report(
    definition: Any, kind: str
) -> None:
    require_report(preflight(definition, CANDLES[kind]))


@settings(max_examples=200, deadline=None)
@given(given=st.recursive(ODD, lambda inner: st.lists(inner, max_size=3), max_leaves=6))
def test_any_json_at_all_gets_a_report(given: Any) -> None:
    require_report(preflight(given, CANDLES["few"]))


@pytest.mark.parametrize("kind", CANDLES)
@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_each_built_in_strategy_on_each_kind_of_candles(name: str, kind: str) -> None:
    for strategy in (name, DEFINITIONS[name]):
        report = preflight(strategy, CANDLES[kind])
        require_report(report)
        assert report.passed is (kind == "many" and not report.errors)


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_the_json_of_a_built_in_strategy_trades_as_often_as_it_does(name: str) -> None:
    candles = CANDLES["many"]
    said = preflight(DEFINITIONS[name], candles)
    assert said.predicted_trades == preflight(name, candles).predicted_trades
