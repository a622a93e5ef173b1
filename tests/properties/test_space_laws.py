"""What holds for every space: numbering, drawing, writing and reading."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.optimize.method import SearchTerms
from foresto_lab.optimize.methods import Random
from foresto_lab.optimize.spaces.space import (
    Choice,
    FloatRange,
    IntRange,
    Space,
    parse_space,
)

whole_ranges = st.builds(
    lambda low, width, step, log: IntRange(low, low + width, step, log),
    st.integers(1, 50),
    st.integers(0, 12),
    st.integers(1, 5),
    st.booleans(),
)
stepped_ranges = st.builds(
    lambda low, width, step: FloatRange(low / 10, (low + width) / 10, step / 10),
    st.integers(-50, 50),
    st.integers(0, 20),
    st.integers(1, 9),
)
continuous_ranges = st.builds(
    lambda low, width, log: FloatRange(low, low + width, log=log),
    st.floats(0.001, 100),
    st.floats(0.001, 100),
    st.booleans(),
)
choices = st.lists(
    st.one_of(st.integers(-9, 9), st.text("abc", max_size=2), st.booleans()),
    min_size=1,
    max_size=4,
    unique_by=lambda option: (isinstance(option, bool), option),
).map(lambda options: Choice(tuple(options)))
stepped = st.one_of(whole_ranges, stepped_ranges, choices)


def spaces(domains: Any) -> Any:
    """Return spaces of one to four parameters."""
    return st.lists(domains, min_size=1, max_size=4).map(
        lambda listed: Space({f"p{place}": d for place, d in enumerate(listed)})
    )


@given(spaces(stepped), st.integers(30, 90))
@settings(deadline=None, max_examples=60)
def test_the_numbering_goes_through_each_point_once(space: Space, chunk: int) -> None:
    size = space.size
    assert size is not None
    last = min(size, 200)
    parts = [space.grid(first, first + chunk) for first in range(0, last, chunk)]
    rows = [tuple(map(repr, row.values())) for part in parts for row in part.rows()]
    assert len(set(rows)) == len(rows) >= last
    for place, part in enumerate(parts):
        numbers = np.arange(len(part)) + place * chunk
        assert space.numbers_of(part).tolist() == numbers.tolist()


@given(spaces(st.one_of(stepped, continuous_ranges)), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_what_is_drawn_is_of_the_space(space: Space, seed: int) -> None:
    drawn = space.sample(np.random.default_rng(seed), 20)
    assert len(drawn) == 20
    assert space.contains(drawn).all()
    assert (space.levels_of(drawn) >= 0).all()
    positions = space.positions_of(drawn)
    assert ((positions >= 0) & (positions <= 1)).all()


@given(spaces(st.one_of(stepped, continuous_ranges)))
@settings(deadline=None)
def test_a_space_that_is_written_reads_as_itself(space: Space) -> None:
    again = parse_space(space.to_dict())
    assert again == space
    assert again.names == space.names


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 9))
@settings(deadline=None, max_examples=30)
def test_constraints_hold_of_all_that_is_asked(a: int, b: int, seed: int) -> None:
    text = f"x + {a} <= y + {b + 29}"
    space = parse_space({"x": (1, 30), "y": (1, 30)}, text)
    expected = {
        (x, y) for x in range(1, 31) for y in range(1, 31) if x + a <= y + b + 29
    }
    grid = space.grid(0, 900)
    assert {(row["x"], row["y"]) for row in grid.rows()} == expected
    drawn = Random(50).start(space, SearchTerms((True,), seed)).ask()
    assert drawn is not None
    assert {(row["x"], row["y"]) for row in drawn.rows()} <= expected
    assert len(drawn) == min(50, len(expected))
