"""Conditions on made-up columns: the compiled truth is that of the slow interpreter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.strategies.condition_parser import ConditionParser
from foresto_lab.strategies.conditions import Condition, leaves_in, nodes_in
from foresto_lab.strategies.evaluation import Evaluation
from foresto_lab.strategies.finding_list import FindingList
from tests.oracles import condition_interpreter

NAMES = ("a", "b", "c")
VALUES = st.sampled_from([0.0, 1.0, 2.0, 3.0, -1.0, 1.5, math.nan])
NUMBERS = st.sampled_from([0, 1, 2, 1.5, -1])


@st.composite
def columns(draw: st.DrawFn) -> dict[str, np.ndarray[Any, Any]]:
    n_bars = draw(st.integers(0, 12))
    return {
        name: np.array(draw(st.lists(VALUES, min_size=n_bars, max_size=n_bars)))
        for name in NAMES
    }


references = st.builds(
    lambda name, shift: f"{name}[-{shift}]" if shift else name,
    st.sampled_from(NAMES),
    st.sampled_from([0, 0, 1, 2, 20]),
)
arithmetic = st.builds(
    lambda left, sign, right: f"{left} {sign} {right}",
    references,
    st.sampled_from("+-*/"),
    st.one_of(references, st.sampled_from(["2", "(a + 1)", "0.5"])),
)
operands = st.one_of(references, references, NUMBERS, arithmetic)
leaves = st.one_of(
    st.fixed_dictionaries(
        {
            "left": operands,
            "operator": st.sampled_from(
                [">", ">=", "<", "<=", "==", "!=", "crossover", "crossunder"]
            ),
            "right": operands,
        }
    ),
    st.fixed_dictionaries(
        {
            "left": operands,
            "operator": st.just("between"),
            "right": st.tuples(references, operands).map(list),
        }
    ),
    st.fixed_dictionaries(
        {"left": operands, "operator": st.sampled_from(["rising", "falling"])},
        optional={"bars": st.integers(1, 4)},
    ),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
)


def parsed(block: Any) -> Condition:
    findings = FindingList()
    condition = ConditionParser(findings, lambda name, _: name).parse_block(
        block, "buyConditions"
    )
    assert condition is not None, findings.all
    return condition


@settings(max_examples=400, deadline=None)
@given(block=st.lists(conditions, min_size=1, max_size=3), columns=columns())
def test_the_truth_is_the_interpreters(block: Any, columns: Any) -> None:
    n_bars = len(columns["a"])
    expected = [
        condition_interpreter.holds(block, columns, bar) for bar in range(n_bars)
    ]
    truth = Evaluation(columns, n_bars).truth(parsed(block))
    assert truth.dtype == np.bool_
    assert truth.tolist() == expected


@settings(max_examples=200, deadline=None)
@given(block=st.lists(conditions, min_size=1, max_size=3), columns=columns())
def test_a_margin_tells_on_which_side_a_condition_is(block: Any, columns: Any) -> None:
    n_bars = len(columns["a"])
    for found in Evaluation(columns, n_bars).explain(parsed(block)):
        assert len(found.margin) == n_bars
        assert not np.any(found.truth & (found.margin < 0)), found.text


@settings(max_examples=200, deadline=None)
@given(block=st.lists(conditions, min_size=1, max_size=3))
def test_what_is_written_down_is_read_back_the_same(block: Any) -> None:
    condition = parsed(block)
    again = parsed(condition.to_dict())
    assert list(leaves_in(again)) == list(leaves_in(condition))
    assert again.to_dict() == condition.to_dict()


@settings(max_examples=100, deadline=None)
@given(block=st.lists(conditions, min_size=1, max_size=3))
def test_each_path_leads_to_what_it_names(block: Any) -> None:
    for node in nodes_in(parsed(block)):
        place: Any = {"buyConditions": block}
        for step in node.path.replace("[", ".[").split("."):
            key = int(step[1:-1]) if step.startswith("[") else step
            place = place[key]
        if node.path != "buyConditions":
            assert parsed(place).to_dict() == {"all": [node.to_dict()]} or (
                parsed(place).to_dict() == node.to_dict()
            )
