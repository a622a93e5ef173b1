"""Constraints between parameters: what they mean, and what they refuse."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from foresto_lab.errors import SpaceError, UnknownNameError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.spaces.parameter_constraints import (
    ParameterConstraint,
    parse_constraints,
)

GIVEN = Combinations.of(
    [
        {"a": 1, "b": 2, "c": 0.5, "word": "x", "flag": True},
        {"a": 2, "b": 2, "c": 0.0, "word": "y", "flag": False},
        {"a": 3, "b": 2, "c": -1.0, "word": "x", "flag": True},
    ]
)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("a < b", [True, False, False]),
        ("a <= b", [True, True, False]),
        ("a + 2*c <= b", [True, True, True]),
        ("1 < a < 3", [False, True, False]),
        ("a != b and c", None),
        ("a != b and c > 0", [True, False, False]),
        ("a > b or c == 0", [False, True, True]),
        ("not (a > b)", [True, True, False]),
        ("-c >= 0", [False, True, True]),
        ("a % 2 == 1", [True, False, True]),
        ("b // a == 1", [False, True, False]),
        ("1 / c > 0", [True, True, False]),
        ("word == 'x'", [True, False, True]),
        ("flag", [True, False, True]),
        ("not flag or a > 1", [False, True, True]),
        ("word != 'x' or a == 1", [True, True, False]),
        (" a<b ", [True, False, False]),
    ],
)
def test_a_constraint_is_read_as_it_is_written(
    text: str, allowed: list[bool] | None
) -> None:
    constraint = ParameterConstraint(text)
    if allowed is None:
        with pytest.raises(SpaceError, match="different kinds"):
            constraint.allows(GIVEN)
        return
    assert constraint.allows(GIVEN).tolist() == allowed


def test_zero_divided_by_zero_meets_no_condition() -> None:
    zero = Combinations({"c": np.zeros(2)})
    assert ParameterConstraint("c / c > 0").allows(zero).tolist() == [False, False]
    assert ParameterConstraint("c % 0 != 1").allows(zero).tolist() == [True, True]


def test_names_that_are_no_python_names_stand_in_backticks() -> None:
    path = "indicators[0].params.timeperiod"
    constraint = ParameterConstraint(f"`{path}` < slow and `{path}` > 3")
    given = Combinations({path: np.array([2, 5, 9]), "slow": np.array([9, 9, 9])})
    assert constraint.names == (path, "slow")
    assert constraint.allows(given).tolist() == [False, True, False]


def test_a_constraint_crosses_processes() -> None:
    constraint = pickle.loads(pickle.dumps(ParameterConstraint("a < b")))
    assert constraint.allows(GIVEN).tolist() == [True, False, False]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a <",
        "1 < 2",
        "a + b",
        "a = b",
        "a < b; a",
        "a.real < 3",
        "a[0] < 3",
        "f(a) < 3",
        "a ** 2 < 3",
        "[a] == 3",
        "(lambda: a)() < 3",
        "a < 3 if a else b",
        "a < 3j",
        "a in (1, 2)",
        "`a < b",
        "a < " + "(" * 300 + "b" + ")" * 300,
        "a < b and " * 200 + "a < b",
        "a\x00 < b",
    ],
)
def test_what_is_no_comparison_of_parameters_is_refused(text: str) -> None:
    with pytest.raises(SpaceError, match="refused"):
        ParameterConstraint(text)


def test_a_constraint_that_is_no_text_is_refused() -> None:
    with pytest.raises(SpaceError, match="no text"):
        ParameterConstraint(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["word < 3", "word + 1 > 2", "a == -word"])
def test_values_of_different_kinds_are_not_compared(text: str) -> None:
    with pytest.raises(SpaceError, match="different kinds"):
        ParameterConstraint(text).allows(GIVEN)


def test_a_name_that_is_not_of_the_space_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="fast_period"):
        parse_constraints(["fast_perod < slow_period"], ["fast_period", "slow_period"])
