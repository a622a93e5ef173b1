"""The order of trials and their front, beside a slow count of who beats whom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.optimize.searching.preference import best_first, pareto_front


def beaten(
    values: list[list[float]], feasible: list[bool], more: list[bool]
) -> list[bool]:
    """Return the front by comparing every trial with every other."""

    def loss(row: list[float]) -> list[float]:
        return [-v if m else v for v, m in zip(row, more, strict=True)]

    able = [
        f and not any(v != v for v in row)
        for row, f in zip(values, feasible, strict=True)
    ]
    front = []
    for i, row in enumerate(values):
        wins = able[i]
        for j, other in enumerate(values):
            if not (wins and able[j]):
                continue
            a, b = loss(other), loss(row)
            if all(p <= q for p, q in zip(a, b, strict=True)) and a != b:
                wins = False
        front.append(wins)
    return front


VALUES = st.one_of(
    st.sampled_from([0.0, 1.0, 2.0, 3.0, float("nan")]), st.floats(-5, 5)
)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(1, 4), st.integers(0, 25))
def test_the_front_is_whom_nobody_beats(data: st.DataObject, k: int, n: int) -> None:
    values = data.draw(
        st.lists(st.lists(VALUES, min_size=k, max_size=k), min_size=n, max_size=n)
    )
    feasible = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    more = data.draw(st.lists(st.booleans(), min_size=k, max_size=k))
    found = pareto_front(np.array(values).reshape(n, k), np.array(feasible, bool), more)
    assert found.tolist() == beaten(values, feasible, more)


def test_the_best_goes_first_and_what_does_not_count_last() -> None:
    values = np.array([[1.0], [3.0], [np.nan], [9.0], [3.0], [np.nan]])
    feasible = np.array([True, True, True, False, True, False])
    assert best_first(values, feasible, [True]).tolist() == [1, 4, 0, 2, 3, 5]
    assert best_first(values, feasible, [False]).tolist() == [0, 1, 4, 2, 3, 5]


def test_of_several_objectives_the_front_goes_first() -> None:
    values = np.array([[3.0, 1.0], [2.0, 2.0], [2.5, 0.5], [1.0, 3.0], [np.nan, 9.0]])
    feasible = np.ones(5, dtype=bool)
    assert best_first(values, feasible, [True, True]).tolist() == [0, 1, 3, 2, 4]


@pytest.mark.parametrize("k", [1, 2, 3])
def test_nothing_has_no_front(k: int) -> None:
    values = np.empty((0, k))
    assert not len(pareto_front(values, np.empty(0, bool), [True] * k))
    assert not len(best_first(values, np.empty(0, bool), [True] * k))
