"""What trials are compared by, and which count: names, directions, bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from foresto_lab.errors import ObjectiveError, UnknownNameError
from foresto_lab.optimize.evaluation import Evaluations
from foresto_lab.optimize.searching.objective import (
    Objective,
    feasible_trials,
    objective_values,
    parse_metric_constraints,
    parse_objectives,
)

NAMES = ("sharpe", "volatility", "max_drawdown", "total_trades")
TOLD = Evaluations(
    NAMES,
    np.array(
        [
            [1.5, 0.2, -0.10, 40.0],
            [np.nan, 0.3, -0.50, 0.0],
            [0.5, 0.1, np.nan, 30.0],
        ]
    ),
)


def one(given: object) -> Objective:
    (objective,) = parse_objectives(given, NAMES)  # type: ignore[arg-type]
    return objective


@pytest.mark.parametrize(
    ("given", "name", "more"),
    [
        ("sharpe_ratio", "sharpe", True),
        ("sharpe", "sharpe", True),
        ("volatility", "volatility", False),
        ("-volatility", "volatility", False),
        ("max_drawdown", "max_drawdown", True),
        ("+total_trades", "total_trades", True),
        ("- total_trades", "total_trades", False),
        (Objective("volatility", maximize=True), "volatility", True),
        (Objective("sharpe_ratio"), "sharpe", True),
    ],
)
def test_a_figure_knows_whether_more_of_it_is_better(
    given: object, name: str, more: bool
) -> None:
    objective = one(given)
    assert (objective.name, objective.more_is_better) == (name, more)


def test_an_unknown_figure_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="sharpe"):
        one("sharp_ratio")


def test_a_figure_without_a_direction_asks_for_one() -> None:
    with pytest.raises(ObjectiveError, match=r"'\+total_trades'.*'-total_trades'"):
        one("total_trades")


@pytest.mark.parametrize("given", ["-max_drawdown", "-sharpe_ratio", "+volatility"])
def test_a_sign_that_asks_for_the_worst_is_refused(given: str) -> None:
    with pytest.raises(ObjectiveError, match="asks for the worst"):
        one(given)


@pytest.mark.parametrize("given", [None, 3, [], ["sharpe", "sharpe_ratio"], [["a"]]])
def test_what_is_no_objective_is_refused(given: object) -> None:
    with pytest.raises(ObjectiveError):
        parse_objectives(given, NAMES)  # type: ignore[arg-type]


def test_values_of_several_objectives_stand_side_by_side() -> None:
    objectives = parse_objectives(["sharpe_ratio", "-volatility"], NAMES)
    values = objective_values(objectives, TOLD)
    np.testing.assert_array_equal(values, [[1.5, 0.2], [np.nan, 0.3], [0.5, 0.1]])


def test_a_function_is_given_the_figures_by_name() -> None:
    def reward(figures: dict[str, float]) -> float:
        return figures["sharpe"] * 10 + figures["total_trades"]

    objective = one(reward)
    assert objective.name == "reward"
    assert objective.more_is_better
    np.testing.assert_array_equal(objective.values(TOLD), [55.0, np.nan, 35.0])


def test_a_division_by_zero_is_no_value() -> None:
    values = one(lambda figures: 1.0 / figures["total_trades"]).values(TOLD)
    assert values[0] == 1 / 40
    assert math.isnan(values[1])


def test_a_figure_that_a_function_misspells_is_named() -> None:
    with pytest.raises(ObjectiveError, match=r"'sharp'.*they have sharpe"):
        one(lambda figures: figures["sharp"]).values(TOLD)


def test_what_a_function_raises_or_returns_wrongly_is_said() -> None:
    def broken(figures: dict[str, float]) -> float:
        raise RuntimeError("no such thing")

    with pytest.raises(ObjectiveError, match=r"broken failed.*no such thing"):
        one(broken).values(TOLD)
    with pytest.raises(ObjectiveError, match="must return a number"):
        one(lambda figures: "high").values(TOLD)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("total_trades >= 30", [True, False, True]),
        ("30 <= total_trades", [True, False, True]),
        ("max_drawdown > -0.3", [True, False, False]),
        ("sharpe_ratio > 1", [True, False, False]),
        ("30 < total_trades < 50", [True, False, False]),
        ("total_trades >= 30 and volatility < 0.15", [False, False, True]),
        ("total_trades != 0", [True, False, True]),
        ("max_drawdown == -0.5", [False, True, False]),
    ],
)
def test_a_bound_is_kept_or_not_and_never_by_what_is_undefined(
    text: str, kept: list[bool]
) -> None:
    constraints = parse_metric_constraints(text, NAMES)
    assert feasible_trials(constraints, TOLD).tolist() == kept


def test_without_bounds_every_trial_counts() -> None:
    assert feasible_trials((), TOLD).tolist() == [True, True, True]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sharpe",
        "sharpe >",
        "sharpe > volatility",
        "sharpe in (1, 2)",
        "1 < 2",
        "sharpe > '1'",
        "sharpe > 1 or volatility < 2",
        "__import__('os')",
        "sharpe > 1e999",
    ],
)
def test_what_is_no_bound_is_refused(text: str) -> None:
    with pytest.raises(ObjectiveError, match="is no bound on a figure"):
        parse_metric_constraints([text], NAMES)


def test_a_bound_on_an_unknown_figure_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="max_drawdown"):
        parse_metric_constraints("max_drawdwn > -0.3", NAMES)


def test_a_bound_says_itself() -> None:
    (bound,) = parse_metric_constraints("-0.3 < max_drawdown", NAMES)
    assert str(bound) == "max_drawdown > -0.3"
    assert parse_metric_constraints(bound, NAMES) == (bound,)
