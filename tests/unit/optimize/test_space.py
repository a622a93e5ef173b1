"""Spaces: what parameters may be, how points are numbered, and what is refused."""

from __future__ import annotations

import pickle
import time
from typing import Any

import numpy as np
import pytest
from pydantic import Field

from foresto_lab.errors import SpaceError, UnknownNameError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.spaces.space import (
    Choice,
    FloatRange,
    IntRange,
    Space,
    parse_space,
)
from foresto_lab.strategies import JsonStrategy, StrategyConfig, TradingStrategy
from foresto_lab.strategies.library.hyperrsi import HyperRsi


def listed(domain: IntRange | FloatRange | Choice) -> list[Any]:
    """Return all values of a domain."""
    assert domain.count is not None
    values: list[Any] = domain.values(np.arange(domain.count)).tolist()
    return values


def test_whole_numbers_go_by_steps_to_the_last_that_is_not_past_the_end() -> None:
    assert listed(IntRange(5, 20, 5)) == [5, 10, 15, 20]
    assert listed(IntRange(5, 19, 5)) == [5, 10, 15]
    assert listed(IntRange(7, 7)) == [7]


def test_a_step_on_a_log_scale_is_a_factor() -> None:
    assert listed(IntRange(1, 40, 3, log=True)) == [1, 3, 9, 27]
    assert listed(FloatRange(0.001, 1, 10, log=True)) == pytest.approx(
        [0.001, 0.01, 0.1, 1.0], rel=1e-12
    )
    assert IntRange(1, 1000, log=True).count == 1000


def test_steps_of_decimals_are_the_decimals_a_person_would_write() -> None:
    assert listed(FloatRange(0.1, 0.7, 0.1)) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert listed(FloatRange(-1, 0.5, 0.25)) == [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5]
    assert listed(FloatRange(0, 1, 1 / 3)) == [0.0, 1 / 3, 2 / 3, 1.0]


@pytest.mark.parametrize(
    "domain",
    [
        IntRange(-4, 40, 4),
        IntRange(1, 500, 7, log=True),
        FloatRange(0.05, 9.95, 0.05),
        FloatRange(0.01, 20, 1.5, log=True),
        Choice(("a", None, True, 1, 2.5)),
        Choice((1.5, 2.5)),
        Choice((False, True)),
    ],
)
def test_a_value_knows_its_level(domain: IntRange | FloatRange | Choice) -> None:
    assert domain.count is not None
    levels = np.arange(domain.count)
    assert domain.levels(domain.values(levels)).tolist() == levels.tolist()
    assert domain.allows(domain.values(levels)).all()


def test_what_is_between_the_levels_is_not_of_the_range() -> None:
    assert IntRange(5, 20, 5).levels(np.array([4, 5, 6, 20, 25])).tolist() == [
        *(-1, 0, -1),
        *(3, -1),
    ]
    outside = np.array([0.05, 0.1, 0.15, np.nan])
    assert FloatRange(0.1, 0.5, 0.1).levels(outside).tolist() == [-1, 0, -1, -1]
    words = np.array(["b", "c"], dtype=object)
    assert Choice(("a", "b")).levels(words).tolist() == [1, -1]


def test_true_and_one_are_different_choices() -> None:
    assert Choice((1, True)).count == 2


def test_small_numbers_are_as_frequent_as_large_ones_on_a_log_scale() -> None:
    generator = np.random.default_rng(3)
    for domain in (FloatRange(1, 10_000, log=True), IntRange(1, 10_000, log=True)):
        drawn = domain.sample(generator, 20_000)
        assert np.mean(drawn <= 100) == pytest.approx(0.5, abs=0.06)
        assert drawn.min() >= 1
        assert drawn.max() <= 10_000


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (range(5, 20, 5), IntRange(5, 15, 5)),
        (range(15, 0, -5), IntRange(5, 15, 5)),
        ((5, 20), IntRange(5, 20)),
        ((5, 20, 5), IntRange(5, 20, 5)),
        ((0.5, 2), FloatRange(0.5, 2.0)),
        ((0.5, 2, 0.5), FloatRange(0.5, 2.0, 0.5)),
        (["a", "b"], Choice(("a", "b"))),
        (np.array([1, 2]), Choice((1, 2))),
        (14, Choice((14,))),
        ({"kind": "int", "low": 1, "high": 3}, IntRange(1, 3)),
        ({"kind": "choice", "values": [1, 2]}, Choice((1, 2))),
    ],
)
def test_the_short_ways_to_write_a_domain(given: Any, meant: Any) -> None:
    assert parse_space({"x": given}).parameters["x"] == meant


def three_by_two() -> Space:
    """Return a space of six points."""
    return Space({"a": IntRange(1, 3), "b": Choice(("x", "y"))})


def test_points_are_numbered_with_the_last_parameter_fastest() -> None:
    rows = list(three_by_two().grid(0, 6).rows())
    assert [(row["a"], row["b"]) for row in rows] == [
        *((1, "x"), (1, "y"), (2, "x")),
        *((2, "y"), (3, "x"), (3, "y")),
    ]


def test_a_grid_in_parts_is_the_grid() -> None:
    space = three_by_two()
    parts = space.grid(0, 4).then(space.grid(4, 100))
    assert list(parts.rows()) == list(space.grid(0, 6).rows())


def test_constraints_leave_out_points_of_the_grid_and_of_draws() -> None:
    space = parse_space({"fast": (5, 30, 5), "slow": (10, 60, 10)}, "fast < slow")
    grid = space.grid(0, 36)
    assert space.size == 36
    assert len(grid) == 27  # by hand: 6 slows above 5, 5 above each of 10 and 15, ...
    assert (grid.columns["fast"] < grid.columns["slow"]).all()
    drawn = space.sample(np.random.default_rng(0), 500)
    assert len(drawn) == 500
    assert (drawn.columns["fast"] < drawn.columns["slow"]).all()


def test_a_space_says_which_combinations_are_of_it() -> None:
    space = parse_space({"fast": (5, 30, 5), "slow": (10, 60, 10)}, "fast < slow")
    given = Combinations.of(
        [{"fast": 5, "slow": 10}, {"fast": 6, "slow": 10}, {"fast": 20, "slow": 10}]
    )
    assert space.contains(given).tolist() == [True, False, False]
    assert space.numbers_of(given).tolist() == [0, -1, 18]


def test_levels_and_positions_are_there_for_neighbours() -> None:
    space = Space({"a": IntRange(0, 10, 5), "b": FloatRange(1, 100, log=True)})
    given = Combinations.of([{"a": 5, "b": 10.0}, {"a": 10, "b": 100.0}])
    assert space.levels_of(given).tolist() == [[1, 16], [2, 31]]
    assert space.positions_of(given) == pytest.approx(np.array([[0.5, 0.5], [1, 1]]))


def test_a_continuous_range_has_no_size_and_no_grid() -> None:
    space = Space({"a": IntRange(1, 3), "b": FloatRange(0, 1)})
    assert space.size is None
    with pytest.raises(SpaceError, match="no step") as caught:
        space.grid(0, 10)
    assert caught.value.parameter == "b"


def test_a_million_points_take_no_python_each() -> None:
    space = Space({f"p{place}": IntRange(0, 9) for place in range(6)})
    began = time.process_time()
    grid = space.grid(0, 10**6)
    assert len(grid) == 10**6
    assert time.process_time() - began < 5  # 0.06 s; by the point it would be 10


def test_too_many_points_are_refused_with_their_count_and_a_way_out() -> None:
    space = Space({f"p{place}": IntRange(1, 100) for place in range(6)})
    with pytest.raises(SpaceError, match=r"1,000,000,000,000.*random.*tpe"):
        space.require_grid()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "empty"),
        ("rsi", "mapping"),
        ({"a": (5, 1)}, "a: .*low above its high"),
        ({"a": (1, 5, 0)}, "step 0"),
        ({"a": (1, 5, -1)}, "above 0"),
        ({"a": (1, 2, 3, 4)}, "4 entries"),
        ({"a": (float("nan"), 1.0)}, "nan"),
        ({"a": (0.0, float("inf"))}, "inf"),
        ({"a": (0.0, 1.0, float("nan"))}, "step nan"),
        ({"a": ("x", "y")}, "'x'"),
        ({"a": (False, True)}, "False"),
        ({"a": (0, 10**17)}, "larger unit"),
        ({"a": []}, "no options"),
        ({"a": range(5, 5)}, "no numbers"),
        ({"a": [1, 2, 1]}, "more than once"),
        ({"a": [1, 1.0]}, "more than once"),
        ({"a": [[1], [2]]}, "list"),
        ({"a": [float("nan")]}, "nan"),
        ({"a": {1, 2}}, "neither a range nor a choice"),
        ({"a": {"kind": "int", "low": 1}}, "describes no range"),
        ({"a": {"kind": "cube"}}, "describes no range"),
        ({"": (1, 2)}, "no name"),
        ({"parameters": [3]}, "no name"),
    ],
)
def test_what_is_no_space_is_refused(given: Any, said: str) -> None:
    with pytest.raises(SpaceError, match=said):
        parse_space(given)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: IntRange(1.5, 3), "no whole number"),  # type: ignore[arg-type]
        (lambda: IntRange(True, 3), "no whole number"),
        (lambda: IntRange(0, 10, log=True), "log scale"),
        (lambda: FloatRange(-1, 1, log=True), "log scale"),
        (lambda: FloatRange(1, 10, 0.5, log=True), "factor"),
        (lambda: Choice("abc"), "no list"),  # type: ignore[arg-type]
        (lambda: Space({"a": 3}), "a is 3"),  # type: ignore[dict-item]
    ],
)
def test_what_is_no_domain_is_refused(make: Any, said: str) -> None:
    with pytest.raises(SpaceError, match=said):
        make()


def test_a_parameter_that_the_strategy_does_not_have_is_named_with_the_nearest() -> (
    None
):
    with pytest.raises(UnknownNameError, match="rsi_period"):
        parse_space({"rsi_perod": (2, 5)}, known=("rsi_period", "leverage"))


@pytest.mark.parametrize("low", [1, 1.0])
def test_constraints_that_exclude_all_are_found_before_the_search(low: float) -> None:
    with pytest.raises(SpaceError, match="exclude all"):
        parse_space({"a": (low, low + 4), "b": (low, low + 4)}, "a > b + 10")


def test_the_few_points_that_constraints_allow_are_found() -> None:
    space = parse_space(
        {"a": (0, 99), "b": (0, 99), "c": (0, 99)}, "a + b + c == 0 or a + b + c == 297"
    )
    drawn = space.sample(np.random.default_rng(0), 50)
    assert set(drawn.columns["a"].tolist()) == {0, 99}


def test_what_is_allowed_at_the_end_of_a_range_alone_is_found() -> None:
    space = parse_space({"a": (1, 10**9), "b": (1, 20), "c": (0.0, 1.0)}, "a < b")
    drawn = space.sample(np.random.default_rng(0), 5)
    assert (drawn.columns["a"] < drawn.columns["b"]).all()


def test_a_space_can_be_written_and_read_and_crosses_processes() -> None:
    space = Space(
        {
            "z": IntRange(1, 9, 2),
            "a": FloatRange(0.5, 2, log=True),
            "`odd": Choice(("x", None, 2.5, False)),
        },
        ("z > a",),
    )
    assert parse_space(space.to_dict()) == space
    assert pickle.loads(pickle.dumps(space)) == space
    assert parse_space(space.to_dict()).names == ("z", "a", "`odd")
    assert hash(parse_space(space.to_dict())) == hash(space)
    assert parse_space(space, "z < 7").constraints == ("z > a", "z < 7")


def test_a_strategy_describes_its_own_space() -> None:
    space = Space.of_strategy(HyperRsi)
    assert space.parameters["rsi_period"] == IntRange(2, 50)
    assert space.parameters["leverage"] == FloatRange(1, 20)
    assert space.parameters["entry_option"] == Choice(("reverse", "follow"))
    assert space.parameters["use_trend_filter"] == Choice((False, True))
    assert Space.of_strategy(HyperRsi(), ["leverage"]).names == ("leverage",)


class Bounds(TradingStrategy):
    """A strategy of which only some parameters have limits."""

    class Config(StrategyConfig):
        """Limits of every kind."""

        free: int = 3
        open_ends: float | None = Field(None, gt=0, lt=100)
        open_whole: int = Field(3, gt=0, lt=10)


def test_bounds_that_are_themselves_excluded_are_left_out() -> None:
    space = Space.of_strategy(Bounds)
    assert space.names == ("open_ends", "open_whole")
    assert space.parameters["open_whole"] == IntRange(1, 9)
    assert space.parameters["open_ends"] == FloatRange(0.1, 99.9)


def test_a_parameter_without_limits_must_be_given_some() -> None:
    with pytest.raises(SpaceError, match="no limits"):
        Space.of_strategy(Bounds, ["free"])
    with pytest.raises(UnknownNameError, match="open_ends"):
        Space.of_strategy(Bounds, ["open_end"])


def test_the_numbers_of_a_json_strategy_go_from_half_to_twice() -> None:
    strategy = JsonStrategy.from_dict(
        {
            "indicators": [{"name": "rsi", "params": {"timeperiod": 14}}],
            "buyConditions": [{"left": "rsi", "operator": "<", "right": 30}],
            "sellConditions": [{"left": "rsi", "operator": ">", "right": 70}],
        }
    )
    space = Space.of_strategy(
        strategy, ["indicators[0].params.timeperiod", "buyConditions[0].right"]
    )
    assert space.parameters["indicators[0].params.timeperiod"] == IntRange(7, 28)
    right = space.parameters["buyConditions[0].right"]
    assert (right.low, right.high) == (15, 60)  # type: ignore[union-attr]
