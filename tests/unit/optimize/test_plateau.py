"""Neighbours of the best combination, and how they do."""

from __future__ import annotations

import math

import numpy as np
import pytest

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.overfitting.plateau import neighbours_of, plateau_of
from foresto_lab.optimize.spaces.space import parse_space


def _rows(space: object, best: dict[str, object], *constraints: str) -> list[object]:
    parsed = parse_space(space, constraints)  # type: ignore[arg-type]
    found = neighbours_of(parsed, Combinations.of([best]))
    return [tuple(row.values()) for row in found.rows()]


class TestNeighbours:
    """One step up or down, in one parameter at a time."""

    def test_in_the_middle_there_are_two_of_each_parameter(self) -> None:
        found = _rows({"a": (1, 9, 2), "b": (0.0, 1.0, 0.25)}, {"a": 5, "b": 0.5})
        assert found == [(3, 0.5), (7, 0.5), (5, 0.25), (5, 0.75)]

    def test_at_an_edge_there_is_one(self) -> None:
        assert _rows({"a": (1, 9, 2)}, {"a": 9}) == [(7,)]

    def test_constraints_leave_out_what_they_forbid(self) -> None:
        space = {"a": (1, 5), "b": (1, 5)}
        found = _rows(space, {"a": 2, "b": 3}, "a < b")
        assert found == [(1, 3), (2, 4)]

    def test_names_have_no_neighbours_but_rising_numbers_do(self) -> None:
        space = {"kind": ["x", "y", "z"], "period": [5, 10, 50]}
        assert _rows(space, {"kind": "y", "period": 10}) == [("y", 5), ("y", 50)]

    def test_without_a_step_a_neighbour_is_a_thirty_second_away(self) -> None:
        # 0.5 of 0 to 32 is in the first part; the middle of the second is 1.5.
        assert _rows({"a": (0.0, 32.0)}, {"a": 0.5}) == [(1.5,)]

    def test_a_single_point_has_none(self) -> None:
        assert _rows({"a": [3]}, {"a": 3}) == []


class TestScore:
    """Where the neighbours' median lies between the typical trial and the best."""

    @pytest.mark.parametrize(
        ("values", "score"),
        [
            ([2.0, 2.0, 2.0], 1.0),
            ([1.0, 1.5, 2.0], 0.5),
            ([1.0, 1.0], 0.0),
            ([0.5, 0.5], -0.5),
            ([-9.0, -9.0], -1.0),
            ([math.nan, 2.0, math.nan], 0.0),
        ],
    )
    def test_worked_by_hand(self, values: list[float], score: float) -> None:
        around = Combinations.of([{"a": place} for place in range(len(values))])
        found = plateau_of(2.0, 1.0, around, np.array(values))
        assert found.score == pytest.approx(score)

    def test_of_what_should_be_little_less_is_better(self) -> None:
        around = Combinations.of([{"a": 1}])
        found = plateau_of(0.1, 0.5, around, np.array([0.2]), maximize=False)
        assert found.score == pytest.approx(0.75)

    def test_without_neighbours_or_without_height_there_is_none(self) -> None:
        around = Combinations.of([{"a": 1}])
        none = plateau_of(2.0, 1.0, around.take(slice(0)), np.empty(0))
        flat = plateau_of(1.0, 1.0, around, np.array([1.0]))
        assert math.isnan(none.score)
        assert math.isnan(flat.score)
        assert flat.to_dict() == {
            "score": None,
            "best": 1.0,
            "typical": 1.0,
            "neighbours": 1,
        }
